//! The log of reads of a data directory, as a store has it: its rows are encrypted. A store that logs none has none.

use super::{Backwards, ReadLog, ReadPlace, each_row, ends, read_rows};
use crate::chains::{Held, ReadsEnd};
use crate::error::StoreError;
use crate::keys::{Keys, Sealed};
use crate::maintain::Verification;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of the log in a data directory.
pub(crate) const FOLDER: &str = "reads";

/// The log, to append to and to read.
pub(crate) struct Reads(Option<Kept>);

struct Kept {
    log: ReadLog,
    backwards: Backwards,
    keys: Arc<Keys>,
    folder: PathBuf,
}

impl Kept {
    fn open(&self, row: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.keys.open_sealed(&Sealed::Read, row)
    }
}

impl Reads {
    /// The folder of the log in a data directory.
    pub fn folder(directory: &Path) -> PathBuf {
        directory.join(FOLDER)
    }

    /// Opens the log of a data directory, unless reads are not logged.
    pub fn open(directory: &Path, is_logged: bool, keys: Arc<Keys>) -> Result<Self, StoreError> {
        if !is_logged {
            return Ok(Self(None));
        }
        let folder = Self::folder(directory);
        let log = ReadLog::open(&folder)?;
        Ok(Self(Some(Kept { log, backwards: Backwards::new(folder.clone()), keys, folder })))
    }

    /// See [`crate::Store::log_read`].
    pub fn append(&self, row: &[u8]) -> Result<(), StoreError> {
        let Some(kept) = &self.0 else { return Ok(()) };
        kept.log.append(&kept.keys.practice().seal(&Sealed::Read, row)?)
    }

    /// See [`crate::Store::reads_before`].
    pub fn before(&self, before: ReadPlace, limit: usize) -> Result<Vec<(ReadPlace, Vec<u8>)>, StoreError> {
        let Some(kept) = &self.0 else { return Ok(Vec::new()) };
        let open = |(place, row): (ReadPlace, Vec<u8>)| Ok((place, kept.open(&row)?));
        kept.backwards.rows(before, limit)?.into_iter().map(open).collect()
    }

    /// See [`crate::Chains::end_reads_with`].
    pub fn end_with(&self, row: &[u8]) -> Result<Option<ReadsEnd>, StoreError> {
        let Some(kept) = &self.0 else { return Ok(None) };
        let sealed = kept.keys.practice().seal(&Sealed::Read, row)?;
        kept.log.append(&sealed)?;
        kept.log.sync();
        ends::end_of(&kept.folder, &kept.backwards, &sealed).map(Some)
    }

    /// See [`crate::Chains::holds_reads`].
    pub fn holds(&self, end: &ReadsEnd) -> Result<Held, StoreError> {
        match &self.0 {
            Some(kept) => ends::holds(&kept.folder, end),
            None => Ok(Held::OtherLog),
        }
    }

    /// See [`crate::Maintain::each_read`].
    pub fn each(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let Some(kept) = &self.0 else { return Ok(()) };
        each_row(&kept.folder, &mut |row| each(&kept.open(row)?))
    }

    /// Checks the log.
    pub fn verify(&self, found: &mut Verification) -> Result<(), StoreError> {
        let Some(kept) = &self.0 else { return Ok(()) };
        found.reads_cut_bytes = kept.log.cut_bytes();
        let mut reads = 0;
        let mut unopened = 0;
        let faults = read_rows(&kept.folder, |row| {
            reads += 1;
            unopened += u64::from(kept.open(row).is_err());
        })?;
        for what in faults {
            found.fault("log of reads", what);
        }
        if unopened > 0 {
            found.fault("log of reads", format!("{unopened} rows do not open"));
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
