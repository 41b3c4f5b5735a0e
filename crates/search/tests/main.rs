//! Tests of the `search` crate.

mod belonging;
mod matching;
mod parsing;
mod shared_data;
mod superset;
mod units;
