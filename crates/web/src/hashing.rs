//! The lane that password hashing runs in: off the async threads, few at a time, with a bounded queue.
//!
//! A password hash is made to be slow and to take memory, so that guessing is expensive. Unbounded, a burst of sign-ins
//! would take every core and gigabytes of memory from all other requests.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// The lane; cheap to clone, and clones share its bounds.
#[derive(Clone, Debug)]
pub struct HashingLane {
    /// One permit for each job that runs.
    running: Arc<Semaphore>,
    /// One permit for each job that runs or waits.
    admitted: Arc<Semaphore>,
}

/// The queue is full, or the server is shutting down: the caller should try again in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many password checks are waiting; try again in a moment")]
pub struct Busy;

impl HashingLane {
    /// A lane that runs `parallel` jobs at once (at least one) and lets `queue` more wait.
    pub fn new(parallel: usize, queue: usize) -> Self {
        let parallel = parallel.clamp(1, Semaphore::MAX_PERMITS / 2);
        let queue = queue.min(Semaphore::MAX_PERMITS / 2);
        Self {
            running: Arc::new(Semaphore::new(parallel)),
            admitted: Arc::new(Semaphore::new(parallel + queue)),
        }
    }

    /// Run `job` on a blocking thread when its turn comes.
    ///
    /// Once started a job runs to its end, even if the caller has gone away; it keeps its place until then, so that
    /// callers who hang up cannot make more jobs run than the bound allows.
    pub async fn run<T, F>(&self, job: F) -> Result<T, Busy>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Busy)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = job();
            drop((running, admitted));
            answer
        });
        done.await.map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    #[tokio::test(flavor = "multi_thread")]
    async fn at_most_so_many_run_and_so_many_wait() {
        let lane = HashingLane::new(2, 3);
        let (release, gate) = mpsc::channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let peak = Arc::new(AtomicUsize::new(0));
        let mut jobs = Vec::new();
        for _ in 0..5 {
            let (lane, gate, peak) = (lane.clone(), Arc::clone(&gate), Arc::clone(&peak));
            jobs.push(tokio::spawn(async move {
                lane.run(move || {
                    peak.fetch_add(1, Ordering::SeqCst);
                    let _ = gate.lock().unwrap().recv();
                })
                .await
            }));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(peak.load(Ordering::SeqCst), 2, "two run, three wait");
        assert_eq!(lane.run(|| ()).await, Err(Busy), "the sixth is turned away at once");
        for _ in 0..5 {
            release.send(()).unwrap();
        }
        for job in jobs {
            assert_eq!(job.await.unwrap(), Ok(()));
        }
        assert_eq!(lane.run(|| 7).await, Ok(7), "there is room again");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_caller_that_hangs_up_keeps_its_place_taken() {
        let lane = HashingLane::new(1, 0);
        let (release, gate) = mpsc::channel::<()>();
        let job = {
            let lane = lane.clone();
            tokio::spawn(async move { lane.run(move || gate.recv()).await })
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
        job.abort();
        assert!(job.await.is_err());
        assert_eq!(lane.run(|| ()).await, Err(Busy));
        release.send(()).unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(lane.run(|| ()).await, Ok(()));
    }
}
