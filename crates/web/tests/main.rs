//! The pages over a practice in memory whose clock the tests move.

#[path = "main/emergency.rs"]
mod emergency;
#[path = "main/idle.rs"]
mod idle;
#[path = "main/practice.rs"]
mod practice;
#[path = "main/recent_sign_in.rs"]
mod recent_sign_in;
#[path = "main/sign_in.rs"]
mod sign_in;
#[path = "main/two_administrators.rs"]
mod two_administrators;
#[path = "main/who_sees.rs"]
mod who_sees;
