//! Words for codes: what a reader sees of a CodeableConcept.

use fhir::Node;

/// The words for a concept: its text, a coding's display, or at last the code.
pub fn text(concept: Option<Node<'_>>) -> Option<String> {
    let concept = concept?;
    let own = concept.get_str("text");
    let display = || concept.each_of("coding").find_map(|coding| coding.get_str("display"));
    let code = || concept.each_of("coding").find_map(|coding| coding.get_str("code"));
    own.or_else(display).or_else(code).map(|text| without_tag(&text).to_owned())
}

/// The first code of a concept.
pub fn code_of(concept: Option<Node<'_>>) -> Option<String> {
    concept?.each_of("coding").find_map(|coding| coding.get_str("code")).map(std::borrow::Cow::into_owned)
}

/// SNOMED CT's fully specified names end in a tag, "(disorder)", that says nothing to a clinician.
fn without_tag(text: &str) -> &str {
    const TAGS: [&str; 6] =
        ["(disorder)", "(finding)", "(procedure)", "(situation)", "(regime/therapy)", "(substance)"];
    TAGS.iter().find_map(|tag| text.strip_suffix(tag)).map_or(text, str::trim_end)
}

/// The date part of a date, dateTime or instant as it was written; empty when there is none.
pub fn day(node: Option<Node<'_>>) -> String {
    let text = node.and_then(Node::as_str).unwrap_or_default();
    text.split('T').next().unwrap_or_default().to_owned()
}
