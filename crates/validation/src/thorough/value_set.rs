//! ValueSets (FHIR: ValueSet, section 4.9): the code systems, codes, filters and parameters of their definition.

use super::code_system::standard_type;
use super::constraint_language;
use crate::extension::is_absolute;
use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};
use fhirpath::Expression;

/// Where a ValueSet names its parameters.
const PARAMETER: &str = "http://hl7.org/fhir/tools/StructureDefinition/valueset-parameter";
/// Where the value of a filter is an expression over them.
const EXPRESSION: &str = "http://hl7.org/fhir/StructureDefinition/cqf-expression";

/// The operators whose value is a concept of the code system itself.
const HIERARCHICAL: [&str; 5] = ["is-a", "is-not-a", "descendent-of", "generalizes", "child-of"];

impl<'a> Walk<'a> {
    /// What is included and excluded can be found.
    pub(super) fn value_set(&mut self, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value else { return };
        let Some(compose) = node.get("compose") else { return };
        let place = place.child("compose");
        for side in ["include", "exclude"] {
            for (index, clause) in compose.each_of(side).enumerate() {
                self.clause(node, clause, &place.child(side).item(index));
            }
        }
    }

    fn clause(&mut self, value_set: Node<'a>, clause: Node<'a>, place: &Place<'_>) {
        let Some(system) = clause.get_str("system") else { return };
        if !is_absolute(&system) {
            let message =
                format!("{} is not absolute; write the URL of the code system whole", quoted(&system));
            return self.report(&place.child("system"), clause, rule::CODING_SYSTEM, message);
        }
        for (index, concept) in clause.each_of("concept").enumerate() {
            let fault = concept.get_str("code").and_then(|code| self.code_fault(&system, &code, None));
            if let Some(fault) = fault {
                let place = place.child("concept").item(index);
                self.report(&place.child("code"), concept, rule::CODE_UNKNOWN, fault);
            }
        }
        for (index, filter) in clause.each_of("filter").enumerate() {
            let place = place.child("filter").item(index);
            let place = place.child("value");
            if let Some(fault) = self.filter_fault(&system, filter) {
                self.report(&place, filter, rule::VALUE_SET, fault);
            }
            if let Some(fault) = expression_fault(value_set, filter) {
                self.report(&place, filter, rule::VALUE_SET, fault);
            }
        }
    }

    /// What is wrong with the value of a filter, by the type of its property.
    fn filter_fault(&self, system: &str, filter: Node<'a>) -> Option<String> {
        let [property, operator, value] =
            ["property", "op", "value"].map(|name| filter.get_str(name).unwrap_or_default());
        if value.is_empty() || matches!(&*operator, "exists" | "regex") {
            return None;
        }
        if property == "constraint" && system == "http://snomed.info/sct" {
            return constraint_language::fault(&value).map(|fault| format!("{} {fault}", quoted(&value)));
        }
        let values = || value.split(',').map(str::trim).filter(|_| operator.ends_with("in"));
        let single = || std::iter::once(&*value).filter(|_| !operator.ends_with("in"));
        let mut values = values().chain(single());
        if HIERARCHICAL.contains(&&*operator) {
            return values.find_map(|code| self.code_fault(system, code, None));
        }
        let kind = self.property_type(system, &property)?;
        values.find_map(|value| match &*kind {
            "boolean" if !matches!(value, "true" | "false") => {
                Some(format!("{} is neither true nor false, as {property} is", quoted(value)))
            }
            "code" => self.code_fault(system, value, None),
            "Coding" => match value.split_once('#') {
                Some((system, code)) => {
                    let system = system.split('|').next().unwrap_or(system);
                    self.code_fault(system, code, None)
                }
                None => Some(format!(
                    "{} is no coding, as {property} is; write the code system, # and the code",
                    quoted(value)
                )),
            },
            _ => None,
        })
    }

    /// The type of a property: as the code system declares it, or one of the standard.
    fn property_type(&self, system: &str, property: &str) -> Option<String> {
        let declared = self.ports.definition("CodeSystem", system).and_then(|found| {
            let mut properties = found.root().each_of("property");
            let own = properties.find(|one| one.get_str("code").is_some_and(|code| code == property))?;
            own.get_str("type").map(std::borrow::Cow::into_owned)
        });
        declared.or_else(|| standard_type(property).map(str::to_owned))
    }
}

/// What is wrong with an expression in place of a filter's value.
fn expression_fault(value_set: Node<'_>, filter: Node<'_>) -> Option<String> {
    let is = |url: &'static str| move |one: &Node<'_>| one.get_str("url").is_some_and(|found| found == url);
    let holder = filter.get("_value")?;
    let expression = holder.each_of("extension").find(is(EXPRESSION))?.get("valueExpression")?;
    let language = expression.get_str("language").unwrap_or_default();
    if language != "text/fhirpath" {
        return Some(format!("is an expression in {}; write it in text/fhirpath", quoted(&language)));
    }
    let text = expression.get_str("expression").unwrap_or_default();
    if let Err(error) = Expression::parse(&text) {
        return Some(format!("{} is no FHIRPath: {error}", quoted(&text)));
    }
    let parameters = value_set.each_of("extension").filter(is(PARAMETER));
    let names: Vec<_> = parameters
        .filter_map(|parameter| parameter.each_of("extension").find(is("name"))?.get_str("valueCode"))
        .collect();
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let mut used =
        text.split('%').skip(1).map(|behind| behind.split(|letter| !is_part(letter)).next().unwrap_or(""));
    let unknown = used.find(|name| !names.iter().any(|known| known == name))?;
    Some(format!("asks for the parameter {}, which the value set does not have", quoted(unknown)))
}
