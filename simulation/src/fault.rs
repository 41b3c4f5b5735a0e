//! What goes wrong, and when.

use rusqlite::ffi;
use std::ffi::c_int;

/// A way in which a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The machine stops: nothing works any more, and what was not synced may be lost.
    Crash,
    /// The machine stops while it syncs.
    CrashInSync,
    /// There is no space: a write ends somewhere in its middle.
    Full,
    /// A write fails somewhere in its middle.
    Write,
    /// A read fails.
    Read,
    /// A sync fails, and the operating system takes some of what it could not write for written.
    Sync,
}

/// A fault at its time.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    /// What goes wrong.
    pub fault: Fault,
    /// The first operation, counted as [`crate::Disk::operations`] does, that may fail.
    pub from: u64,
    /// For how many operations it lasts; a crash lasts for ever.
    pub lasts: u64,
}

/// What is asked of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Read,
    Write,
    Truncate,
    Sync,
    Delete,
}

impl Fault {
    /// Whether it lets an operation fail.
    fn concerns(self, operation: Operation) -> bool {
        match self {
            Self::Crash => true,
            Self::Full => operation == Operation::Write,
            Self::Write => matches!(operation, Operation::Write | Operation::Truncate | Operation::Delete),
            Self::Read => operation == Operation::Read,
            Self::Sync | Self::CrashInSync => operation == Operation::Sync,
        }
    }

    /// What SQLite is told.
    pub(crate) fn code(self, operation: Operation) -> c_int {
        match (self, operation) {
            (Self::Full, _) => ffi::SQLITE_FULL,
            (_, Operation::Read) => ffi::SQLITE_IOERR_READ,
            (_, Operation::Write) => ffi::SQLITE_IOERR_WRITE,
            (_, Operation::Truncate) => ffi::SQLITE_IOERR_TRUNCATE,
            (_, Operation::Sync) => ffi::SQLITE_IOERR_FSYNC,
            (_, Operation::Delete) => ffi::SQLITE_IOERR_DELETE,
        }
    }
}

impl Planned {
    /// Whether it lets an operation fail now.
    pub(crate) fn strikes(&self, operation: Operation, now: u64) -> bool {
        let is_on = now >= self.from && (self.fault == Fault::Crash || now - self.from < self.lasts);
        is_on && self.fault.concerns(operation)
    }
}
