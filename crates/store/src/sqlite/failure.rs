//! What SQLite reports, as the store's errors.

use crate::error::StoreError;
use rusqlite::ErrorCode;

/// Turns an error of SQLite into the store's, with what was being done.
pub(super) fn failed(context: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::DiskFull,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Damaged(format!("{context}: {error}"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        _ if matches!(error, rusqlite::Error::InvalidColumnType(..)) => {
            StoreError::Damaged(format!("{context}: {error}"))
        }
        _ => StoreError::World { context, source: Box::new(error) },
    }
}
