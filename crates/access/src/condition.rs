//! When a permission holds: conditions in the words of data/access/README.md, which become clauses of a search.

use crate::record_of::{in_record_of, patient, patient_meets};
use crate::relations::Asker;
use fhir::schema::TypeId;
use search::Ports;
use search::matcher::NoPorts;
use search::parameter::parameter;
use search::parse::{Limits, parse_clause};
use search::query::Clause;

/// A condition: at least one of these holds. None at all: always.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Condition {
    text: String,
    alternatives: Vec<Alternative>,
}

#[derive(Clone, Debug, PartialEq)]
enum Alternative {
    /// It is part of the record of a patient who the actor is, or whose proxy they are.
    Own,
    /// It is part of the record of a patient whose glass the actor broke.
    Emergency,
    /// A search by these parameters would find it.
    Resource(Vec<(String, String)>),
    /// A search by these parameters would find its patient.
    Patient(Vec<(String, String)>),
}

/// Stands in a condition for who the actor is in the record.
const PERSON: &str = "{person}";
/// Stands in a condition for the sites where the actor works.
const SITE: &str = "{site}";

impl Condition {
    /// Reads `own`, `emergency`, `?NAME=VALUE&…` and `patient?NAME=VALUE&…`, with ` or ` between several; empty: always.
    ///
    /// # Errors
    /// Says which part is not understood, also when its parameters are none of any of the types.
    pub fn parse(text: &str, types: &[TypeId]) -> Result<Self, String> {
        let parts = text.split(" or ").map(str::trim).filter(|part| !part.is_empty());
        let alternatives: Vec<Alternative> = parts.map(alternative).collect::<Result<_, _>>()?;
        for one in &alternatives {
            one.check(types)?;
        }
        Ok(Self { text: text.trim().to_owned(), alternatives })
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True when it holds for every resource.
    pub fn is_always(&self) -> bool {
        self.alternatives.is_empty()
    }

    /// True when it can hold because of an emergency.
    pub fn is_of_emergency(&self) -> bool {
        self.alternatives.contains(&Alternative::Emergency)
    }

    /// What must hold for resources of a type, for this actor. `None`: it holds for none of them.
    pub fn clause(&self, type_id: TypeId, asker: &Asker<'_>) -> Option<Clause> {
        let clauses = self.alternatives.iter().filter_map(|one| one.clause(type_id, asker));
        Clause::any_of(clauses.filter(|clause| *clause != Clause::Never).collect())
    }
}

fn alternative(part: &str) -> Result<Alternative, String> {
    let pairs = |query: &str| -> Vec<(String, String)> {
        // No decoding: what stands in a table is written as it is meant.
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let found = match part.split_once('?') {
        None if part == "own" => Alternative::Own,
        None if part == "emergency" => Alternative::Emergency,
        Some(("", query)) => Alternative::Resource(pairs(query)),
        Some(("patient", query)) => Alternative::Patient(pairs(query)),
        _ => return Err(format!("'{part}' is not own, emergency, ?NAME=VALUE or patient?NAME=VALUE")),
    };
    match &found {
        Alternative::Resource(pairs) | Alternative::Patient(pairs) if pairs.is_empty() => {
            Err(format!("'{part}' names no parameter; write NAME=VALUE behind the question mark"))
        }
        _ => Ok(found),
    }
}

impl Alternative {
    /// That parameters mean something: those of the resource for at least one of the types.
    fn check(&self, types: &[TypeId]) -> Result<(), String> {
        let (pairs, types) = match self {
            Self::Own | Self::Emergency => return Ok(()),
            Self::Resource(pairs) => (pairs, types),
            Self::Patient(pairs) => (pairs, &[patient()][..]),
        };
        let words = Words { person: "Practitioner/1", sites: "Location/1" };
        let is_understood = |type_id: &TypeId| parse(*type_id, pairs, words, &NoPorts, 0);
        let results: Vec<_> = types.iter().map(is_understood).collect();
        match results.iter().any(Result::is_ok) {
            true => Ok(()),
            false => results.into_iter().find_map(Result::err).map_or(Ok(()), Err),
        }
    }

    fn clause(&self, type_id: TypeId, asker: &Asker<'_>) -> Option<Clause> {
        match self {
            Self::Own => in_record_of_any(type_id, asker.relations.represented()),
            Self::Emergency => in_record_of_any(type_id, asker.relations.emergencies()),
            Self::Resource(pairs) => read(type_id, pairs, asker),
            Self::Patient(pairs) => patient_meets(type_id, read(patient(), pairs, asker)?),
        }
    }
}

/// Part of the record of one of these patients.
fn in_record_of_any(type_id: TypeId, patients: &[String]) -> Option<Clause> {
    Clause::any_of(patients.iter().filter_map(|id| in_record_of(type_id, id)).collect())
}

/// The conditions for an actor; `None` when they cannot hold: there is no such parameter, or the actor is nobody, or
/// works nowhere.
fn read(type_id: TypeId, pairs: &[(String, String)], asker: &Asker<'_>) -> Option<Clause> {
    // Most types lack what a condition about another asks for: that is told before anything is read.
    let is_lacking = |name: &str| {
        !name.starts_with('_') && !name.contains([':', '.']) && parameter(type_id, name).is_none()
    };
    if pairs.iter().any(|(name, _)| is_lacking(name)) {
        return None;
    }
    let names = |word: &str| pairs.iter().any(|(_, value)| value.contains(word));
    let person = asker.actor.person.as_ref().map(ToString::to_string);
    // What they are is asked of the record, so only when it is named.
    let sites = if names(SITE) { asker.relations.sites().join(",") } else { String::new() };
    if (names(PERSON) && person.is_none()) || (names(SITE) && sites.is_empty()) {
        return None;
    }
    let words = Words { person: &person.unwrap_or_default(), sites: &sites };
    parse(type_id, pairs, words, asker.ports, asker.now_ms).ok()
}

/// What words in braces stand for.
#[derive(Clone, Copy)]
struct Words<'a> {
    person: &'a str,
    sites: &'a str,
}

fn parse(
    type_id: TypeId,
    pairs: &[(String, String)],
    words: Words<'_>,
    ports: &dyn Ports,
    now_ms: i64,
) -> Result<Clause, String> {
    let limits = Limits { now_ms, ..Limits::default() };
    let one = |(name, value): &(String, String)| {
        let value = value.replace(PERSON, words.person).replace(SITE, words.sites);
        parse_clause(&[type_id], name, &value, ports, &limits).map_err(|error| error.to_string())
    };
    let mut clauses: Vec<Clause> = pairs.iter().map(one).collect::<Result<_, _>>()?;
    Ok(if clauses.len() == 1 { clauses.remove(0) } else { Clause::All(clauses) })
}
