//! A terminology that knows nothing.

use validation::{Membership, Ports};

/// Answers `Unknown` to everything.
pub struct Open;

impl Ports for Open {
    fn in_value_set(&self, _value_set: &str, _system: Option<&str>, _code: &str) -> Membership {
        Membership::Unknown
    }

    fn draws_on(&self, _value_set: &str, _system: &str) -> bool {
        false
    }
}
