//! The log of reads of a data directory, as a store has it; a store that logs none has none.

use super::{Backwards, ReadLog, ReadPlace, each_row, read_rows};
use crate::error::StoreError;
use crate::maintain::Verification;
use std::path::{Path, PathBuf};

/// The folder of the log in a data directory.
pub(crate) const FOLDER: &str = "reads";

/// The log, to append to and to read.
pub(crate) struct Reads(Option<Kept>);

struct Kept {
    log: ReadLog,
    backwards: Backwards,
    folder: PathBuf,
}

impl Reads {
    /// The folder of the log in a data directory.
    pub fn folder(directory: &Path) -> PathBuf {
        directory.join(FOLDER)
    }

    /// Opens the log of a data directory, unless reads are not logged.
    pub fn open(directory: &Path, is_logged: bool) -> Result<Self, StoreError> {
        if !is_logged {
            return Ok(Self(None));
        }
        let folder = Self::folder(directory);
        let log = ReadLog::open(&folder)?;
        Ok(Self(Some(Kept { log, backwards: Backwards::new(folder.clone()), folder })))
    }

    /// See [`crate::Store::log_read`].
    pub fn append(&self, row: &[u8]) -> Result<(), StoreError> {
        self.0.as_ref().map_or(Ok(()), |kept| kept.log.append(row))
    }

    /// See [`crate::Store::reads_before`].
    pub fn before(&self, before: ReadPlace, limit: usize) -> Result<Vec<(ReadPlace, Vec<u8>)>, StoreError> {
        self.0.as_ref().map_or(Ok(Vec::new()), |kept| kept.backwards.rows(before, limit))
    }

    /// See [`crate::Maintain::each_read`].
    pub fn each(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.0.as_ref().map_or(Ok(()), |kept| each_row(&kept.folder, each))
    }

    /// Checks the log.
    pub fn verify(&self, found: &mut Verification) -> Result<(), StoreError> {
        let Some(kept) = &self.0 else { return Ok(()) };
        found.reads_cut_bytes = kept.log.cut_bytes();
        let mut reads = 0;
        for what in read_rows(&kept.folder, |_| reads += 1)? {
            found.fault("log of reads", what);
        }
        found.reads = reads;
        Ok(())
    }

    /// The folder, with all rows on the disk; `None` when there is no log.
    pub fn synced(&self) -> Option<&Path> {
        let kept = self.0.as_ref()?;
        kept.log.sync();
        Some(&kept.folder)
    }
}
