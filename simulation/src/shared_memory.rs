//! The memory that the connections of a database in WAL mode share, with its locks.

use rusqlite::ffi;
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::sync::atomic::AtomicU64;

const SLOTS: usize = ffi::SQLITE_SHM_NLOCK as usize;

/// The shared memory of one database: gone when the last connection lets go of it, as after a restart.
#[derive(Debug, Default)]
pub(crate) struct SharedMemory {
    /// Pages never move: SQLite keeps their addresses.
    pages: Vec<Box<[AtomicU64]>>,
    /// Who uses it, with a bit for each slot that is locked shared, and one for each that is locked alone.
    users: BTreeMap<u64, (u8, u8)>,
}

impl SharedMemory {
    /// A page; `None` when it is not there and is not wanted.
    pub fn page(&mut self, user: u64, number: usize, bytes: usize, is_wanted: bool) -> Option<&[AtomicU64]> {
        self.users.entry(user).or_default();
        while self.pages.len() <= number && is_wanted {
            self.pages.push((0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect());
        }
        self.pages.get(number).map(AsRef::as_ref)
    }

    /// Locks or unlocks slots; false when others are in the way.
    pub fn lock(&mut self, user: u64, first: c_int, count: c_int, flags: c_int) -> bool {
        let slots = (0..SLOTS).filter(|slot| {
            let slot = c_int::try_from(*slot).unwrap_or(c_int::MAX);
            slot >= first && slot < first + count
        });
        let mask = slots.fold(0, |mask, slot| mask | 1 << slot);
        let is_shared = flags & ffi::SQLITE_SHM_SHARED != 0;
        let in_the_way = self.users.iter().any(|(other, (shared, alone))| {
            *other != user && (alone & mask != 0 || (!is_shared && shared & mask != 0))
        });
        let (shared, alone) = self.users.entry(user).or_default();
        if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
            (*shared, *alone) = (*shared & !mask, *alone & !mask);
        } else if in_the_way {
            return false;
        } else if is_shared {
            *shared |= mask;
        } else {
            *alone |= mask;
        }
        true
    }

    /// A connection lets go; true when it was the last.
    pub fn leave(&mut self, user: u64) -> bool {
        self.users.remove(&user);
        self.users.is_empty()
    }
}
