//! One process for a data directory: a file that is locked as long as the store is open, with the process's id in it.

use crate::error::{StoreError, failed_io};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

/// The lock file's name in a data directory.
const LOCK: &str = "lock";

/// The lock. The operating system frees it when the process ends, however it ends.
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock, or says who has it.
    pub fn take(directory: &Path) -> Result<Self, StoreError> {
        let failed = || failed_io("lock the data directory");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(directory.join(LOCK))
            .map_err(failed())?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                file.read_to_string(&mut owner).map_err(failed())?;
                return Err(StoreError::InUse(owner.trim().to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(failed()(error)),
        }
        file.set_len(0).map_err(failed())?;
        file.rewind().map_err(failed())?;
        writeln!(file, "{}", std::process::id()).map_err(failed())?;
        Ok(Self { file })
    }
}

impl Drop for Lock {
    /// Frees the lock itself, not only our hold on the file: a child that is just being started has a hold on it too until it
    /// becomes another program.
    fn drop(&mut self) {
        // What cannot be unlocked is freed with the last hold on it.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_that_a_child_has_does_not_keep_the_directory() {
        let directory = tempfile::tempdir().unwrap();
        let lock = Lock::take(directory.path()).unwrap();
        assert!(matches!(Lock::take(directory.path()), Err(StoreError::InUse(_))));
        let inherited = lock.file.try_clone().unwrap();
        drop(lock);
        assert!(Lock::take(directory.path()).is_ok());
        drop(inherited);
    }
}
