//! What references of a profile may mean: resources of some types that meet some profiles.

use super::check::Rules;
use super::definition::core_type;
use crate::place::Place;
use crate::reference::restful;
use crate::rule;
use crate::walk::Walk;
use fhir::schema::{TypeId, schema};
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// The resource that a reference means, when it is contained or in the bundle at hand.
    pub(crate) fn resolve(&self, reference: Node<'a>) -> Option<Element<'a>> {
        let text = reference.get_str("reference").or_else(|| reference.as_str())?;
        if let Some(id) = text.strip_prefix('#') {
            let holders = [self.root_resource, self.resource];
            let nodes = holders.into_iter().flatten().filter_map(|holder| holder.value);
            let mut contained = nodes.flat_map(|node| node.each_of("contained"));
            return contained
                .find(|node| node.get_str("id").is_some_and(|found| found == id))
                .and_then(Element::resource_at);
        }
        self.full_urls.resource(&text).and_then(Element::resource_at)
    }

    /// The type of what a reference means, also when only its text tells.
    pub(crate) fn reference_type(&self, reference: Node<'a>) -> Option<TypeId> {
        if let Some(found) = self.resolve(reference) {
            return Some(found.type_id);
        }
        let text = reference.get_str("reference").or_else(|| reference.as_str());
        let named = text.and_then(|text| schema().resource_named(restful(&text)?.0));
        named.or_else(|| schema().resource_named(&reference.get_str("type")?))
    }

    /// A reference means a resource that meets one of the target profiles.
    pub(crate) fn profiled_target(
        &mut self,
        rules: Rules<'_>,
        reference: Node<'a>,
        targets: &[&str],
        place: &Place<'_>,
    ) {
        let resolved = self.resolve(reference);
        let Some(type_id) = resolved.map(|one| one.type_id).or_else(|| self.reference_type(reference)) else {
            return;
        };
        let mut named = Vec::new();
        for target in targets {
            if let Some(core) = core_type(target) {
                if type_id.is_a(core) {
                    return;
                }
                named.push(core.name().to_owned());
                continue;
            }
            let Some(profile) = self.known.profile(target, self.ports) else {
                return self.unknown_profile(rules, reference, target, place);
            };
            let meets = match resolved {
                Some(resource) => self.conforms(resource, &profile),
                None => {
                    type_id.is_a(profile.type_id) && self.meets_elsewhere(reference, &profile) != Some(false)
                }
            };
            if meets {
                return;
            }
            named.push(profile.canonical());
        }
        let message = format!("refers to {}, which is none of {}", type_id.name(), named.join(", "));
        self.report_rules(rules, place, reference, rule::PROFILE_TARGET, &message);
    }
}
