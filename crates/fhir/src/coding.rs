//! Codes with their systems (R4 §2.24.0.4 to §2.24.0.6, §2.24.0.8): `Coding`, `CodeableConcept`, `Identifier`.

use crate::document::{Items, Node};
use crate::period::Period;
use std::borrow::Cow;

/// A `Coding`: a code of a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coding<'a> {
    /// The code system's canonical URL.
    pub system: Option<Cow<'a, str>>,
    /// The version of the system.
    pub version: Option<Cow<'a, str>>,
    /// The code.
    pub code: Option<Cow<'a, str>>,
    /// The system's words for it.
    pub display: Option<Cow<'a, str>>,
    /// True when a person chose it.
    pub user_selected: bool,
}

impl<'a> Coding<'a> {
    /// Reads an object; what is missing or of the wrong kind is `None`.
    pub fn read(node: Node<'a>) -> Self {
        Self {
            system: node.get_str("system"),
            version: node.get_str("version"),
            code: node.get_str("code"),
            display: node.get_str("display"),
            user_selected: node.get("userSelected").and_then(Node::as_bool) == Some(true),
        }
    }

    /// True for this code of this system.
    pub fn is(&self, system: &str, code: &str) -> bool {
        self.system.as_deref() == Some(system) && self.code.as_deref() == Some(code)
    }
}

/// A `CodeableConcept`: a meaning, coded none, one or several times, and in words.
#[derive(Clone)]
pub struct CodeableConcept<'a> {
    codings: Items<'a>,
    /// The words used.
    pub text: Option<Cow<'a, str>>,
}

impl<'a> CodeableConcept<'a> {
    /// Reads an object; what is missing or of the wrong kind is `None`.
    pub fn read(node: Node<'a>) -> Self {
        Self { codings: node.each_of("coding"), text: node.get_str("text") }
    }

    /// The codings in order.
    pub fn codings(&self) -> impl Iterator<Item = Coding<'a>> + use<'a> {
        self.codings.clone().map(Coding::read)
    }

    /// True when one of the codings is this code of this system.
    pub fn has(&self, system: &str, code: &str) -> bool {
        self.codings().any(|coding| coding.is(system, code))
    }

    /// The first code of a system.
    pub fn code_of(&self, system: &str) -> Option<Cow<'a, str>> {
        self.codings().find(|coding| coding.system.as_deref() == Some(system))?.code
    }

    /// Words for people: the text, else the display a person chose, else the first display, else the first code.
    pub fn words(&self) -> Option<Cow<'a, str>> {
        self.text
            .clone()
            .or_else(|| self.codings().find(|coding| coding.user_selected)?.display)
            .or_else(|| self.codings().find_map(|coding| coding.display))
            .or_else(|| self.codings().find_map(|coding| coding.code))
    }
}

/// An `Identifier`: a value that is unique in its system.
#[derive(Clone)]
pub struct Identifier<'a> {
    /// `usual`, `official`, `temp`, `secondary` or `old`.
    pub use_code: Option<Cow<'a, str>>,
    /// What kind of identifier.
    pub kind: Option<CodeableConcept<'a>>,
    /// The namespace of the value.
    pub system: Option<Cow<'a, str>>,
    /// The value.
    pub value: Option<Cow<'a, str>>,
    /// When it is in use.
    pub period: Option<Period>,
}

impl<'a> Identifier<'a> {
    /// Reads an object; what is missing or of the wrong kind is `None`.
    pub fn read(node: Node<'a>) -> Self {
        Self {
            use_code: node.get_str("use"),
            kind: node.get("type").map(CodeableConcept::read),
            system: node.get_str("system"),
            value: node.get_str("value"),
            period: node.get("period").map(Period::read),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    #[test]
    fn a_concept_in_codes_and_words() {
        let document = Document::parse(
            r#"{"coding":[{"system":"s","code":"1","display":"One"},{"system":"t","code":"I","userSelected":true,
            "display":"Uno"}]}"#,
        )
        .unwrap();
        let concept = CodeableConcept::read(document.root());
        assert!(concept.has("t", "I") && !concept.has("s", "I"));
        assert_eq!(concept.code_of("s").as_deref(), Some("1"));
        assert_eq!(concept.words().as_deref(), Some("Uno"));
        let document = Document::parse(r#"{"coding":{"code":"x"},"text":7}"#).unwrap();
        assert_eq!(CodeableConcept::read(document.root()).words().as_deref(), Some("x"));
    }

    #[test]
    fn an_identifier() {
        let document = Document::parse(
            r#"{"use":"official","type":{"coding":[{"code":"MR"}]},"system":"urn:x","value":"12",
            "period":{"start":"2020"}}"#,
        )
        .unwrap();
        let identifier = Identifier::read(document.root());
        assert_eq!(identifier.value.as_deref(), Some("12"));
        assert_eq!(identifier.kind.unwrap().words().as_deref(), Some("MR"));
        assert!(identifier.period.unwrap().start.is_some());
    }
}
