//! A phone number, e-mail address or the like (R4 §2.24.0.12).

use crate::document::{Items, Node};
use crate::period::Period;
use std::borrow::Cow;

/// A `ContactPoint`.
#[derive(Clone)]
pub struct ContactPoint<'a> {
    /// `phone`, `fax`, `email`, `pager`, `url`, `sms` or `other`.
    pub system: Option<Cow<'a, str>>,
    /// The number or address.
    pub value: Option<Cow<'a, str>>,
    /// `home`, `work`, `temp`, `old` or `mobile`.
    pub use_code: Option<Cow<'a, str>>,
    /// Place in the order of preference, 1 first.
    pub rank: Option<u32>,
    /// When it is in use.
    pub period: Option<Period>,
}

impl<'a> ContactPoint<'a> {
    /// Reads an object; what is missing or of the wrong kind is `None`.
    pub fn read(node: Node<'a>) -> Self {
        Self {
            system: node.get_str("system"),
            value: node.get_str("value"),
            use_code: node.get_str("use"),
            rank: node.get("rank").and_then(Node::as_number).and_then(|digits| digits.parse().ok()),
            period: node.get("period").map(Period::read),
        }
    }

    /// The one of a system to use first at an instant, in milliseconds since 1 January 1970 UTC: in use then, by
    /// rank, in the order given; one marked `old` only while there is no other.
    pub fn preferred(points: Items<'a>, system: &str, now_ms: i64) -> Option<Self> {
        points
            .map(Self::read)
            .filter(|point| point.system.as_deref() == Some(system) && point.value.is_some())
            .min_by_key(|point| {
                let over = point.period.is_some_and(|period| !period.contains_ms(now_ms, 0));
                (over || point.use_code.as_deref() == Some("old"), point.rank.unwrap_or(u32::MAX))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    #[test]
    fn the_one_to_use_first() {
        let document = Document::parse(
            r#"[{"system":"phone","value":"1","use":"old","rank":1},{"system":"email","value":"a@b"},
            {"system":"phone","value":"2"},{"system":"phone","value":"3","rank":2}]"#,
        )
        .unwrap();
        let preferred = |system| {
            ContactPoint::preferred(document.root().items(), system, 0).and_then(|point| point.value)
        };
        assert_eq!(preferred("phone").as_deref(), Some("3"));
        assert_eq!(preferred("email").as_deref(), Some("a@b"));
        assert_eq!(preferred("fax"), None);
    }
}
