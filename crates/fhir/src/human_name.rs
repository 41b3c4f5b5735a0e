//! A person's name (R4 §2.24.0.9).

use crate::document::{Items, Node};
use crate::period::Period;
use std::borrow::Cow;

/// A `HumanName`.
#[derive(Clone)]
pub struct HumanName<'a> {
    /// `usual`, `official`, `temp`, `nickname`, `anonymous`, `old` or `maiden`.
    pub use_code: Option<Cow<'a, str>>,
    /// The whole name as it should be shown.
    pub text: Option<Cow<'a, str>>,
    /// The family name.
    pub family: Option<Cow<'a, str>>,
    given: Items<'a>,
    prefix: Items<'a>,
    suffix: Items<'a>,
    /// When the name is in use.
    pub period: Option<Period>,
}

impl<'a> HumanName<'a> {
    /// Reads an object; what is missing or of the wrong kind is `None`.
    pub fn read(node: Node<'a>) -> Self {
        Self {
            use_code: node.get_str("use"),
            text: node.get_str("text"),
            family: node.get_str("family"),
            given: node.each_of("given"),
            prefix: node.each_of("prefix"),
            suffix: node.each_of("suffix"),
            period: node.get("period").map(Period::read),
        }
    }

    /// The given names in order, the middle names among them.
    pub fn given(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.given.clone().filter_map(Node::as_str)
    }

    /// What stands before the name, such as `Dr.`.
    pub fn prefix(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.prefix.clone().filter_map(Node::as_str)
    }

    /// What stands behind the name, such as `Jr.`.
    pub fn suffix(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.suffix.clone().filter_map(Node::as_str)
    }

    /// Every part that a search by name looks at (search §`name`): text, family, given, prefix, suffix.
    pub fn parts(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let whole = self.text.clone().into_iter().chain(self.family.clone());
        whole.chain(self.given()).chain(self.prefix()).chain(self.suffix())
    }

    /// The name as it is spoken: the text when there is one, else prefix, given, family, suffix.
    pub fn display(&self) -> String {
        if let Some(text) = &self.text {
            return text.clone().into_owned();
        }
        let parts: Vec<_> =
            self.prefix().chain(self.given()).chain(self.family.clone()).chain(self.suffix()).collect();
        parts.join(" ")
    }

    /// The name as lists sort it: `Family, Given Middle`; the text when there is neither.
    pub fn sorted_display(&self) -> String {
        let given = self.given().collect::<Vec<_>>().join(" ");
        match (&self.family, given.is_empty()) {
            (Some(family), true) => family.clone().into_owned(),
            (Some(family), false) => format!("{family}, {given}"),
            (None, false) => given,
            (None, true) => self.text.clone().unwrap_or_default().into_owned(),
        }
    }

    /// The name to call someone by among several, on a day in milliseconds since 1 January 1970 UTC: in use then,
    /// `usual` before `official` before the others, never `old` or `maiden` while there is another.
    pub fn preferred(names: Items<'a>, now_ms: i64) -> Option<Self> {
        const ORDER: [&str; 6] = ["usual", "official", "nickname", "temp", "anonymous", "maiden"];
        names.map(Self::read).min_by_key(|name| {
            let over = name.period.is_some_and(|period| !period.contains_ms(now_ms, 0));
            let rank = match name.use_code.as_deref() {
                Some("old") => ORDER.len() + 1,
                Some(code) => ORDER.iter().position(|known| *known == code).unwrap_or(ORDER.len()),
                // Without a use it is as good as the official one.
                None => 1,
            };
            (over, rank)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    #[test]
    fn shown_and_sorted() {
        let document = Document::parse(
            r#"[{"use":"old","family":"Jones","given":["Amy"]},
            {"use":"official","family":"Shaw","given":["Amy",null,"V."],"prefix":["Dr."],"suffix":["Jr."]}]"#,
        )
        .unwrap();
        let name = HumanName::preferred(document.root().items(), 0).unwrap();
        assert_eq!(name.display(), "Dr. Amy V. Shaw Jr.");
        assert_eq!(name.sorted_display(), "Shaw, Amy V.");
        assert_eq!(name.parts().count(), 5);
    }

    #[test]
    fn a_name_that_is_over_gives_way() {
        let document = Document::parse(
            r#"[{"use":"usual","text":"Then","period":{"end":"1980"}},{"use":"temp","text":"Now"}]"#,
        )
        .unwrap();
        assert_eq!(HumanName::preferred(document.root().items(), 0).unwrap().display(), "Then");
        assert_eq!(
            HumanName::preferred(document.root().items(), 1_000_000_000_000).unwrap().display(),
            "Now"
        );
    }
}
