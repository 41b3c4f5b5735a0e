//! The operations of filters.

use crate::form::Form;
use crate::parameter::ParameterKind;
use crate::parse::Scope;
use crate::parse::criterion;
use crate::prefix::Prefix;
use crate::search_error::{SearchError, SearchErrorKind};
use crate::value::ValueTest;
use crate::value::date::DateTest;
use crate::value::number::NumberTest;
use crate::value::quantity::QuantityTest;
use crate::value::reference::ReferenceTest;
use crate::value::string::{StringComparison, StringTest};
use crate::value::token::{SystemTest, TokenTest};
use crate::value::uri::{UriComparison, UriTest};
use fhir::schema::TypeId;

/// An operation of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    /// `gt lt ge le ap sa eb`, as they stand before values elsewhere.
    Ordered(Prefix),
    Present,
    Overlaps,
    Subsumes,
    SubsumedBy,
    In,
    NotIn,
    Refers,
}

/// Operations with their codes.
const OPERATIONS: [(&str, Operation); 19] = [
    ("eq", Operation::Equal),
    ("ne", Operation::NotEqual),
    ("co", Operation::Contains),
    ("sw", Operation::StartsWith),
    ("ew", Operation::EndsWith),
    ("gt", Operation::Ordered(Prefix::Greater)),
    ("lt", Operation::Ordered(Prefix::Less)),
    ("ge", Operation::Ordered(Prefix::GreaterOrEqual)),
    ("le", Operation::Ordered(Prefix::LessOrEqual)),
    ("ap", Operation::Ordered(Prefix::Approximate)),
    ("sa", Operation::Ordered(Prefix::StartsAfter)),
    ("eb", Operation::Ordered(Prefix::EndsBefore)),
    ("pr", Operation::Present),
    ("po", Operation::Overlaps),
    ("ss", Operation::Subsumes),
    ("sb", Operation::SubsumedBy),
    ("in", Operation::In),
    ("ni", Operation::NotIn),
    ("re", Operation::Refers),
];

/// What an operation with its value asks.
pub(super) enum Meaning {
    /// That there is a value, or none.
    Present(bool),
    /// That some value meets this.
    Value(ValueTest),
    /// That no value meets this.
    NoValue(ValueTest),
}

/// The kind of parameter that values of a form would have.
pub(super) fn kind_of(form: Form) -> Option<ParameterKind> {
    Some(match form {
        Form::Boolean
        | Form::Code
        | Form::Coding
        | Form::CodeableConcept
        | Form::Identifier
        | Form::ContactPoint => ParameterKind::Token,
        Form::Text | Form::HumanName | Form::Address => ParameterKind::String,
        Form::Uri | Form::Canonical => ParameterKind::Uri,
        Form::Integer | Form::Decimal => ParameterKind::Number,
        Form::Date | Form::Period | Form::Timing => ParameterKind::Date,
        Form::Reference => ParameterKind::Reference,
        Form::Quantity | Form::Money | Form::Range | Form::SampledData => ParameterKind::Quantity,
        Form::Resource | Form::Answer(_) | Form::Other => return None,
    })
}

impl Operation {
    pub(super) fn from_code(code: &str) -> Option<Self> {
        OPERATIONS.iter().find(|row| row.0 == code).map(|row| row.1)
    }

    pub(super) fn codes() -> String {
        OPERATIONS.map(|row| row.0).join(", ")
    }

