//! The PostgreSQL server that all tests share, each with a database of its own.

#[path = "private_postgres.rs"]
mod private_postgres;

pub use private_postgres::PrivatePostgres;
use std::path::Path;
use std::sync::LazyLock;
use store::PostgresStore;

static SERVER: LazyLock<PrivatePostgres> = LazyLock::new(|| PrivatePostgres::start(&[]));

/// The URL of an empty database.
pub fn database() -> String {
    SERVER.database()
}

/// Opens a database, with the log of reads in a directory.
pub fn open_database(url: &str, directory: &Path) -> PostgresStore {
    PostgresStore::open(url, directory, &crate::sample::open_options()).unwrap()
}

/// A connection of one who tampers, or looks at how the tables are made.
pub struct Tamperer {
    runtime: tokio::runtime::Runtime,
    client: tokio_postgres::Client,
}

pub fn connect(url: &str) -> Tamperer {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    });
    Tamperer { runtime, client }
}

impl Tamperer {
    pub fn execute(&self, statement: &str) {
        self.runtime.block_on(self.client.batch_execute(statement)).unwrap();
    }

    /// Rows of two texts.
    pub fn rows(&self, statement: &str) -> Vec<[String; 2]> {
        let rows = self.runtime.block_on(self.client.query(statement, &[])).unwrap();
        rows.iter().map(|row| [row.get::<_, &str>(0).to_owned(), row.get::<_, &str>(1).to_owned()]).collect()
    }
}
