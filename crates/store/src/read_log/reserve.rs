//! Space kept ahead of the end of the log of reads, so that reads go on being audited, and so answered, when the disk
//! is full.
//!
//! The space is the file's own, allocated behind its end: the file's length stays the end of its last row, so whoever
//! reads the log sees no difference. File systems that cannot do so, and systems other than Linux, keep no reserve.

use std::fs::File;
use std::io::{Error, ErrorKind};

/// Bytes kept ahead: some thirty thousand reads.
pub(super) const RESERVE_BYTES: u64 = 8 << 20;

/// Bytes that are allocated at once.
const STEP_BYTES: u64 = 1 << 20;

/// Bytes that are written before a full disk is asked for more again.
const RETRY_BYTES: u64 = 64 << 10;

/// How far space is allocated in the file that is written to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reserve {
    upto: u64,
    retry_at: u64,
}

impl Reserve {
    /// Allocates what is lacking ahead of the end of a file. Costs nothing while there is enough.
    pub fn keep(&mut self, file: &File, end: u64) {
        if self.upto >= end + RESERVE_BYTES - STEP_BYTES || end < self.retry_at {
            return;
        }
        if self.fill(file, end).is_err() {
            self.retry_at = end + RETRY_BYTES;
        }
    }

    /// Allocates the whole reserve, or fails for lack of space with what could be had. Where the file system has no
    /// such thing, nothing is done, now or later.
    pub fn fill(&mut self, file: &File, end: u64) -> std::io::Result<()> {
        self.upto = self.upto.max(end);
        while self.upto < end + RESERVE_BYTES {
            match allocate(file, self.upto, STEP_BYTES) {
                Ok(()) => self.upto += STEP_BYTES,
                Err(error) if is_full(&error) => return Err(error),
                Err(_) => self.upto = u64::MAX,
            }
        }
        Ok(())
    }
}

/// Whether an error says that there is no space.
pub(super) fn is_full(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

#[cfg(target_os = "linux")]
fn allocate(file: &File, offset: u64, length: u64) -> std::io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    Ok(fallocate(file, FallocateFlags::KEEP_SIZE, offset, length)?)
}

#[cfg(not(target_os = "linux"))]
fn allocate(_: &File, _: u64, _: u64) -> std::io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}
