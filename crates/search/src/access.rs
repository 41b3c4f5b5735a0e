//! Which index rows hold a superset of what a clause asks for.

mod criterion;

use crate::compartment::compartment_clause;
use crate::hash;
use crate::index_policy::{Rows, policy};
use crate::matcher::Ports;
use crate::query::{Clause, Criterion, Test};
use crate::rows::{Home, ParameterKey};
use crate::value::ValueTest;
use fhir::schema::TypeId;

/// A way to candidates. What it finds contains all that its clause matches, and perhaps more.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// The resources of a type with these ids.
    Ids(TypeId, Vec<String>),
    /// One patient's resources of a type, most recent first; those that lack one of the signature hashes may be
    /// skipped.
    Home {
        /// Whose record.
        home: Home,
        /// The type.
        type_id: TypeId,
        /// Hashes of which a candidate has at least one; empty: no condition.
        signature: Vec<u32>,
    },
    /// All resources of a type, most recent first, within a range of the principal date.
    Type {
        /// The type.
        type_id: TypeId,
        /// Recency at least this.
        low_ms: i64,
        /// Recency below this.
        high_ms: i64,
        /// As for [`Access::Home`].
        signature: Vec<u32>,
    },
    /// Token rows, most recent first.
    Token {
        /// The parameter.
        parameter: ParameterKey,
        /// The hash.
        hash: i64,
    },
    /// Number rows in a closed range.
    Number {
        /// The parameter.
        parameter: ParameterKey,
        /// The unit hash.
        unit: i64,
        /// Least value.
        low: f64,
        /// Greatest value.
        high: f64,
    },
    /// Text rows that begin with a prefix.
    Text {
        /// The parameter.
        parameter: ParameterKey,
        /// The folded prefix.
        prefix: String,
    },
    /// Date rows whose interval meets `[low_ms, high_ms)`.
    Date {
        /// The parameter.
        parameter: ParameterKey,
        /// First millisecond.
        low_ms: i64,
        /// The millisecond behind the last.
        high_ms: i64,
    },
    /// Whatever any of them finds; nothing when there are none.
    Union(Vec<Access>),
    /// What refers by a parameter to a resource that the inner clause matches: run the inner clause on the target
    /// types first; [`reference_access`] then gives the access for each target found.
    Chain {
        /// The type that refers.
        type_id: TypeId,
        /// Its reference parameter's code.
        parameter: &'static str,
        /// Where it may lead.
        targets: Vec<TypeId>,
        /// What holds there.
        inner: Clause,
    },
    /// What is referred to: run the inner clause on the source type first, and take the references that its
    /// parameter has there.
    Has {
        /// The type wanted.
        type_id: TypeId,
        /// The type that refers.
        source: TypeId,
        /// Its reference parameter's code.
        parameter: &'static str,
        /// What holds there.
        inner: Clause,
    },
}

/// The ways a clause can be answered by for resources of a type; `None` when only a scan of the type will do.
pub fn access(type_id: TypeId, clause: &Clause, ports: &dyn Ports) -> Option<Access> {
    match clause {
        Clause::All(clauses) => {
            clauses.iter().filter_map(|clause| access(type_id, clause, ports)).min_by_key(Access::rank)
        }
        Clause::Any(clauses) => {
            let all: Option<Vec<_>> = clauses.iter().map(|clause| access(type_id, clause, ports)).collect();
            all.map(Access::union)
        }
        Clause::Not(_) => None,
        Clause::Parameter(criterion) => criterion::access(type_id, criterion, ports),
        Clause::Chain { parameter, targets, inner } => is_found_by(type_id, parameter, targets).then(|| {
            Access::Chain { type_id, parameter, targets: targets.clone(), inner: (**inner).clone() }
        }),
        Clause::Has { source, parameter, inner } => {
            Some(Access::Has { type_id, source: *source, parameter, inner: (**inner).clone() })
        }
        Clause::OfType { type_id: of, inner } => match *of == type_id {
            true => access(type_id, inner, ports),
            false => Some(Access::Union(Vec::new())),
        },
        Clause::InCompartment { compartment, id } => match compartment_clause(*compartment, id, type_id) {
            Some(clause) => access(type_id, &clause, ports),
            None => Some(Access::Union(Vec::new())),
        },
        Clause::Never => Some(Access::Union(Vec::new())),
    }
}

/// The way to the resources of a type that refer by a parameter to a resource: for chains and reverse includes. A scan
/// of the type where there is none better.
pub fn reference_access(type_id: TypeId, parameter: &'static str, target: (TypeId, &str)) -> Access {
    let hash = hash::of_reference(target.0.name(), target.1);
    criterion::reference(type_id, parameter, target).unwrap_or(Access::Type {
        type_id,
        low_ms: i64::MIN,
        high_ms: i64::MAX,
        signature: vec![hash::signature(hash)],
    })
}

