//! What a query looks at besides its own types: chains and `_has` ask about other resources, and their answers tell of
//! them. So each type on the way needs the same leave as a search of it would.

use crate::error::Error;
use crate::session::{Session, types_of};
use access::{Grant, Interaction};
use fhir::schema::TypeId;
use search::query::{Clause, Query};

impl Session {
    /// Leave for every type that a query looks at; narrows the query to what is granted. Of the types that a chain may
    /// lead to, those without leave are left out; it is an error when none is left.
    pub(crate) fn authorise_query(&self, query: &mut Query) -> Result<(), Error> {
        let clauses = std::mem::take(&mut query.clauses);
        query.clauses = clauses.into_iter().map(|clause| self.limit(clause)).collect::<Result<_, _>>()?;
        for type_id in types_of(query) {
            self.authorise(Interaction::Search, type_id)?.narrow(query);
        }
        Ok(())
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
                let grant = self.authorise(Interaction::Search, Some(source))?;
                let inner = Box::new(within(&grant, self.limit(*inner)?));
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
        let decide = |target: &TypeId| {
            self.record
                .policy
                .decide(&self.actor, Interaction::Search, Some(*target))
                .ok()
                .map(|grant| (*target, grant))
        };
        let granted: Vec<(TypeId, Grant)> = targets.iter().filter_map(decide).collect();
        if granted.is_empty() && !targets.is_empty() {
            // For the refusal and its row in the audit log.
            self.authorise(Interaction::Search, targets.first().copied())?;
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

/// A clause, of resources within a grant only.
fn within(grant: &Grant, clause: Clause) -> Clause {
    match grant.narrowing() {
        [] => clause,
        narrowing => Clause::All(narrowing.iter().cloned().chain([clause]).collect()),
    }
}
