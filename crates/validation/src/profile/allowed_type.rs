//! The types that a profile allows, and the profiles that values of them must meet.

use super::TypeRule;
use super::check::Rules;
use super::definition::core_type;
use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// The type is one of those allowed, and meets one of the profiles asked for.
    pub(super) fn profiled_types(&mut self, rules: Rules<'_>, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value.or(element.sibling) else { return };
        let types = &rules.plan().types;
        let is_allowed = |one: &&TypeRule| one.type_id().is_none_or(|type_id| element.type_id.is_a(type_id));
        let allowed: Vec<_> = types.iter().filter(is_allowed).collect();
        if allowed.is_empty() {
            let names: Vec<_> = types.iter().map(|one| one.code.as_str()).collect();
            let message = format!("is {}; allowed here are {}", element.type_name(), names.join(", "));
            return self.report_rules(rules, place, node, rule::PROFILE_TYPE, &message);
        }
        let targets: Vec<&str> = allowed.iter().flat_map(|one| &one.targets).map(String::as_str).collect();
        if !targets.is_empty() && element.type_name() == "Reference" {
            self.profiled_target(rules, node, &targets, place);
        }
        if allowed.iter().any(|one| one.profiles.is_empty()) {
            return;
        }
        let urls: Vec<&str> = allowed.iter().flat_map(|one| &one.profiles).map(String::as_str).collect();
        self.one_of_profiles(rules, element, node, &urls, place);
    }

    /// The element meets one of the profiles, or is of one of the types that stand for them.
    fn one_of_profiles(
        &mut self,
        rules: Rules<'_>,
        element: Element<'a>,
        node: Node<'a>,
        urls: &[&str],
        place: &Place<'_>,
    ) {
        if let [url] = urls
            && let Some(profile) = self.known.profile(url, self.ports)
        {
            return self.profile(element, &profile, place);
        }
        for url in urls {
            match (core_type(url), self.known.profile(url, self.ports)) {
                // An instance of SimpleQuantity is written as a Quantity.
                (Some(type_id), None) if element.type_id.is_a(type_id.written_as()) => return,
                (Some(_), None) => {}
                (_, Some(profile)) if self.conforms(element, &profile) => return,
                (_, Some(_)) => {}
                // Extensions that are not known are told where all extensions are looked at.
                (None, None) if element.type_name() == "Extension" => return,
                (None, None) => return self.unknown_profile(rules, node, url, place),
            }
        }
        let message = format!("meets none of the profiles {}; make it meet one", urls.join(", "));
        self.report_rules(rules, place, node, rule::PROFILE_MISMATCH, &message);
    }

    /// Of a profile that nobody knows nothing can be said; who asks is told so.
    pub(super) fn unknown_profile(&mut self, rules: Rules<'_>, node: Node<'a>, url: &str, place: &Place<'_>) {
        if self.settings.is_thorough {
            let message =
                format!("{} is asked for and not known here; load its StructureDefinition", quoted(url));
            self.report_rules(rules, place, node, rule::PROFILE_UNKNOWN, &message);
        }
    }
}
