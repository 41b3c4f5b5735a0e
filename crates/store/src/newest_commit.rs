//! The place of the newest commit, to be waited on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The sequence of the newest commit that readers see.
#[derive(Debug, Default)]
pub(crate) struct NewestCommit {
    /// The sequence once more, for those who only look, at every read.
    sequence: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    sequence: u64,
    /// How often those who wait were woken without a commit.
    woken: u64,
}

impl NewestCommit {
    /// At a sequence.
    pub fn at(sequence: u64) -> Self {
        Self {
            sequence: AtomicU64::new(sequence),
            state: Mutex::new(State { sequence, woken: 0 }),
            changed: Condvar::new(),
        }
    }

    /// Tells those who wait. Called when readers see the commit, and never with a lesser one than before.
    pub fn set(&self, sequence: u64) {
        let mut state = self.lock();
        state.sequence = sequence;
        self.sequence.store(sequence, Ordering::Release);
        drop(state);
        self.changed.notify_all();
    }

    /// The newest sequence now.
    pub fn now(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// Wakes those who wait now, without a commit.
    pub fn wake(&self) {
        self.lock().woken += 1;
        self.changed.notify_all();
    }

    /// The newest sequence: as soon as it is behind `after`, when somebody wakes, or when the patience is at its end.
    pub fn wait(&self, after: u64, patience: Duration) -> u64 {
        let state = self.lock();
        let woken = state.woken;
        let still_old = |state: &mut State| state.sequence <= after && state.woken == woken;
        let waited = self.changed.wait_timeout_while(state, patience, still_old);
        waited.unwrap_or_else(PoisonError::into_inner).0.sequence
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
