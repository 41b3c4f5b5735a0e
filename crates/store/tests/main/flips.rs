//! A bit that is not as it was written is found, wherever in the data it lies: each column of each table, byte by byte,
//! and the file as a whole. `CHIRON_FLIPS` sets how many places of the file are tried (`all` for every byte).

use crate::random::Random;
use crate::sample::*;
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql, params_from_iter};
use std::path::Path;
use store::blob::{Form, MARK_PREFIX, Mark};
use store::{
    HistoryPage, HistoryScope, Maintain, OpenOptions, PrivateChange, SqliteStore, Store, StoreError,
};

/// Every kind of row: current, past, deleted, with numbers, texts and dates.
fn write_every_kind(store: &SqliteStore) {
    for round in 0..3 {
        let mut changes = vec![patient("p", &format!("Family{round}")), patient("gone", "Gone")];
        changes.push(put(
            "Observation/o",
            &format!(
                r#"{{"resourceType":"Observation","id":"o","meta":{{"profile":["http://example.org/p"]}},"status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"718-7"}}]}},"subject":{{"reference":"Patient/p"}},"effectiveDateTime":"2020-03-0{}","valueQuantity":{{"value":{round}.5,"system":"http://unitsofmeasure.org","code":"kg"}}}}"#,
                round + 1
            ),
        ));
        changes.push(put(
            "Encounter/0190aaaa-bbbb-7ccc-8ddd-eeeeffff0123",
            r#"{"resourceType":"Encounter","id":"0190aaaa-bbbb-7ccc-8ddd-eeeeffff0123","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p"},"period":{"start":"2020-03-01","end":"2020-03-02"}}"#,
        ));
        changes.push(put(
            "Condition/c",
            r#"{"resourceType":"Condition","id":"c","meta":{},"code":{"text":"cough"},"subject":{"reference":"Patient/p"},"recordedDate":"2020-03-01"}"#,
        ));
        let mut writer = store.blobs().writer().unwrap();
        writer.write(format!("content {round}").as_bytes()).unwrap();
        let kept = writer.finish().unwrap();
        let mark = Mark { form: Form::Bytes, length: kept.length, hash: kept.hash }.rest();
        changes.push(put(
            "Binary/b",
            &format!(
                r#"{{"resourceType":"Binary","id":"b","contentType":"text/plain","data":"{MARK_PREFIX}{mark}"}}"#
            ),
        ));
        let private = vec![PrivateChange {
            space: "account".into(),
            key: "anna".into(),
            content: Some(format!(r#"{{"role":"reader","round":{round}}}"#).into_bytes()),
        }];
        store.commit(store::Batch { private, ..batch(1_600_000_000_000 + round, changes) }).unwrap();
        store.log_read(format!("read {round}").as_bytes()).unwrap();
    }
    store.commit(batch(1_600_000_000_100, [delete("Patient/gone")])).unwrap();
}

/// Tables whose rows are in use only when something is opened: they are looked at after a restart.
const READ_AT_OPENING: &[&str] = &["dictionary", "meta"];

/// A table's columns, those of its key first.
struct Table {
    name: String,
    columns: Vec<String>,
    key_length: usize,
}

impl Table {
    fn all(database: &Connection) -> Vec<Self> {
        let mut names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        names.into_iter().map(|name| Self::named(database, name)).collect()
    }

    fn named(database: &Connection, name: String) -> Self {
        let text = "SELECT name, pk FROM pragma_table_info(?1) ORDER BY pk = 0, pk, cid";
        let mut statement = database.prepare(text).unwrap();
        let columns =
            statement.query_map([&name], |row| Ok((row.get(0)?, row.get::<_, i64>(1)? > 0))).unwrap();
        let columns: Vec<(String, bool)> = columns.map(Result::unwrap).collect();
        let key_length = columns.iter().filter(|(_, is_key)| *is_key).count();
        Self { name, columns: columns.into_iter().map(|(name, _)| name).collect(), key_length }
    }

    fn rows(&self, database: &Connection) -> Vec<Vec<Value>> {
        let text = format!("SELECT {} FROM {}", self.columns.join(", "), self.name);
        let mut statement = database.prepare(&text).unwrap();
        let width = self.columns.len();
        let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect()).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Writes one column of a row that is found by its key; false when the database does not take it.
    fn set(&self, database: &Connection, row: &[Value], column: usize, value: &Value) -> bool {
        let key = (0..self.key_length).map(|at| format!("{} = ?{}", self.columns[at], at + 2));
        let by = key.collect::<Vec<_>>().join(" AND ");
        let text = format!("UPDATE {} SET {} = ?1 WHERE {by}", self.name, self.columns[column]);
        let values = std::iter::once(value).chain(&row[..self.key_length]);
        match database.execute(&text, params_from_iter(values.map(|value| value as &dyn ToSql))) {
            Ok(changed) => {
                assert_eq!(changed, 1, "{text}");
                true
            }
            Err(_) => false,
        }
    }
}

/// The value with one bit of one byte changed, for each of its bytes.
fn flipped(value: &Value, random: &mut Random) -> Vec<Value> {
    let mut flip = |bytes: &[u8], bits: usize| -> Vec<Vec<u8>> {
        (0..bytes.len())
            .map(|at| {
                let mut changed = bytes.to_vec();
                changed[at] ^= 1 << random.below(bits);
                changed
            })
            .collect()
    };
    match value {
        Value::Null => Vec::new(),
        Value::Integer(number) => {
            let changed = flip(&number.to_le_bytes(), 8);
            changed.iter().map(|bytes| i64::from_le_bytes(bytes[..].try_into().unwrap()).into()).collect()
        }
        Value::Real(number) => {
            let changed = flip(&number.to_le_bytes(), 8);
            changed.iter().map(|bytes| f64::from_le_bytes(bytes[..].try_into().unwrap()).into()).collect()
        }
        // Seven bits, so that it stays a text; where it does not, SQLite's own bytes are tried below.
        Value::Text(text) => flip(text.as_bytes(), 7)
            .into_iter()
            .filter_map(|bytes| Some(String::from_utf8(bytes).ok()?.into()))
            .collect(),
        Value::Blob(bytes) => flip(bytes, 8).into_iter().map(Value::from).collect(),
    }
}

/// All that a store answers.
type Answers = (Vec<store::Version>, Vec<store::CommitRecord>, Vec<(String, Vec<u8>)>);

fn answers(store: &SqliteStore) -> Answers {
    let page = HistoryPage { since_ms: None, until_ms: None, count: usize::MAX, before: None };
    let versions = store.history(&HistoryScope::System, &page).unwrap();
    (versions, store.changes(0, usize::MAX).unwrap(), store.list_private("account").unwrap())
}

/// Columns with bits that mean nothing: those that zstd does not look at, a next key further on, and the version of the
/// index's rules, after which the index is made anew.
const HARMLESS: &[(&str, &str)] = &[("entry", "payload"), ("past", "payload"), ("meta", "value")];

/// True after a flip that changes no answer.
fn is_harmless(store: &SqliteStore, right: &Answers) -> bool {
    while !store.reindex_some().unwrap().done {}
    answers(store) == *right && !is_reported(store.verify())
}

/// What was said of the data: nothing, or that it is damaged.
fn is_reported(checked: Result<store::maintain::Verification, StoreError>) -> bool {
    checked.map_or(true, |found| !found.is_sound())
}

#[test]
fn a_flipped_bit_in_any_column_is_found() {
    let mut random = Random::seeded();
    let directory = tempfile::tempdir().unwrap();
    let mut store = Some(open(directory.path()));
    write_every_kind(store.as_ref().unwrap());
    let right = answers(store.as_ref().unwrap());
    let database = Connection::open(directory.path().join("chiron.sqlite")).unwrap();
    let (mut flips, mut missed) = (0, Vec::new());
    for table in Table::all(&database) {
        let rows = table.rows(&database);
        assert!(!rows.is_empty(), "no row of {} is tried", table.name);
        let is_read_at_opening = READ_AT_OPENING.contains(&&*table.name);
        for row in rows.iter().rev().take(6) {
            for (column, value) in row.iter().enumerate() {
                for changed in flipped(value, &mut random) {
                    if !table.set(&database, row, column, &changed) {
                        continue;
                    }
                    if is_read_at_opening {
                        drop(store.take());
                        store = SqliteStore::open(directory.path(), &open_options()).ok();
                    }
                    flips += 1;
                    let may_be_harmless = HARMLESS.contains(&(&table.name, &table.columns[column]));
                    let is_missed = |store: &SqliteStore| {
                        !(is_reported(store.verify()) || may_be_harmless && is_harmless(store, &right))
                    };
                    if store.as_ref().is_some_and(is_missed) {
                        missed.push(format!(
                            "{}.{}: {value:?} as {changed:?}",
                            table.name, table.columns[column]
                        ));
                    }
                    let mut now = row.clone();
                    now[column] = changed;
                    assert!(table.set(&database, &now, column, value));
                }
            }
        }
    }
    let store = store.unwrap_or_else(|| open(directory.path()));
    assert!(store.verify().unwrap().is_sound(), "all is as it was");
    println!("{flips} flips");
    assert!(flips > 1_000);
    assert!(missed.is_empty(), "{} of {flips} are missed:\n{}", missed.len(), missed.join("\n"));
}

/// All that is in the tables, but the settings, and the compressed texts: a few of their bits mean nothing, and the check
/// holds the text that comes out of them against its hash.
fn content(path: &Path) -> Vec<Vec<Vec<Value>>> {
    let database = Connection::open(path).unwrap();
    let tables = Table::all(&database).into_iter().filter(|table| table.name != "meta");
    let rows = |mut table: Table| {
        table.columns.retain(|column| column != "payload");
        table.rows(&database)
    };
    tables.map(rows).collect()
}

/// Bytes of the file's header that SQLite writes and does not believe, and what a page has unused, may change unseen: then
/// all that can be read is what it was.
#[test]
fn a_flipped_bit_in_the_file_is_found_or_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    write_every_kind(&open(directory.path()));
    let path = directory.path().join("chiron.sqlite");
    let (whole, right) = (std::fs::read(&path).unwrap(), content(&path));
    let mut random = Random::seeded();
    let places: Vec<usize> = match std::env::var("CHIRON_FLIPS").ok() {
        Some(all) if all == "all" => (0..whole.len()).collect(),
        count => {
            let count = count.and_then(|count| count.parse().ok()).unwrap_or(1_500);
            (0..count).map(|_| random.below(whole.len())).collect()
        }
    };
    let (mut found, mut missed) = (0, Vec::new());
    for at in &places {
        let (mut changed, bit) = (whole.clone(), random.below(8));
        changed[*at] ^= 1 << bit;
        std::fs::write(&path, &changed).unwrap();
        let options = OpenOptions { log_reads: false, ..open_options() };
        let checked = SqliteStore::open(directory.path(), &options).and_then(|store| store.verify());
        if is_reported(checked) {
            found += 1;
        } else if content(&path) != right {
            missed.push(format!("bit {bit} of byte {at}"));
        }
        std::fs::write(&path, &whole).unwrap();
    }
    println!("{} places, {found} found, {} missed", places.len(), missed.len());
    assert!(missed.is_empty(), "{missed:?}");
    assert!(found > places.len() / 20, "{found} of {}", places.len());
}

#[test]
fn a_flipped_bit_in_the_log_of_reads_is_found() {
    let directory = tempfile::tempdir().unwrap();
    write_every_kind(&open(directory.path()));
    let path = directory.path().join("reads/reads-000001.log");
    let whole = std::fs::read(&path).unwrap();
    let mut random = Random::seeded();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << random.below(8);
        std::fs::write(&path, &changed).unwrap();
        let faults = SqliteStore::read_log_rows(directory.path(), |_| {});
        assert!(faults.map_or(true, |faults| !faults.is_empty()), "byte {at}");
        // Opened, the end of the log is cut where it is no whole row, and the check tells so.
        let checked = SqliteStore::open(directory.path(), &open_options()).and_then(|store| store.verify());
        assert!(checked.map_or(true, |found| found.reads_cut_bytes > 0 || !found.is_sound()), "byte {at}");
    }
}
