//! A connection that reads with, and the moment that it sees. It stays in its transaction between reads, so that the next
//! one, when nothing was written since, need not begin anew.

use super::address::Address;
use super::connection::{Call, Connection};
use super::names;
use super::readers::no_head;
use super::statements as sql;
use crate::dictionary::{Dictionary, SharedDictionary};
use crate::error::StoreError;
use crate::pool::Reusable;
use search::rows::INDEX_VERSION;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::Row;

const CONTEXT: &str = "read";

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// How long a moment is kept while nobody reads: what is removed meanwhile keeps its room for as long.
const KEPT: Duration = Duration::from_secs(1);

/// What a transaction sees.
#[derive(Clone)]
pub(super) struct Moment {
    /// The last commit.
    pub sequence: i64,
    pub dictionary: Arc<Dictionary>,
    pub is_index_current: bool,
    /// Resources by number of type.
    pub counts: Arc<HashMap<i64, i64>>,
    begun: Instant,
}

impl Moment {
    /// What a row of [`sql::MOMENT`] tells.
    pub fn of(head: &Row, dictionary: Arc<Dictionary>) -> Self {
        let counts: Vec<i64> = head.get(3);
        Self {
            sequence: head.get(0),
            dictionary,
            is_index_current: head.get::<_, i64>(2) == i64::from(INDEX_VERSION),
            counts: Arc::new(counts.as_chunks::<2>().0.iter().map(|[of, count]| (*of, *count)).collect()),
            begun: Instant::now(),
        }
    }
}

/// A connection with its moment.
pub(super) struct Reader {
    pub connection: Connection,
    moment: RefCell<Option<Moment>>,
}

impl Reader {
    /// Connects.
    pub fn open(address: &Address) -> Result<Self, StoreError> {
        Ok(Self { connection: Connection::open(address)?, moment: RefCell::default() })
    }

    /// The moment that it sees.
    pub fn moment(&self) -> Option<Moment> {
        self.moment.borrow().clone()
    }

    /// Goes on to the moment that is now.
    pub fn begin(&self, dictionary: &SharedDictionary) -> Result<Moment, StoreError> {
        self.moment.take();
        let begun = self.connection.begin(CONTEXT, BEGIN, &[Call::new(sql::MOMENT, [])])?;
        let head = begun[0].first().ok_or_else(no_head)?;
        let moment = Moment::of(head, names::of(&self.connection, dictionary, head.get(1))?);
        Ok(self.moment.borrow_mut().insert(moment).clone())
    }

    /// Ends the transaction.
    pub fn end(&self) -> Result<(), StoreError> {
        self.moment.take();
        self.connection.roll_back()
    }

    /// Ends the transaction when it has been open for long.
    pub fn end_old(&self) {
        if self.moment().is_some_and(|moment| moment.begun.elapsed() > KEPT) {
            // One that cannot be ended is not lent again.
            let _ = self.end();
        }
    }
}

impl Reusable for Reader {
    fn is_reusable(&self) -> bool {
        self.connection.is_reusable() || self.moment.borrow().is_some() && !self.connection.is_lost()
    }
}
