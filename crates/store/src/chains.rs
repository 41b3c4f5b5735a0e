//! The ends of the two chains of the audit log. Who notes them elsewhere can tell later that nothing was cut off, and that
//! the chains were not written anew: an end that was noted must be held for ever.

use crate::commit_log::Chain;
use crate::error::StoreError;
use crate::history::{Commits, Side};

/// The place of a commit in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitEnd {
    /// Its place in commit order; 0 before the first.
    pub sequence: u64,
    /// The chain's hash with it (BLAKE3).
    pub hash: Chain,
}

/// The place of a row in the log of reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadsEnd {
    /// Tells this log from those of other processes: the hash of its first row.
    pub log: Chain,
    /// The number of the file, from 1.
    pub file: u32,
    /// Where the row ends, in bytes.
    pub offset: u64,
    /// The chain's hash with it (BLAKE3).
    pub hash: Chain,
}

/// Whether an end of the log of reads is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It is there as it was.
    Yes,
    /// It is gone or changed.
    No,
    /// It is of another process's log, or of one that was there before the data was copied.
    OtherLog,
}

/// A store whose audit log is chained.
pub trait Chains {
    /// The newest commit.
    fn newest_commit(&self) -> Result<CommitEnd, StoreError>;

    /// Appends a row to the log of reads, and gives its end when it is on the disk; `None` when no reads are logged.
    fn end_reads_with(&self, row: &[u8]) -> Result<Option<ReadsEnd>, StoreError>;

    /// Whether a commit is there as it was noted.
    fn holds_commit(&self, end: &CommitEnd) -> Result<bool, StoreError>;

    /// Whether a row of the log of reads is there as it was noted.
    fn holds_reads(&self, end: &ReadsEnd) -> Result<Held, StoreError>;
}

pub(crate) fn newest_commit(source: &impl Commits) -> Result<CommitEnd, StoreError> {
    let newest = source.commits(Side::Before(i64::MAX), 1)?.into_iter().next();
    let before_all = CommitEnd { sequence: 0, hash: Chain::default() };
    Ok(newest.map_or(before_all, |row| CommitEnd { sequence: row.sequence.cast_unsigned(), hash: row.chain }))
}

pub(crate) fn holds_commit(source: &impl Commits, end: &CommitEnd) -> Result<bool, StoreError> {
    if end.sequence == 0 {
        return Ok(end.hash == Chain::default());
    }
    let Ok(sequence) = i64::try_from(end.sequence) else { return Ok(false) };
    let row = source.commits(Side::After(sequence - 1), 1)?.into_iter().next();
    Ok(row.is_some_and(|row| row.sequence == sequence && row.chain == end.hash))
}
