//! Conditions of writes: "the one resource that matches".

use crate::error::Error;
use crate::parameters::decode;
use crate::session::Session;
use fhir::schema::TypeId;
use search::parse::{Handling, Limits, parse, parse_clause};
use search::query::{Clause, Query};
use store::{Precondition, ResourceKey};

/// What a condition names: a type and search parameters, as in `Patient?identifier=…`.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The type.
    pub type_id: TypeId,
    /// The parameters as given, for messages.
    pub text: String,
    /// What they ask for.
    pub query: Query,
}

/// Finds what conditions name.
pub(crate) struct Conditions<'a> {
    pub session: &'a Session,
}

impl Conditions<'_> {
    /// Reads a condition. One without any parameter is refused: it would name everything. It tells what matches, so it
    /// needs leave to search.
    pub fn parse(&self, type_id: TypeId, parameters: &str) -> Result<Condition, Error> {
        let (record, pairs) = (self.session.record(), decode(parameters));
        let request = parse(Some(type_id), None, &pairs, Handling::Strict, &*record.ports, &record.limits())?;
        let text = format!("{}?{parameters}", type_id.name());
        if request.query.clauses.is_empty() {
            return Err(Error::request(
                "",
                format!("the condition '{text}' names no search parameter; give one"),
            ));
        }
        let query = Query { types: request.query.types, clauses: request.query.clauses, ..Query::default() };
        let mut query = Query { count: 2, ..query };
        self.session.authorise_query(&mut query)?;
        Ok(Condition { type_id, text, query })
    }

    /// Leaves resources out of what a condition may match.
    pub fn exclude(&self, condition: &mut Condition, keys: &[ResourceKey]) -> Result<(), Error> {
        let type_id = condition.type_id;
        let ids: Vec<&str> = keys.iter().filter(|key| key.type_id == type_id).map(|key| &*key.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let limits = Limits { values: usize::MAX, ..self.session.record().limits() };
        let is_one = parse_clause(&[type_id], "_id", &ids.join(","), &*self.session.record().ports, &limits)?;
        condition.query.clauses.push(Clause::Not(Box::new(is_one)));
        Ok(())
    }

    /// The one match, or none; several are an error.
    pub fn at_most_one(&self, condition: &Condition) -> Result<Option<ResourceKey>, Error> {
        let record = self.session.record();
        let hits = record.store.search(&condition.query, &*record.ports)?;
        match hits.matches.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.key.clone())),
            _ => Err(Error::Condition {
                condition: condition.text.clone(),
                found: "several resources",
                advice: "make it narrower, so that it names one",
            }),
        }
    }
}

impl Condition {
    /// That no resource matches at the moment of the commit.
    pub(crate) fn none(&self) -> Precondition {
        Precondition::NoMatch(self.query.clone())
    }

    /// That exactly this resource matches at the moment of the commit.
    pub(crate) fn only(&self, key: &ResourceKey) -> Precondition {
        Precondition::OnlyMatch(self.query.clone(), key.clone())
    }
}
