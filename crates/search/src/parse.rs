//! From a URL's parameters to a search.

mod chain;
mod criterion;
mod filter;
mod implied;
mod presentation;
mod suggestion;

pub(crate) use criterion::bad_prefix;
pub use presentation::{Include, Summary};

use crate::compartment;
use crate::matcher::Ports;
use crate::query::{Clause, Query};
use crate::search_error::{SearchError, SearchErrorKind};
use crate::text::WordPlace;
use fhir::schema::{TypeId, schema};

/// What is done with a parameter that cannot be understood (R4 search §3.1.1.3, `Prefer: handling`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Handling {
    /// It is an error.
    #[default]
    Strict,
    /// It is dropped and reported.
    Lenient,
}

/// What a search may ask for at most, and the moment it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Now, in milliseconds since 1970: for `ap`.
    pub now_ms: i64,
    /// Matches on a page when `_count` says nothing.
    pub default_count: usize,
    /// Matches on a page at most.
    pub max_count: usize,
    /// How many references a chain may follow.
    pub chain_depth: usize,
    /// How many values a parameter may be given.
    pub values: usize,
}

impl Default for Limits {
    /// Pages of 50, at most 1,000; chains of 4; 1,000 values; the epoch as now.
    fn default() -> Self {
        Self { now_ms: 0, default_count: 50, max_count: 1000, chain_depth: 4, values: 1000 }
    }
}

/// A search with how its answer is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The search itself.
    pub query: Query,
    /// `_include` and `_revinclude`.
    pub includes: Vec<Include>,
    /// `_summary`.
    pub summary: Summary,
    /// `_elements`; empty: all.
    pub elements: Vec<String>,
    /// `_format`.
    pub format: Option<String>,
    /// `_pretty`.
    pub pretty: Option<bool>,
    /// True when the types are those of a compartment and were not named: of those without leave nothing is said.
    pub types_are_implied: bool,
    /// The parameters that were understood, as sent: the self link. The cursor is not among them.
    pub kept: Vec<(String, String)>,
    /// What was dropped, and why.
    pub dropped: Vec<SearchError>,
}

/// Reads a search. `path_type` is the type in the path; `compartment` the compartment in it.
///
/// # Errors
/// Names the parameter, what is wrong with it and how to mend it. With [`Handling::Lenient`], such parameters are
/// dropped and reported instead, but never what would make the search too costly.
pub fn parse(
    path_type: Option<TypeId>,
    compartment: Option<(TypeId, &str)>,
    pairs: &[(String, String)],
    handling: Handling,
    ports: &dyn Ports,
    limits: &Limits,
) -> Result<Request, SearchError> {
    let mut request = Request::default();
    request.query.count = limits.default_count;
    let types = types_of(path_type, compartment, pairs, handling, &mut request)?;
    if let Some((compartment, id)) = compartment {
        request.query.clauses.push(compartment_condition(compartment, id, &types));
    }
    let scope = Scope { types: &types, ports, limits, depth: 0 };
    for (name, value) in pairs {
        let outcome = match presentation::apply(&scope, name, value, &mut request) {
            Some(outcome) => outcome,
            None => scope.clause(name, value).map(|clause| request.query.clauses.push(clause)),
        };
        match outcome {
            Ok(()) => {
                request.kept.extend(understood(name, value).map(|value| (name.clone(), value)));
            }
            Err(error) if handling == Handling::Lenient && error.kind != SearchErrorKind::TooCostly => {
                request.dropped.push(error);
            }
            Err(error) => return Err(error),
        }
    }
    implied::add(&scope, pairs, &mut request.query.clauses);
    request.query.types = types;
    Ok(request)
}

/// What of a value belongs in the self link: of `_type` the names that are types, of a cursor nothing.
fn understood(name: &str, value: &str) -> Option<String> {
    match name {
        presentation::CURSOR => None,
        "_type" => {
            let types: Vec<_> =
                value.split(',').filter(|name| schema().resource_named(name).is_some()).collect();
            (!types.is_empty()).then(|| types.join(","))
        }
        _ => Some(value.to_owned()),
    }
}

