//! MeasureReports (FHIR: MeasureReport, section 9.9) against their Measure, when that is at hand.

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// The groups, populations and scores are those that the measure defines.
    pub(super) fn measure_report(&mut self, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value else { return };
        let Some(canonical) = node.get_str("measure") else { return };
        let Some(measure) = self.ports.definition("Measure", &canonical) else { return };
        let measure = measure.root();
        let scoring = measure.at_path(&["scoring"]).and_then(|one| one.each_of("coding").next());
        let has_scores = scoring.and_then(|one| one.get_str("code")).as_deref() != Some("cohort");
        for (index, group) in node.each_of("group").enumerate() {
            let place = place.child("group").item(index);
            if let Some(score) = group.get("measureScore").filter(|_| !has_scores) {
                let message = "a measure of cohorts has no score; remove it";
                self.report(&place.child("measureScore"), score, rule::MEASURE_REPORT, message);
            }
            let Some(defined) = defined_group(measure, group) else {
                let message = "is none of the groups of the measure; give it the code of one";
                self.report(&place, group, rule::MEASURE_REPORT, message);
                continue;
            };
            for (index, population) in group.each_of("population").enumerate() {
                if !defined.each_of("population").any(|one| is_same(one, population)) {
                    let message = "is none of the populations that the measure has here; mend its code";
                    let place = place.child("population").item(index);
                    self.report(&place, population, rule::MEASURE_REPORT, message);
                }
            }
        }
    }
}

/// The group of a measure that a report's group is about: by its code, or the only one.
fn defined_group<'m>(measure: Node<'m>, group: Node<'_>) -> Option<Node<'m>> {
    let mut groups = measure.each_of("group");
    match (groups.next(), groups.next()) {
        (Some(only), None) if only.get("code").is_none() || group.get("code").is_none() => Some(only),
        _ => measure.each_of("group").find(|one| is_same(*one, group)),
    }
}

/// Whether the codes of two parts have a coding, or their text, in common.
fn is_same(one: Node<'_>, other: Node<'_>) -> bool {
    let (Some(one), Some(other)) = (one.get("code"), other.get("code")) else { return false };
    one.each_of("coding").any(|coding| other.each_of("coding").any(|found| is_same_coding(found, coding)))
        || one.get_str("text").is_some_and(|text| other.get_str("text").is_some_and(|found| found == text))
}

fn is_same_coding(one: Node<'_>, other: Node<'_>) -> bool {
    ["system", "code"].iter().all(|name| one.get_str(name) == other.get_str(name))
}
