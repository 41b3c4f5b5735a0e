//! The functions: one row each, in the files named by the sections of FHIRPath.

mod boundary;
mod clinical;
mod collection;
mod conversion;
mod date_time;
mod element;
mod encoding;
mod existence;
mod filtering;
mod flow;
mod html;
mod math;
mod navigation;
mod reference;
mod sorting;
mod string;
mod subsetting;
mod type_test;

use crate::collection::Collection;
use crate::evaluate::{Evaluator, Flow, Result, Scope, Visitor};
use crate::syntax::Call;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

/// Computes the result of a call.
pub(crate) type Run =
    for<'e, 'a, 's> fn(&Evaluator<'e, 'a>, &'a Call, Scope<'s, 'a>) -> Result<Collection<'a>>;

/// Hands on the items of a call's result one by one.
pub(crate) type Stream =
    for<'e, 'a, 's, 'v> fn(&Evaluator<'e, 'a>, &'a Call, Scope<'s, 'a>, Visitor<'v, 'a>) -> Flow;

/// A function of the language.
pub(crate) struct Definition {
    pub name: &'static str,
    pub arguments: Arguments,
    /// Not called when there is a stream.
    pub run: Run,
    pub stream: Option<Stream>,
}

/// What stands between the parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// Expressions, at least and at most so many.
    Count(usize, usize),
    /// The same, evaluated with each item as `$this`.
    PerItem(usize, usize),
    /// The same, where a minus in front turns the order round and is no arithmetic.
    SortKeys,
    /// A type name.
    Type,
    /// A regular expression first, and so many arguments in all.
    Pattern { count: usize, whole: bool },
}

impl Arguments {
    /// The least and the greatest number of expressions.
    pub fn count(self) -> (usize, usize) {
        match self {
            Self::Count(least, most) | Self::PerItem(least, most) => (least, most),
            Self::SortKeys => (0, 8),
            Self::Type => (0, 0),
            Self::Pattern { count, .. } => (count, count),
        }
    }
}

/// A row with expressions for arguments.
const fn row(name: &'static str, least: usize, most: usize, run: Run) -> Definition {
    Definition { name, arguments: Arguments::Count(least, most), run, stream: None }
}

/// A row whose arguments are evaluated with each item as `$this`.
const fn per_item(name: &'static str, least: usize, most: usize, run: Run) -> Definition {
    Definition { name, arguments: Arguments::PerItem(least, most), run, stream: None }
}

/// A row that hands on items as it finds them.
const fn streamed(name: &'static str, arguments: Arguments, stream: Stream) -> Definition {
    Definition { name, arguments, run: nothing, stream: Some(stream) }
}

fn nothing<'a>(_: &Evaluator<'_, 'a>, _: &'a Call, _: Scope<'_, 'a>) -> Result<Collection<'a>> {
    Ok(Collection::EMPTY)
}

const TABLES: [&[Definition]; 18] = [
    boundary::FUNCTIONS,
    clinical::FUNCTIONS,
    collection::FUNCTIONS,
    conversion::FUNCTIONS,
    date_time::FUNCTIONS,
    element::FUNCTIONS,
    encoding::FUNCTIONS,
    existence::FUNCTIONS,
    filtering::FUNCTIONS,
    flow::FUNCTIONS,
    html::FUNCTIONS,
    math::FUNCTIONS,
    navigation::FUNCTIONS,
    reference::FUNCTIONS,
    sorting::FUNCTIONS,
    string::FUNCTIONS,
    subsetting::FUNCTIONS,
    type_test::FUNCTIONS,
];

/// The function of a name.
pub(crate) fn named(name: &str) -> Option<&'static Definition> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Definition>> = LazyLock::new(|| {
        let rows = TABLES.iter().flat_map(|table| table.iter());
        rows.map(|definition| (definition.name, definition)).collect()
    });
    BY_NAME.get(name).copied()
}

/// The names of all functions.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().flat_map(|table| table.iter()).map(|definition| definition.name)
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
