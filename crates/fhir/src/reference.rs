//! References between resources (R4 §2.3.0): what the text of one points at.

use crate::coding::Identifier;
use crate::document::Node;
use std::borrow::Cow;
use std::fmt;

/// A `Reference`.
#[derive(Clone)]
pub struct Reference<'a> {
    /// The text that points, as written; [`Target::parse`] takes it apart.
    pub reference: Option<Cow<'a, str>>,
    /// The type pointed at, where stated.
    pub type_name: Option<Cow<'a, str>>,
    /// The target by an identifier.
    pub identifier: Option<Identifier<'a>>,
    /// Words for the target.
    pub display: Option<Cow<'a, str>>,
}

impl<'a> Reference<'a> {
    /// Reads an object; what is missing or of the wrong kind is `None`.
    pub fn read(node: Node<'a>) -> Self {
        Self {
            reference: node.get_str("reference"),
            type_name: node.get_str("type"),
            identifier: node.get("identifier").map(Identifier::read),
            display: node.get_str("display"),
        }
    }

    /// What the reference points at; `None` without a text.
    pub fn target(&self) -> Option<Target<'_>> {
        self.reference.as_deref().map(Target::parse)
    }
}

/// What a reference text points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target<'a> {
    /// `Type/id` or `Type/id/_history/version`, on this server.
    Local(ResourceKey<'a>),
    /// A resource on a server: the base URL without its last slash, and the rest.
    Absolute {
        /// The server's base URL.
        base: &'a str,
        /// The resource there.
        key: ResourceKey<'a>,
    },
    /// `#id`: a contained resource; empty for the containing resource itself.
    Contained(&'a str),
    /// `urn:uuid:…`, without the prefix.
    Uuid(&'a str),
    /// `urn:oid:…`, without the prefix.
    Oid(&'a str),
    /// `Type?query`: the one resource that a search finds, in transactions.
    Conditional {
        /// The type.
        type_name: &'a str,
        /// The query behind the `?`.
        query: &'a str,
    },
    /// Any other URI.
    Other(&'a str),
}

/// A resource by type, id and perhaps version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResourceKey<'a> {
    /// The type.
    pub type_name: &'a str,
    /// The id.
    pub id: &'a str,
    /// The version, when the reference is to one.
    pub version: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Takes a reference text apart. Never fails: what has no known form is [`Target::Other`].
    pub fn parse(text: &'a str) -> Self {
        if let Some(id) = text.strip_prefix('#') {
            return Self::Contained(id);
        }
        if let Some(uuid) = text.strip_prefix("urn:uuid:") {
            return Self::Uuid(uuid);
        }
        if let Some(oid) = text.strip_prefix("urn:oid:") {
            return Self::Oid(oid);
        }
        if let Some((type_name, query)) = text.split_once('?').filter(|(name, _)| is_type_name(name)) {
            return Self::Conditional { type_name, query };
        }
        match ResourceKey::split_from_end(text) {
            Some(("", key)) => Self::Local(key),
            Some((base, key)) if is_base(base) => Self::Absolute { base: &base[..base.len() - 1], key },
            _ => Self::Other(text),
        }
    }

    /// The resource pointed at by type and id, wherever it is.
    pub fn key(self) -> Option<ResourceKey<'a>> {
        match self {
            Self::Local(key) | Self::Absolute { key, .. } => Some(key),
            _ => None,
        }
    }
}

fn is_base(base: &str) -> bool {
    let rest = base.strip_prefix("http://").or_else(|| base.strip_prefix("https://"));
    rest.is_some_and(|rest| rest.len() > 1 && rest.ends_with('/') && !rest.contains(['?', '#']))
}

/// A capital and letters, as all resource types are named.
fn is_type_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The form of an id (R4 §2.24.0.1): 1 to 64 letters, digits, `-` and `.`.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}

impl<'a> ResourceKey<'a> {
    /// Reads `Type/id` or `Type/id/_history/version`.
    pub fn parse(text: &'a str) -> Option<Self> {
        Self::split_from_end(text).filter(|(before, _)| before.is_empty()).map(|(_, key)| key)
    }

    /// The key at the end of a text, and what stands before it.
    fn split_from_end(text: &'a str) -> Option<(&'a str, Self)> {
        let (text, version) = match text.rsplit_once("/_history/") {
            Some((text, version)) if is_id(version) => (text, Some(version)),
            Some(_) => return None,
            None => (text, None),
        };
        let (rest, id) = text.rsplit_once('/')?;
        let type_at = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (before, type_name) = rest.split_at(type_at);
        (is_type_name(type_name) && is_id(id)).then_some((before, Self { type_name, id, version }))
    }
}

impl fmt::Display for ResourceKey<'_> {
    /// `Type/id` or `Type/id/_history/version`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.type_name, self.id)?;
        match self.version {
            Some(version) => write!(f, "/_history/{version}"),
            None => Ok(()),
        }
    }
}

