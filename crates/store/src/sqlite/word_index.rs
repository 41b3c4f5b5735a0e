//! The index of words for `_text` and `_content`: a file of its own beside the database, filled by a thread that follows
//! the commits.
//!
//! It has no text, only which words are in which document, as `search::text` finds them.

use super::failure::failed;
use super::readers::Readers;
use super::snapshot::{SqliteSnapshot, locate};
use crate::dictionary::{Dictionary, SharedDictionary};
use crate::error::{StoreError, failed_io};
use crate::history;
use crate::keys::Keys;
use crate::newest_commit::NewestCommit;
use crate::stored_id::StoredId;
use crate::version::ResourceKey;
use crate::words::{GATHERING, STEP_CHANGES, changed_since};
use fhir::schema::TypeId;
use rusqlite::{Connection, OptionalExtension, params};
use search::text::{NeededWord, ResourceWords, WordPlace, WordTest};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The name of the file in a data directory.
const FILE: &str = "words.sqlite";
/// The form of the file and the rules by which words are found; a file of another form is made anew.
const FORM: i64 = 1;
/// How long the thread sleeps at most before it looks whether it should end, and after a failure.
const PATIENCE: Duration = Duration::from_millis(200);
/// When there are fewer commits, more are gathered.
const FEW_COMMITS: u64 = 256;

