//! The PostgreSQL server that all tests share, each with a database of its own.

#[path = "private_postgres.rs"]
mod private_postgres;

use crate::sample::ports;
pub use private_postgres::PrivatePostgres;
use std::path::Path;
use std::sync::LazyLock;
use store::{OpenOptions, PostgresStore};

static SERVER: LazyLock<PrivatePostgres> = LazyLock::new(|| PrivatePostgres::start(&[]));

/// The URL of an empty database.
pub fn database() -> String {
    SERVER.database()
}

/// Opens a database, with the log of reads in a directory.
pub fn open_database(url: &str, directory: &Path) -> PostgresStore {
    PostgresStore::open(url, directory, &OpenOptions::new(ports())).unwrap()
}
