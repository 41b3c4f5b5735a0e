//! Conditions of writes: "the one resource that matches".

use crate::error::Error;
use crate::parameters::decode;
use crate::session::Session;
use fhir::schema::TypeId;
use search::parse::{Handling, parse};
use search::query::Query;
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
        let mut query = Query { count: 2, ..request.query };
        self.session.authorise_query(&mut query)?;
        Ok(Condition { type_id, text, query })
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
