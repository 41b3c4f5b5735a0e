//! The check of all that is stored, over what a backend has.

mod contents;

use crate::blob::{BlobStore, BlobUse};
use crate::codec;
use crate::commit_log::{self, CHAIN_LENGTH, Chain, LoggedChange};
use crate::entry::{Entry, EntryPlace, START};
use crate::error::StoreError;
use crate::history::{CommitRow, Commits, Side};
use crate::keys::Keys;
use crate::located::{Located, Target};
use crate::maintain::Verification;
use crate::prepare::row_set;
use crate::row_set::{RowSet, pack_signature};
use crate::version::{ResourceKey, Splice, Version};
use contents::Contents;
use fhir::schema::TypeId;
use search::rows::index_rows;
use std::collections::HashMap;

/// Rows read at a time.
const STEP: usize = 256;

/// A current document with what should lead to it.
pub(crate) struct CheckedEntry {
    pub place: EntryPlace,
    /// The row, or what is wrong with it.
    pub entry: Result<Entry, String>,
    /// What the directory says of its name.
    pub located: Option<Located>,
    /// Its home and signature in the list of its type.
    pub listed: Option<(i64, Vec<u8>)>,
}

/// Rows that are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counted {
    TypeRows,
    /// Those of what is not deleted.
    Directory,
    Past,
    Tokens,
    Numbers,
    Texts,
    Dates,
    BlobUses,
}

impl Counted {
    /// How a fault names them.
    fn table(self) -> &'static str {
        match self {
            Self::TypeRows => "type_row",
            Self::Directory => "directory",
            Self::Past => "past",
            Self::Tokens => "token",
            Self::Numbers => "number",
            Self::Texts => "text",
            Self::Dates => "date",
            Self::BlobUses => "blob_use",
        }
    }

    /// The statement that counts them, which every engine understands.
    fn statement(self) -> String {
        let those = if matches!(self, Self::Directory) { " WHERE NOT deleted" } else { "" };
        format!("SELECT count(*) FROM {}{those}", self.table())
    }
}

/// The data at one moment, as the check asks for it.
pub(crate) trait Checked: Commits {
    /// What the backend alone can check: its files, and what no commit covers.
    fn check_backend(&self, found: &mut Verification) -> Result<(), StoreError>;

    /// Current documents behind a place, in the order of places, at most so many.
    fn checked_entries(&self, behind: EntryPlace, limit: usize) -> Result<Vec<CheckedEntry>, StoreError>;

    /// The internal keys of those index rows that are not there, one each.
    fn missing_rows(&self, sets: &[(Target, RowSet)]) -> Result<Vec<i64>, StoreError>;

    /// The positions of those uses of contents whose rows are not there.
    fn missing_uses(&self, uses: &[BlobUse]) -> Result<Vec<usize>, StoreError>;

    /// The number that a statement gives.
    fn number(&self, statement: &str) -> Result<u64, StoreError>;

    /// How many of the counts of types are wrong.
    fn wrong_counts(&self) -> Result<u64, StoreError>;
}

/// Checks the data. With `is_index_current`, the index rows must be what this program makes.
pub(crate) fn verify(
    source: &impl Checked,
    is_index_current: bool,
    keys: &Keys,
    blobs: &dyn BlobStore,
) -> Result<Verification, StoreError> {
    let mut check = Check {
        source,
        is_index_current,
        keys,
        found: Verification::default(),
        contents: Contents::default(),
        rows: [0; 4],
        last: 0,
    };
    source.check_backend(&mut check.found)?;
    check.commits()?;
    check.entries()?;
    check.totals()?;
    check.contents.check(blobs, &mut check.found);
    Ok(check.found)
}

struct Check<'a, S: Checked> {
    source: &'a S,
    is_index_current: bool,
    keys: &'a Keys,
    found: Verification,
    contents: Contents,
    /// Rows that the documents should have, by index table.
    rows: [u64; 4],
    /// The last commit.
    last: i64,
}

/// A version that a commit made, with its place and time.
type Made = (LoggedChange, (u64, u32), i64);

