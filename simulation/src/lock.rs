//! Locks of a database file by its connections: many share, one intends to write, one has it alone.

use rusqlite::ffi;
use std::collections::BTreeMap;
use std::ffi::c_int;

/// The locks of one file: the level of each connection that has one.
#[derive(Debug, Default)]
pub(crate) struct Locks(BTreeMap<u64, c_int>);

impl Locks {
    /// Raises a connection's lock; false when others are in the way.
    pub fn raise(&mut self, connection: u64, level: c_int) -> bool {
        if self.level(connection) >= level {
            return true;
        }
        let others = self.greatest_of_others(connection);
        match level {
            ffi::SQLITE_LOCK_SHARED if others >= ffi::SQLITE_LOCK_PENDING => return false,
            ffi::SQLITE_LOCK_RESERVED | ffi::SQLITE_LOCK_EXCLUSIVE if others >= ffi::SQLITE_LOCK_RESERVED => {
                return false;
            }
            // Readers are let out, and no new ones in.
            ffi::SQLITE_LOCK_EXCLUSIVE if others >= ffi::SQLITE_LOCK_SHARED => {
                self.0.insert(connection, ffi::SQLITE_LOCK_PENDING);
                return false;
            }
            _ => {}
        }
        self.0.insert(connection, level);
        true
    }

    /// Lowers a connection's lock.
    pub fn lower(&mut self, connection: u64, level: c_int) {
        if level == ffi::SQLITE_LOCK_NONE {
            self.0.remove(&connection);
        } else if let Some(held) = self.0.get_mut(&connection) {
            *held = level.min(*held);
        }
    }

    /// Whether any connection intends to write.
    pub fn is_reserved(&self) -> bool {
        self.0.values().any(|level| *level >= ffi::SQLITE_LOCK_RESERVED)
    }

    fn level(&self, connection: u64) -> c_int {
        self.0.get(&connection).copied().unwrap_or(ffi::SQLITE_LOCK_NONE)
    }

    fn greatest_of_others(&self, connection: u64) -> c_int {
        let others = self.0.iter().filter(|(other, _)| **other != connection).map(|(_, level)| *level);
        others.max().unwrap_or(ffi::SQLITE_LOCK_NONE)
    }
}
