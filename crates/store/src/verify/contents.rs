//! The check of contents kept outside the documents: that each is what its name says, and that the rows of their use
//! are those that the documents make.

use super::Checked;
use crate::blob::{BlobHash, BlobStore, BlobUse, marks};
use crate::error::StoreError;
use crate::maintain::Verification;
use crate::version::Version;
use std::collections::BTreeMap;
use std::io::Read;

/// What the documents say of contents.
#[derive(Default)]
pub(super) struct Contents {
    named: BTreeMap<BlobHash, Named>,
    /// Rows of use that there should be.
    pub uses: u64,
    /// Uses whose rows are still to be looked for, with the versions that they are of.
    open: Vec<(String, BlobUse)>,
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
    /// Takes note of what a version of the resource with an internal key names.
    pub fn note(&mut self, name: &str, key: i64, version: &Version) {
        let mut seen: Vec<BlobHash> = Vec::new();
        for (_, mark) in marks(version.text()) {
            if seen.contains(&mark.hash) {
                continue;
            }
            seen.push(mark.hash);
            self.uses += 1;
            let first = || Named { by: name.to_owned(), count: 0, length: mark.length };
            self.named.entry(mark.hash).or_insert_with(first).count += 1;
            let of = BlobUse { hash: mark.hash, key, version: version.version };
            self.open.push((name.to_owned(), of));
        }
    }

    /// Looks for the rows of the uses that were noted since the last call.
    pub fn check_uses(&mut self, source: &impl Checked, found: &mut Verification) -> Result<(), StoreError> {
        let (names, uses): (Vec<String>, Vec<BlobUse>) = std::mem::take(&mut self.open).into_iter().unzip();
        for at in source.missing_uses(&uses)? {
            found.fault(&names[at], format!("its use of the content {} is not noted", uses[at].hash));
        }
        Ok(())
    }

    /// Reads every content that was named.
    pub fn check(self, blobs: &dyn BlobStore, found: &mut Verification) {
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
    }
}

const CHANGED: &str = "is not as it was written";

/// What is wrong with a content; `None` when nothing is.
fn fault(hash: &BlobHash, length: u64, blobs: &dyn BlobStore) -> Option<String> {
    let mut reader = match blobs.open(hash) {
        Ok(reader) => reader,
        Err(StoreError::Damaged(what)) => {
            return Some(what.strip_prefix(&format!("the content {hash} ")).unwrap_or(&what).to_owned());
        }
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
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Some(CHANGED.to_owned()),
            Err(error) => return Some(format!("cannot be read: {error}")),
        }
    }
    if read != length {
        return Some(format!("has {read} bytes, and should have {length}"));
    }
    (hasher.finalize().as_bytes() != &hash.0).then(|| CHANGED.to_owned())
}
