//! Which parameters write index rows: `data/r4/index.tsv`, where the format is described.

use crate::parameter::{Parameter, ParameterKind, parameter, parameters};
use crate::path::{Program, compile};
use fhir::schema::{TypeId, schema};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What rows a parameter writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// It is the type's principal date.
    Recency,
    Token,
    Text,
    Date,
    Number,
    /// A composite of a code and a number.
    Pair,
    /// Other parameters have rows with all of its values.
    Via(Vec<&'static str>),
}

/// A parameter with its rows.
#[derive(Debug)]
pub(crate) struct Entry {
    pub parameter: &'static Parameter,
    pub rows: Rows,
    /// Values that write no row: codes.
    pub except: Vec<&'static str>,
}

/// How a type is indexed.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub entries: Vec<Entry>,
    /// The parameter of the principal date.
    pub recency: Option<&'static Parameter>,
    /// The parameter of the main reference to a patient.
    pub home: Option<&'static Parameter>,
    /// Reference parameters that may lead to a patient.
    pub patient_references: Vec<&'static Parameter>,
    /// All tokens, references and URIs, each path once.
    pub signature: Program,
}

/// Parameters of the main reference to a patient, the first that a type has.
const HOME_PARAMETERS: [&str; 6] = ["patient", "subject", "individual", "beneficiary", "actor", "member"];

static POLICIES: LazyLock<Vec<Policy>> = LazyLock::new(|| {
    let lines = read(include_str!("../../../data/r4/index.tsv"));
    let mut policies = Vec::new();
    for type_id in schema().resources() {
        if policies.len() <= type_id.index() {
            policies.resize_with(type_id.index() + 1, Policy::default);
        }
        policies[type_id.index()] = Policy::of(type_id, &lines);
    }
    policies
});

/// How a type is indexed.
pub(crate) fn policy(type_id: TypeId) -> &'static Policy {
    static NONE: LazyLock<Policy> = LazyLock::new(Policy::default);
    POLICIES.get(type_id.index()).unwrap_or(&NONE)
}

/// Type, parameter, rows, exceptions.
type Line = [&'static str; 4];

fn read(text: &'static str) -> Vec<Line> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut fields = line.split('\t');
            std::array::from_fn(|_| fields.next().unwrap_or_default())
        })
        .collect()
}

impl Policy {
    fn of(type_id: TypeId, lines: &[Line]) -> Self {
        let patient = schema().resource_named("Patient");
        let mut entries: Vec<Entry> = Vec::new();
        for &[of, code, rows, except] in lines {
            let Some(parameter) = parameter(type_id, code).filter(|_| of == "*" || of == type_id.name())
            else {
                continue;
            };
            entries.retain(|entry| entry.parameter.code != code);
            if let Some(rows) = Rows::read(type_id, rows) {
                let except = except.split(',').filter(|code| !code.is_empty()).collect();
                entries.push(Entry { parameter, rows, except });
            }
        }
        let leads_to_patient = |parameter: &&'static Parameter| {
            parameter.kind == ParameterKind::Reference
                && (parameter.targets.is_empty()
                    || patient.is_some_and(|patient| parameter.targets.contains(&patient)))
        };
        let references = parameters(type_id).iter().copied().filter(leads_to_patient);
        Self {
            recency: entries.iter().find(|entry| entry.rows == Rows::Recency).map(|entry| entry.parameter),
            home: HOME_PARAMETERS
                .iter()
                .filter(|_| Some(type_id) != patient)
                .filter_map(|code| parameter(type_id, code))
                .find(leads_to_patient),
            patient_references: references.collect(),
            signature: signature_program(type_id),
            entries,
        }
    }

    /// The rows of a parameter.
    pub(crate) fn entry(&self, code: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.parameter.code == code)
    }
}

impl Rows {
    fn read(type_id: TypeId, text: &'static str) -> Option<Self> {
        Some(match text {
            "recency" => Self::Recency,
            "token" => Self::Token,
            "text" => Self::Text,
            "date" => Self::Date,
            "number" => Self::Number,
            "pair" => Self::Pair,
            _ => {
                let codes = text.strip_prefix("via ")?.split(',');
                Self::Via(codes.filter_map(|code| Some(parameter(type_id, code)?.code)).collect())
            }
        })
    }
}

/// The paths of all tokens, references and URIs but the id, each once. Paths that only narrow another are left out.
fn signature_program(type_id: TypeId) -> Program {
    let hashed = [ParameterKind::Token, ParameterKind::Reference, ParameterKind::Uri];
    let mut branches = BTreeSet::new();
    for parameter in parameters(type_id) {
        if !hashed.contains(&parameter.kind) || parameter.code == "_id" {
            continue;
        }
        for branch in parameter.expression.split('|').map(str::trim).filter(|branch| !branch.is_empty()) {
            let branch = match branch.find(".where(resolve()") {
                Some(at) if branch.ends_with(')') => &branch[..at],
                _ => branch,
            };
            branches.insert((branch, parameter.base));
        }
    }
    let mut program = Program::default();
    for (branch, base) in branches {
        program.extend(compile(branch, base).unwrap_or_default());
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        for [of, code, rows, except] in read(include_str!("../../../data/r4/index.tsv")) {
            let types: Vec<TypeId> = match of {
                "*" => schema().resources().filter(|type_id| parameter(*type_id, code).is_some()).collect(),
                _ => schema().resource_named(of).into_iter().collect(),
            };
            assert!(!types.is_empty(), "{of} {code}");
            for type_id in types {
                let parameter = parameter(type_id, code).unwrap_or_else(|| panic!("{of} has no {code}"));
                let kinds: &[ParameterKind] = match Rows::read(type_id, rows) {
                    Some(Rows::Recency | Rows::Date) => &[ParameterKind::Date],
                    Some(Rows::Token) => {
                        &[ParameterKind::Token, ParameterKind::Reference, ParameterKind::Uri]
                    }
                    Some(Rows::Text) => &[ParameterKind::String],
                    Some(Rows::Number) => &[ParameterKind::Quantity, ParameterKind::Number],
                    Some(Rows::Pair) => &[ParameterKind::Composite],
                    Some(Rows::Via(others)) => {
                        assert_eq!(others.len(), rows.split(',').count(), "{of} {code}");
                        for other in others {
                            let entry = policy(type_id).entry(other);
                            let entry = entry.unwrap_or_else(|| panic!("{of} {code} via {other}"));
                            assert!(!matches!(entry.rows, Rows::Via(_)), "{of} {code}");
                            assert!(entry.except.is_empty(), "{of} {code}");
                        }
                        continue;
                    }
                    None => {
                        assert_eq!(rows, "none");
                        continue;
                    }
                };
                assert!(kinds.contains(&parameter.kind), "{of} {code} {rows}");
                assert!(except.is_empty() || rows == "token", "{of} {code}");
            }
        }
    }
}
