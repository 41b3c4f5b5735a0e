//! CodeSystems (FHIR: CodeSystem, section 4.8): content, supplements, and properties as they are declared.

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::quoted::quoted;
use fhir::{Element, Node};
use std::collections::HashSet;

/// The properties that the standard defines: code and type. Their URI is the address below and the code.
const STANDARD_PROPERTIES: [(&str, &str); 11] = [
    ("inactive", "boolean"),
    ("notSelectable", "boolean"),
    ("deprecated", "dateTime"),
    ("deprecationDate", "dateTime"),
    ("retirementDate", "dateTime"),
    ("effectiveDate", "dateTime"),
    ("parent", "code"),
    ("child", "code"),
    ("status", "code"),
    ("comment", "string"),
    ("itemWeight", "decimal"),
];

const STANDARD: &str = "http://hl7.org/fhir/concept-properties#";

/// The type of a property of the standard, by its code.
pub(super) fn standard_type(code: &str) -> Option<&'static str> {
    STANDARD_PROPERTIES.iter().find(|(known, _)| *known == code).map(|(_, kind)| *kind)
}

impl<'a> Walk<'a> {
    /// What a CodeSystem says of itself holds for its concepts.
    pub(super) fn code_system(&mut self, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value else { return };
        let content = node.get_str("content").unwrap_or_default();
        let first = node.each_of("concept").next();
        if let Some(first) = first.filter(|_| content == "not-present") {
            let message = "content says that no concepts are here; remove them or mend content";
            self.report(&place.child("concept").item(0), first, rule::CODE_SYSTEM, message);
        }
        let base = node.get_str("supplements");
        if (content == "supplement") != base.is_some() {
            let message =
                "content is supplement exactly when supplements names a code system; mend one of them";
            self.report(&place.child("content"), node, rule::CODE_SYSTEM, message);
        }
        self.declared_properties(node, place);
        self.concepts(node, node, base.as_deref(), place);
    }

    fn declared_properties(&mut self, node: Node<'a>, place: &Place<'_>) {
        let mut seen = HashSet::new();
        for (index, property) in node.each_of("property").enumerate() {
            let place = place.child("property").item(index);
            let [code, uri, kind] =
                ["code", "uri", "type"].map(|name| property.get_str(name).unwrap_or_default());
            for name in [&code, &uri].into_iter().filter(|name| !name.is_empty()) {
                if !seen.insert(name.clone().into_owned()) {
                    let message = format!("{} is declared before; keep one of the two", quoted(name));
                    self.report(&place, property, rule::CODE_SYSTEM, message);
                }
            }
            let Some(standard) = uri.strip_prefix(STANDARD) else { continue };
            let message = match standard_type(standard) {
                Some(meant) if meant != kind => {
                    format!("is of type {kind}; {standard} of the standard is of type {meant}")
                }
                Some(_) if standard_type(&code).is_some() && code != standard => {
                    format!(
                        "{} is the code of another property of the standard; use {standard}",
                        quoted(&code)
                    )
                }
                _ => continue,
            };
            self.report(&place, property, rule::CODE_SYSTEM, message);
        }
    }

    /// The properties of concepts are declared, with values of their type; a supplement's concepts are of its base.
    fn concepts(&mut self, system: Node<'a>, holder: Node<'a>, base: Option<&str>, place: &Place<'_>) {
        for (index, concept) in holder.each_of("concept").enumerate() {
            let place = place.child("concept").item(index);
            let code = concept.get_str("code").unwrap_or_default();
            if let Some(fault) = base.and_then(|base| self.code_fault(base, &code, None)) {
                let message = format!("is not of the code system that is supplemented: {fault}");
                self.report(&place.child("code"), concept, rule::CODE_SYSTEM, message);
            }
            for (index, property) in concept.each_of("property").enumerate() {
                if let Some(fault) = property_fault(system, property) {
                    self.report(&place.child("property").item(index), property, rule::CODE_SYSTEM, fault);
                }
            }
            if place.depth < CONCEPT_DEPTH_MAX {
                self.concepts(system, concept, base, &place);
            }
        }
    }
}

/// Concepts are followed so far down; the walk itself refuses deeper ones.
const CONCEPT_DEPTH_MAX: usize = 100;

fn property_fault(system: Node<'_>, property: Node<'_>) -> Option<String> {
    let code = property.get_str("code")?;
    let declared = system.each_of("property").find(|one| one.get_str("code").as_ref() == Some(&code));
    let kind = declared.and_then(|one| one.get_str("type"));
    let Some(kind) = kind.or_else(|| standard_type(&code).map(Into::into)) else {
        return Some(format!("{} is not among the properties of the code system; declare it", quoted(&code)));
    };
    let name = property.members().map(|(name, _)| name).find(|name| name.starts_with("value"))?;
    let found = &name["value".len()..];
    let is_same = found.eq_ignore_ascii_case(&kind);
    (!is_same).then(|| format!("is of type {found}; {} is declared with the type {kind}", quoted(&code)))
}
