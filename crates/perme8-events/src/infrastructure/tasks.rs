//! The tasks of a host: spawned by name, stopped together.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The tasks of a host: spawned by name, stopped together. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    token: CancellationToken,
    running: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

/// Some tasks did not stop in time; what they had not committed is rolled back when the process ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("still running: {}", names.join(", "))]
pub struct StillRunning {
    /// Which ones.
    pub names: Vec<&'static str>,
}

impl Tasks {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs a task until it ends; it watches [`token`](Self::token) to know when it should. When it panics, all should.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let running = Running::new(name, &self.running);
        let token = self.token.clone();
        self.tracker.spawn(async move {
            let _running = running;
            if AssertUnwindSafe(task).catch_unwind().await.is_err() {
                // A host without one of its parts would look alive and not be: better to stop as a whole.
                tracing::error!(task = name, "a task panicked: stopping");
                token.cancel();
            }
        });
    }

    /// Cancelled when the tasks should stop.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Waits until the tasks should stop.
    pub async fn stopped(&self) {
        self.token.cancelled().await;
    }

    /// Asks every task to stop, and waits for them.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] when some take longer than `grace`.
    pub async fn shutdown(&self, grace: Duration) -> Result<(), StillRunning> {
        self.token.cancel();
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_ok() {
            return Ok(());
        }
        let names =
            self.running.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        Err(StillRunning { names })
    }
}

/// Counts a task as running as long as it lives, also when it panics.
struct Running {
    name: &'static str,
    all: Arc<Mutex<BTreeMap<&'static str, usize>>>,
}

impl Running {
    fn new(name: &'static str, all: &Arc<Mutex<BTreeMap<&'static str, usize>>>) -> Self {
        *all.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        Self { name, all: Arc::clone(all) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(self.name) {
            *count -= 1;
            if *count == 0 {
                all.remove(self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_does_not_stop_is_named() {
        let tasks = Tasks::new();
        let token = tasks.token();
        tasks.spawn("obedient", async move { token.cancelled().await });
        tasks.spawn("stubborn", std::future::pending());
        let error = tasks.shutdown(Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(error.to_string(), "still running: stubborn");
    }
}
