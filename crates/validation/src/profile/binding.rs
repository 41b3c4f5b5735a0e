//! Codes against the value sets that a profile binds.

use super::check::Rules;
use super::definition::BindingRule;
use crate::place::Place;
use crate::ports::Membership;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::schema::BindingStrength;
use fhir::{Element, Node};

impl<'a> Walk<'a> {
    /// One of the codes is of the value set. What the terminology at hand cannot tell is not held against anyone.
    pub(crate) fn profiled_binding(
        &mut self,
        rules: Rules<'_>,
        binding: &BindingRule,
        element: Element<'a>,
        node: Node<'a>,
        place: &Place<'_>,
    ) {
        let is_required = match binding.strength {
            BindingStrength::Required => true,
            BindingStrength::Extensible => false,
            BindingStrength::Preferred | BindingStrength::Example => return,
        };
        let codes: Vec<(Option<String>, String)> = match element.type_name() {
            "CodeableConcept" => node.each_of("coding").filter_map(coded).collect(),
            "Coding" | "Quantity" => coded(node).into_iter().collect(),
            _ => node.as_str().map(|code| (None, code.into_owned())).into_iter().collect(),
        };
        let has_text = node.get("text").is_some();
        if codes.is_empty() {
            if is_required && has_text {
                let message = format!(
                    "text alone is not enough here; add a coding with a code of {}",
                    binding.value_set
                );
                self.report_rules(rules, place, node, rule::BINDING_REQUIRED, &message);
            }
            return;
        }
        let mut is_open = false;
        for (system, code) in &codes {
            match self.ports.in_value_set(&binding.value_set, system.as_deref(), code) {
                Membership::Yes => return,
                Membership::Unknown => is_open = true,
                Membership::No => {}
            }
        }
        let (system, code) = &codes[0];
        let shown = match system {
            Some(system) => format!("{} of {}", quoted(code), quoted(system)),
            None => quoted(code),
        };
        let set = &binding.value_set;
        if is_open {
            if self.settings.is_thorough {
                let message = format!("whether {shown} is of {set} cannot be told here");
                self.report_rules(rules, place, node, rule::BINDING_UNKNOWN, &message);
            }
        } else if is_required {
            let message = format!("{shown} is not a code of {set}; use one of its codes");
            self.report_rules(rules, place, node, rule::BINDING_REQUIRED, &message);
        } else if !has_text {
            let message = format!("{shown} is not a code of {set}; use one of its codes if one fits");
            self.report_rules(rules, place, node, rule::BINDING_EXTENSIBLE, &message);
        }
    }
}

fn coded(coding: Node<'_>) -> Option<(Option<String>, String)> {
    let text = |name: &str| coding.get_str(name).map(std::borrow::Cow::into_owned);
    Some((text("system"), text("code")?))
}
