//! An element against a profile: counts, types, values, invariants, and what lies below.

use super::built_in;
use super::environment::WalkEnvironment;
use super::pattern;
use super::plan::{ElementPlan, Profile, ProfileInvariant};
use crate::invariant::OPEN_HOLDS;
use crate::issue::{IssueType, Severity};
use crate::place::Place;
use crate::primitive::shown;
use crate::rule::{self, Rule};
use crate::settings::Declared;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};
use fhirpath::Context;
use std::sync::Arc;

/// Resources that must meet profiles because others refer to them are followed so far; what lies beyond is not held
/// against the first.
const NESTING_MAX: usize = 20;

/// Where a rule stands: a profile and one of its elements.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'p> {
    pub profile: &'p Profile,
    pub at: usize,
}

impl<'p> Rules<'p> {
    pub fn plan(self) -> &'p ElementPlan {
        &self.profile.elements[self.at]
    }

    pub fn at(self, at: usize) -> Self {
        Self { at, ..self }
    }
}

/// The elements of a name, each with its index when the element repeats.
pub(crate) type Occurrences<'a> = Vec<(Element<'a>, Option<usize>)>;

impl<'a> Walk<'a> {
    /// Holds a resource against the profiles asked for and those that it declares.
    pub(crate) fn resource_profiles(&mut self, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value.filter(|_| !self.is_too_deep) else { return };
        self.resource_meaning(element, place);
        if place.name != "contained" {
            self.demanded_profiles(element, node, place);
        }
        if self.settings.declared == Declared::Ignore {
            return;
        }
        let Some(meta) = node.get("meta") else { return };
        for declared in meta.each_of("profile") {
            let Some(canonical) = declared.as_str() else { continue };
            if !self.declared_profile(element, &canonical, place) && self.settings.is_thorough {
                let message =
                    format!("the profile {} is not known here and was not checked", quoted(&canonical));
                let place = place.child("meta");
                self.report(&place.child("profile"), declared, rule::PROFILE_NOT_CHECKED, message);
            }
        }
    }

    /// The profiles that the caller asks for: of the document, or of all resources of a type that stand for themselves.
    fn demanded_profiles(&mut self, element: Element<'a>, node: Node<'a>, place: &Place<'_>) {
        let settings = self.settings;
        let asked = settings.profiles.iter().filter(|_| place.parent.is_none());
        let of_type = settings.by_type.iter().filter(|(type_id, _)| *type_id == element.type_id);
        for canonical in asked.chain(of_type.map(|(_, canonical)| canonical)) {
            match self.known.profile(canonical, self.ports) {
                Some(profile) => self.profile(element, &profile, place),
                None => {
                    let message = format!(
                        "the profile {} is not known here; load its StructureDefinition",
                        quoted(canonical)
                    );
                    self.report(place, node, rule::PROFILE_UNKNOWN, message);
                }
            }
        }
    }

    /// False when the profile is not known. Without a version any version that is here will do: what other systems
    /// send was made for the one they know.
    fn declared_profile(&mut self, element: Element<'a>, canonical: &str, place: &Place<'_>) -> bool {
        let meant = self.settings.canonical(canonical);
        let Some(newest) = self.known.profile(&meant, self.ports) else { return false };
        let before = self.mark();
        self.profile(element, &newest, place);
        if self.mark().has_more_errors(&before)
            && !meant.contains('|')
            && built_in::older(&meant).any(|older| self.conforms(element, &older))
        {
            self.return_to(before);
        }
        true
    }

    /// Holds an element against a profile, once.
    pub(crate) fn profile(&mut self, element: Element<'a>, profile: &Arc<Profile>, place: &Place<'_>) {
        let Some(node) = element.value.or(element.sibling) else { return };
        if !self.reported.insert((node.position(), Arc::as_ptr(profile))) {
            return;
        }
        if !element.type_id.is_a(profile.type_id) {
            let message = format!(
                "is {}; the profile {} is for {}",
                element.type_name(),
                profile.canonical(),
                profile.type_id.name()
            );
            return self.report(place, node, rule::PROFILE_TYPE, message);
        }
        if !profile.is_idle() {
            self.rules(Rules { profile, at: 0 }, element, place);
        }
    }

