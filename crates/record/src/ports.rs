//! What search and validation are told of the world around the data.

use std::ops::RangeInclusive;
use terminology::{Membership, Terminology};
use validation::CodingFault;

/// Dates without an offset are taken as UTC, as the index has them.
const OFFSET_MINUTES: i32 = 0;

/// The ports of a running record.
pub struct RecordPorts {
    pub(crate) base_url: String,
    pub(crate) terminology: Terminology,
}

impl RecordPorts {
    /// Ports for a server at a base URL (of the FHIR API, without a slash at the end).
    pub fn new(base_url: impl Into<String>, terminology: Terminology) -> Self {
        Self { base_url: base_url.into(), terminology }
    }
}

impl search::Ports for RecordPorts {
    fn base_url(&self) -> &str {
        &self.base_url
    }

    fn value_set_contains(&self, value_set: &str, system: Option<&str>, code: &str) -> Option<bool> {
        as_bool(self.terminology.contains(value_set, system, code))
    }

    fn knows_value_set(&self, value_set: &str) -> bool {
        self.terminology.value_set(value_set).is_some()
    }

    fn value_set_codes(&self, value_set: &str, limit: usize) -> Option<Vec<String>> {
        let codes = self.terminology.in_value_set(value_set, limit).ok()?;
        Some(codes.into_iter().map(|(_, code)| code).collect())
    }

    fn subsumes(&self, system: &str, ancestor: &str, code: &str) -> Option<bool> {
        as_bool(self.terminology.is_below(system, code, ancestor))
    }

    fn offset_minutes(&self, _local_ms: i64) -> i32 {
        OFFSET_MINUTES
    }

    fn offsets_minutes(&self) -> RangeInclusive<i32> {
        OFFSET_MINUTES..=OFFSET_MINUTES
    }
}

impl validation::Ports for RecordPorts {
    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        self.terminology.contains(value_set, system, code)
    }

    fn draws_on(&self, value_set: &str, system: &str) -> bool {
        validation::Ports::draws_on(&self.terminology, value_set, system)
    }

    fn coding_fault(&self, system: &str, code: &str, display: Option<&str>) -> Option<CodingFault> {
        validation::Ports::coding_fault(&self.terminology, system, code, display)
    }
}

fn as_bool(membership: Membership) -> Option<bool> {
    match membership {
        Membership::Yes => Some(true),
        Membership::No => Some(false),
        Membership::Unknown => None,
    }
}
