//! The tests of the crate as others use it.

#[path = "main/built_in.rs"]
mod built_in;
#[path = "main/own_resources.rs"]
mod own_resources;