    /// Whether an element meets a profile; nothing is reported. While it is being worked out, it does.
    pub(crate) fn conforms(&mut self, element: Element<'a>, profile: &Arc<Profile>) -> bool {
        let Some(node) = element.value.or(element.sibling) else { return true };
        if !element.type_id.is_a(profile.type_id) {
            return false;
        }
        let key = (node.position(), Arc::as_ptr(profile));
        if let Some(known) = self.conformance.get(&key) {
            return *known;
        }
        if self.nesting >= NESTING_MAX {
            return true;
        }
        self.nesting += 1;
        self.conformance.insert(key, true);
        let place = Place::root(element.type_name());
        let found = self.probe(|walk| walk.rules(Rules { profile, at: 0 }, element, &place));
        self.conformance.insert(key, found);
        self.nesting -= 1;
        // What the profiles of this walk are is held by it: an address is not used twice.
        self.held.push(Arc::clone(profile));
        found
    }

    /// Notes a finding of a profile.
    pub(crate) fn report_rules(
        &mut self,
        rules: Rules<'_>,
        place: &Place<'_>,
        node: Node<'_>,
        rule: Rule,
        message: &str,
    ) {
        if self.is_full() {
            return self.report(place, node, rule, "");
        }
        let message = format!("{message} (profile {}, {})", rules.profile.canonical(), rules.plan().id);
        self.report(place, node, rule, message);
    }

    /// All rules of an element of a profile.
    pub(crate) fn rules(&mut self, rules: Rules<'_>, element: Element<'a>, place: &Place<'_>) {
        let outer = (self.resource, self.root_resource);
        let plan = rules.plan();
        // A rule that stands at the place of a resource is one of the resource around it.
        if rules.at == 0 {
            self.enter(element, place);
        }
        if rules.at != 0 && plan.narrows_types {
            self.profiled_types(rules, element, place);
        }
        self.values(rules, element, place);
        if let (Some(binding), Some(node)) = (&plan.binding, element.value) {
            self.profiled_binding(rules, binding, element, node, place);
        }
        self.demands(rules, element, place);
        for invariant in &plan.invariants {
            self.profiled_invariant(rules, invariant, element, place);
        }
        self.enter(element, place);
        for child in rules.profile.children(rules.at) {
            self.child_rules(rules.at(*child), element, place);
        }
        (self.resource, self.root_resource) = outer;
    }

    /// A resource is `%resource` for what is in it, and `%rootResource` when it is not contained.
    fn enter(&mut self, element: Element<'a>, place: &Place<'_>) {
        if element.is_resource() {
            self.resource = Some(element);
            if place.name != "contained" {
                self.root_resource = Some(element);
            }
        }
    }

    fn child_rules(&mut self, rules: Rules<'_>, parent: Element<'a>, place: &Place<'_>) {
        let plan = rules.plan();
        let occurrences: Occurrences<'a> = parent
            .children_named(&plan.name)
            .enumerate()
            .map(|(index, child)| {
                let repeats = child.definition.is_none_or(|definition| definition.max != Some(1));
                (child, repeats.then_some(index))
            })
            .collect();
        self.counts(rules, parent, &occurrences, place);
        let place = place.child(&plan.name);
        for (element, index) in &occurrences {
            self.rules(rules, *element, &Place { index: *index, ..place });
        }
        if plan.slices_matter {
            self.slices(rules, parent, &occurrences, &place);
        }
    }

