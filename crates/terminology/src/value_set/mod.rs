//! Value sets: what they say, and which codes that makes.

pub mod definition;
pub(crate) mod filter;
pub(crate) mod implicit;
pub(crate) mod plan;
