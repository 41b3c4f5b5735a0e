//! The practice's rules and views over a record.

#[path = "main/day.rs"]
mod day;
#[path = "main/growth.rs"]
mod growth;
#[path = "main/note.rs"]
mod note;
#[allow(dead_code)] // The record's own tests use all of it.
#[path = "../../record/tests/main/practice.rs"]
mod practice;
#[allow(dead_code)] // The store's own tests use all of it.
#[path = "../../store/tests/main/random.rs"]
mod random;
#[path = "main/sig.rs"]
mod sig;
#[path = "main/udi.rs"]
mod udi;
