//! What a query looks at besides its own types: chains and `_has` ask about other resources, and their answers tell of
//! them. So each type on the way needs the same leave as a search of it would.

use crate::error::Error;
use crate::resource::Resource;
use crate::session::Session;
use access::{Grant, Interaction};
use fhir::schema::TypeId;
use search::parse::Request;
use search::query::{Clause, Query};
use std::collections::HashMap;
use store::Version;

/// Leave for the types that a query asks for.
pub(crate) struct Leaves(HashMap<TypeId, Grant>);

impl Leaves {
    /// A match as the actor may see it; `None`: not at all.
    pub fn show(&self, session: &Session, version: Version) -> Option<Resource> {
        self.0.get(&version.key.type_id).map(|grant| session.shown_under(grant, version))
    }
}

impl Session {
    /// Leave for every type that a query looks at; narrows the query to what is granted. Of the types that a chain may
    /// lead to, and of those of a search over every type, the ones without leave are left out; it is an error when none is
    /// left.
    pub(crate) fn authorise_request(&self, request: &Request) -> Result<(Query, Leaves), Error> {
        let mut query = request.query.clone();
        if request.types_are_implied {
            query.types.retain(|type_id| self.may_search(*type_id));
            if query.types.is_empty() {
                query.types.clone_from(&request.query.types);
            }
        }
        let leaves = self.authorise_query(&mut query)?;
        Ok((query, leaves))
    }

    /// [`Session::authorise_request`] for a query.
    pub(crate) fn authorise_query(&self, query: &mut Query) -> Result<Leaves, Error> {
        let clauses = std::mem::take(&mut query.clauses);
        query.clauses = clauses.into_iter().map(|clause| self.limit(clause)).collect::<Result<_, _>>()?;
        let grants: Vec<(TypeId, Grant)> = match query.types.is_empty() {
            true => self.leaves(Interaction::Search)?,
            false => {
                let grant = |type_id: &TypeId| Ok((*type_id, self.authorise(Interaction::Search, *type_id)?));
                query.types.iter().map(grant).collect::<Result<_, Error>>()?
            }
        };
        for (_, grant) in &grants {
            self.refuse_hidden(grant, &query.clauses, &query.sort)?;
        }
        narrow(query, &grants);
        Ok(Leaves(grants.into_iter().collect()))
    }

    /// A clause that looks at nothing without leave.
    fn limit(&self, clause: Clause) -> Result<Clause, Error> {
        let all = |clauses: Vec<Clause>| -> Result<Vec<Clause>, Error> {
            clauses.into_iter().map(|clause| self.limit(clause)).collect()
        };
        Ok(match clause {
            Clause::All(clauses) => Clause::All(all(clauses)?),
            Clause::Any(clauses) => Clause::Any(all(clauses)?),
            Clause::Not(inner) => Clause::Not(Box::new(self.limit(*inner)?)),
            Clause::OfType { type_id, inner } => {
                Clause::OfType { type_id, inner: Box::new(self.limit(*inner)?) }
            }
            Clause::Chain { parameter, targets, inner } => self.limit_chain(parameter, &targets, *inner)?,
            Clause::Has { source, parameter, inner } => {
                let grant = self.authorise(Interaction::Search, source)?;
                let inner = self.limit(*inner)?;
                self.refuse_hidden(&grant, std::slice::from_ref(&inner), &[])?;
                if grant.hides(source, parameter) {
                    return Err(self.refuse_parameter(&grant, parameter));
                }
                let inner = Box::new(within(&grant, inner));
                Clause::Has { source, parameter, inner }
            }
            Clause::Parameter(_) | Clause::InCompartment { .. } | Clause::Never => clause,
        })
    }

    fn limit_chain(
        &self,
        parameter: &'static str,
        targets: &[TypeId],
        inner: Clause,
    ) -> Result<Clause, Error> {
        let inner = self.limit(inner)?;
        let decide = |target: &TypeId| Some((*target, self.leave(Interaction::Search, *target).ok()?));
        let granted: Vec<(TypeId, Grant)> = targets.iter().filter_map(decide).collect();
        if let (true, Some(first)) = (granted.is_empty(), targets.first()) {
            // For the refusal and its row in the audit log.
            self.authorise(Interaction::Search, *first)?;
        }
        for (_, grant) in &granted {
            self.refuse_hidden(grant, std::slice::from_ref(&inner), &[])?;
        }
        if granted.iter().all(|(_, grant)| grant.narrowing().is_empty()) {
            let targets = granted.into_iter().map(|(target, _)| target).collect();
            return Ok(Clause::Chain { parameter, targets, inner: Box::new(inner) });
        }
        let one = |(target, grant): (TypeId, Grant)| {
            let inner = Box::new(within(&grant, inner.clone()));
            Clause::Chain { parameter, targets: vec![target], inner }
        };
        Ok(Clause::Any(granted.into_iter().map(one).collect()))
    }
}

/// Narrows a query to grants for its types: all of them at once, or each type by its own.
fn narrow(query: &mut Query, grants: &[(TypeId, Grant)]) {
    query.types = grants.iter().map(|(type_id, _)| *type_id).collect();
    if let [(_, grant)] = grants {
        query.clauses.extend(found_within(grant));
    } else if grants.iter().any(|(_, grant)| !grant.narrowing().is_empty()) {
        let of_type = |(type_id, grant): &(TypeId, Grant)| Clause::OfType {
            type_id: *type_id,
            inner: Box::new(Clause::All(found_within(grant))),
        };
        query.clauses.push(Clause::Any(grants.iter().map(of_type).collect()));
    }
}

/// What a search finds under a grant. What is only seen together with what leads to it is found there, not by a search.
pub(crate) fn found_within(grant: &Grant) -> Vec<Clause> {
    let is_binary = grant.type_id().is_some_and(|type_id| type_id.name() == "Binary");
    match is_binary && !grant.narrowing().is_empty() {
        true => vec![Clause::Never],
        false => grant.narrowing().iter().map(|clause| Clause::clone(clause)).collect(),
    }
}

/// A clause, of resources within a grant only.
fn within(grant: &Grant, clause: Clause) -> Clause {
    let mut clauses = found_within(grant);
    if clauses.is_empty() {
        return clause;
    }
    clauses.push(clause);
    Clause::All(clauses)
}
