//! Bindings (FHIR: Terminologies, section 4.1.5): codes against the value set of their element.
//!
//! What the terminology at hand cannot tell is not held against the resource.

use crate::extension::is_absolute;
use crate::place::Place;
use crate::ports::Membership;
use crate::primitive::shown;
use crate::rule;
use crate::walk::Walk;
use fhir::Node;
use fhir::quoted::quoted;
use fhir::schema::{BindingStrength, ElementDefinition, TypeId};

/// The extensions that stand for a value that is not there.
const ABSENCE: [&str; 2] = [
    "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
    "http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor",
];

/// A binding that is checked.
#[derive(Clone, Copy)]
pub(crate) struct BindingPlan {
    /// The canonical URL of the value set, possibly with `|version`.
    value_set: &'static str,
    is_required: bool,
    shape: Shape,
}

/// Where the codes of a type are.
#[derive(Clone, Copy)]
enum Shape {
    /// The value is the code.
    Value,
    /// `system` and `code`.
    Coding,
    /// `coding`, several.
    CodeableConcept,
}

impl BindingPlan {
    /// The binding of an element, when it is required or extensible and its type carries codes.
    pub fn of(element: &'static ElementDefinition, type_id: TypeId) -> Option<Self> {
        let binding = element.binding.as_ref()?;
        let is_required = match binding.strength {
            BindingStrength::Required => true,
            BindingStrength::Extensible => false,
            BindingStrength::Preferred | BindingStrength::Example => return None,
        };
        let shape = match type_id.name() {
            "code" | "string" | "uri" | "canonical" => Shape::Value,
            "Coding" | "Quantity" => Shape::Coding,
            "CodeableConcept" => Shape::CodeableConcept,
            _ => return None,
        };
        Some(Self { value_set: binding.value_set, is_required, shape })
    }

    /// The value set's URL without its version.
    fn url(&self) -> &'static str {
        self.value_set.split_once('|').map_or(self.value_set, |(url, _)| url)
    }
}

impl<'a> Walk<'a> {
    pub(crate) fn binding(&mut self, binding: BindingPlan, node: Node<'a>, place: &Place<'_>) {
        match (binding.shape, binding.is_required) {
            (Shape::Value, true) => self.bound_value(binding, node, place),
            (Shape::Value, false) => {}
            (Shape::Coding, _) => self.bound_coding(binding, node, place),
            (Shape::CodeableConcept, true) => self.bound_concept(binding, node, place),
            (Shape::CodeableConcept, false) => self.extensible_concept(binding, node, place),
        }
    }

    /// A coding on its own: its system, and its code and display in that.
    pub(crate) fn coding(&mut self, coding: Node<'a>, place: &Place<'_>) {
        self.coding_system(coding, place);
        if self.settings.is_thorough {
            self.coding_meaning(coding, place);
        }
    }

    /// The system of a coding is an absolute URI (FHIR: Coding.system), or `#id` of a contained code system.
    fn coding_system(&mut self, coding: Node<'a>, place: &Place<'_>) {
        let Some(system) = coding.get("system") else { return };
        let is_relative = |text: &str| !text.is_empty() && !text.starts_with('#') && !is_absolute(text);
        if system.as_str().is_some_and(|text| is_relative(&text)) {
            let message =
                format!("{} is not absolute; write the URI of the code system whole", shown(system));
            self.report(&place.child("system"), system, rule::CODING_SYSTEM, message);
        }
    }

    /// That a code is not known is no code of a value set that is required. Other extensions may stand for codes of
    /// later releases.
    pub(crate) fn absent_code(&mut self, binding: BindingPlan, sibling: Node<'a>, place: &Place<'_>) {
        let says_absent = sibling
            .each_of("extension")
            .all(|extension| extension.get_str("url").is_some_and(|url| ABSENCE.contains(&&*url)));
        if self.settings.is_thorough
            && binding.is_required
            && matches!(binding.shape, Shape::Value)
            && says_absent
        {
            let message = format!("has no code; write one of {}", binding.url());
            self.report(place, sibling, rule::BINDING_REQUIRED, message);
        }
    }

    fn bound_value(&mut self, binding: BindingPlan, node: Node<'a>, place: &Place<'_>) {
        let Some(code) = node.as_str() else { return };
        if self.ports.in_value_set(binding.value_set, None, &code) == Membership::No {
            let message =
                format!("{} is not a code of {}; use one of its codes", quoted(&code), binding.url());
            self.report(place, node, rule::BINDING_REQUIRED, message);
        }
    }

    fn bound_coding(&mut self, binding: BindingPlan, node: Node<'a>, place: &Place<'_>) {
        if self.membership(binding, node) != Membership::No {
            return;
        }
        if !binding.is_required {
            return self.extensible_coding(binding, node, place);
        }
        let message = format!("{} is not a code of {}; use one of its codes", coding(node), binding.url());
        self.report(place, node, rule::BINDING_REQUIRED, message);
    }

    /// One of the codings must be of the set; what cannot be told counts as one.
    fn bound_concept(&mut self, binding: BindingPlan, node: Node<'a>, place: &Place<'_>) {
        let mut last = None;
        for coding in node.each_of("coding") {
            if self.membership(binding, coding) != Membership::No {
                return;
            }
            last = Some(coding);
        }
        let message = match last {
            Some(last) => format!(
                "{} is not a code of {}; add a coding with one of its codes",
                coding(last),
                binding.url()
            ),
            // Only an extension, such as data-absent-reason: there is nothing coded to hold against the set.
            None if node.get("text").is_none() => return,
            None => format!("text alone is not enough here; add a coding with a code of {}", binding.url()),
        };
        self.report(place, node, rule::BINDING_REQUIRED, message);
    }

    fn extensible_concept(&mut self, binding: BindingPlan, node: Node<'a>, place: &Place<'_>) {
        if node.get("text").is_some() {
            return;
        }
        let mut codings = node.each_of("coding").peekable();
        if codings.peek().is_none()
            || codings.any(|coding| self.membership(binding, coding) != Membership::No)
        {
            return;
        }
        for coding in node.each_of("coding") {
            self.extensible_coding(binding, coding, place);
        }
    }

    /// A code outside an extensible set is worth a word only when it is of a code system that the set draws on.
    fn extensible_coding(&mut self, binding: BindingPlan, node: Node<'a>, place: &Place<'_>) {
        let Some(system) = node.get_str("system") else { return };
        if self.ports.draws_on(binding.value_set, &system) {
            let message = format!(
                "{} is of a code system of {} but not in it; use one of its codes if one fits",
                coding(node),
                binding.url()
            );
            self.report(place, node, rule::BINDING_EXTENSIBLE, message);
        }
    }

    fn membership(&self, binding: BindingPlan, coding: Node<'a>) -> Membership {
        let Some(code) = coding.get_str("code") else { return Membership::Unknown };
        let system = coding.get_str("system");
        self.ports.in_value_set(binding.value_set, system.as_deref(), &code)
    }
}

/// A coding for a message.
fn coding(node: Node<'_>) -> String {
    let [system, code] = ["system", "code"].map(|name| node.get_str(name).unwrap_or_default());
    if system.is_empty() { quoted(&code) } else { format!("{} of {}", quoted(&code), quoted(&system)) }
}
