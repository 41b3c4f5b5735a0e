//! What PostgreSQL reports, as the store's errors.

use crate::error::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// Turns an error into the store's, with what was being done.
pub(super) fn failed(context: &'static str) -> impl Fn(Error) -> StoreError {
    move |error| {
        let reason = reason(&error);
        match error.code() {
            Some(code) if *code == SqlState::DISK_FULL => StoreError::DiskFull,
            Some(code) if [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED].contains(code) => {
                StoreError::Damaged(format!("{context}: {reason}"))
            }
            // Another process writes, and does not come to an end.
            Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy,
            Some(code) if *code == SqlState::QUERY_CANCELED => {
                StoreError::TooCostly { advice: "the database took too long; ask for less at once".into() }
            }
            _ if is_away(&error) => StoreError::Unavailable { context, reason },
            _ => StoreError::World { context, source: reason.into() },
        }
    }
}

/// True when the database is gone, going or not yet there.
pub(super) fn is_away(error: &Error) -> bool {
    let is_shutting_down = |code: &SqlState| {
        [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(code)
    };
    match error.code() {
        Some(code) => is_shutting_down(code) || code.code().starts_with("08"),
        // What is no message of the server's is the network's, or a connection that is closed.
        None => error.is_closed() || is_of_network(error),
    }
}

fn is_of_network(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        if source.is::<std::io::Error>() {
            return true;
        }
        cause = source.source();
    }
    error.to_string().contains("connect")
}

/// What happened, with its causes: never a statement's parameters.
fn reason(error: &Error) -> String {
    let mut text = error.to_string();
    if let Some(database) = error.as_db_error() {
        return format!("{} ({})", database.message(), database.code().code());
    }
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        text = format!("{text}: {source}");
        cause = source.source();
    }
    text
}
