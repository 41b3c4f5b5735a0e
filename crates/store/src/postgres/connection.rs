//! One connection, driven by the thread that uses it.
//!
//! Each has a runtime of its own without threads: the caller's thread polls the socket while it waits, so that no answer
//! is handed from thread to thread.

use super::address::Address;
use super::failure::{failed, is_away};
use crate::error::StoreError;
use crate::pool::Reusable;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, NoTls, Row, Statement};

/// How long a connection is tried for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an answer is waited for; the server gives up a little earlier.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(70);

/// Settings of every connection. A statement has one plan, by a key: the planner need not choose, and must not change
/// its mind when it has counted the rows of a table that grew.
const SETTINGS: &str = "-c statement_timeout=60s -c lock_timeout=30s -c idle_in_transaction_session_timeout=120s \
     -c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off -c enable_bitmapscan=off \
     -c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off -c max_parallel_workers_per_gather=0 \
     -c synchronous_commit=on -c client_min_messages=warning";

/// What a statement is given.
pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// A statement with what it is given.
pub(super) struct Call<'a> {
    pub text: &'a str,
    pub parameters: Vec<Parameter<'a>>,
}

/// A connection.
pub(super) struct Connection {
    client: Client,
    driver: Driver,
    statements: RefCell<HashMap<Box<str>, Statement>>,
    is_in_transaction: Cell<bool>,
    /// Set when an answer did not come: what the server does is unknown from then on.
    is_lost: Cell<bool>,
}

impl Connection {
    /// Connects.
    pub fn open(address: &Address) -> Result<Self, StoreError> {
        let driver = Driver::start()?;
        let Address { mut config, tls } = address.clone();
        let given = config.get_options().unwrap_or_default().to_owned();
        config.options(format!("{SETTINGS} {given}"));
        config.connect_timeout(CONNECT_TIMEOUT);
        let connecting = async {
            match tls {
                None => config.connect(NoTls).await.map(|(client, connection)| drive(client, connection)),
                Some(tls) => config.connect(tls).await.map(|(client, connection)| drive(client, connection)),
            }
        };
        let client = driver
            .wait(async { tokio::time::timeout(CONNECT_TIMEOUT, connecting).await })
            .map_err(|_| StoreError::Unavailable { context: "connect", reason: "no answer".into() })?
            .map_err(failed("connect"))?;
        Ok(Self {
            client,
            driver,
            statements: RefCell::default(),
            is_in_transaction: Cell::default(),
            is_lost: Cell::default(),
        })
    }