/// Reads one condition on resources of some types, such as `("code", "1234-5")`: for rules and subscriptions.
///
/// # Errors
/// As for [`parse`].
pub fn parse_clause(
    types: &[TypeId],
    name: &str,
    value: &str,
    ports: &dyn Ports,
    limits: &Limits,
) -> Result<Clause, SearchError> {
    Scope { types, ports, limits, depth: 0 }.clause(name, value)
}

fn compartment_condition(compartment: TypeId, id: &str, types: &[TypeId]) -> Clause {
    match types {
        [type_id] => compartment::compartment_clause(compartment, id, *type_id).unwrap_or(Clause::Never),
        _ => Clause::InCompartment { compartment, id: id.to_owned() },
    }
}

/// The types searched: of the path, of `_type`, or those of the compartment.
fn types_of(
    path_type: Option<TypeId>,
    compartment: Option<(TypeId, &str)>,
    pairs: &[(String, String)],
    handling: Handling,
    request: &mut Request,
) -> Result<Vec<TypeId>, SearchError> {
    if let Some(type_id) = path_type {
        return Ok(vec![type_id]);
    }
    let mut types = Vec::new();
    for name in pairs.iter().filter(|(name, _)| name == "_type").flat_map(|(_, value)| value.split(',')) {
        match schema().resource_named(name) {
            Some(type_id) if !types.contains(&type_id) => types.push(type_id),
            Some(_) => {}
            None => {
                let names = schema().resources().map(TypeId::name);
                let problem = format!("{name} is no resource type{}", suggestion::near_misses(name, names));
                let error = SearchError::new(SearchErrorKind::BadValue, "_type", problem);
                if handling == Handling::Strict {
                    return Err(error);
                }
                request.dropped.push(error);
            }
        }
    }
    let members = compartment.map(|(compartment, _)| compartment::types_in(compartment));
    Ok(match members {
        Some(members) if types.is_empty() => {
            request.types_are_implied = true;
            members
        }
        _ => types,
    })
}

/// What a condition is read for.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The types that it is about; empty: all.
    pub types: &'a [TypeId],
    pub ports: &'a dyn Ports,
    pub limits: &'a Limits,
    /// How many references were followed to come here.
    pub depth: usize,
}

impl<'a> Scope<'a> {
    /// One parameter as a condition.
    pub(crate) fn clause(&self, name: &str, value: &str) -> Result<Clause, SearchError> {
        let error = |kind, problem: &str| Err(SearchError::new(kind, name, problem));
        if value.is_empty() {
            return error(
                SearchErrorKind::BadValue,
                "the value is missing; leave the parameter out or give one",
            );
        }
        if let Some(rest) = name.strip_prefix("_has:") {
            return self.has(name, rest, chain::Ask::Plain(value));
        }
        match name {
            "_filter" => return filter::parse(self, value),
            "_list" => return self.list(value),
            "_text" => return self.words(name, WordPlace::Narrative, value),
            "_content" => return self.words(name, WordPlace::Anywhere, value),
            "_type" => {
                return error(
                    SearchErrorKind::BadValue,
                    "it belongs to searches over all types; leave it out here",
                );
            }
            "_query" => {
                return error(
                    SearchErrorKind::Unsupported,
                    "this server has no named queries; use parameters",
                );
            }
            _ => {}
        }
        match name.split_once('.') {
            Some((head, rest)) => self.chain(name, head, rest, chain::Ask::Plain(value)),
            None => self.criterion(name, value),
        }
    }

    /// The same, one reference further.
    pub(crate) fn deeper<'b>(&self, types: &'b [TypeId], name: &str) -> Result<Scope<'b>, SearchError>
    where
        'a: 'b,
    {
        if self.depth >= self.limits.chain_depth {
            let problem = format!(
                "it follows more than {} references; search in steps, with the ids found before",
                self.limits.chain_depth
            );
            return Err(SearchError::new(SearchErrorKind::TooCostly, name, problem));
        }
        Ok(Scope { types, ports: self.ports, limits: self.limits, depth: self.depth + 1 })
    }
}
