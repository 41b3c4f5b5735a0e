//! The index of words in the database: filled by one of the processes, asked by all. A document's words are ours, not
//! PostgreSQL's: `tsvector` is only the form that its index of words wants them in. Those of the narrative are not told from
//! the others: that would double the index, and the matcher decides anyway.

use super::address::Address;
use super::columns::{Statement, column, statement};
use super::connection::{Call, Connection};
use super::readers::Readers;
use super::snapshot::{PostgresSnapshot, id_bytes, stored_id};
use super::statements as sql;
use crate::error::StoreError;
use crate::history::{self, Commits};
use crate::stored_id::StoredId;
use crate::version::ResourceKey;
use crate::words::{GATHERING, STEP_CHANGES, changed_since};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use fhir::schema::TypeId;
use search::text::{NeededWord, ResourceWords, WordTest};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// The form of the table and the rules by which words are found; an index of another form is made anew.
const FORM: i64 = 1;

/// Held by the process that fills the index: any number that no other program uses.
const LOCK: i64 = 0x0077_6f72_6473;

/// Longest word in bytes, and the most of one document, that a `tsvector` holds. A document with more is always a candidate.
const WORD_BYTES: usize = 2_000;
const DOCUMENT_BYTES: usize = 500_000;

const CONTEXT: &str = "fill the index of words";

/// The ids of a type's documents that may have words at a snapshot's moment, at most so many; `None` when there are more,
/// when words are needed by none, or when the index is far behind.
pub(super) fn ids(
    snapshot: &PostgresSnapshot,
    type_id: TypeId,
    test: &WordTest,
    cap: usize,
) -> Result<Option<Vec<String>>, StoreError> {
    let Some(wanted) = wanted(test) else { return Ok(None) };
    let type_number = snapshot.moment.dictionary.type_number(type_id);
    let limit = i64::try_from(cap).unwrap_or(i64::MAX).saturating_add(1);
    let calls = [
        Call::new(sql::WORDS_PLAN, []),
        Call::new(sql::WORDS_FIND, [&type_number as _, &wanted as _, &limit as _]),
        Call::new(sql::WORDS_PLANNED, []),
        Call::new(sql::WORDS_PLACE, []),
    ];
    let answers = snapshot.connection.pipeline("look words up", &calls)?;
    let [_, found, _, place] = answers.as_slice() else { return Ok(None) };
    let Some(place) = place.first().filter(|row| row.get::<_, i64>(0) == FORM) else { return Ok(None) };
    let (place, moment): (i64, i64) = (place.get(1), snapshot.moment.sequence);
    let changed = changed_since(snapshot, place.cast_unsigned(), moment.cast_unsigned(), type_id)?;
    let Some(changed) = changed else { return Ok(None) };
    let mut ids: BTreeSet<String> = changed.into_iter().collect();
    for row in found {
        ids.insert(stored_id(row.get(0))?.text().to_string());
    }
    Ok((ids.len() <= cap).then(|| ids.into_iter().collect()))
}

/// What is asked for, as a `tsquery`; `None` when some alternative needs no word.
fn wanted(test: &WordTest) -> Option<String> {
    let word = |needed: &NeededWord| {
        let more = if needed.is_beginning { ":*" } else { "" };
        let quoted = needed.word.replace('\\', "\\\\").replace('\'', "''");
        format!("'{quoted}'{more}")
    };
    let needed = test.needed()?;
    let is_known =
        |word: &NeededWord| (1..=WORD_BYTES).contains(&word.word.len()) && !word.word.contains('\0');
    if !needed.iter().flatten().all(is_known) {
        return None;
    }
    let alternative = |words: &Vec<NeededWord>| {
        let words: Vec<_> = words.iter().map(word).collect();
        format!("({})", words.join(" & "))
    };
    Some(needed.iter().map(alternative).collect::<Vec<_>>().join(" | "))
}

/// Has the index made anew from the first commit. The place is taken first, as by who fills the index: in another order each
/// could hold what the other waits for.
pub(super) fn make_anew(connection: &Connection) -> Result<(), StoreError> {
    connection
        .pipeline(CONTEXT, &[Call::new(sql::WORDS_BEGIN, [&FORM as _]), Call::new(sql::WORDS_CLEAR, [])])
        .map(|_| ())
}