/// A `canonical` (R4 §2.24.0.1): `url|version#fragment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Canonical<'a> {
    /// The URL.
    pub url: &'a str,
    /// The version, when one is asked for.
    pub version: Option<&'a str>,
    /// The part of the resource, when one is asked for.
    pub fragment: Option<&'a str>,
}

impl<'a> Canonical<'a> {
    /// Takes a canonical apart. `#fragment` alone has an empty URL.
    pub fn parse(text: &'a str) -> Self {
        let (rest, fragment) = match text.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (text, None),
        };
        let (url, version) = match rest.rsplit_once('|') {
            Some((url, version)) => (url, Some(version)),
            None => (rest, None),
        };
        Self { url, version, fragment }
    }
}

impl fmt::Display for Canonical<'_> {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url)?;
        if let Some(version) = self.version {
            write!(f, "|{version}")?;
        }
        if let Some(fragment) = self.fragment {
            write!(f, "#{fragment}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key<'a>(type_name: &'a str, id: &'a str, version: Option<&'a str>) -> ResourceKey<'a> {
        ResourceKey { type_name, id, version }
    }

    #[test]
    fn targets() {
        let table = [
            ("Patient/1", Target::Local(key("Patient", "1", None))),
            ("Patient/1/_history/2", Target::Local(key("Patient", "1", Some("2")))),
            (
                "https://a.org/fhir/Patient/1",
                Target::Absolute { base: "https://a.org/fhir", key: key("Patient", "1", None) },
            ),
            (
                "http://a.org/Patient/1/_history/x.y",
                Target::Absolute { base: "http://a.org", key: key("Patient", "1", Some("x.y")) },
            ),
            ("#p1", Target::Contained("p1")),
            ("#", Target::Contained("")),
            (
                "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
                Target::Uuid("c757873d-ec9a-4326-a141-556f43239520"),
            ),
            ("urn:oid:1.2.3", Target::Oid("1.2.3")),
            (
                "Patient?identifier=a|b/c",
                Target::Conditional { type_name: "Patient", query: "identifier=a|b/c" },
            ),
            ("https://a.org/x", Target::Other("https://a.org/x")),
            ("ftp://a.org/Patient/1", Target::Other("ftp://a.org/Patient/1")),
            ("fhir/Patient/1", Target::Other("fhir/Patient/1")),
            ("/Patient/1", Target::Other("/Patient/1")),
            ("Patient/", Target::Other("Patient/")),
            ("Patient/a_b", Target::Other("Patient/a_b")),
            ("Patient/1/_history/", Target::Other("Patient/1/_history/")),
            ("http:///Patient/1", Target::Other("http:///Patient/1")),
            ("", Target::Other("")),
        ];
        for (text, target) in table {
            assert_eq!(Target::parse(text), target, "{text}");
        }
    }

    #[test]
    fn canonicals() {
        let canonical = Canonical::parse("http://a.org/Q|1.0#item");
        assert_eq!(
            (canonical.url, canonical.version, canonical.fragment),
            ("http://a.org/Q", Some("1.0"), Some("item"))
        );
        assert_eq!(Canonical::parse("http://a.org/Q").version, None);
        assert_eq!(Canonical::parse("#c").url, "");
    }

    proptest! {
        #[test]
        fn canonicals_come_back(text in "\\PC*") {
            prop_assert_eq!(Canonical::parse(&text).to_string(), text);
        }

        #[test]
        fn keys_come_back(text in "[A-Z][a-zA-Z]{0,20}/[A-Za-z0-9.-]{1,64}(/_history/[0-9]{1,5})?") {
            let Target::Local(key) = Target::parse(&text) else { panic!("{text}") };
            prop_assert_eq!(key.to_string(), text);
        }

        #[test]
        fn never_panics(text in "\\PC*|[A-Za-z/:#?|._-]{0,30}") {
            let _ = (Target::parse(&text), ResourceKey::parse(&text));
        }
    }
}
