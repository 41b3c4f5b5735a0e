//! Index rows made anew, some at a time, beside the work of the day.
//!
//! The version of the rules that made the rows is recorded. While it is not this program's, searches walk whole
//! types and let the matcher decide; every write makes rows by the new rules meanwhile.

use crate::dictionary::Dictionary;
use crate::entry::{Entry, EntryPlace, START};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::located::Target;
use crate::prepare::{missing_in, row_set};
use crate::row_set::{RowSet, pack_signature};
use fhir::schema::TypeId;
use search::rows::{INDEX_VERSION, IndexRows, index_rows};

/// Resources in one step.
pub(crate) const STEP: usize = 256;

/// Some resources with their new rows.
pub(crate) struct Step {
    made: Vec<(Entry, IndexRows)>,
    /// Parameters that have no number yet.
    pub missing: Vec<(TypeId, &'static str)>,
    /// Where it ended; `None` when there was nothing left.
    pub last: Option<EntryPlace>,
    pub looked_at: u64,
}

/// A resource whose rows are not what this program makes.
pub(crate) struct Renewal {
    pub entry: Entry,
    pub old: RowSet,
    pub new: RowSet,
    pub target: Target,
    pub signature: Vec<u8>,
    pub packed: Vec<u8>,
}

/// Makes the rows of some resources.
pub(crate) fn make(entries: Vec<Entry>, dictionary: &Dictionary, keys: &Keys) -> Result<Step, StoreError> {
    let mut step = Step {
        last: entries.last().map(Entry::place),
        looked_at: entries.len() as u64,
        made: Vec::new(),
        missing: Vec::new(),
    };
    for entry in entries {
        let (body, _) = keys.open_document(&entry.key(dictionary)?, &entry.payload)?;
        let document = fhir::Document::parse_with(body.as_bytes(), fhir::Limits::UNBOUNDED)
            .map_err(|_| StoreError::Damaged(format!("{} is no JSON", entry.id.text())))?;
        let rows = index_rows(&document);
        missing_in(&rows, dictionary.type_of(entry.type_number)?, dictionary, &mut step.missing);
        step.made.push((entry, rows));
    }
    Ok(step)
}

impl Step {
    /// The resources whose rows differ. All parameters must be in the dictionary.
    pub fn renewals(self, dictionary: &Dictionary) -> Result<Vec<Renewal>, StoreError> {
        let mut renewals = Vec::new();
        for (entry, rows) in self.made {
            let new = row_set(&rows, dictionary.type_of(entry.type_number)?, dictionary);
            let recency = rows.recency_ms.unwrap_or(entry.updated);
            let target = Target { home: rows.home.0, recency, key: entry.target.key };
            let (signature, packed) = (pack_signature(&rows.signature), new.pack());
            if target != entry.target || packed != entry.rows || signature != entry.signature {
                let old = RowSet::unpack(&entry.rows)?;
                renewals.push(Renewal { entry, old, new, target, signature, packed });
            }
        }
        Ok(renewals)
    }
}

/// Progress from its text; from the start when there is none, or other rules made it.
pub(crate) fn read_progress(text: Option<&str>) -> Result<EntryPlace, StoreError> {
    let Some(text) = text else { return Ok(START) };
    let numbers: Vec<i64> = text.split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [version, a, b, c, d] if version == i64::from(INDEX_VERSION) => Ok((a, b, c, d)),
        [_, _, _, _, _] => Ok(START),
        _ => Err(StoreError::Damaged(format!("progress of the reindexing: {text}"))),
    }
}

/// Progress as text.
pub(crate) fn progress_text(at: EntryPlace) -> String {
    format!("{INDEX_VERSION} {} {} {} {}", at.0, at.1, at.2, at.3)
}