    /// What it asks of values of a kind. `composite` reads a value of a composite.
    pub(super) fn test(
        self,
        scope: &Scope<'_>,
        path: &str,
        kind: ParameterKind,
        targets: &[TypeId],
        value: &str,
        composite: &dyn Fn(&str) -> Result<ValueTest, SearchError>,
    ) -> Result<Meaning, SearchError> {
        let bad = |problem: String| SearchError::new(SearchErrorKind::BadValue, path, problem);
        let misfit = || {
            let code = OPERATIONS.iter().find(|row| row.1 == self).map_or("", |row| row.0);
            bad(format!("{code} is not for parameters of kind {}", kind.code()))
        };
        let equal = || match kind {
            ParameterKind::Composite => composite(value),
            _ => equal_test(scope, kind, targets, value).ok_or_else(misfit)?.map_err(bad),
        };
        let string = |comparison| match kind {
            ParameterKind::String | ParameterKind::Token | ParameterKind::Uri => {
                Ok(ValueTest::String(StringTest::new(comparison, value)))
            }
            _ => Err(misfit()),
        };
        Ok(match self {
            Self::Equal => Meaning::Value(equal()?),
            Self::NotEqual if kind == ParameterKind::Composite => Meaning::NoValue(equal()?),
            Self::NotEqual => Meaning::Value(ValueTest::Not(Box::new(equal()?))),
            Self::Contains => Meaning::Value(string(StringComparison::Contains)?),
            Self::StartsWith => Meaning::Value(string(StringComparison::StartsWith)?),
            Self::EndsWith => Meaning::Value(string(StringComparison::EndsWith)?),
            Self::Ordered(prefix) => {
                Meaning::Value(ordered_test(scope, kind, prefix, value).ok_or_else(misfit)?.map_err(bad)?)
            }
            Self::Present => match value {
                "true" => Meaning::Present(true),
                "false" => Meaning::Present(false),
                _ => return Err(bad("write pr true or pr false".to_owned())),
            },
            Self::Overlaps => match ordered_test(scope, kind, Prefix::Equal, value) {
                Some(Ok(ValueTest::Date(test))) => {
                    Meaning::Value(ValueTest::Date(DateTest { prefix: Prefix::Approximate, ..test }))
                }
                Some(Err(problem)) => return Err(bad(problem)),
                _ => return Err(misfit()),
            },
            Self::Subsumes | Self::SubsumedBy if kind == ParameterKind::Token => {
                Meaning::Value(subsumption(value, self == Self::SubsumedBy).map_err(bad)?)
            }
            Self::In | Self::NotIn if kind == ParameterKind::Token => {
                let test = ValueTest::Token(criterion::in_value_set(scope.ports, path, value)?);
                if self == Self::In { Meaning::Value(test) } else { Meaning::NoValue(test) }
            }
            Self::Refers if kind == ParameterKind::Reference => Meaning::Value(equal()?),
            _ => return Err(misfit()),
        })
    }
}

/// A test for an equal value; `None` when values of the kind are never equal.
fn equal_test(
    scope: &Scope<'_>,
    kind: ParameterKind,
    targets: &[TypeId],
    value: &str,
) -> Option<Result<ValueTest, String>> {
    Some(match kind {
        ParameterKind::String => Ok(ValueTest::String(StringTest::new(StringComparison::Equals, value))),
        ParameterKind::Token => TokenTest::parse(value).map(ValueTest::Token),
        ParameterKind::Uri => {
            Ok(ValueTest::Uri(UriTest { comparison: UriComparison::Is, uri: value.to_owned() }))
        }
        ParameterKind::Reference => {
            ReferenceTest::parse(value, None, targets, scope.ports.base_url()).map(ValueTest::Reference)
        }
        _ => return ordered_test(scope, kind, Prefix::Equal, value),
    })
}

/// A test of order; `None` when values of the kind have none.
fn ordered_test(
    scope: &Scope<'_>,
    kind: ParameterKind,
    prefix: Prefix,
    value: &str,
) -> Option<Result<ValueTest, String>> {
    let text = format!("{}{value}", prefix.code());
    Some(match kind {
        ParameterKind::Number => NumberTest::parse(&text).map(ValueTest::Number),
        ParameterKind::Quantity => QuantityTest::parse(&text).map(ValueTest::Quantity),
        ParameterKind::Date => DateTest::parse(&text, scope.limits.now_ms, scope.ports).map(ValueTest::Date),
        _ => return None,
    })
}

fn subsumption(value: &str, above: bool) -> Result<ValueTest, String> {
    match TokenTest::parse(value)? {
        TokenTest::Code { system: SystemTest::Is(system), code: Some(code) } => {
            Ok(ValueTest::Token(TokenTest::Subsumption { system, code, above }))
        }
        _ => Err("write system|code: subsumption is a matter of one code system".to_owned()),
    }
}