/// What a clause on a code and a value together says of the code alone, by the parameter of that code: a second way to
/// what it finds, in the order of answers.
pub fn code_of_pair(type_id: TypeId, clause: &Clause) -> Option<Clause> {
    let Clause::Parameter(Criterion { code, test: Test::AnyOf(tests) }) = clause else { return None };
    let component = crate::parameter::parameter(type_id, code)?.components.first()?;
    let code_of = |test: &ValueTest| match test {
        ValueTest::Composite(parts) => {
            parts.first().filter(|part| matches!(part, ValueTest::Token(_))).cloned()
        }
        _ => None,
    };
    let codes: Option<Vec<_>> = tests.iter().map(code_of).collect();
    Some(Clause::Parameter(Criterion { code: component.code, test: Test::AnyOf(codes?) }))
}

/// True when a resource that refers by a parameter to a patient lies in that patient's record, or in the shared one: the
/// parameter is of one element that holds one reference, and that decides whose record it is.
pub fn leads_home(type_id: TypeId, parameter: &str) -> bool {
    let of_home = policy(type_id).home.and_then(|home| single_element(type_id, home.expression));
    let parameter = crate::parameter::parameter(type_id, parameter);
    let of_parameter = parameter.and_then(|parameter| single_element(type_id, parameter.expression));
    of_home.is_some() && of_home == of_parameter
}

/// The element that an expression names for a type, when it is only one and not a list.
fn single_element(type_id: TypeId, expression: &'static str) -> Option<&'static str> {
    let of_type = |part: &'static str| part.trim().strip_prefix(type_id.name())?.strip_prefix('.');
    let mut elements = expression.split('|').filter_map(of_type);
    let element = elements.next()?;
    let name = element.strip_suffix(".where(resolve() is Patient)").unwrap_or(element);
    let definition = type_id.definition().element(name)?;
    (elements.next().is_none() && definition.max == Some(1)).then_some(definition.name)
}

/// Hashes of which the signature of a match has at least one; `None` when none can be named.
pub fn signature_hashes(type_id: TypeId, clause: &Clause) -> Option<Vec<u32>> {
    match clause {
        Clause::All(clauses) => {
            clauses.iter().filter_map(|clause| signature_hashes(type_id, clause)).min_by_key(Vec::len)
        }
        Clause::Any(clauses) => {
            let all: Option<Vec<_>> =
                clauses.iter().map(|clause| signature_hashes(type_id, clause)).collect();
            all.map(|lists| lists.concat()).filter(|hashes| !hashes.is_empty())
        }
        Clause::Parameter(criterion) => criterion::signature_hashes(type_id, criterion),
        Clause::OfType { type_id: of, inner } if *of == type_id => signature_hashes(type_id, inner),
        Clause::InCompartment { compartment, id } => {
            signature_hashes(type_id, &compartment_clause(*compartment, id, type_id)?)
        }
        Clause::Not(_)
        | Clause::OfType { .. }
        | Clause::Chain { .. }
        | Clause::Has { .. }
        | Clause::Never => None,
    }
}

/// The parameter of a type's principal date, by which its resources lie: sorting by it descending is the store's own
/// order among the resources that have it.
pub fn principal_date(type_id: TypeId) -> Option<&'static str> {
    policy(type_id).recency.map(|parameter| parameter.code)
}

/// True when references by a parameter to any of the targets are found without a scan.
fn is_found_by(type_id: TypeId, code: &str, targets: &[TypeId]) -> bool {
    let policy = policy(type_id);
    match policy.entry(code).map(|entry| &entry.rows) {
        Some(Rows::Token | Rows::Via(_)) => true,
        _ => !targets.is_empty() && targets.iter().all(|target| target.name() == "Patient"),
    }
}

impl Access {
    /// One of several ways; nested ones are taken in.
    fn union(parts: Vec<Self>) -> Self {
        let mut flat: Vec<Self> = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Union(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::Union(flat) }
    }

    /// How few candidates it promises, least first, by its shape alone.
    fn rank(&self) -> u8 {
        match self {
            Self::Ids(..) => 0,
            Self::Home { .. } => 1,
            Self::Token { .. } => 2,
            Self::Number { .. } | Self::Text { .. } => 3,
            Self::Date { .. } => 4,
            Self::Chain { .. } | Self::Has { .. } => 5,
            Self::Type { .. } => 6,
            Self::Union(parts) => parts.iter().map(Self::rank).max().unwrap_or(0),
        }
    }
}
