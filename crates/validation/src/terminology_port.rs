//! The terminology at hand as validation's port.

use crate::ports::{CodingFault, Membership, Ports};
use terminology::{Coding, IssueSeverity, Scope, Terminology, ValidateRequest};

/// Value sets that take each other in deeper than this are not followed.
const NESTING_MAX: usize = 8;

impl Ports for Terminology {
    fn in_value_set(&self, value_set: &str, system: Option<&str>, code: &str) -> Membership {
        self.contains(value_set, system, code)
    }

    fn draws_on(&self, value_set: &str, system: &str) -> bool {
        draws_on(self, value_set, system, 0)
    }

    fn coding_fault(&self, system: &str, code: &str, display: Option<&str>) -> Option<CodingFault> {
        let coding = Coding { display: display.map(str::to_owned), ..Coding::new(system, code) };
        let request = ValidateRequest::coding(Scope::CodeSystem(system.to_owned()), coding);
        let outcome =
            self.validate_code(&request).ok().filter(|outcome| outcome.unknown_systems.is_empty())?;
        let mut errors = outcome.issues.into_iter().filter(|issue| issue.severity == IssueSeverity::Error);
        errors.next().map(|issue| CodingFault(issue.text))
    }
}

fn draws_on(terminology: &Terminology, value_set: &str, system: &str, depth: usize) -> bool {
    let Some(found) = terminology.value_set(value_set).filter(|_| depth < NESTING_MAX) else { return false };
    found.include.iter().any(|clause| {
        clause.system.as_deref() == Some(system)
            || clause.value_sets.iter().any(|inner| draws_on(terminology, inner, system, depth + 1))
    })
}
