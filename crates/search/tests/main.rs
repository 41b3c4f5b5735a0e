//! Tests of the `search` crate.

mod shared_data;
