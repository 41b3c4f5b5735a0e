//! Invariants of the definitions (FHIR: Conformance Rules, section 2.1.0.5): compiled once, evaluated where they
//! stand, the hot ones by native forms of the same rule.

use crate::issue::{IssueType, Severity};
use crate::native_invariants::{self, Native};
use crate::place::Place;
use crate::rule::{self, Rule};
use crate::walk::Walk;
use fhir::Element;
use fhir::schema::Invariant;
use fhirpath::{Context, Expression};

/// An invariant made ready.
pub(crate) struct Compiled {
    invariant: &'static Invariant,
    expression: Expression,
    native: Option<Native>,
    is_in_the_walk: bool,
}

/// Invariants that other parts of the walk look after, because they see more than one element there.
const IN_THE_WALK: [&str; 5] = ["dom-2", "dom-3", "dom-4", "dom-5", "ref-1"];

/// Invariants whose FHIRPath only says that something else has to be asked.
const NOT_IN_FHIRPATH: [&str; 2] = ["txt-1", "txt-2"];

/// Advice that is given only when asked for.
const BEST_PRACTICES: [&str; 1] = ["dom-6"];

/// About later releases; no instance of this one breaks them.
const LATER_RELEASES: [&str; 1] = ["dom-r4b"];

/// Rules without a result for some valid content (dates of different precision, units that differ, a missing
/// probability, a reference of nothing but a display, a period where a date would have to be precise): what cannot be told is not held against the resource.
pub(crate) const OPEN_HOLDS: [&str; 6] = ["mdd-1", "per-1", "ras-2", "ref-1", "rng-2", "vs-1"];

/// Expressions of the definitions that do not say what their words say: key, as published, as meant. "More than
/// one" begins with two; an `answer` is of FHIR's type boolean, never of FHIRPath's own Boolean.
const ERRATA: [(&str, &str, &str); 2] = [
    (
        "que-12",
        "enableWhen.count() > 2 implies enableBehavior.exists()",
        "enableWhen.count() > 1 implies enableBehavior.exists()",
    ),
    (
        "que-7",
        "operator = 'exists' implies (answer is Boolean)",
        "operator = 'exists' implies (answer is boolean)",
    ),
];

impl Compiled {
    /// Compiles what a type or element states, each key once, without what is checked elsewhere.
    ///
    /// # Panics
    /// When an expression of the built-in definitions is no FHIRPath.
    pub fn all(invariants: impl Iterator<Item = &'static Invariant>) -> Vec<Self> {
        let mut compiled: Vec<Self> = Vec::new();
        for invariant in invariants {
            let key = invariant.key;
            let is_known = compiled.iter().any(|other| other.invariant.key == key);
            if is_known || NOT_IN_FHIRPATH.contains(&key) || LATER_RELEASES.contains(&key) {
                continue;
            }
            let erratum =
                ERRATA.iter().find(|(known, path, _)| *known == key && *path == invariant.expression);
            let path = erratum.map_or(invariant.expression, |(_, _, meant)| meant);
            let expression = Expression::parse(path)
                .unwrap_or_else(|error| panic!("{key} of the definitions is no FHIRPath: {error}"));
            let native = native_invariants::of(key, invariant.expression);
            let is_in_the_walk = IN_THE_WALK.contains(&key);
            compiled.push(Self { invariant, expression, native, is_in_the_walk });
        }
        compiled
    }

    fn rule(&self) -> Rule {
        let severity = if self.invariant.is_error { Severity::Error } else { Severity::Warning };
        Rule { key: self.invariant.key, severity, code: IssueType::Invariant }
    }

    /// What an empty result means.
    fn holds_when_open(&self) -> bool {
        !self.invariant.is_error || OPEN_HOLDS.contains(&self.invariant.key)
    }
}

impl<'a> Walk<'a> {
    /// Holds an element against invariants.
    pub(crate) fn invariants(
        &mut self,
        element: Element<'a>,
        compiled: &'static [Compiled],
        place: &Place<'_>,
    ) {
        if self.is_too_deep {
            return;
        }
        let is_native = self.settings.native_invariants;
        for one in compiled.iter().filter(|one| !(is_native && one.is_in_the_walk)) {
            if BEST_PRACTICES.contains(&one.invariant.key) && !self.settings.best_practices {
                continue;
            }
            match (one.native, element.value) {
                (Some(native), Some(node)) if is_native => {
                    if !native(node) {
                        self.broken_invariant(element, one, place);
                    }
                }
                _ => self.evaluate(element, one, place),
            }
        }
    }

    fn evaluate(&mut self, element: Element<'a>, one: &'static Compiled, place: &Place<'_>) {
        let Some(resource) = self.resource else { return };
        let mut context = Context::new(resource).lenient();
        context.root_resource = self.root_resource;
        match one.expression.evaluate_bool(&context, element) {
            Ok(Some(true)) => {}
            Ok(None) if one.holds_when_open() => {}
            Ok(_) => self.broken_invariant(element, one, place),
            Err(error) => {
                let Some(node) = element.value.or(element.sibling) else { return };
                let message = format!("{} could not be evaluated: {error}", one.invariant.key);
                self.report(place, node, rule::NOT_EVALUATED, message);
            }
        }
    }

    fn broken_invariant(&mut self, element: Element<'a>, one: &'static Compiled, place: &Place<'_>) {
        let Some(node) = element.value.or(element.sibling) else { return };
        self.report(place, node, one.rule(), one.invariant.human);
    }
}
