//! What FHIRPath invariants of profiles ask: value sets and other profiles.

use super::known::Known;
use crate::ports::{Membership, Ports};
use crate::settings::Settings;
use crate::walk::Walk;
use fhir::Element;
use fhirpath::Environment;

/// Profiles that ask for each other deeper than this are not followed.
const DEPTH_MAX: usize = 4;

/// The services of a walk for `memberOf()` and `conformsTo()`.
pub(crate) struct WalkEnvironment<'w> {
    pub ports: &'w dyn Ports,
    pub settings: &'w Settings,
    /// How many profiles ask each other here.
    pub depth: usize,
}

impl WalkEnvironment<'_> {
    fn is_member(&self, system: Option<&str>, code: &str, value_set: &str) -> Option<bool> {
        match self.ports.in_value_set(value_set, system, code) {
            Membership::Yes => Some(true),
            Membership::No => Some(false),
            Membership::Unknown => None,
        }
    }
}

impl Environment for WalkEnvironment<'_> {
    fn member_of(&self, coded: Element<'_>, value_set: &str) -> Option<bool> {
        let coding = |element: Element<'_>| {
            self.is_member(text(element, "system").as_deref(), &text(element, "code")?, value_set)
        };
        match coded.type_name() {
            "CodeableConcept" => {
                let mut is_open = false;
                for one in coded.children_named("coding") {
                    match coding(one) {
                        Some(true) => return Some(true),
                        None => is_open = true,
                        Some(false) => {}
                    }
                }
                (!is_open).then_some(false)
            }
            "Coding" | "Quantity" => coding(coded),
            _ => self.is_member(None, &coded.scalar()?, value_set),
        }
    }

    fn code_member_of(&self, code: &str, value_set: &str) -> Option<bool> {
        self.is_member(None, code, value_set)
    }

    fn conforms_to(&self, element: Element<'_>, profile: &str) -> Option<bool> {
        let profile = Known::default().profile(profile, self.ports)?;
        if self.depth > DEPTH_MAX {
            return None;
        }
        let mut walk = Walk::new(self.ports, self.settings);
        walk.depth = self.depth;
        (walk.resource, walk.root_resource) = (Some(element), Some(element));
        Some(walk.conforms(element, &profile))
    }
}

fn text<'a>(element: Element<'a>, name: &str) -> Option<std::borrow::Cow<'a, str>> {
    element.child(name).and_then(Element::scalar)
}
