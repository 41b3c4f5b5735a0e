//! The place of the newest commit, to be waited on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The sequence of the newest commit that readers see.
#[derive(Debug, Default)]
pub(crate) struct NewestCommit {
    /// Changed under the lock, so that nobody who waits misses it; looked at without it, at every read.
    sequence: AtomicU64,
    /// How often those who wait were woken without a commit.
    woken: Mutex<u64>,
    changed: Condvar,
}

impl NewestCommit {
    /// At a sequence.
    pub fn at(sequence: u64) -> Self {
        Self { sequence: AtomicU64::new(sequence), ..Self::default() }
    }

    /// Tells those who wait. Called when readers see the commit, and never with a lesser one than before.
    pub fn set(&self, sequence: u64) {
        let woken = self.lock();
        self.sequence.store(sequence, Ordering::Release);
        drop(woken);
        self.changed.notify_all();
    }

    /// The newest sequence now.
    pub fn now(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// Wakes those who wait now, without a commit.
    pub fn wake(&self) {
        *self.lock() += 1;
        self.changed.notify_all();
    }

    /// The newest sequence: as soon as it is behind `after`, when somebody wakes, or when the patience is at its end.
    pub fn wait(&self, after: u64, patience: Duration) -> u64 {
        let woken = self.lock();
        let before = *woken;
        let still_old = |woken: &mut u64| self.now() <= after && *woken == before;
        let waited = self.changed.wait_timeout_while(woken, patience, still_old);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.now()
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
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
        assert_eq!((newest.now(), waits.join().unwrap()), (4, 4));
        let other = Arc::clone(&newest);
        let waits = std::thread::spawn(move || other.wait(4, Duration::from_secs(60)));
        while !waits.is_finished() {
            newest.wake();
        }
        assert_eq!(waits.join().unwrap(), 4);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
