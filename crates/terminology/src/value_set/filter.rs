//! Conditions on the concepts of a code system: `ValueSet.compose.include.filter`
//! (<https://hl7.org/fhir/R4/valueset-filter-operator.html>).

use super::definition::Filter;
use crate::code_system::escape::key;
use crate::code_system::file::CodeSystemFile;
use crate::code_system::row::Row;
use crate::error::Error;
use regex::{Regex, RegexBuilder};

/// Most memory a compiled expression may take, in bytes.
const EXPRESSION_BYTES_MAX: usize = 1 << 20;

/// A condition made ready for one code system.
#[derive(Clone, Debug)]
pub(crate) struct FilterTest {
    property: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Equal(String),
    In(Vec<String>),
    NotIn(Vec<String>),
    Matches(Regex),
    Exists(bool),
    /// The concept itself or below it.
    IsA(Vec<u8>),
    /// Below the concept.
    DescendentOf(Vec<u8>),
    /// Directly below the concept.
    ChildOf(Vec<u8>),
    /// Below the concept with nothing below itself.
    DescendentLeaf(Vec<u8>),
    /// Neither the concept nor below it.
    IsNotA(Vec<u8>),
    /// The concept itself or above it.
    Generalizes(Vec<u8>),
}

impl FilterTest {
    /// Makes a filter ready; says what is wrong with it otherwise.
    pub fn compile(filter: &Filter, system: &CodeSystemFile) -> Result<Self, Error> {
        let concept = || key(&filter.value, system.header().case_sensitive);
        let list = || filter.value.split(',').map(|value| value.trim().to_owned()).collect();
        let test = match filter.operator.as_str() {
            "=" => Test::Equal(filter.value.clone()),
            "in" => Test::In(list()),
            "not-in" => Test::NotIn(list()),
            "regex" => Test::Matches(expression(filter, system)?),
            "exists" => Test::Exists(exists(filter, system)?),
            "is-a" => Test::IsA(concept()),
            "descendent-of" => Test::DescendentOf(concept()),
            "child-of" => Test::ChildOf(concept()),
            "descendent-leaf" => Test::DescendentLeaf(concept()),
            "is-not-a" => Test::IsNotA(concept()),
            "generalizes" => Test::Generalizes(concept()),
            _ => return Err(unknown_filter(filter, system)),
        };
        let compiled = Self { property: filter.property.clone(), test };
        if filter.value.is_empty() {
            return Err(Error::Filter(format!(
                "The system {} filter with property = {}, op = {} has no value",
                system.header().url,
                filter.property,
                filter.operator
            )));
        }
        if !compiled.is_hierarchical() && !is_known_property(&filter.property, system) {
            return Err(unknown_filter(filter, system));
        }
        Ok(compiled)
    }

    /// The condition that a concept is in use.
    pub fn active() -> Self {
        Self { property: "inactive".to_owned(), test: Test::Equal("false".to_owned()) }
    }

    fn is_hierarchical(&self) -> bool {
        !matches!(
            self.test,
            Test::Equal(_) | Test::In(_) | Test::NotIn(_) | Test::Matches(_) | Test::Exists(_)
        )
    }

    /// Whether a concept meets the condition.
    pub fn accepts(&self, system: &CodeSystemFile, row: Row<'_>) -> bool {
        let below = |top: &[u8]| system.is_below(row, top);
        match &self.test {
            Test::Equal(value) => self.any_value(system, row, |found| found == value),
            Test::In(values) => {
                self.any_value(system, row, |found| values.iter().any(|value| value == found))
            }
            Test::NotIn(values) => {
                !self.any_value(system, row, |found| values.iter().any(|value| value == found))
            }
            Test::Matches(expression) => self.any_value(system, row, |found| expression.is_match(found)),
            Test::Exists(wanted) => self.any_value(system, row, |_| true) == *wanted,
            Test::IsA(top) => row.key() == top || below(top),
            Test::DescendentOf(top) => below(top),
            Test::ChildOf(top) => row.parent_keys().any(|parent| parent == top),
            Test::DescendentLeaf(top) => below(top) && system.child_keys(row.key()).next().is_none(),
            Test::IsNotA(top) => row.key() != top && !below(top),
            Test::Generalizes(bottom) => {
                row.key() == bottom
                    || system.find_key(bottom).is_some_and(|low| system.is_below(low, row.key()))
            }
        }
    }

    /// The concept at the top, when only it and those below it can meet the condition.
    pub fn top(&self) -> Option<&[u8]> {
        match &self.test {
            Test::IsA(top) | Test::DescendentOf(top) | Test::ChildOf(top) | Test::DescendentLeaf(top) => {
                Some(top)
            }
            _ => None,
        }
    }

    fn any_value(&self, system: &CodeSystemFile, row: Row<'_>, mut test: impl FnMut(&str) -> bool) -> bool {
        match self.property.as_str() {
            "code" | "concept" => test(&row.code()),
            "display" => test(&row.display()),
            "parent" => system.parents(row).iter().any(|parent| test(parent)),
            "child" => system.children(row).iter().any(|child| test(child)),
            "designation" => row.designations().any(|designation| test(&designation.value)),
            "inactive" => test(if row.is_inactive() { "true" } else { "false" }),
            "notSelectable" | "abstract" if row.is_not_selectable() => test("true"),
            name => row
                .properties()
                .filter(|(code, _)| code == name)
                .any(|(_, value)| test(coding_code(system, name, &value))),
        }
    }
}

/// The code of a value that is a Coding; any other value as it is.
fn coding_code<'v>(system: &CodeSystemFile, property: &str, value: &'v str) -> &'v str {
    let is_coding = system.header().property(property).is_some_and(|definition| definition.kind == "Coding");
    if is_coding { value.split('|').nth(1).unwrap_or_default() } else { value }
}

fn is_known_property(name: &str, system: &CodeSystemFile) -> bool {
    const ALWAYS: [&str; 9] = [
        "code",
        "concept",
        "display",
        "parent",
        "child",
        "designation",
        "inactive",
        "notSelectable",
        "abstract",
    ];
    ALWAYS.contains(&name) || system.header().property(name).is_some()
}

fn exists(filter: &Filter, system: &CodeSystemFile) -> Result<bool, Error> {
    filter.value.parse().map_err(|_| {
        Error::Filter(format!(
            "The value '{}' of the filter with property = {}, op = exists on {} must be 'true' or 'false'",
            filter.value,
            filter.property,
            system.header().url
        ))
    })
}

/// Whole matches only, as FHIR's `regex` operator has it; size is bounded and time is linear.
fn expression(filter: &Filter, system: &CodeSystemFile) -> Result<Regex, Error> {
    RegexBuilder::new(&format!("^(?:{})$", filter.value)).size_limit(EXPRESSION_BYTES_MAX).build().map_err(
        |_| {
            Error::Filter(format!(
                "The expression '{}' of the filter on {} is not a regular expression that can be used",
                filter.value,
                system.header().url
            ))
        },
    )
}

fn unknown_filter(filter: &Filter, system: &CodeSystemFile) -> Error {
    Error::Filter(format!(
        "The filter \"{} {} {}\" from the value set was not understood in the context of {}",
        filter.property,
        filter.operator,
        filter.value,
        system.header().url
    ))
}
