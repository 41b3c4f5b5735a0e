//! Whether a question is asked at all (FHIR: Questionnaire.item.enableWhen).

use super::text;
use fhir::Element;
use fhirpath::{Context, Expression, Item};

/// Whether the answers given ask for an item; what cannot be told counts as asked for.
pub(super) fn is_enabled(question: Element<'_>, response: Element<'_>) -> bool {
    if is_excluded_by_expression(question, response) {
        return false;
    }
    let mut verdicts = question.children_named("enableWhen").map(|when| is_met(when, response)).peekable();
    if verdicts.peek().is_none() {
        return true;
    }
    match text(question, "enableBehavior").as_deref() {
        Some("any") => verdicts.any(|verdict| verdict),
        _ => verdicts.all(|verdict| verdict),
    }
}

/// Extensions that state the condition in FHIRPath, and the way from them to the expression: that of Structured Data
/// Capture, and one of Finland's national service.
const EXPRESSIONS: [(&str, &[&str]); 2] = [
    (
        "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression",
        &["value", "expression"],
    ),
    ("http://phr.kanta.fi/StructureDefinition/fiphr-ext-questionnaire-enablewhen", &["value"]),
];

/// Whether an expression over the response is false; one that cannot be evaluated here excludes nothing.
fn is_excluded_by_expression(question: Element<'_>, response: Element<'_>) -> bool {
    EXPRESSIONS.iter().any(|(url, path)| {
        let found = question.extensions(url).next();
        let written = path.iter().fold(found, |found, name| found?.child(name)).and_then(Element::scalar);
        let parsed = written.and_then(|text| Expression::parse(&text).ok());
        parsed.is_some_and(|expression| {
            expression.evaluate_bool(&Context::new(response).lenient(), response) == Ok(Some(false))
        })
    })
}

fn is_met(when: Element<'_>, response: Element<'_>) -> bool {
    let link = text(when, "question").unwrap_or_default();
    let mut answers = Vec::new();
    answers_to(response, &link, &mut answers);
    let operator = text(when, "operator").unwrap_or_default();
    let Some(wanted) = when.child("answer") else { return true };
    match &*operator {
        "exists" => answers.is_empty() != (wanted.scalar().as_deref() == Some("true")),
        "!=" => !answers.is_empty() && !answers.iter().any(|answer| holds(*answer, "=", wanted)),
        _ => answers.iter().any(|answer| holds(*answer, &operator, wanted)),
    }
}

/// The values of all answers to a question, at any depth.
fn answers_to<'a>(holder: Element<'a>, link: &str, found: &mut Vec<Element<'a>>) {
    for item in holder.children_named("item") {
        let is_meant = text(item, "linkId").as_deref() == Some(link);
        for answer in item.children_named("answer") {
            if is_meant {
                found.extend(answer.child("value"));
            }
            answers_to(answer, link, found);
        }
        answers_to(item, link, found);
    }
}

/// Whether a value stands in a relation to another; codings are equal by system and code.
pub(super) fn holds(value: Element<'_>, operator: &str, other: Element<'_>) -> bool {
    if value.type_name() == "Coding" || other.type_name() == "Coding" {
        let is_same = |name: &str| text(value, name) == text(other, name);
        return value.type_id == other.type_id && operator == "=" && is_same("system") && is_same("code");
    }
    relation(value, operator, other) == Some(true)
}

/// The same for values that have an order; `None` when they cannot be compared.
pub(super) fn relation(value: Element<'_>, operator: &str, other: Element<'_>) -> Option<bool> {
    let expression = Expression::parse(&format!("$this {operator} %other")).ok()?;
    compare(&expression, value, other)
}

fn compare<'a>(expression: &'a Expression, value: Element<'a>, other: Element<'a>) -> Option<bool> {
    let mut context = Context::new(value);
    context.variables.push(("other", Item::Element(other).into()));
    expression.evaluate_bool(&context, value).ok().flatten()
}
