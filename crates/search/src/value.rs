//! What parameters ask of values: one module for each kind of parameter.
//!
//! Each has the condition as data, its reading from a URL, the values that resources have, and the comparison.

pub mod date;
pub mod nested;
pub mod number;
pub mod quantity;
pub mod reference;
pub mod string;
pub mod token;
pub mod uri;

use crate::matcher::Ports;
use crate::near::NearTest;
use crate::path::Leaf;
use crate::text::WordTest;
use fhir::Node;

/// A condition on one value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ValueTest {
    /// On a code or identifier.
    Token(token::TokenTest),
    /// On a reference.
    Reference(reference::ReferenceTest),
    /// On a text.
    String(string::StringTest),
    /// On a URI.
    Uri(uri::UriTest),
    /// On a number.
    Number(number::NumberTest),
    /// On an amount.
    Quantity(quantity::QuantityTest),
    /// On a date.
    Date(date::DateTest),
    /// On values that belong together, one a component.
    Composite(Vec<ValueTest>),
    /// On a place.
    Near(NearTest),
    /// On the parts of a value together.
    Nested(nested::NestedTest),
    /// That a value does not meet it.
    Not(Box<ValueTest>),
    /// On the words of the narrative or of the whole resource.
    Words(WordTest),
}

impl ValueTest {
    /// Whether a value at the end of a parameter's path meets the condition. Composites and words have no single
    /// value and never do.
    pub(crate) fn holds(&self, node: Node<'_>, leaf: Leaf, ports: &dyn Ports) -> bool {
        match self {
            Self::Token(test) => test.holds(node, leaf, ports),
            Self::Reference(test) => test.holds(node, leaf, ports),
            Self::String(test) => test.holds(node, leaf),
            Self::Uri(test) => test.holds(node, leaf),
            Self::Number(test) => test.holds(node, leaf),
            Self::Quantity(test) => test.holds(node, leaf),
            Self::Date(test) => test.holds(node, leaf, ports),
            Self::Near(test) => test.holds(node),
            Self::Nested(test) => test.holds(node, ports),
            Self::Not(test) => !test.holds(node, leaf, ports),
            Self::Composite(_) | Self::Words(_) => false,
        }
    }
}
