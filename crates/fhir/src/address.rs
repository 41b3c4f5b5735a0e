//! A postal address (R4 §2.24.0.10).

use crate::document::{Items, Node};
use crate::period::Period;
use std::borrow::Cow;

/// An `Address`.
#[derive(Clone)]
pub struct Address<'a> {
    /// `home`, `work`, `temp`, `old` or `billing`.
    pub use_code: Option<Cow<'a, str>>,
    /// `postal`, `physical` or `both`.
    pub kind: Option<Cow<'a, str>>,
    /// The whole address as it should be shown.
    pub text: Option<Cow<'a, str>>,
    line: Items<'a>,
    /// City or town.
    pub city: Option<Cow<'a, str>>,
    /// County.
    pub district: Option<Cow<'a, str>>,
    /// State, by its code or name.
    pub state: Option<Cow<'a, str>>,
    /// Postal code.
    pub postal_code: Option<Cow<'a, str>>,
    /// Country, by its code or name.
    pub country: Option<Cow<'a, str>>,
    /// When the address is in use.
    pub period: Option<Period>,
}

impl<'a> Address<'a> {
    /// Reads an object; what is missing or of the wrong kind is `None`.
    pub fn read(node: Node<'a>) -> Self {
        Self {
            use_code: node.get_str("use"),
            kind: node.get_str("type"),
            text: node.get_str("text"),
            line: node.each_of("line"),
            city: node.get_str("city"),
            district: node.get_str("district"),
            state: node.get_str("state"),
            postal_code: node.get_str("postalCode"),
            country: node.get_str("country"),
            period: node.get("period").map(Period::read),
        }
    }

    /// Street, house, apartment and the like.
    pub fn line(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.line.clone().filter_map(Node::as_str)
    }

    /// Every part that a search by address looks at: text, lines, city, district, state, postal code, country.
    pub fn parts(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let rest = [&self.city, &self.district, &self.state, &self.postal_code, &self.country];
        self.text.clone().into_iter().chain(self.line()).chain(rest.map(Clone::clone).into_iter().flatten())
    }

    /// The address in one line: the text when there is one, else `lines, city, state postal-code, country`.
    pub fn display(&self) -> String {
        if let Some(text) = &self.text {
            return text.clone().into_owned();
        }
        let state: Vec<_> = [&self.state, &self.postal_code].into_iter().flatten().cloned().collect();
        let mut parts: Vec<Cow<'_, str>> = self.line().collect();
        parts.extend(self.city.clone());
        parts.extend((!state.is_empty()).then(|| Cow::Owned(state.join(" "))));
        parts.extend(self.country.clone());
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;

    #[test]
    fn in_one_line() {
        let document = Document::parse(
            r#"{"line":["49 Meadow St","Apt 2"],"city":"Mounds","state":"OK","postalCode":"74047","country":"US"}"#,
        )
        .unwrap();
        let address = Address::read(document.root());
        assert_eq!(address.display(), "49 Meadow St, Apt 2, Mounds, OK 74047, US");
        assert_eq!(address.parts().count(), 6);
    }
}