/// Words are divided by spaces alone: everything else in folded text belongs to a word.
const SCHEMA: &str = "
    CREATE TABLE place (sequence INTEGER NOT NULL);
    INSERT INTO place VALUES (0);
    CREATE TABLE document (key INTEGER PRIMARY KEY, type INTEGER NOT NULL, id NOT NULL, sequence INTEGER NOT NULL);
    CREATE INDEX document_by_sequence ON document (sequence);
    CREATE VIRTUAL TABLE words USING fts5(kind, narrative, elsewhere, content='', contentless_delete=1, detail=column,
        tokenize=\"ascii tokenchars '+%&@#<>=$'\");";
const PLACE: &str = "SELECT sequence FROM place";
const SET_PLACE: &str = "UPDATE place SET sequence = ?1";
const PUT_DOCUMENT: &str =
    "INSERT OR REPLACE INTO document (key, type, id, sequence) VALUES (?1, ?2, ?3, ?4)";
const PUT_WORDS: &str =
    "INSERT OR REPLACE INTO words (rowid, kind, narrative, elsewhere) VALUES (?1, ?2, ?3, ?4)";
const REMOVE_WORDS: &str = "DELETE FROM words WHERE rowid = ?1";
const FIND: &str =
    "SELECT document.id FROM words JOIN document ON document.key = words.rowid WHERE words MATCH ?1 LIMIT ?2";
const AHEAD: &str = "SELECT id FROM document WHERE sequence > ?1 AND type = ?2 LIMIT ?3";

/// What the index is made from.
pub(super) struct Source {
    pub readers: Arc<Readers>,
    pub dictionary: Arc<SharedDictionary>,
    pub keys: Arc<Keys>,
    pub newest: Arc<NewestCommit>,
}

/// The index and the thread that fills it.
pub(super) struct WordIndex {
    readers: Readers,
    signals: Arc<Signals>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Signals {
    is_ended: AtomicBool,
    is_to_be_anew: AtomicBool,
}

/// A document as the index has it.
struct Entry {
    key: i64,
    type_number: i64,
    id: StoredId,
    /// The commit that made it as it is: it may be behind the step's last.
    sequence: i64,
    /// `None`: it is deleted.
    words: Option<ResourceWords>,
}

impl WordIndex {
    /// Opens the index of a data directory and begins to fill it.
    pub fn start(directory: &Path, source: Source) -> Result<Self, StoreError> {
        let path = directory.join(FILE);
        let newest = source.newest.wait(0, Duration::ZERO);
        let connection = match open(&path) {
            // Ahead of the data: it is of other data.
            Ok(connection) if place(&connection)? <= newest => connection,
            _ => {
                remove(&path)?;
                open(&path)?
            }
        };
        let signals = Arc::new(Signals::default());
        let seen = Arc::clone(&signals);
        let thread = std::thread::Builder::new().name("word-index".into());
        let thread = thread.spawn(move || fill(connection, &source, &seen)).map_err(|error| {
            StoreError::World { context: "start the index of words", source: Box::new(error) }
        })?;
        Ok(Self { readers: Readers::new(&path), signals, thread: Some(thread) })
    }

    /// Makes it anew from the first commit.
    pub fn make_anew(&self) {
        self.signals.is_to_be_anew.store(true, Ordering::Release);
    }

    /// The ids of a type's documents that may have words at a snapshot's moment, at most so many; `None` when there are
    /// more, when words are needed by none, or when the index is far behind.
    pub fn ids(
        &self,
        snapshot: &SqliteSnapshot,
        type_id: TypeId,
        test: &WordTest,
        cap: usize,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let type_number = snapshot.dictionary.type_number(type_id);
        let Some(wanted) = wanted(test, type_number) else { return Ok(None) };
        let moment =
            history::commits_before(snapshot, u64::MAX, 1)?.first().map_or(0, |commit| commit.sequence);
        let limit = i64::try_from(cap).unwrap_or(i64::MAX).saturating_add(1);
        let looked_up = self.readers.read(|connection| {
            let mut ids = ids_of(connection, FIND, params![wanted, limit])?;
            // What was indexed after the snapshot's moment may have had the words then.
            ids.extend(ids_of(connection, AHEAD, params![moment.cast_signed(), type_number, limit])?);
            Ok((place(connection)?, ids))
        });
        // An index that cannot be read is none: it must not stand between a search and the data.
        let Ok((place, mut ids)) = looked_up else { return Ok(None) };
        let Some(changed) = changed_since(snapshot, place, moment, type_id)? else { return Ok(None) };
        ids.extend(changed);
        let is_few = ids.len() <= cap;
        Ok(is_few.then(|| ids.into_iter().collect()))
    }
}

impl Drop for WordIndex {
    fn drop(&mut self) {
        self.signals.is_ended.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // Its panic was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// What FTS5 is asked for; `None` when some alternative needs no word.
fn wanted(test: &WordTest, type_number: i64) -> Option<String> {
    let columns = match test.place {
        WordPlace::Narrative => "narrative",
        WordPlace::Anywhere => "narrative elsewhere",
    };
    let word = |needed: &NeededWord| {
        let more = if needed.is_beginning { "*" } else { "" };
        format!("{{{columns}}} : \"{}\" {more}", needed.word)
    };
    let alternative = |words: &Vec<NeededWord>| {
        let words: Vec<_> = words.iter().map(word).collect();
        format!("({})", words.join(" AND "))
    };
    let alternatives: Vec<_> = test.needed()?.iter().map(alternative).collect();
    Some(format!("kind : \"{type_number}\" AND ({})", alternatives.join(" OR ")))
}

fn ids_of(
    connection: &Connection,
    statement: &str,
    parameters: impl rusqlite::Params,
) -> Result<BTreeSet<String>, StoreError> {
    connection
        .prepare_cached(statement)
        .and_then(|mut statement| {
            let id = |row: &rusqlite::Row| Ok(row.get::<_, StoredId>(0)?.text().to_string());
            statement.query_map(parameters, id)?.collect()
        })
        .map_err(failed("look words up"))
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    let failed = || failed("open the index of words");
    let connection = Connection::open(path).map_err(failed())?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).map_err(failed())?;
    // What is lost with the power is filled again: the place is lost with it.
    connection.pragma_update(None, "synchronous", "NORMAL").map_err(failed())?;
    let form: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed())?;
    let is_made = connection
        .query_row("SELECT 1 FROM sqlite_schema LIMIT 1", [], |_| Ok(()))
        .optional()
        .map_err(failed())?
        .is_some();
    if !is_made {
        let text = format!("BEGIN; {SCHEMA} PRAGMA user_version = {FORM}; COMMIT;");
        connection.execute_batch(&text).map_err(failed())?;
    } else if form != FORM {
        return Err(StoreError::Damaged("the index of words is of another form".into()));
    }
    Ok(connection)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed_io("remove the index of words")(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn place(connection: &Connection) -> Result<u64, StoreError> {
    let place = connection.query_row(PLACE, [], |row| row.get::<_, i64>(0));
    place.map(i64::cast_unsigned).map_err(failed("read the place of the index of words"))
}

fn fill(mut connection: Connection, source: &Source, signals: &Signals) {
    while !signals.is_ended.load(Ordering::Acquire) {
        if step(&mut connection, source, signals).is_err() {
            // The world's fault, such as a full disk. Searches are right without it; it may be better in a moment.
            std::thread::sleep(PATIENCE);
        }
    }
}

/// Takes the next commits, when there are some or as soon as there are.
fn step(connection: &mut Connection, source: &Source, signals: &Signals) -> Result<(), StoreError> {
    let failed = || failed("fill the index of words");
    if signals.is_to_be_anew.swap(false, Ordering::AcqRel) {
        let emptied = "BEGIN; DELETE FROM document; INSERT INTO words (words) VALUES ('delete-all');
            UPDATE place SET sequence = 0; COMMIT;";
        connection.execute_batch(emptied).map_err(failed())?;
    }
    let after = place(connection)?;
    let newest = source.newest.wait(after, PATIENCE);
    if newest <= after {
        return Ok(());
    }
    if newest - after < FEW_COMMITS {
        std::thread::sleep(GATHERING);
    }
    let (to, entries) = read(source, after)?;
    let transaction = connection.transaction().map_err(failed())?;
    for Entry { key, type_number, id, sequence, words } in &entries {
        let put = params![key, type_number, id, sequence];
        transaction
            .prepare_cached(PUT_DOCUMENT)
            .and_then(|mut put_one| put_one.execute(put))
            .map_err(failed())?;
        match words {
            Some(ResourceWords { narrative, elsewhere }) => transaction
                .prepare_cached(PUT_WORDS)
                .and_then(|mut put| put.execute(params![key, type_number.to_string(), narrative, elsewhere])),
            None => transaction.prepare_cached(REMOVE_WORDS).and_then(|mut remove| remove.execute([key])),
        }
        .map_err(failed())?;
    }
    transaction.execute(SET_PLACE, [to.cast_signed()]).map_err(failed())?;
    transaction.commit().map_err(failed())
}

/// What the next commits changed, as it is now, and how far they go.
fn read(source: &Source, after: u64) -> Result<(u64, Vec<Entry>), StoreError> {
    source.readers.read(|connection| {
        let dictionary = source.dictionary.now();
        let snapshot = SqliteSnapshot {
            connection,
            dictionary: &dictionary,
            keys: &source.keys,
            is_index_current: true,
            cache: None,
            words: None,
        };
        let commits = history::changes(&snapshot, after, STEP_CHANGES)?;
        let keys: BTreeSet<&ResourceKey> =
            commits.iter().flat_map(|commit| &commit.changes).map(|(key, _)| key).collect();
        let entries =
            keys.into_iter().map(|key| entry(&snapshot, &dictionary, key)).collect::<Result<_, _>>()?;
        Ok((commits.last().map_or(after, |commit| commit.sequence), entries))
    })
}

fn entry(snapshot: &SqliteSnapshot, dictionary: &Dictionary, key: &ResourceKey) -> Result<Entry, StoreError> {
    let (type_number, id) = (dictionary.type_number(key.type_id), StoredId::new(&key.id));
    let missing = || StoreError::Damaged(format!("{key} was changed and is not in the directory"));
    let located = locate(snapshot.connection, type_number, &id)?.ok_or_else(missing)?;
    let version = snapshot.newest(key)?.ok_or_else(missing)?;
    let words = version.document()?.map(|document| ResourceWords::of(document.root()));
    let sequence = version.place.0.cast_signed();
    Ok(Entry { key: located.key, type_number, id, sequence, words })
}
