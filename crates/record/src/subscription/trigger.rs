//! What a subscriber is told of: changes of a type that some searches hold for.

use fhir::Document;
use fhir::schema::TypeId;
use search::Ports;
use search::parse::{Limits, parse_clause};
use search::query::Clause;

/// Changes of a type that some searches hold for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trigger {
    pub type_id: TypeId,
    pub on: Kinds,
    /// What must hold for the version before, when there is one.
    pub before: Vec<Clause>,
    /// What must hold for the new version; of a deletion: for the last one.
    pub after: Vec<Clause>,
}

/// Kinds of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds {
    pub create: bool,
    pub update: bool,
    pub delete: bool,
}

impl Kinds {
    /// Resources that are new, or changed: what searches as criteria look at (R4 Subscription.criteria).
    pub const WRITTEN: Self = Self { create: true, update: true, delete: false };
}

impl Trigger {
    /// Whether a change sets it off.
    pub fn is_set_off(&self, before: Option<&Document>, after: Option<&Document>, ports: &dyn Ports) -> bool {
        let all = |clauses: &[Clause], document: Option<&Document>| {
            document.is_none_or(|one| clauses.iter().all(|clause| store::clause_holds(clause, one, ports)))
        };
        match (before, after) {
            (None, None) => false,
            (None, Some(_)) => self.on.create && all(&self.after, after),
            (Some(_), Some(_)) => self.on.update && all(&self.before, before) && all(&self.after, after),
            (Some(_), None) => self.on.delete && all(&self.after, before),
        }
    }
}

/// Reads a search as conditions on one resource of a type: parameters as in a URL. An error says what is wrong and how to
/// mend it.
pub(super) fn clauses(
    query: &str,
    type_id: TypeId,
    ports: &dyn Ports,
    now_ms: i64,
) -> Result<Vec<Clause>, String> {
    let pairs = crate::parameters::decode(query);
    pairs.iter().map(|(name, value)| clause(name, value, type_id, ports, now_ms)).collect()
}

/// One of them.
pub(super) fn clause(
    name: &str,
    value: &str,
    type_id: TypeId,
    ports: &dyn Ports,
    now_ms: i64,
) -> Result<Clause, String> {
    let limits = Limits { now_ms, ..Limits::default() };
    let clause = parse_clause(&[type_id], name, value, ports, &limits).map_err(|error| error.to_string())?;
    match is_of_one_resource(&clause) {
        true => Ok(clause),
        false => Err(format!(
            "'{name}' cannot be decided by one version of the resource; leave out chains, _has, _list and _lastUpdated"
        )),
    }
}

/// Whether a clause is decided by the content of the resource itself.
fn is_of_one_resource(clause: &Clause) -> bool {
    !clause.has(&|one| match one {
        // It is set when a version is written.
        Clause::Parameter(criterion) => criterion.code == "_lastUpdated",
        one => matches!(one, Clause::Chain { .. } | Clause::Has { .. }),
    })
}
