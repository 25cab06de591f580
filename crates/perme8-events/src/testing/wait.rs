//! Waiting for what other tasks do.

use std::time::{Duration, Instant};

use crate::{domain::error::StorageError, infrastructure::tx::Tx, sql};

/// Waits until `condition` holds, as tests of things that run by themselves must.
///
/// # Panics
///
/// It does not hold within `deadline`; the message says what was waited for.
pub async fn wait_until(what: &str, deadline: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    while !condition().await {
        assert!(started.elapsed() < deadline, "waited {deadline:?} in vain until {what}");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Waits until somebody waits for a lock that this transaction has; on SQLite nobody ever does.
///
/// # Errors
///
/// [`StorageError`] when the database cannot be asked.
pub async fn until_awaited(tx: &mut Tx) -> Result<(), StorageError> {
    let waiting = sql!(
        sqlite: "SELECT 1",
        postgres: "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    );
    while tx.query(waiting).scalar::<i64>().await? == 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
