//! Restrictions: what bears a label of sensitivity is seen by some roles only, whatever else they may (HL7 Healthcare Privacy
//! and Security Classification; 42 CFR Part 2; 45 CFR 164.501 for psychotherapy notes).

use crate::condition::Condition;
use crate::effective::EffectiveRestriction;
use crate::record_of::{may_bear, one_of_patients_meets, one_of_visits_meets, patient};
use crate::relations::Asker;
use fhir::schema::{TypeId, schema};
use search::matcher::NoPorts;
use search::parse::{Limits, parse_clause};
use search::query::Clause;
use std::sync::Arc;

/// Whose label counts for a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// Its own.
    Resource,
    /// Its own, and that of the visit in which it was made.
    Visit,
    /// That of the patient, for the whole record.
    Patient,
}

/// The words of the table, and what they mean.
const BEARERS: [(&str, Bearer); 3] =
    [("resource", Bearer::Resource), ("visit", Bearer::Visit), ("patient", Bearer::Patient)];

/// What a restriction leaves of a type.
pub(crate) enum Left {
    /// All of it: the restriction does not touch the type.
    All,
    /// What does not bear one of the labels itself, which is all that most are asked.
    Free,
    /// What a clause holds for.
    Meeting(Arc<Clause>),
}

/// One line of `data/access/restrictions.tsv`.
#[derive(Clone, Debug)]
pub(crate) struct Restriction {
    /// The labels, as a search by `_security` names them.
    labels: String,
    /// That a resource bears one of them.
    labelled: Clause,
    /// Whose label counts.
    bearer: Bearer,
    /// Roles that see it all the same.
    roles: Vec<String>,
    /// When others see it all the same; none: never.
    unless: Condition,
}

/// That a resource bears one of some labels.
pub(crate) fn bears(labels: &str) -> Result<Clause, String> {
    let limits = Limits { values: usize::MAX, ..Limits::default() };
    parse_clause(&[patient()], "_security", labels, &NoPorts, &limits).map_err(|error| error.to_string())
}

impl Restriction {
    /// Reads a line: labels, what bears them, roles, and conditions.
    ///
    /// # Errors
    /// Says what is not understood.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap_or_default().trim();
        let (labels, borne_by, roles, unless) = (field(), field(), field(), field());
        let bearer = BEARERS.iter().find(|(word, _)| *word == borne_by).map(|(_, bearer)| *bearer);
        let bearer = bearer.ok_or_else(|| {
            format!("labels are borne by 'resource', 'visit' or 'patient', not '{borne_by}'")
        })?;
        let labelled = bears(labels)?;
        let types: Vec<TypeId> = schema().resources().collect();
        Ok(Self {
            labels: labels.to_owned(),
            labelled,
            bearer,
            roles: roles.split(',').map(|role| role.trim().to_owned()).collect(),
            unless: Condition::parse(unless, &types)?,
        })
    }

    /// True when one of the roles sees what bears the labels.
    pub fn is_lifted(&self, roles: &[String]) -> bool {
        roles.iter().any(|role| self.roles.contains(role))
    }

    /// The labels, when they count for what belongs to who bears them.
    pub fn inherited_labels(&self) -> Option<&str> {
        (self.bearer != Bearer::Resource).then_some(&*self.labels)
    }

    /// For people to read.
    pub fn effective(&self) -> EffectiveRestriction {
        EffectiveRestriction {
            labels: self.labels.clone(),
            bearer: self.bearer,
            unless: self.unless.text().to_owned(),
        }
    }

    /// The labels, as a search by `_security` names them.
    pub fn labels(&self) -> &str {
        &self.labels
    }

    /// What the actor may see of a type.
    pub fn left(&self, type_id: TypeId, asker: &Asker<'_>) -> Left {
        let (is_own, of_other) = self.bearers(type_id, asker);
        let labelled = match of_other {
            None if !is_own => return Left::All,
            None => None,
            Some(other) if is_own => Some(Clause::Any(vec![self.labelled.clone(), other])),
            Some(other) => Some(other),
        };
        let unless = if self.unless.is_always() { None } else { self.unless.clause(type_id, asker) };
        if labelled.is_none() && unless.is_none() {
            return Left::Free;
        }
        let free = Clause::Not(Box::new(labelled.unwrap_or_else(|| self.labelled.clone())));
        Left::Meeting(Arc::new(match unless {
            None => free,
            Some(unless) => Clause::Any(vec![free, unless]),
        }))
    }

    /// Whether a resource's own label counts, and by what else it is labelled.
    fn bearers(&self, type_id: TypeId, asker: &Asker<'_>) -> (bool, Option<Clause>) {
        if self.bearer == Bearer::Resource {
            return (true, None);
        }
        let labelled = asker.relations.labelled();
        match self.bearer {
            Bearer::Visit => {
                let of_visit = one_of_visits_meets(type_id, &labelled.visits, &self.labelled);
                (may_bear(type_id, labelled), of_visit)
            }
            _ if type_id == patient() => (may_bear(type_id, labelled), None),
            _ if type_id.name() == "Binary" => (false, None),
            _ => (false, one_of_patients_meets(type_id, &labelled.patients, &self.labelled)),
        }
    }
}
