//! Strings: text, names, addresses (R4 search §3.1.1.4.7).

use crate::fold::fold;
use crate::form::Form;
use crate::path::Leaf;
use fhir::Node;

/// How a text is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringComparison {
    /// It begins so, without regard to case and accents.
    StartsWith,
    /// It has this somewhere in it, without regard to case and accents.
    Contains,
    /// It ends so, without regard to case and accents (only `_filter`).
    EndsWith,
    /// It is this, without regard to case and accents (only `_filter`).
    Equals,
    /// It is exactly this.
    Exact,
}

/// A condition on a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringTest {
    /// How.
    pub comparison: StringComparison,
    /// With what: folded, unless the comparison is exact.
    pub text: String,
}

/// The parts of a name or address that are searched, with their repetitions.
const NAME_PARTS: [&str; 5] = ["family", "given", "text", "prefix", "suffix"];
const ADDRESS_PARTS: [&str; 7] = ["line", "city", "district", "state", "postalCode", "country", "text"];

/// Calls `visit` for each text of a value until it returns true; gives whether it did.
pub(crate) fn texts(node: Node<'_>, leaf: Leaf, visit: &mut dyn FnMut(&str) -> bool) -> bool {
    let parts: &[&str] = match leaf.form {
        Form::HumanName => &NAME_PARTS,
        Form::Address => &ADDRESS_PARTS,
        // Only filters ask for these.
        Form::CodeableConcept => {
            let leaf = Leaf { form: Form::Coding, ..leaf };
            let text = node.get("text").and_then(Node::scalar);
            return text.is_some_and(|text| visit(&text))
                || node.each_of("coding").any(|coding| texts(coding, leaf, &mut *visit));
        }
        Form::Coding => &["code", "display"],
        Form::Identifier | Form::ContactPoint => &["value"],
        _ => return node.scalar().is_some_and(|text| visit(&text)),
    };
    parts.iter().any(|part| node.each_of(part).any(|text| text.scalar().is_some_and(|text| visit(&text))))
}

impl StringTest {
    /// A condition of this comparison.
    pub(crate) fn new(comparison: StringComparison, text: &str) -> Self {
        let text =
            if comparison == StringComparison::Exact { text.to_owned() } else { fold(text).into_owned() };
        Self { comparison, text }
    }

    /// Whether a value meets the condition.
    pub(crate) fn holds(&self, node: Node<'_>, leaf: Leaf) -> bool {
        texts(node, leaf, &mut |text| match self.comparison {
            StringComparison::Exact => text == self.text,
            StringComparison::StartsWith => fold(text).starts_with(&self.text),
            StringComparison::Contains => fold(text).contains(&self.text),
            StringComparison::EndsWith => fold(text).ends_with(&self.text),
            StringComparison::Equals => fold(text) == self.text,
        })
    }

    /// What the folded text of a value that meets the condition begins with; `None` when that cannot be said.
    pub(crate) fn folded_prefix(&self) -> Option<String> {
        match self.comparison {
            StringComparison::StartsWith | StringComparison::Equals => Some(self.text.clone()),
            StringComparison::Exact => Some(fold(&self.text).into_owned()),
            StringComparison::Contains | StringComparison::EndsWith => None,
        }
    }
}