/// The thread that fills the index.
pub(super) struct WordIndex {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl WordIndex {
    /// Starts it, on a connection of its own.
    pub fn start(address: Address, readers: Arc<Readers>) -> Result<Self, StoreError> {
        let (end, is_ended) = bounded(0);
        let filler = Filler { address, connection: None, readers };
        let thread = std::thread::Builder::new().name("word-index".into());
        let thread = thread.spawn(move || filler.run(&is_ended)).map_err(|error| StoreError::World {
            context: "start the index of words",
            source: Box::new(error),
        })?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for WordIndex {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // Its panic was reported where it happened.
            let _ = thread.join();
        }
    }
}

/// A document as the index has it.
struct Entry {
    type_number: i64,
    id: Vec<u8>,
    /// With spaces between; `None`: not told, so that it is always a candidate.
    words: Option<String>,
}

/// The next commits: what they changed, as it is now, and how far they go.
struct Step {
    to: i64,
    present: Vec<Entry>,
    gone: Vec<(i64, Vec<u8>)>,
    is_last: bool,
}

struct Filler {
    address: Address,
    /// Alone among all processes' to hold the lock.
    connection: Option<Connection>,
    readers: Arc<Readers>,
}

impl Filler {
    fn run(mut self, is_ended: &Receiver<()>) {
        let mut pause = GATHERING;
        while is_ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            // After a failure of the world too: it may be better in a moment.
            let is_over = self.step().unwrap_or_else(|_| {
                self.connection = None;
                true
            });
            pause = if is_over { GATHERING } else { Duration::ZERO };
        }
    }

    /// Takes the next commits; true when there are no more.
    fn step(&mut self) -> Result<bool, StoreError> {
        if self.connection.is_none() {
            let connection = Connection::open(&self.address)?;
            let held: bool =
                connection.query_one(CONTEXT, "SELECT pg_try_advisory_lock($1)", &[&LOCK])?.get(0);
            self.connection = held.then_some(connection);
        }
        let Some(connection) = &self.connection else { return Ok(true) };
        let place = connection.query_one(CONTEXT, sql::WORDS_PLACE, &[])?;
        let (form, from, newest): (i64, i64, i64) = (place.get(0), place.get(1), place.get(2));
        if form != FORM {
            make_anew(connection)?;
            return Ok(false);
        }
        if from >= newest {
            return Ok(true);
        }
        let step = self.readers.read_written(|snapshot| read(snapshot, from))?;
        write(connection, from, &step)?;
        Ok(step.is_last)
    }
}

fn read(snapshot: &PostgresSnapshot, from: i64) -> Result<Step, StoreError> {
    let commits = history::changes(snapshot, from.cast_unsigned(), STEP_CHANGES)?;
    let to = commits.last().map_or(from, |commit| commit.sequence.cast_signed());
    let keys: BTreeSet<&ResourceKey> =
        commits.iter().flat_map(|commit| &commit.changes).map(|(key, _)| key).collect();
    let wanted: Vec<(ResourceKey, u32)> = keys.into_iter().map(|key| (key.clone(), 0)).collect();
    let found = snapshot.versions(&wanted)?;
    let mut step =
        Step { to, present: Vec::new(), gone: Vec::new(), is_last: to >= snapshot.moment.sequence };
    for ((key, _), found) in wanted.iter().zip(found) {
        let missing = || StoreError::Damaged(format!("{key} was changed and is not in the directory"));
        let type_number = snapshot.moment.dictionary.type_number(key.type_id);
        let id = id_bytes(&StoredId::new(&key.id));
        match found?.ok_or_else(missing)?.document()? {
            Some(document) => {
                let ResourceWords { narrative, elsewhere } = ResourceWords::of(document.root());
                let words = Some(format!("{narrative} {elsewhere}")).filter(|words| is_indexable(words));
                step.present.push(Entry { type_number, id, words });
            }
            None => step.gone.push((type_number, id)),
        }
    }
    Ok(step)
}

/// Whether a `tsvector` can hold the words.
fn is_indexable(words: &str) -> bool {
    let is_short = words.split(' ').all(|word| word.len() <= WORD_BYTES);
    is_short && words.len() <= DOCUMENT_BYTES && !words.contains('\0')
}

fn write(connection: &Connection, from: i64, step: &Step) -> Result<(), StoreError> {
    let set = statement(sql::WORDS_SET, &step.present, |rows| {
        vec![
            column(rows, |row| row.type_number),
            column(rows, |row| row.id.clone()),
            column(rows, |row| row.words.clone()),
        ]
    });
    let removed = statement(sql::WORDS_REMOVE, &step.gone, |rows| {
        vec![column(rows, |row| row.0), column(rows, |row| row.1.clone())]
    });
    // Nothing, when the index was meanwhile begun anew.
    let begun =
        connection.begin(CONTEXT, "BEGIN", &[Call::new(sql::WORDS_GO_ON, [&from as _, &step.to as _])])?;
    if begun[0].is_empty() {
        return connection.roll_back();
    }
    let statements: Vec<Statement> = set.into_iter().chain(removed).collect();
    connection.commit(CONTEXT, statements.iter().map(Statement::call).collect())
}
