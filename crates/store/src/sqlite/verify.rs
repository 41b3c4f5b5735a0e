//! The check of all that is stored.

mod contents;

use super::failure::failed;
use super::snapshot::{SqliteSnapshot, locate};
use super::statements as sql;
use crate::blob::BlobStore;
use crate::codec;
use crate::commit_log::{self, CHAIN_LENGTH, Chain, LoggedChange};
use crate::error::StoreError;
use crate::located::Target;
use crate::maintain::Verification;
use crate::row_set::{RowSet, date_span, pack_signature};
use crate::stored_id::StoredId;
use crate::version::{ResourceKey, Splice, Version};
use contents::Contents;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params};
use search::rows::{IndexRows, index_rows};

/// Checks the data as a snapshot sees it. When the index is current, its rows must be what this program makes.
pub(super) fn verify(snapshot: &SqliteSnapshot, blobs: &dyn BlobStore) -> Result<Verification, StoreError> {
    let mut check = Check {
        snapshot,
        is_index_current: snapshot.is_index_current,
        found: Verification::default(),
        contents: Contents::default(),
        rows: [0; 4],
        last: 0,
    };
    check.pages()?;
    check.commits()?;
    check.entries()?;
    check.totals()?;
    check.contents.check(snapshot.connection, blobs, &mut check.found)?;
    Ok(check.found)
}

struct Check<'a> {
    snapshot: &'a SqliteSnapshot<'a>,
    is_index_current: bool,
    found: Verification,
    contents: Contents,
    /// Rows that the documents should have, by index table.
    rows: [u64; 4],
    /// The last commit.
    last: i64,
}

const INDEX_TABLES: [&str; 4] = ["token", "number", "text", "date"];

/// One row of `entry`.
struct Entry {
    type_number: i64,
    target: Target,
    signature: Vec<u8>,
    id: StoredId,
    version: u32,
    sequence: i64,
    rows: Vec<u8>,
    payload: Vec<u8>,
}

impl Entry {
    fn read(row: &Row) -> rusqlite::Result<Self> {
        Ok(Self {
            target: Target { home: row.get(0)?, recency: row.get(2)?, key: row.get(3)? },
            type_number: row.get(1)?,
            signature: row.get(4)?,
            id: row.get(5)?,
            version: row.get(6)?,
            sequence: row.get(7)?,
            rows: row.get(8)?,
            payload: row.get(9)?,
        })
    }
}

