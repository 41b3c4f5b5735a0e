//! Read connections, made when needed, at most so many; each read sees one moment.

use super::failure::failed;
use super::open::keep_statements;
use crate::error::StoreError;
use crossbeam_channel::{Sender, bounded};
use rusqlite::{Connection, OpenFlags};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Page cache of each read connection, in kibibytes.
const CACHE_KIBIBYTES: i64 = 16 * 1024;

/// The pool.
pub(super) struct Readers {
    path: PathBuf,
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    open: usize,
    /// Who waits for a connection, the longest first. Each is given one in their turn: were they only woken, one who comes
    /// later could be quicker, and the unlucky would wait many times as long as the others.
    waiting: VecDeque<Sender<Turn>>,
}

/// What a reader waited for.
enum Turn {
    Take(Connection),
    /// One was closed: there is room for another.
    Open,
}

impl Readers {
    /// A pool over a database file.
    pub fn new(path: &Path) -> Self {
        let parallelism = std::thread::available_parallelism().map_or(4, usize::from);
        Self { path: path.to_owned(), limit: parallelism.max(2) * 2, state: Mutex::default() }
    }

    /// Runs a read in a transaction: all it sees is of one moment.
    pub fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let connection = self.take()?;
        let lent = Lent { pool: self, connection: Some(connection) };
        let connection = lent.connection.as_ref().expect("just lent");
        connection
            .prepare_cached("BEGIN DEFERRED")
            .and_then(|mut begin| begin.execute([]))
            .map_err(failed("begin a read"))?;
        let result = read(connection);
        connection
            .prepare_cached("COMMIT")
            .and_then(|mut commit| commit.execute([]))
            .map_err(failed("end a read"))?;
        result
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let mut state = self.lock();
        if let Some(connection) = state.idle.pop() {
            return Ok(connection);
        }
        if state.open < self.limit {
            state.open += 1;
            drop(state);
            return self.open();
        }
        let (turn, my_turn) = bounded(1);
        state.waiting.push_back(turn);
        drop(state);
        match my_turn.recv().expect("the pool outlives who waits for it") {
            Turn::Take(connection) => Ok(connection),
            Turn::Open => self.open(),
        }
    }

    /// A connection that was counted already.
    fn open(&self) -> Result<Connection, StoreError> {
        self.connect().inspect_err(|_| self.give_back(None))
    }

    fn give_back(&self, connection: Option<Connection>) {
        let mut state = self.lock();
        match (state.waiting.pop_front(), connection) {
            (Some(next), connection) => {
                drop(state);
                let turn = connection.map_or(Turn::Open, Turn::Take);
                next.send(turn).expect("who waits goes on waiting");
            }
            (None, Some(connection)) => state.idle.push(connection),
            (None, None) => state.open -= 1,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        connect_to_read(&self.path)
    }
}

/// A connection that can only read.
pub(super) fn connect_to_read(path: &Path) -> Result<Connection, StoreError> {
    let failed = || failed("open the database to read");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed())?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES).map_err(failed())?;
    keep_statements(&connection).map_err(failed())?;
    Ok(connection)
}

/// A connection on loan. One whose read panicked is closed, not lent again.
struct Lent<'a> {
    pool: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let healthy = self
            .connection
            .take()
            .filter(|connection| connection.is_autocommit() && !std::thread::panicking());
        self.pool.give_back(healthy);
    }
}
