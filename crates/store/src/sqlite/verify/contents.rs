//! The check of contents kept outside the documents: that each is what its name says, and that the rows of their use
//! are those that the documents make.

use super::super::failure::failed;
use super::super::statements as sql;
use crate::blob::{BlobHash, BlobStore, marks};
use crate::error::StoreError;
use crate::maintain::Verification;
use crate::version::Version;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::io::Read;

/// What the documents say of contents.
#[derive(Default)]
pub(super) struct Contents {
    named: BTreeMap<BlobHash, Named>,
    /// Rows of use that there should be.
    uses: u64,
}

/// A content, as the documents name it.
struct Named {
    /// The first version that names it.
    by: String,
    /// How many do.
    count: u64,
    /// Its length in bytes.
    length: u64,
}

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 << 10;

impl Contents {
    /// Takes note of what a version names, and looks for the rows of its use.
    pub fn note(
        &mut self,
        connection: &Connection,
        (name, key): (&str, i64),
        version: &Version,
        found: &mut Verification,
    ) -> Result<(), StoreError> {
        let mut seen: Vec<BlobHash> = Vec::new();
        for (_, mark) in marks(version.text()) {
            if seen.contains(&mark.hash) {
                continue;
            }
            seen.push(mark.hash);
            self.uses += 1;
            let first = || Named { by: name.to_owned(), count: 0, length: mark.length };
            let named = self.named.entry(mark.hash).or_insert_with(first);
            named.count += 1;
            let is_noted = connection
                .prepare_cached(sql::BLOB_USE_PROBE)
                .and_then(|mut statement| statement.exists(params![mark.hash.0, key, version.version]))
                .map_err(failed("check the use of content"))?;
            if !is_noted {
                found.fault(name, format!("its use of the content {} is not noted", mark.hash));
            }
        }
        Ok(())
    }

    /// Reads every content that was named.
    pub fn check(
        self,
        connection: &Connection,
        blobs: &dyn BlobStore,
        found: &mut Verification,
    ) -> Result<(), StoreError> {
        let uses: i64 = connection
            .query_row("SELECT count(*) FROM blob_use", [], |row| row.get(0))
            .map_err(failed("count uses of content"))?;
        if uses.cast_unsigned() != self.uses {
            found.fault("table blob_use", format!("has {uses} rows, and should have {}", self.uses));
        }
        for (hash, named) in self.named {
            found.blobs += 1;
            if let Some(what) = fault(&hash, named.length, blobs) {
                let others = match named.count - 1 {
                    0 => String::new(),
                    count => format!(" ({count} more versions name it)"),
                };
                found.fault(named.by, format!("its content {hash} {what}{others}"));
            }
        }
        Ok(())
    }
}

/// What is wrong with a content; `None` when nothing is.
fn fault(hash: &BlobHash, length: u64, blobs: &dyn BlobStore) -> Option<String> {
    let mut reader = match blobs.open(hash) {
        Ok(reader) => reader,
        Err(StoreError::Damaged(_)) => return Some("is missing".to_owned()),
        Err(error) => return Some(format!("cannot be read: {error}")),
    };
    let mut hasher = blake3::Hasher::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut read = 0u64;
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => {
                hasher.update(&chunk[..count]);
                read += count as u64;
            }
            Err(error) => return Some(format!("cannot be read: {error}")),
        }
    }
    if read != length {
        return Some(format!("has {read} bytes, and should have {length}"));
    }
    (hasher.finalize().as_bytes() != &hash.0).then(|| "is not as it was written".to_owned())
}
