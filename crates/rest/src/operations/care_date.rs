//! When care was given: the date by which `$everything` is narrowed.

use crate::failure::Failure;
use fhir::schema::TypeId;
use record::{Resource, Session};
use search::matcher::{NoReferences, matches};
use search::parse::Handling;
use search::query::Clause;
use std::collections::HashMap;

/// The parameters that stand for the date of care, most telling first. Types that have none are always in range.
const PARAMETERS: [&str; 17] = [
    "date",
    "period",
    "effective",
    "effective-time",
    "authoredon",
    "authored",
    "authored-on",
    "whenhandedover",
    "recorded-date",
    "started",
    "created",
    "sent",
    "collected",
    "datetime",
    "recorded",
    "onset",
    "issued",
];

/// A range of dates of care, as it was given.
pub(super) struct CareRange<'a> {
    /// The parameters that stand for the date of care, most telling first.
    parameters: &'static [&'static str],
    pub start: Option<&'a str>,
    pub end: Option<&'a str>,
    clauses: HashMap<TypeId, Vec<Clause>>,
}

impl<'a> CareRange<'a> {
    pub fn new(start: Option<&'a str>, end: Option<&'a str>) -> Self {
        Self::by(&PARAMETERS, start, end)
    }

    /// By other parameters than those that stand for the date of care in general.
    pub fn by(parameters: &'static [&'static str], start: Option<&'a str>, end: Option<&'a str>) -> Self {
        Self { parameters, start, end, clauses: HashMap::new() }
    }

    /// True when everything is in range.
    pub fn is_open(&self) -> bool {
        self.start.is_none() && self.end.is_none()
    }

    /// True when the resource's date of care is in the range, or it has none.
    pub fn contains(&mut self, session: &Session, resource: &Resource) -> Result<bool, Failure> {
        if self.is_open() {
            return Ok(true);
        }
        let type_id = resource.key().type_id;
        if !self.clauses.contains_key(&type_id) {
            let made = self.clauses_of(session, type_id)?;
            self.clauses.insert(type_id, made);
        }
        let Some(document) = resource.document() else { return Ok(false) };
        let holds = |clause: &Clause| matches(clause, &document, &NoReferences, session.record().ports());
        Ok(self.clauses[&type_id].iter().all(holds))
    }

    /// What must hold: the date is missing, or in the range.
    fn clauses_of(&self, session: &Session, type_id: TypeId) -> Result<Vec<Clause>, Failure> {
        let code = self.parameters.iter().find(|code| search::parameter::parameter(type_id, code).is_some());
        let Some(code) = code else { return Ok(Vec::new()) };
        let clauses_for = |name: String, value: String| -> Result<Vec<Clause>, Failure> {
            let request = session.parse_search(Some(type_id), None, &[(name, value)], Handling::Strict)?;
            Ok(request.query.clauses)
        };
        let mut found = Vec::new();
        for (prefix, bound, name) in [("ge", self.start, "start"), ("le", self.end, "end")] {
            let Some(bound) = bound else { continue };
            let in_range = clauses_for((*code).to_owned(), format!("{prefix}{bound}"));
            let in_range =
                in_range.map_err(|_| Failure::parameter(name, "write a date, such as 2024-01-31"))?;
            let missing = clauses_for(format!("{code}:missing"), "true".to_owned())?;
            found.push(Clause::Any(vec![Clause::All(in_range), Clause::All(missing)]));
        }
        Ok(found)
    }
}