    /// The rows of a statement.
    pub fn query(
        &self,
        context: &'static str,
        text: &str,
        parameters: &[Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(context, text)?;
        self.wait(context, self.client.query(&statement, parameters))
    }

    /// The only row of a statement.
    pub fn query_one(
        &self,
        context: &'static str,
        text: &str,
        parameters: &[Parameter],
    ) -> Result<Row, StoreError> {
        let missing = || StoreError::Damaged(format!("{context}: no row"));
        self.query(context, text, parameters)?.into_iter().next().ok_or_else(missing)
    }

    /// Sends statements one behind the other without waiting for the answers between them, and gives the rows of each.
    /// The first error is the one that is told.
    pub fn pipeline(&self, context: &'static str, calls: &[Call]) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut statements = Vec::with_capacity(calls.len());
        for call in calls {
            statements.push(self.prepared(context, call.text)?);
        }
        let sent = statements.iter().zip(calls);
        let sent = sent.map(|(statement, call)| self.client.query(statement, &call.parameters));
        self.wait(context, all(sent.collect()))
    }

    /// Runs SQL without parameters and answers.
    pub fn execute(&self, context: &'static str, text: &str) -> Result<(), StoreError> {
        self.wait(context, self.client.batch_execute(text))
    }

    /// Begins a transaction together with the first statements in it; one that is open is rolled back on the way.
    pub fn begin(
        &self,
        context: &'static str,
        begin: &str,
        calls: &[Call],
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let end = self.is_in_transaction.get().then_some("ROLLBACK");
        let before: Vec<Call> = end.into_iter().chain([begin]).map(|text| Call::new(text, [])).collect();
        let first = before.len();
        let calls: Vec<Call> = before.into_iter().chain(calls.iter().map(Call::again)).collect();
        self.is_in_transaction.set(true);
        Ok(self.pipeline(context, &calls)?.split_off(first))
    }

    /// Sends the last statements of a transaction and commits it.
    pub fn commit(&self, context: &'static str, mut calls: Vec<Call>) -> Result<(), StoreError> {
        calls.push(Call { text: "COMMIT", parameters: Vec::new() });
        self.pipeline(context, &calls)?;
        self.is_in_transaction.set(false);
        Ok(())
    }

    /// Ends a transaction without what it did.
    pub fn roll_back(&self) -> Result<(), StoreError> {
        self.execute("roll back", "ROLLBACK")?;
        self.is_in_transaction.set(false);
        Ok(())
    }

    /// True when the server is gone or does not answer.
    pub fn is_lost(&self) -> bool {
        self.is_lost.get() || self.client.is_closed()
    }

    fn prepared(&self, context: &'static str, text: &str) -> Result<Statement, StoreError> {
        if let Some(known) = self.statements.borrow().get(text) {
            return Ok(known.clone());
        }
        let statement = self.wait(context, self.client.prepare(text))?;
        self.statements.borrow_mut().insert(text.into(), statement.clone());
        Ok(statement)
    }

    fn wait<T>(
        &self,
        context: &'static str,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, StoreError> {
        let answer = self.driver.wait(async { tokio::time::timeout(ANSWER_TIMEOUT, answer).await });
        let Ok(answer) = answer else {
            self.is_lost.set(true);
            return Err(StoreError::Unavailable { context, reason: "no answer".into() });
        };
        answer.map_err(|error| {
            self.is_lost.set(self.is_lost() || is_away(&error));
            failed(context)(error)
        })
    }
}

impl<'a> Call<'a> {
    /// A statement with what it is given.
    pub fn new(text: &'a str, parameters: impl Into<Vec<Parameter<'a>>>) -> Self {
        Self { text, parameters: parameters.into() }
    }

    fn again(&self) -> Self {
        Self { text: self.text, parameters: self.parameters.clone() }
    }
}

impl Reusable for Connection {
    fn is_reusable(&self) -> bool {
        !self.is_in_transaction.get() && !self.is_lost()
    }
}

/// Has a connection's messages go out and come in.
fn drive(client: Client, connection: impl Future<Output = Result<(), Error>> + Send + 'static) -> Client {
    tokio::spawn(connection);
    client
}

/// What polls a connection's socket: a runtime without threads.
struct Driver(Option<Runtime>);

impl Driver {
    fn start() -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime
            .map(|runtime| Self(Some(runtime)))
            .map_err(|error| StoreError::World { context: "start a connection", source: Box::new(error) })
    }

    /// Waits for a future on the caller's thread. A thread of another runtime, such as that of a server that looks a token
    /// up, hands its other tasks on first.
    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        let runtime = self.0.as_ref().expect("it is there until it is dropped");
        match tokio::runtime::Handle::try_current() {
            Ok(_) => tokio::task::block_in_place(|| runtime.block_on(future)),
            Err(_) => runtime.block_on(future),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Without waiting: it may be dropped by a thread of another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// All results, when there is no error: each future is polled in turn, so that the statements are sent in order.
async fn all<T, F: Future<Output = Result<T, Error>>>(futures: Vec<F>) -> Result<Vec<T>, Error> {
    let mut waiting: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<Result<T, Error>>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, done) in waiting.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(result) = future.as_mut().poll(context) {
                *done = Some(result);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
