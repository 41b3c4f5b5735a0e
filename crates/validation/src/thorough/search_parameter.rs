//! SearchParameters (FHIR: SearchParameter, section 5.7): expressions that fit the types searched, and components.

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::schema::schema;
use fhir::{Element, Node};
use fhirpath::Expression;

impl<'a> Walk<'a> {
    /// A composite has its parts, and expressions are FHIRPath over one of the types searched.
    pub(super) fn search_parameter(&mut self, element: Element<'a>, place: &Place<'_>) {
        let Some(node) = element.value else { return };
        let is_composite = node.get_str("type").as_deref() == Some("composite");
        if is_composite && node.each_of("component").count() < 2 {
            let message = "a composite parameter has two components or more; name them";
            self.report(&place.child("component"), node, rule::SEARCH_PARAMETER, message);
        }
        let Some(expression) = node.get("expression") else { return };
        let Some(text) = expression.as_str() else { return };
        let fault = match Expression::parse(&text) {
            Err(error) => Some(error.to_string()),
            Ok(_) => unfit(&text, node),
        };
        if let Some(fault) = fault {
            let message = format!("is no FHIRPath for the types in base: {fault}");
            self.report(&place.child("expression"), expression, rule::SEARCH_PARAMETER, message);
        }
    }
}

/// What is wrong with an expression when none of its alternatives fits any of the types; of types that are not known
/// nothing can be said.
fn unfit(expression: &str, node: Node<'_>) -> Option<String> {
    let mut fault = None;
    for base in node.each_of("base").filter_map(Node::as_str) {
        let base = schema().type_named(&base)?;
        for alternative in alternatives(expression) {
            let alternative = Expression::parse(alternative).ok()?;
            fault = Some(alternative.check(base).err()?.to_string());
        }
    }
    fault
}

/// The parts of an expression between the bars that stand outside of brackets and texts.
fn alternatives(expression: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut is_text) = (0usize, false);
    expression.split(move |letter| {
        match letter {
            '\'' => is_text = !is_text,
            '(' if !is_text => depth += 1,
            ')' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '|' && depth == 0 && !is_text
    })
}
