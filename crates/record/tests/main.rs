//! Tests of the record: sessions over a real store.

#[path = "main/conditional.rs"]
mod conditional;
#[path = "main/practice.rs"]
mod practice;
#[path = "main/real_patients.rs"]
mod real_patients;
#[path = "main/transaction.rs"]
mod transaction;
#[path = "main/write_and_read.rs"]
mod write_and_read;
