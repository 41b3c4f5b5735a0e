//! Slices (FHIR: Profiling, section 5.1.0.7): each occurrence is given to the first slice whose criteria it meets.

use super::check::{Occurrences, Rules};
use super::criterion::{Criterion, Step, Test, TestRule, Wanted, criteria};
use super::definition::core_type;
use super::pattern;
use super::plan::ElementPlan;
use crate::place::Place;
use crate::ports::Membership;
use crate::rule;
use crate::walk::Walk;
use fhir::schema::TypeId;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// Holds the slices of an element against its occurrences.
    pub(crate) fn slices(
        &mut self,
        rules: Rules<'_>,
        parent: Element<'a>,
        found: &Occurrences<'a>,
        place: &Place<'_>,
    ) {
        let plan = rules.plan();
        let mut taken: Vec<Occurrences<'a>> = vec![Vec::new(); plan.slices.len()];
        let mut order = (0usize, false);
        for (element, index) in found {
            let slice = plan.slices.iter().position(|slice| self.is_of_slice(rules, *slice, *element));
            let place = Place { index: *index, ..*place };
            self.order(rules, slice, &mut order, *element, &place);
            if let Some(slice) = slice {
                taken[slice].push((*element, *index));
            }
        }
        for (slice, occurrences) in plan.slices.iter().zip(&taken) {
            let rules = rules.at(*slice);
            if self.slice_criteria(rules, plan).is_none() {
                continue;
            }
            if let Some(above) = place.parent {
                self.counts(rules, parent, occurrences, above);
            }
            for (element, index) in occurrences {
                self.rules(rules, *element, &Place { index: *index, ..*place });
            }
            if !rules.plan().slices.is_empty() {
                self.slices(rules, parent, occurrences, place);
            }
        }
    }

    /// Closed slicings take no others; ordered ones come in the order of the definition.
    fn order(
        &mut self,
        rules: Rules<'_>,
        slice: Option<usize>,
        (last, met_other): &mut (usize, bool),
        element: Element<'a>,
        place: &Place<'_>,
    ) {
        let (Some(slicing), Some(node)) = (&rules.plan().slicing, element.value.or(element.sibling)) else {
            return;
        };
        match slice {
            None if is_undefined_part(rules, element) => {
                let message = "is no part of this extension; the definition names its parts";
                self.report_rules(rules, place, node, rule::SLICE_CLOSED, message);
            }
            None if slicing.rules == "closed" => {
                let names: Vec<_> = rules
                    .plan()
                    .slices
                    .iter()
                    .filter_map(|slice| rules.at(*slice).plan().slice_name.as_deref())
                    .collect();
                let message = format!("is of none of the slices {}; no others are allowed", names.join(", "));
                self.report_rules(rules, place, node, rule::SLICE_CLOSED, &message);
            }
            None => *met_other = true,
            Some(at)
                if (slicing.is_ordered && at < *last) || (slicing.rules == "openAtEnd" && *met_other) =>
            {
                let message = "stands behind others that come after it; mend the order";
                self.report_rules(rules, place, node, rule::SLICE_ORDER, message);
            }
            Some(at) => *last = at,
        }
    }

    /// What a slice wants; `None` when its definition does not say.
    fn slice_criteria<'p>(&self, rules: Rules<'p>, sliced: &ElementPlan) -> Option<&'p [Criterion]> {
        let lookup = |canonical: &str| self.known.profile(canonical, self.ports);
        let plan = rules.plan();
        let found = plan.criteria.get_or_init(|| {
            let by_kind = default_discriminators(&sliced.name);
            let stated = sliced.slicing.as_ref().map(|slicing| &slicing.discriminators[..]);
            let discriminators = stated.filter(|stated| !stated.is_empty()).unwrap_or(&by_kind);
            criteria(rules.profile, rules.at, discriminators, &lookup)
        });
        found.as_deref()
    }

    fn is_of_slice(&mut self, sliced: Rules<'_>, slice: usize, element: Element<'a>) -> bool {
        let Some(criteria) = self.slice_criteria(sliced.at(slice), sliced.plan()) else { return false };
        criteria.iter().all(|criterion| self.meets(criterion, element))
    }

    fn meets(&mut self, criterion: &Criterion, element: Element<'a>) -> bool {
        let (before, is_resolved) = match criterion.steps.split_last() {
            Some((Step::Resolve, before)) => (before, true),
            _ => (&criterion.steps[..], false),
        };
        let mut found = self.follow(element, before);
        if is_resolved {
            let resources: Vec<_> = found.iter().filter_map(|one| self.resolve(one.value?)).collect();
            if resources.is_empty() {
                return self.may_mean(&criterion.wanted, &found);
            }
            found = resources;
        }
        match &criterion.wanted {
            Wanted::Exists(wanted) => found.is_empty() != *wanted,
            Wanted::Types(types) => {
                found.iter().any(|one| types.iter().any(|wanted| one.type_id.is_a(*wanted)))
            }
            Wanted::Profiles(urls) => {
                found.iter().any(|one| urls.iter().any(|url| self.is_one_of(*one, url)))
            }
            Wanted::Value(tests) => found.iter().any(|one| tests.iter().all(|test| self.keeps(test, *one))),
        }
    }

    /// Whether an element meets a profile or is of the type that the release defines at a canonical.
    pub(crate) fn is_one_of(&mut self, element: Element<'a>, canonical: &str) -> bool {
        match (core_type(canonical), self.known.profile(canonical, self.ports)) {
            (Some(type_id), _) => element.type_id.is_a(type_id),
            (None, Some(profile)) => self.conforms(element, &profile),
            (None, None) => false,
        }
    }

    /// Of what is not at hand the text of a reference still tells the type, and more is not asked of it.
    fn may_mean(&self, wanted: &Wanted, references: &[Element<'a>]) -> bool {
        let types: Vec<TypeId> = match wanted {
            Wanted::Types(types) => types.clone(),
            Wanted::Profiles(urls) => {
                let profiles = urls.iter().filter_map(|url| self.known.profile(url, self.ports));
                profiles.map(|profile| profile.type_id).collect()
            }
            Wanted::Value(_) | Wanted::Exists(_) => return false,
        };
        let meant = references.iter().filter_map(|one| self.reference_type(one.value?));
        meant.into_iter().any(|meant| types.iter().any(|wanted| meant.is_a(*wanted)))
    }

    fn keeps(&self, test: &Test, element: Element<'a>) -> bool {
        let found = self.follow(element, &test.steps);
        found.iter().filter_map(|one| Some((*one, one.value?))).any(|(one, node)| match &test.rule {
            TestRule::Fixed(wanted) => pattern::is_fixed(wanted, node),
            TestRule::Pattern(wanted) => pattern::has_pattern(wanted, node),
            TestRule::Bound(value_set) => self.is_bound(one, node, value_set),
        })
    }

    fn is_bound(&self, element: Element<'a>, node: Node<'a>, value_set: &str) -> bool {
        let is_member = |system: Option<&str>, code: &str| {
            self.ports.in_value_set(value_set, system, code) == Membership::Yes
        };
        let coding = |node: Node<'a>| {
            node.get_str("code").is_some_and(|code| is_member(node.get_str("system").as_deref(), &code))
        };
        match element.type_name() {
            "CodeableConcept" => node.each_of("coding").any(coding),
            "Coding" | "Quantity" => coding(node),
            _ => node.as_str().is_some_and(|code| is_member(None, &code)),
        }
    }

    fn follow(&self, element: Element<'a>, steps: &[Step]) -> Vec<Element<'a>> {
        let mut found = vec![element];
        for step in steps {
            found = match step {
                Step::Child(name) => found.iter().flat_map(|one| one.children_named(name)).collect(),
                Step::OfType(type_id) => found.into_iter().filter(|one| one.type_id.is_a(*type_id)).collect(),
                Step::Extension(url) => found.iter().flat_map(|one| one.extensions(url)).collect(),
                Step::Resolve => found.into_iter().filter_map(|one| self.resolve(one.value?)).collect(),
            };
        }
        found
    }
}

/// What tells slices apart when a definition does not say: extensions by their URL, others by their type.
fn default_discriminators(name: &str) -> [(String, String); 1] {
    match name {
        "extension" | "modifierExtension" => [("value".to_owned(), "url".to_owned())],
        _ => [("type".to_owned(), "$this".to_owned())],
    }
}

/// A part of a complex extension that its definition does not name: parts have names, not URLs.
fn is_undefined_part(rules: Rules<'_>, part: Element<'_>) -> bool {
    let is_extension =
        rules.profile.type_id.name() == "Extension" && rules.plan().id == "Extension.extension";
    is_extension && part.child("url").and_then(Element::scalar).is_some_and(|url| !url.contains(':'))
}
