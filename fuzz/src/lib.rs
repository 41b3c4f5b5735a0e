//! Every parser of outside bytes, and what must hold whatever it is given.
//!
//! [`TARGETS`] is the table: a row feeds bytes to one parser and asserts what is promised of it beyond not panicking.
//! `corpus/NAME` keeps inputs for each row, among them every one that ever broke something. The test of this crate
//! replays them and seeded mutations of them; `cargo xtask fuzz` searches for new ones, guided by coverage.

pub mod corpus;
pub mod mutation;
mod targets;

pub use targets::{TARGETS, Target, target};
