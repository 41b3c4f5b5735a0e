//! A program asks people for leave, gets tokens, uses and loses them (SMART App Launch 2.2): every flow as a real client does
//! it over HTTP, and every way in which somebody could come by what is not theirs. Rows g10 and AP03.

mod app;
mod authorize;
mod backend;
mod launch;
mod people;
mod registration;
mod tokens;