impl<S: Checked> Check<'_, S> {
    /// The chain of commits, and each version that they made.
    fn commits(&mut self) -> Result<(), StoreError> {
        let (mut before, mut last): (Chain, (i64, i64)) = ([0; CHAIN_LENGTH], (0, i64::MIN));
        loop {
            let rows = self.source.commits(Side::After(last.0), STEP)?;
            let mut made = Vec::new();
            for row in &rows {
                self.commit(row, &before, last, &mut made);
                (before, last) = (row.chain, (row.sequence, row.time_ms));
            }
            self.versions(&made)?;
            if rows.len() < STEP {
                self.last = last.0;
                return Ok(());
            }
        }
    }

    fn commit(&mut self, row: &CommitRow, before: &Chain, last: (i64, i64), made: &mut Vec<Made>) {
        let CommitRow { sequence, time_ms, .. } = *row;
        let place = format!("commit {sequence}");
        if sequence != last.0 + 1 {
            self.found.fault(&place, format!("does not follow commit {}", last.0));
        }
        if time_ms < last.1 {
            self.found.fault(&place, "is before the commit before it");
        }
        match &row.audit {
            Err(error) => self.found.fault(&place, error.to_string()),
            Ok(audit) if commit_log::chain(before, sequence, time_ms, &row.changes, audit) != row.chain => {
                self.found.fault(&place, "its hash differs: it or a commit before was changed");
            }
            Ok(_) => {}
        }
        self.found.commits += 1;
        match commit_log::unpack_changes(&row.changes) {
            Err(error) => self.found.fault(&place, error.to_string()),
            Ok(changes) => made.extend(
                (0u32..)
                    .zip(changes)
                    .map(|(position, change)| (change, (sequence.cast_unsigned(), position), time_ms)),
            ),
        }
    }

    /// The versions that commits made are there, and are what was committed.
    fn versions(&mut self, made: &[Made]) -> Result<(), StoreError> {
        let mut wanted = Vec::with_capacity(made.len());
        let mut logged = Vec::with_capacity(made.len());
        for one in made {
            self.found.versions += 1;
            match self.source.dictionary().type_of(one.0.type_number) {
                Ok(type_id) => {
                    wanted.push((ResourceKey::new(type_id, one.0.id.text()), one.0.version));
                    logged.push(one);
                }
                Err(_) => {
                    let names = format!("names type {}", one.0.type_number);
                    self.found.fault(format!("commit {}", one.1.0), names);
                }
            }
        }
        let found = self.source.versions(&wanted)?;
        for (((key, number), made), found) in wanted.iter().zip(logged).zip(found) {
            let name = format!("{key}/_history/{number}");
            match found {
                Ok(Some(version)) => {
                    self.compare(&name, &version, made);
                    self.contents.note(&name, made.0.key, &version);
                }
                Ok(None) => self.found.fault(name, "is missing"),
                Err(StoreError::Damaged(what)) => self.found.fault(name, what),
                Err(error) => return Err(error),
            }
        }
        self.contents.check_uses(self.source, &mut self.found)
    }

    fn compare(&mut self, name: &str, version: &Version, (change, place, time_ms): &Made) {
        if version.is_shredded && change.hash.is_some() {
            self.found.shredded += 1;
        } else if version.body.as_deref().map(|body| codec::hash_of(body)) != change.hash {
            self.found.fault(name, "is not what was committed");
        }
        match version.document() {
            Ok(Some(document)) if Splice::of(document).unwrap_or_default() != version.splice => {
                self.found.fault(name, "does not know where its meta is");
            }
            Err(error) => self.found.fault(name, error.to_string()),
            _ => {}
        }
        if version.place != *place || version.updated_ms != *time_ms {
            self.found.fault(name, format!("does not name commit {} as its origin", place.0));
        }
    }

    /// Each current document against the directory, the list of its type, and its index rows.
    fn entries(&mut self) -> Result<(), StoreError> {
        let mut behind = START;
        loop {
            let entries = self.source.checked_entries(behind, STEP)?;
            let is_last = entries.len() < STEP;
            let mut sets = Vec::with_capacity(entries.len());
            let mut names = HashMap::with_capacity(entries.len());
            for checked in &entries {
                behind = checked.place;
                self.found.documents += 1;
                match &checked.entry {
                    Err(what) => self.found.fault("table entry", what),
                    Ok(entry) => {
                        if let Some((name, set)) = self.entry(entry, checked) {
                            names.insert(entry.target.key, name);
                            sets.push((entry.target, set));
                        }
                    }
                }
            }
            for key in self.source.missing_rows(&sets)? {
                let name = names.get(&key).cloned().unwrap_or_default();
                self.found.fault(name, "an index row is missing");
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// One document; gives its name and the index rows that it names.
    fn entry(&mut self, entry: &Entry, checked: &CheckedEntry) -> Option<(String, RowSet)> {
        let Ok(type_id) = self.source.dictionary().type_of(entry.type_number) else {
            self.found.fault("table entry", format!("names type {}", entry.type_number));
            return None;
        };
        let name = format!("{}/{}", type_id.name(), entry.id.text());
        let agrees = checked.located.is_some_and(|located| {
            !located.deleted && located.version == entry.version && located.target() == entry.target
        });
        if !agrees {
            self.found.fault(&name, "the directory does not lead to it");
        }
        if checked
            .listed
            .as_ref()
            .is_none_or(|(home, signature)| *home != entry.target.home || *signature != entry.signature)
        {
            self.found.fault(&name, "the list of its type does not agree");
        }
        if !(1..=self.last).contains(&entry.sequence) {
            self.found.fault(&name, "names a commit that is not there");
        }
        let set = match RowSet::unpack(&entry.rows) {
            Ok(set) => set,
            Err(error) => {
                self.found.fault(name, format!("list of index rows: {error}"));
                return None;
            }
        };
        let lengths = [set.tokens.len(), set.numbers.len(), set.texts.len(), set.dates.len()];
        for (total, length) in self.rows.iter_mut().zip(lengths) {
            *total += length as u64;
        }
        self.found.index_rows += set.len() as u64;
        if self.is_index_current {
            self.extraction(&name, entry, type_id, &set);
        }
        Some((name, set))
    }

    /// The rows are what this program makes of the document.
    fn extraction(&mut self, name: &str, entry: &Entry, type_id: TypeId, set: &RowSet) {
        // A document that does not open was reported with its commit.
        let key = ResourceKey::new(type_id, entry.id.text());
        let Ok((body, _)) = self.keys.open_document(&key, &entry.payload) else { return };
        let Ok(document) = fhir::Document::parse_with(body.as_bytes(), fhir::Limits::UNBOUNDED) else {
            self.found.fault(name, "is no JSON");
            return;
        };
        let rows = index_rows(&document);
        let made = row_set(&rows, type_id, self.source.dictionary());
        let recency_agrees = rows.recency_ms.is_none_or(|recency| recency == entry.target.recency);
        if made != *set
            || rows.home.0 != entry.target.home
            || !recency_agrees
            || pack_signature(&rows.signature) != entry.signature
        {
            self.found.fault(name, "its index rows are not those that its text makes");
        }
    }

    /// No table has rows that belong to nothing.
    fn totals(&mut self) -> Result<(), StoreError> {
        let documents = self.found.documents;
        let [tokens, numbers, texts, dates] = self.rows;
        for (of, expected) in [
            (Counted::TypeRows, documents),
            (Counted::Directory, documents),
            (Counted::Past, self.found.versions.saturating_sub(documents)),
            (Counted::Tokens, tokens),
            (Counted::Numbers, numbers),
            (Counted::Texts, texts),
            (Counted::Dates, dates),
            (Counted::BlobUses, self.contents.uses),
        ] {
            let found = self.source.number(&of.statement())?;
            if found != expected {
                let what = format!("has {found} rows, and should have {expected}");
                self.found.fault(format!("table {}", of.table()), what);
            }
        }
        let wrong = self.source.wrong_counts()?;
        if wrong > 0 {
            self.found.fault("table type_count", format!("{wrong} counts are wrong"));
        }
        Ok(())
    }
}
