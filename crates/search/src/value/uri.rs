//! URIs (R4 search §3.1.1.4.13).

use crate::form::Form;
use crate::hash;
use crate::path::Leaf;
use fhir::Node;
use std::borrow::Cow;

/// How a URI is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UriComparison {
    /// It is this, to the letter.
    Is,
    /// `:below`: it is this or lies below it.
    Below,
    /// `:above`: it is this or lies above it.
    Above,
}

/// A condition on a URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UriTest {
    /// How.
    pub comparison: UriComparison,
    /// With what.
    pub uri: String,
}

/// The URI of a value.
pub(crate) fn uri<'a>(node: Node<'a>, leaf: Leaf) -> Option<Cow<'a, str>> {
    match leaf.form {
        Form::Reference => node.get_str("reference"),
        _ => node.scalar(),
    }
}

/// A canonical URL without its version and fragment.
pub(crate) fn without_version(url: &str) -> &str {
    url.split(['|', '#']).next().unwrap_or(url)
}

impl UriTest {
    /// Whether a value meets the condition.
    pub(crate) fn holds(&self, node: Node<'_>, leaf: Leaf) -> bool {
        let Some(found) = uri(node, leaf) else { return false };
        match self.comparison {
            UriComparison::Is => is(&found, &self.uri, leaf.form == Form::Canonical),
            UriComparison::Below => lies_below(&found, &self.uri),
            UriComparison::Above => lies_below(&self.uri, &found),
        }
    }

    /// The hash of a value that meets the condition; `None` when it cannot be named.
    pub(crate) fn hash(&self) -> Option<i64> {
        (self.comparison == UriComparison::Is).then(|| hash::of_uri(without_version(&self.uri)))
    }
}

/// Same URI; a canonical without a version stands for every version.
fn is(found: &str, wanted: &str, canonical: bool) -> bool {
    found == wanted || (canonical && !wanted.contains('|') && without_version(found) == wanted)
}

/// True when a URL is another or continues it at a segment.
fn lies_below(url: &str, base: &str) -> bool {
    match url.strip_prefix(base) {
        Some(rest) => rest.is_empty() || base.ends_with('/') || rest.starts_with(['/', '|', '#', '?']),
        None => false,
    }
}
