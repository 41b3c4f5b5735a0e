//! Tests of the `synth` crate.

#[path = "main/agreement.rs"]
mod agreement;
#[path = "main/appointment_book.rs"]
mod appointment_book;
#[path = "main/practice.rs"]
mod practice;
#[path = "main/quantity.rs"]
mod quantity;
#[path = "main/valid.rs"]
mod valid;
