//! A disk in memory that fails as disks do, for the tests of what must survive it.
//!
//! [`Disk`] holds files in sectors. What was written and not synced is only *likely* to be there after a crash: each
//! sector for itself, in any of the forms it had since the last sync. Besides crashes it runs full, fails to read, to
//! write and to sync, at moments that a test plans. Everything random comes from one seed, so that the same seed and the
//! same calls make the same run ([`Disk::trace`]).
//!
//! [`Disk::mount`] puts it under SQLite at a directory's path: the program under test opens its database as always. The
//! files of SQLite's are in memory then; all others of that directory are where they always were. What SQLite asks of a
//! file system is in `vfs`, the one file of ours with unsafe code.

mod disk;
mod fault;
mod file;
mod lock;
mod random;
mod shared_memory;
mod vfs;

pub use disk::{Disk, Mounted};
pub use fault::{Fault, Planned};
