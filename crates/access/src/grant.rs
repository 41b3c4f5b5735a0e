//! Leave to do one thing, and what it is bounded by.

use crate::interaction::Interaction;
use fhir::schema::TypeId;
use search::parameter::{Parameter, parameter};
use search::query::{Clause, Criterion, Query, Test};
use search::value::ValueTest;
use std::sync::Arc;

/// Leave to do one thing. Only a [`crate::Policy`] can make one.
#[derive(Clone, Debug)]
pub struct Grant {
    pub(crate) interaction: Interaction,
    pub(crate) type_id: Option<TypeId>,
    pub(crate) narrowing: Vec<Arc<Clause>>,
    pub(crate) hidden: Vec<String>,
    pub(crate) needs_context: bool,
}

impl Grant {
    /// What is granted.
    pub fn interaction(&self) -> Interaction {
        self.interaction
    }

    /// On which type; `None` for every type.
    pub fn type_id(&self) -> Option<TypeId> {
        self.type_id
    }

    /// What must hold for every resource that is touched under this grant.
    pub fn narrowing(&self) -> &[Arc<Clause>] {
        &self.narrowing
    }

    /// Names of elements at the top of a resource that are not shown.
    pub fn hidden(&self) -> &[String] {
        &self.hidden
    }

    /// True when a resource is within the grant only together with what it is part of: a Binary says of itself nothing of
    /// whose it is.
    pub fn needs_context(&self) -> bool {
        self.needs_context
    }

    /// True when it is for every resource of the type, and all of it.
    pub fn is_whole(&self) -> bool {
        self.narrowing.is_empty() && self.hidden.is_empty()
    }

    /// Narrows a query for one type to what is granted.
    pub fn narrow(&self, query: &mut Query) {
        query.clauses.extend(self.narrowing.iter().map(|clause| Clause::clone(clause)));
    }

    /// The code of a parameter in a clause that looks at an element which is not shown: its answer would tell of it.
    pub fn hidden_parameter(&self, clause: &Clause) -> Option<&'static str> {
        let type_id = self.type_id.filter(|_| !self.hidden.is_empty())?;
        match clause {
            Clause::All(clauses) | Clause::Any(clauses) => {
                clauses.iter().find_map(|clause| self.hidden_parameter(clause))
            }
            Clause::Not(inner) => self.hidden_parameter(inner),
            Clause::OfType { type_id: of, inner } => {
                (*of == type_id).then(|| self.hidden_parameter(inner)).flatten()
            }
            Clause::Parameter(criterion) => {
                self.looks_at_hidden(type_id, criterion).then_some(criterion.code)
            }
            Clause::Chain { parameter, .. } => self.hides(type_id, parameter).then_some(*parameter),
            Clause::Has { .. } | Clause::InCompartment { .. } | Clause::Never => None,
        }
    }

    /// True when a parameter of the type looks at an element that is not shown.
    pub fn hides(&self, type_id: TypeId, code: &str) -> bool {
        !self.hidden.is_empty()
            && parameter(type_id, code).is_some_and(|parameter| self.is_hidden_path(parameter))
    }

    fn looks_at_hidden(&self, type_id: TypeId, criterion: &Criterion) -> bool {
        // Words may stand anywhere in a resource.
        let is_words = |test: &ValueTest| matches!(test, ValueTest::Words(_));
        let has_words = matches!(&criterion.test, Test::AnyOf(tests) if tests.iter().any(is_words));
        has_words || self.hides(type_id, criterion.code)
    }

    fn is_hidden_path(&self, parameter: &Parameter) -> bool {
        let is_hidden = |part: &str| self.hidden.iter().any(|name| name == part);
        // `Encounter.reasonCode`, `(Observation.value as Quantity)`: the names behind the dots.
        parameter.expression.split(['.', ' ', '(', ')', '|']).any(is_hidden)
    }
}