impl Check<'_> {
    /// SQLite's own check of its pages.
    fn pages(&mut self) -> Result<(), StoreError> {
        let failed = || failed("check the pages");
        let mut statement = self.snapshot.connection.prepare("PRAGMA quick_check").map_err(failed())?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed())?;
        for line in lines {
            let line = line.map_err(failed())?;
            if line != "ok" {
                self.found.fault("database file", line);
            }
        }
        Ok(())
    }

    /// The chain of commits, and each version that they made.
    fn commits(&mut self) -> Result<(), StoreError> {
        let failed = || failed("check the commit log");
        let mut statement = self.snapshot.connection.prepare(sql::COMMITS_ALL).map_err(failed())?;
        let mut rows = statement.query([]).map_err(failed())?;
        let (mut before, mut last): (Chain, (i64, i64)) = ([0; CHAIN_LENGTH], (0, i64::MIN));
        while let Some(row) = rows.next().map_err(failed())? {
            let sequence: i64 = row.get(0).map_err(failed())?;
            let time: i64 = row.get(1).map_err(failed())?;
            let place = format!("commit {sequence}");
            let found: Chain = row.get(2).map_err(failed())?;
            let changes: Vec<u8> = row.get(3).map_err(failed())?;
            let audit: Vec<u8> = row.get(4).map_err(failed())?;
            if sequence != last.0 + 1 {
                self.found.fault(&place, format!("does not follow commit {}", last.0));
            }
            if time < last.1 {
                self.found.fault(&place, "is before the commit before it");
            }
            if commit_log::chain(&before, sequence, time, &changes, &audit) != found {
                self.found.fault(&place, "its hash differs: it or a commit before was changed");
            }
            (before, last) = (found, (sequence, time));
            self.found.commits += 1;
            self.last = sequence;
            match commit_log::unpack_changes(&changes) {
                Err(error) => self.found.fault(&place, error.to_string()),
                Ok(changes) => {
                    for (position, change) in (0u32..).zip(changes) {
                        self.logged(&change, (sequence.cast_unsigned(), position), time)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A version that a commit made is there, and is what was committed.
    fn logged(&mut self, change: &LoggedChange, place: (u64, u32), time: i64) -> Result<(), StoreError> {
        self.found.versions += 1;
        let Ok(type_id) = self.snapshot.dictionary.type_of(change.type_number) else {
            self.found.fault(format!("commit {}", place.0), format!("names type {}", change.type_number));
            return Ok(());
        };
        let key = ResourceKey::new(type_id, change.id.text());
        let name = format!("{key}/_history/{}", change.version);
        match self.snapshot.version(&key, change.version) {
            Ok(Some(version)) => {
                self.compare(&name, &version, change, place, time);
                let named = (name.as_str(), change.key);
                self.contents.note(self.snapshot.connection, named, &version, &mut self.found)?;
            }
            Ok(None) => self.found.fault(name, "is missing"),
            Err(StoreError::Damaged(what)) => self.found.fault(name, what),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn compare(
        &mut self,
        name: &str,
        version: &Version,
        change: &LoggedChange,
        place: (u64, u32),
        time: i64,
    ) {
        if version.body.as_deref().map(|body| codec::hash_of(body)) != change.hash {
            self.found.fault(name, "is not what was committed");
        }
        match version.document() {
            Ok(Some(document)) if Splice::of(document).unwrap_or_default() != version.splice => {
                self.found.fault(name, "does not know where its meta is");
            }
            Err(error) => self.found.fault(name, error.to_string()),
            _ => {}
        }
        if version.place != place || version.updated_ms != time {
            self.found.fault(name, format!("does not name commit {} as its origin", place.0));
        }
    }

    /// Each current document against the directory, the list of its type, and its index rows.
    fn entries(&mut self) -> Result<(), StoreError> {
        let failed = || failed("check the documents");
        let mut statement = self.snapshot.connection.prepare(sql::ENTRIES_ALL).map_err(failed())?;
        let mut rows = statement.query([]).map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            self.found.documents += 1;
            match Entry::read(row) {
                Ok(entry) => self.entry(&entry)?,
                Err(error) => self.found.fault("table entry", error.to_string()),
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let Ok(type_id) = self.snapshot.dictionary.type_of(entry.type_number) else {
            self.found.fault("table entry", format!("names type {}", entry.type_number));
            return Ok(());
        };
        let name = format!("{}/{}", type_id.name(), entry.id.text());
        let located = locate(self.snapshot.connection, entry.type_number, &entry.id)?;
        let agrees = located.is_some_and(|located| {
            !located.deleted
                && located.version == entry.version
                && Target { home: located.home, recency: located.recency, key: located.key } == entry.target
        });
        if !agrees {
            self.found.fault(&name, "the directory does not lead to it");
        }
        let listed: Option<(i64, Vec<u8>)> = self
            .snapshot
            .connection
            .prepare_cached(sql::TYPE_ROW_READ)
            .and_then(|mut statement| {
                let by = params![entry.type_number, entry.target.recency, entry.target.key];
                statement.query_row(by, |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .map_err(failed("check the list of a type"))?;
        if listed.is_none_or(|(home, signature)| home != entry.target.home || signature != entry.signature) {
            self.found.fault(&name, "the list of its type does not agree");
        }
        if !(1..=self.last).contains(&entry.sequence) {
            self.found.fault(&name, "names a commit that is not there");
        }
        self.index(&name, entry, type_id)
    }

    fn index(&mut self, name: &str, entry: &Entry, type_id: fhir::schema::TypeId) -> Result<(), StoreError> {
        let set = match RowSet::unpack(&entry.rows) {
            Ok(set) => set,
            Err(error) => {
                self.found.fault(name, format!("list of index rows: {error}"));
                return Ok(());
            }
        };
        let lengths = [set.tokens.len(), set.numbers.len(), set.texts.len(), set.dates.len()];
        for (total, length) in self.rows.iter_mut().zip(lengths) {
            *total += length as u64;
        }
        self.found.index_rows += set.len() as u64;
        for (text, values) in row_probes(&set, entry.target) {
            let there = self
                .snapshot
                .connection
                .prepare_cached(text)
                .and_then(|mut statement| statement.exists(rusqlite::params_from_iter(values)))
                .map_err(failed("check an index row"))?;
            if !there {
                self.found.fault(name, "an index row is missing");
            }
        }
        if self.is_index_current {
            self.extraction(name, entry, type_id, &set);
        }
        Ok(())
    }

    /// The rows are what this program makes of the document.
    fn extraction(&mut self, name: &str, entry: &Entry, type_id: fhir::schema::TypeId, set: &RowSet) {
        // A document that does not open was reported with its commit.
        let Ok((body, _)) = codec::open(&entry.payload) else { return };
        let Ok(document) = fhir::Document::parse_with(body.as_bytes(), fhir::Limits::UNBOUNDED) else {
            self.found.fault(name, "is no JSON");
            return;
        };
        let rows: IndexRows = index_rows(&document);
        let made = crate::prepare::row_set(&rows, type_id, self.snapshot.dictionary);
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
        let expected = [
            ("type_row".to_owned(), documents),
            ("directory WHERE deleted = 0".to_owned(), documents),
            ("past".to_owned(), self.found.versions.saturating_sub(documents)),
        ];
        let index = INDEX_TABLES.iter().zip(self.rows).map(|(table, rows)| ((*table).to_owned(), rows));
        for (table, rows) in expected.into_iter().chain(index) {
            let text = format!("SELECT count(*) FROM {table}");
            let found: i64 = self
                .snapshot
                .connection
                .query_row(&text, [], |row| row.get(0))
                .map_err(failed("count rows"))?;
            if found.cast_unsigned() != rows {
                self.found
                    .fault(format!("table {table}"), format!("has {found} rows, and should have {rows}"));
            }
        }
        let wrong: i64 = self
            .snapshot
            .connection
            .query_row(sql::COUNTS_WRONG, [], |row| row.get(0))
            .map_err(failed("check the counts of types"))?;
        if wrong > 0 {
            self.found.fault("table type_count", format!("{wrong} counts are wrong"));
        }
        Ok(())
    }
}

/// The statements that look for each row of a set.
fn row_probes(set: &RowSet, target: Target) -> impl Iterator<Item = (&'static str, Vec<Value>)> {
    let Target { home, recency, key } = target;
    let at: [Value; 3] = [recency.into(), key.into(), home.into()];
    let with = move |values: Vec<Value>| values.into_iter().chain(at.clone()).collect::<Vec<_>>();
    let tokens = set.tokens.iter().map(|row| (sql::TOKEN_PROBE, vec![row.0.into(), row.1.into()]));
    let numbers =
        set.numbers.iter().map(|row| (sql::NUMBER_PROBE, vec![row.0.into(), row.1.into(), row.2.into()]));
    let texts = set.texts.iter().map(|row| (sql::TEXT_PROBE, vec![row.0.into(), row.1.to_string().into()]));
    let dates = set.dates.iter().map(|row| {
        let span = date_span(row.1, row.2);
        (sql::DATE_PROBE, vec![row.0.into(), span.into(), row.1.into(), row.2.into()])
    });
    tokens.chain(numbers).chain(texts).chain(dates).map(move |(text, values)| (text, with(values)))
}
