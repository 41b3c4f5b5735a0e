//! The PostgreSQL database that is measured on: it must be empty, and at the end it has a size.

use anyhow::{Context, Result, ensure};
use tokio_postgres::NoTls;

/// A database by its URL, which holds a password and is never shown.
#[derive(Clone)]
pub struct Database {
    pub url: String,
}

impl Database {
    /// Refuses a database that holds anything, so that no practice is written into and the content is that of the run.
    pub async fn ensure_empty(&self) -> Result<()> {
        let tables = self.number(
            "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        );
        let tables = tables.await?;
        ensure!(
            tables == 0,
            "the database holds {tables} tables; an empty one is needed, such as `createdb` makes"
        );
        Ok(())
    }

    /// Size of all that is in it, in bytes; the server's write-ahead log is not counted.
    pub async fn size_bytes(&self) -> Result<u64> {
        let bytes = self.number("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())").await?;
        Ok(u64::try_from(bytes)?)
    }

    async fn number(&self, query: &str) -> Result<i64> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await.context("the database")?;
        tokio::task::spawn_local(async move {
            // Its failure shows in the query that was under way.
            let _ = connection.await;
        });
        Ok(client.query_one(query, &[]).await.context("the database")?.try_get(0)?)
    }
}
