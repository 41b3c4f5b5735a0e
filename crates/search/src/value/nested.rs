//! Conditions on the parts of one value that must hold together: `name[family eq …]` of `_filter`.

use super::ValueTest;
use crate::matcher::Ports;
use crate::path::Program;
use fhir::Node;

/// A condition on the parts of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum NestedTest {
    /// All of them hold.
    All(Vec<NestedTest>),
    /// At least one holds.
    Any(Vec<NestedTest>),
    /// It does not hold.
    Not(Box<NestedTest>),
    /// Some element of the value meets the condition.
    Element(ElementTest),
}

/// A condition on an element inside a value.
#[derive(Clone, Debug, PartialEq)]
pub struct ElementTest {
    pub(crate) path: Program,
    /// `None`: it is there.
    pub(crate) test: Option<Box<ValueTest>>,
}

impl NestedTest {
    /// Whether a value meets the condition.
    pub(crate) fn holds(&self, value: Node<'_>, ports: &dyn Ports) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.holds(value, ports)),
            Self::Any(tests) => tests.iter().any(|test| test.holds(value, ports)),
            Self::Not(test) => !test.holds(value, ports),
            Self::Element(element) => element.path.find(value, value, &mut |node, leaf| {
                element.test.as_ref().is_none_or(|test| test.holds(node, leaf, ports))
            }),
        }
    }
}
