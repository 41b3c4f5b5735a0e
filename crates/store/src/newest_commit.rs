//! The place of the newest commit, to be waited on.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The sequence of the newest commit that readers see.
#[derive(Debug, Default)]
pub(crate) struct NewestCommit {
    sequence: Mutex<u64>,
    grown: Condvar,
}

impl NewestCommit {
    /// At a sequence.
    pub fn at(sequence: u64) -> Self {
        Self { sequence: Mutex::new(sequence), grown: Condvar::new() }
    }

    /// Tells those who wait. Called when readers see the commit, and never with a lesser one than before.
    pub fn set(&self, sequence: u64) {
        *self.lock() = sequence;
        self.grown.notify_all();
    }

    /// The newest sequence, as soon as it is behind `after` or when the patience is at its end.
    pub fn wait(&self, after: u64, patience: Duration) -> u64 {
        let still_old = |sequence: &mut u64| *sequence <= after;
        let waited = self.grown.wait_timeout_while(self.lock(), patience, still_old);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.sequence.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Instant;

    #[test]
    fn who_waits_is_woken_by_a_commit_and_by_time() {
        let newest = Arc::new(NewestCommit::at(3));
        assert_eq!(newest.wait(2, Duration::from_secs(60)), 3);
        assert_eq!(newest.wait(3, Duration::from_millis(5)), 3);
        let other = Arc::clone(&newest);
        let begun = Instant::now();
        let waits = std::thread::spawn(move || other.wait(3, Duration::from_secs(60)));
        newest.set(4);
        assert_eq!(waits.join().unwrap(), 4);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
