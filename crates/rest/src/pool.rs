//! Work off the network's threads: at most so many at a time, and at most so many waiting.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A bounded pool of blocking work.
pub(crate) struct Pool {
    /// A place in the pool or its queue.
    places: Arc<Semaphore>,
    /// A worker.
    workers: Arc<Semaphore>,
    patience: Duration,
}

/// Why work has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many wait already.
    Full,
    /// It took too long. Work that had begun goes on to its end.
    TimedOut,
    /// It ended in a fault of the program.
    Panicked,
}

impl Pool {
    pub fn new(workers: usize, queue: usize, patience: Duration) -> Self {
        let workers = workers.max(1);
        Self {
            places: Arc::new(Semaphore::new(workers.saturating_add(queue).min(Semaphore::MAX_PERMITS))),
            workers: Arc::new(Semaphore::new(workers)),
            patience,
        }
    }

    /// Does blocking work, and gives its result.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Refusal::Full)?;
        let workers = Arc::clone(&self.workers);
        let whole = async move {
            let worker = workers.acquire_owned().await.map_err(|_| Refusal::Full)?;
            let task = tokio::task::spawn_blocking(move || {
                // Held by the work itself: when its caller gives up, the place is not free before it ends.
                let _held = (place, worker);
                work()
            });
            task.await.map_err(|_| Refusal::Panicked)
        };
        timeout(self.patience, whole).await.unwrap_or(Err(Refusal::TimedOut))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_pool_refuses_and_recovers() {
        let pool = Pool::new(1, 0, Duration::from_secs(5));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = pool.run(move || held.recv().is_ok());
        tokio::pin!(first);
        tokio::select! {
            _ = &mut first => panic!("the first work waits to be released"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(pool.run(|| ()).await, Err(Refusal::Full));
        release.send(()).expect("the first work waits");
        assert_eq!(first.await, Ok(true));
        assert_eq!(pool.run(|| 7).await, Ok(7));
    }

    #[tokio::test]
    async fn slow_and_faulty_work_is_told_apart() {
        let hasty = Pool::new(2, 1, Duration::from_millis(20));
        let slow = hasty.run(|| std::thread::sleep(Duration::from_millis(200))).await;
        assert_eq!(slow, Err(Refusal::TimedOut));
        let patient = Pool::new(2, 1, Duration::from_secs(60));
        let faulty: Result<(), _> = patient.run(|| panic!("a fault of the program")).await;
        assert_eq!(faulty, Err(Refusal::Panicked));
    }
}
