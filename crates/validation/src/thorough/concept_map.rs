//! ConceptMaps (FHIR: ConceptMap, section 4.10): what is mapped is of the value sets that the map says.

use crate::place::Place;
use crate::ports::Membership;
use crate::rule::{self, Rule};
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// The codes are of the source and the target of the map. A target that its value set lacks is only worth a word:
    /// value sets change, and a map that leads out of them still tells what is meant.
    pub(super) fn concept_map(&mut self, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value else { return };
        let canonical = |name: &str| {
            node.get_str(&format!("{name}Canonical")).or_else(|| node.get_str(&format!("{name}Uri")))
        };
        let (from, to) = (canonical("source"), canonical("target"));
        for (index, group) in node.each_of("group").enumerate() {
            let place = place.child("group").item(index);
            let [source, target] = ["source", "target"].map(|name| group.get_str(name));
            for (index, mapped) in group.each_of("element").enumerate() {
                let place = place.child("element").item(index);
                self.mapped_code(mapped, from.as_deref(), source.as_deref(), rule::CODE_UNKNOWN, &place);
                for (index, one) in mapped.each_of("target").enumerate() {
                    let place = place.child("target").item(index);
                    self.mapped_code(one, to.as_deref(), target.as_deref(), rule::CODE_UNLISTED, &place);
                }
            }
        }
    }

    fn mapped_code(
        &mut self,
        node: Node<'a>,
        value_set: Option<&str>,
        system: Option<&str>,
        unlisted: Rule,
        place: &Place<'_>,
    ) {
        let (Some(system), Some(code)) = (system, node.get_str("code")) else { return };
        let place = place.child("code");
        if let Some(fault) = self.code_fault(system, &code, None) {
            return self.report(&place, node, rule::CODE_UNKNOWN, fault);
        }
        let Some(value_set) = value_set else { return };
        if self.ports.in_value_set(value_set, Some(system), &code) == Membership::No {
            let message = format!("{} of {} is not a code of {value_set}", quoted(&code), quoted(system));
            self.report(&place, node, unlisted, message);
        }
    }
}
