//! All that happened to a patient, in one line (CH07), and the search of it (X9).
//!
//! Both are made of the same entries, which are read through the session: who may not see something finds nothing of it, not
//! even that there is more.

mod entry;
pub mod query;

pub use entry::{Entry, Kind, Link};

use crate::chart::resource_type;
use entry::SOURCES;
use query::{Query, Snippet};
use record::{Error, Session};

/// Resources of a type that are looked through: the newest. A chart of twenty years has fewer.
const OF_A_TYPE: usize = 5_000;
/// Resources in one step.
const STEP: &str = "1000";
/// Entries on a page.
pub const PAGE: usize = 100;

/// A page of entries.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// The entries, the newest first; of a search the likeliest first.
    pub entries: Vec<Found>,
    /// How many there are in all.
    pub total: usize,
    /// How many there are of each kind that has any, whichever kinds are shown.
    pub counts: Vec<(Kind, usize)>,
    /// The years in which there is something, newest first, each with the number of the page on which it begins.
    pub years: Vec<(String, usize)>,
    /// Whether a type has more than are looked through.
    pub has_more: bool,
}

/// An entry, and where it speaks of what was searched for.
#[derive(Clone, Debug)]
pub struct Found {
    /// The entry.
    pub entry: Entry,
    /// The words around the first hit; nothing when nothing was searched for.
    pub snippet: Snippet,
}

impl Timeline {
    /// Reads a page of a patient's entries: of some kinds, or of all when none is named; those that a query finds, or all.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn read(
        session: &Session,
        patient: &str,
        (query, kinds): (&Query, &[Kind]),
        page: usize,
    ) -> Result<Self, Error> {
        let (mut entries, has_more) = all(session, patient, query)?;
        let mut timeline = Self { has_more, counts: counts(&entries), ..Self::default() };
        entries.retain(|entry| kinds.is_empty() || kinds.contains(&entry.kind));
        if query.is_empty() {
            entries
                .sort_by(|one, two| two.date.cmp(&one.date).then_with(|| one.reference.cmp(&two.reference)));
            entries = entry::by_day(entries);
            timeline.years = years(&entries);
        } else {
            let rank = |entry: &Entry| query.rank(entry);
            entries.sort_by(|one, two| {
                rank(two)
                    .cmp(&rank(one))
                    .then_with(|| two.date.cmp(&one.date))
                    .then_with(|| one.reference.cmp(&two.reference))
            });
        }
        timeline.total = entries.len();
        let shown = entries.into_iter().skip(page.saturating_mul(PAGE)).take(PAGE);
        timeline.entries = shown.map(|entry| Found { snippet: query.snippet(&entry), entry }).collect();
        Ok(timeline)
    }
}

/// All entries that a query finds, and whether there are more of a type than are looked through.
fn all(session: &Session, patient: &str, query: &Query) -> Result<(Vec<Entry>, bool), Error> {
    let of = format!("Patient/{patient}");
    let (mut entries, mut has_more) = (Vec::new(), false);
    for source in &SOURCES {
        let mut cursor: Option<String> = None;
        let mut seen = 0;
        loop {
            let mut asked = vec![("patient", &*of), ("_count", STEP)];
            asked.extend(cursor.as_deref().map(|cursor| ("_cursor", cursor)));
            let found = match session.find(resource_type(source.type_name), &asked) {
                // Who may not see a type sees the rest.
                Err(Error::Denied(_)) => break,
                found => found?,
            };
            seen += found.matches.len();
            entries.extend(found.matches.iter().filter_map(|one| source.entry(one, query)));
            cursor = found.next;
            if cursor.is_none() || seen >= OF_A_TYPE {
                has_more |= cursor.is_some();
                break;
            }
        }
    }
    Ok((entries, has_more))
}

fn counts(entries: &[Entry]) -> Vec<(Kind, usize)> {
    let of = |kind: &Kind| entries.iter().filter(|entry| entry.kind == *kind).count();
    Kind::ALL.iter().map(|kind| (*kind, of(kind))).filter(|(_, count)| *count > 0).collect()
}

fn years(entries: &[Entry]) -> Vec<(String, usize)> {
    let mut years: Vec<(String, usize)> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let year = entry.date.get(..4).unwrap_or_default();
        if !year.is_empty() && years.last().is_none_or(|(last, _)| last != year) {
            years.push((year.to_owned(), at / PAGE));
        }
    }
    years
}
