//! StructureDefinitions (FHIR: StructureDefinition, section 5.5): a differential that fits its base, and types, profiles
//! and discriminators that exist.

use crate::place::Place;
use crate::profile::{CORE, Change, Definition, ElementRule, Step, core_type, snapshot_noting, steps};
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::schema::schema;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// What a definition says can be asked of instances.
    pub(super) fn structure_definition(&mut self, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value else { return };
        let Some(definition) = Definition::read(node) else { return };
        self.defined_type(node, &definition, place);
        for view in ["snapshot", "differential"] {
            let elements = node.get(view).into_iter().flat_map(|view| view.each_of("element"));
            let rules = if view == "snapshot" { &definition.snapshot } else { &definition.differential };
            let inner = place.child(view);
            for (index, (node, rule)) in elements.zip(rules).enumerate() {
                let place = inner.child("element").item(index);
                self.defined_profiles(node, rule, &place);
            }
        }
        if node.get_str("derivation").as_deref() == Some("constraint") {
            self.differential(node, &definition, place);
        }
    }

    /// A type of one's own has a URL, and is another one than its base.
    fn defined_type(&mut self, node: Node<'a>, definition: &Definition, place: &Place<'_>) {
        let Some(type_name) = node.get_str("type") else { return };
        let place = place.child("type");
        let is_logical = node.get_str("kind").as_deref() == Some("logical");
        // Definitions of single elements are of a path, such as `Patient.birthDate`.
        let owner = type_name.split('.').next().unwrap_or_default();
        let is_known = schema().type_named(owner).is_some() || definition.url == format!("{CORE}{type_name}");
        if is_logical && !type_name.contains(':') && !is_known {
            let message =
                format!("{} is no type of FHIR; a type of your own is named by a URL", quoted(&type_name));
            self.report(&place, node, rule::DEFINITION, message);
        }
        let base = self.ports.definition("StructureDefinition", &definition.base);
        let base_type = base.as_ref().and_then(|base| base.root().get_str("type"));
        let is_new = node.get_str("derivation").as_deref() == Some("specialization");
        if is_new && base_type.is_some_and(|base| base == type_name) {
            let message = "is the type of the base too; a specialization defines a type of its own";
            self.report(&place, node, rule::DEFINITION, message);
        }
    }

    /// The profiles of a type are profiles of that type.
    fn defined_profiles(&mut self, node: Node<'a>, rule: &ElementRule, place: &Place<'_>) {
        for (index, one) in rule.types.iter().enumerate() {
            let Some(type_id) = one.type_id().filter(|type_id| type_id.name() != "Reference") else {
                continue;
            };
            for profile in &one.profiles {
                let own = || self.known.profile(profile, self.ports).map(|profile| profile.type_id);
                let Some(found) = core_type(profile).or_else(own) else { continue };
                // A type that is derived from another one, such as Age, is no profile of it.
                let is_abstract = type_id.definition().is_abstract;
                if !(type_id.is_a(found.written_as()) || is_abstract && found.is_a(type_id)) {
                    let message = format!(
                        "{} is a profile of {}, and the type here is {}",
                        quoted(profile),
                        found.name(),
                        type_id.name()
                    );
                    self.report(&place.child("type").item(index), node, rule::DEFINITION, message);
                }
            }
        }
    }

    /// The differential changes what its base has, and does not contradict it.
    fn differential(&mut self, node: Node<'a>, definition: &Definition, place: &Place<'_>) {
        let Some(base) = self.known.snapshot(&definition.base, self.ports) else { return };
        let mut faults = Vec::new();
        let lookup = |canonical: &str| self.known.snapshot(canonical, self.ports);
        let complete = snapshot_noting(&base, &definition.differential, &lookup, &mut |index, change| {
            faults.push((index, change));
        });
        let elements: Vec<_> =
            node.get("differential").into_iter().flat_map(|view| view.each_of("element")).collect();
        let inner = place.child("differential");
        for (index, change) in faults {
            let (Some(node), Some(rule)) = (elements.get(index), definition.differential.get(index)) else {
                continue;
            };
            let message = match change {
                Change::OfNothing => {
                    format!("{} is no element of the base; mend the path", quoted(&rule.path))
                }
                Change::OfFixed => "fixes another value than its base does; leave the base's".to_owned(),
            };
            self.report(&inner.child("element").item(index), *node, rule::DEFINITION, message);
        }
        for (index, rule) in definition.differential.iter().enumerate() {
            let Some(node) = elements.get(index) else { continue };
            let discriminators = rule.slicing.iter().flat_map(|slicing| &slicing.discriminators);
            for (_, path) in discriminators.filter(|(_, path)| leads_nowhere(path, rule, &complete)) {
                let message = format!("the discriminator {} is no element here; mend its path", quoted(path));
                let place = inner.child("element").item(index);
                self.report(&place.child("slicing"), *node, rule::DEFINITION, message);
            }
        }
    }
}

/// Whether the first step of a discriminator's path is no child of the element that is sliced.
fn leads_nowhere(path: &str, rule: &ElementRule, complete: &[ElementRule]) -> bool {
    let Some(steps) = steps(path) else { return true };
    let Some(Step::Child(name)) = steps.first() else { return false };
    let mut here = complete.iter().filter(|one| one.path == rule.path).peekable();
    let below = format!("{}.{name}", rule.path);
    let is_below = |one: &ElementRule| one.path.strip_suffix("[x]").unwrap_or(&one.path) == below;
    if here.peek().is_none() || complete.iter().any(is_below) {
        return false;
    }
    here.all(|one| {
        one.content.is_none()
            && !one.types.is_empty()
            && one.types.iter().all(|one| {
                one.type_id()
                    .is_some_and(|id| !id.definition().is_abstract && id.definition().element(name).is_none())
            })
    })
}