    /// As often as the profile allows.
    pub(crate) fn counts(
        &mut self,
        rules: Rules<'_>,
        parent: Element<'a>,
        found: &Occurrences<'a>,
        place: &Place<'_>,
    ) {
        let plan = rules.plan();
        let Some(node) = parent.value.or(parent.sibling) else { return };
        let name = match &plan.slice_name {
            Some(slice) => format!("{} of the slice {slice}", plan.name),
            None => plan.name.clone(),
        };
        let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
        if count < plan.min {
            let message = match plan.min {
                1 => format!("{name} is missing; it is required"),
                min => format!("{name} occurs {count} times; at least {min} are required"),
            };
            self.report_rules(rules, place, node, rule::MIN, &message);
        }
        if plan.max.is_some_and(|max| count > max) {
            let message = match plan.max {
                Some(0) => format!("{name} is not allowed here; remove it"),
                _ => format!(
                    "{name} occurs {count} times; at most {} are allowed",
                    plan.max.unwrap_or_default()
                ),
            };
            self.report_rules(rules, place, node, rule::MAX, &message);
        }
    }

    /// The value is the one fixed, has what is asked for, and is within its bounds.
    fn values(&mut self, rules: Rules<'_>, element: Element<'a>, place: &Place<'_>) {
        let plan = rules.plan();
        let Some(node) = element.value.or(element.sibling) else { return };
        let found = element.value;
        if let Some(wanted) = &plan.fixed
            && !found.is_some_and(|node| pattern::is_fixed(wanted, node))
        {
            let message = format!("must be exactly {}", pattern::shown(wanted));
            self.report_rules(rules, place, node, rule::PROFILE_FIXED, &message);
        }
        if let Some(wanted) = &plan.pattern
            && !found.is_some_and(|node| pattern::has_pattern(wanted, node))
        {
            let message = format!("must contain {}", pattern::shown(wanted));
            self.report_rules(rules, place, node, rule::PROFILE_PATTERN, &message);
        }
        if let (Some(most), Some(text)) = (plan.length_max, found.and_then(Node::as_str))
            && text.chars().count() > most
        {
            let message = format!("has {} characters; at most {most} are allowed", text.chars().count());
            self.report_rules(rules, place, node, rule::PROFILE_LENGTH, &message);
        }
        for (bound, is_least) in plan.range.iter().zip([true, false]) {
            let Some(bound) = bound else { continue };
            if pattern::is_beyond(bound, is_least, element) {
                let word = if is_least { "least" } else { "most" };
                let message = format!(
                    "{} is out of bounds; the {word} allowed is {}",
                    shown(node),
                    pattern::shown(bound)
                );
                self.report_rules(rules, place, node, rule::PROFILE_RANGE, &message);
            }
        }
    }

    fn profiled_invariant(
        &mut self,
        rules: Rules<'_>,
        invariant: &ProfileInvariant,
        element: Element<'a>,
        place: &Place<'_>,
    ) {
        let Some(node) = element.value.or(element.sibling) else { return };
        let constraint = &invariant.constraint;
        let verdict = match (&invariant.expression, self.resource) {
            (Err(error), _) => Err(error.clone()),
            (_, None) => return,
            (Ok(expression), Some(resource)) => {
                let environment =
                    WalkEnvironment { ports: self.ports, settings: self.settings, depth: self.depth + 1 };
                let mut context = Context::new(resource).lenient().with_environment(&environment);
                context.root_resource = self.root_resource;
                expression.evaluate_bool(&context, element).map_err(|error| error.to_string())
            }
        };
        match verdict {
            Ok(Some(true)) => {}
            Ok(None) if !constraint.is_error || OPEN_HOLDS.contains(&&*constraint.key) => {}
            Ok(_) => {
                let severity = if constraint.is_error { Severity::Error } else { Severity::Warning };
                let rule = Rule { key: "profile-invariant", severity, code: IssueType::Invariant };
                let message = constraint.human.clone();
                self.report_keyed(&constraint.key, rules, place, node, rule, &message);
            }
            Err(error) => {
                let message = format!("{} could not be evaluated: {error}", constraint.key);
                self.report_rules(rules, place, node, rule::NOT_EVALUATED, &message);
            }
        }
    }

    /// Notes a broken invariant under its own key.
    fn report_keyed(
        &mut self,
        key: &str,
        rules: Rules<'_>,
        place: &Place<'_>,
        node: Node<'_>,
        rule: Rule,
        message: &str,
    ) {
        let before = self.mark();
        self.report_rules(rules, place, node, rule, message);
        self.rename_from(&before, key);
    }
}
