//! Connections to read with, made when needed, at most so many, and handed on in turn.

use crate::error::StoreError;
use crossbeam_channel::{Sender, bounded};
use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A connection that can be lent again and again.
pub(crate) trait Reusable {
    /// False when it must be closed instead of lent again.
    fn is_reusable(&self) -> bool;
}

/// The pool.
pub(crate) struct Pool<C: Reusable> {
    connect: Box<dyn Fn() -> Result<C, StoreError> + Send + Sync>,
    limit: usize,
    state: Mutex<State<C>>,
}

struct State<C> {
    idle: Vec<C>,
    open: usize,
    /// Who waits for a connection, the longest first. Each is given one in their turn: were they only woken, one who comes
    /// later could be quicker, and the unlucky would wait many times as long as the others.
    waiting: VecDeque<Sender<Turn<C>>>,
}

/// What a reader waited for.
enum Turn<C> {
    Take(C),
    /// One was closed: there is room for another.
    Open,
}

impl<C: Reusable> Pool<C> {
    /// A pool of so many connections as suit the machine, and no more than `most`.
    pub fn new(most: usize, connect: impl Fn() -> Result<C, StoreError> + Send + Sync + 'static) -> Self {
        let parallelism = std::thread::available_parallelism().map_or(4, usize::from);
        let state = State { idle: Vec::new(), open: 0, waiting: VecDeque::new() };
        Self {
            connect: Box::new(connect),
            limit: (parallelism.max(2) * 2).min(most),
            state: Mutex::new(state),
        }
    }

    /// A connection on loan.
    pub fn lend(&self) -> Result<Lent<'_, C>, StoreError> {
        let connection = self.take()?;
        Ok(Lent { pool: self, connection: Some(connection) })
    }

    /// Does something with each of those that nobody uses.
    pub fn each_idle(&self, act: impl Fn(&C)) {
        let idle = std::mem::take(&mut self.lock().idle);
        for connection in idle {
            act(&Lent { pool: self, connection: Some(connection) });
        }
    }

    /// Closes those that nobody uses.
    pub fn close_idle(&self) {
        let closed = {
            let mut state = self.lock();
            state.open -= state.idle.len();
            std::mem::take(&mut state.idle)
        };
        drop(closed);
    }

    fn take(&self) -> Result<C, StoreError> {
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
    fn open(&self) -> Result<C, StoreError> {
        (self.connect)().inspect_err(|_| self.give_back(None))
    }

    fn give_back(&self, connection: Option<C>) {
        let mut state = self.lock();
        match (state.waiting.pop_front(), connection) {
            (Some(next), connection) => {
                drop(state);
                let turn = connection.map_or(Turn::Open, Turn::Take);
                next.send(turn).unwrap_or_else(|_| unreachable!("who waits goes on waiting"));
            }
            (None, Some(connection)) => state.idle.push(connection),
            (None, None) => state.open -= 1,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan. One whose read panicked is closed, not lent again.
pub(crate) struct Lent<'a, C: Reusable> {
    pool: &'a Pool<C>,
    connection: Option<C>,
}

impl<C: Reusable> Deref for Lent<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.connection.as_ref().expect("it is given back when the loan ends")
    }
}

impl<C: Reusable> Drop for Lent<'_, C> {
    fn drop(&mut self) {
        let reusable =
            self.connection.take().filter(|connection| connection.is_reusable() && !std::thread::panicking());
        self.pool.give_back(reusable);
    }
}
