//! Rows of the audit log as what they say, for reports that need no AuditEvents.

use super::disclosure::Disclosure;
use super::log::{LoggedRow, Place, Progress, Walk};
use crate::session::Session;
use fhir::{Document, Node};
use std::ops::Range;
use store::StoreError;

/// What a row says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// Who: the id that stands for them, and their name.
    pub who: String,
    /// The name that they had.
    pub name: String,
    /// Who they are in the record, such as `Practitioner/1`; empty: nobody.
    pub person: String,
    /// The id of the app that acted for them; empty: none.
    pub app: String,
    /// By which way: `rest`, `page`, `command`, `subscription`.
    pub way: String,
    /// What was done: C, R, U, D, S (search), E (execute), X (disclosed), A (anchor).
    pub done: String,
    /// The ids of the patients whom it was about.
    pub patients: Vec<String>,
    /// How many resources besides patients were changed or shown.
    pub resources: usize,
    /// What was asked.
    pub query: String,
    /// True when something was changed with it.
    pub is_write: bool,
    /// True when it was done, neither refused nor failed.
    pub is_done: bool,
    /// What was given to others by hand.
    pub disclosed: Option<Disclosure>,
}

impl Entry {
    /// Reads a row; `None` when it is none that this program wrote.
    pub(super) fn of(row: &LoggedRow) -> Option<Self> {
        let logged = Document::parse(row.text.as_str()).ok()?;
        let root = logged.root();
        let text = |name: &str| root.get_str(name).unwrap_or_default().into_owned();
        let has = |name: &str| root.get(name).is_some();
        let mut entry = Self {
            time_ms: row.time_ms,
            who: text("who"),
            name: text("name"),
            person: text("as"),
            app: text("app"),
            way: text("way"),
            done: root.get_str("do")?.into_owned(),
            query: text("query"),
            is_write: matches!(row.place, Place::Write(_)),
            is_done: !has("refused") && !has("failed"),
            disclosed: root.get("disclosed").and_then(Disclosure::of),
            ..Self::default()
        };
        for (key, _) in &row.changes {
            entry.add(&key.to_string());
        }
        root.each_of("what").filter_map(Node::as_str).for_each(|name| entry.add(&name));
        for id in root.each_of("of").filter_map(Node::as_str) {
            entry.add_patient(&id);
        }
        Some(entry)
    }

    fn add(&mut self, name: &str) {
        match name.strip_prefix("Patient/") {
            Some(id) => self.add_patient(id),
            None => self.resources += 1,
        }
    }

    fn add_patient(&mut self, id: &str) {
        if !self.patients.iter().any(|known| known == id) {
            self.patients.push(id.to_owned());
        }
    }

    /// True when it was about a patient.
    pub fn is_about(&self, patient: &str) -> bool {
        self.patients.iter().any(|id| id == patient)
    }

    /// True when who did it is a patient, or stands for one.
    pub fn is_by_patient(&self) -> bool {
        ["Patient/", "RelatedPerson/"].iter().any(|of| self.person.starts_with(of))
    }
}

/// Rows looked at for one report.
const ROWS_MAX: usize = 5_000_000;

/// How far a report came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of the time asked for.
    Whole,
    /// What is before this moment was not looked at, in milliseconds since 1970.
    Since(i64),
}

impl Session {
    /// The rows of a span of time, newest first, that hold a text (empty: all), until the taker wants no more.
    pub(super) fn audit_entries(
        &self,
        span: &Range<i64>,
        holding: &str,
        mut take: impl FnMut(Entry) -> bool,
    ) -> Result<Extent, StoreError> {
        let mut walk = Walk::new(&*self.record.store, Progress::START);
        for _ in 0..ROWS_MAX {
            let Some(row) = walk.next()? else { return Ok(Extent::Whole) };
            if row.time_ms < span.start.saturating_sub(super::DISORDER_MS) {
                return Ok(Extent::Whole);
            }
            if !span.contains(&row.time_ms) || !holds(&row, holding) {
                continue;
            }
            if let Some(entry) = Entry::of(&row)
                && !take(entry)
            {
                return Ok(Extent::Since(row.time_ms));
            }
        }
        let reached = walk.next()?.map_or(Extent::Whole, |row| Extent::Since(row.time_ms));
        Ok(reached)
    }
}

fn holds(row: &LoggedRow, text: &str) -> bool {
    row.text.contains(text) || row.changes.iter().any(|(key, _)| *key.id == *text)
}
