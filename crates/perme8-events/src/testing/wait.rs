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

/// Waits until so many wait for a lock that this transaction has, or behind somebody who does; on SQLite nobody ever does.
///
/// # Errors
///
/// [`StorageError`] when the database cannot be asked.
pub async fn until_awaited(tx: &mut Tx, by: i64) -> Result<(), StorageError> {
    let waiting = sql!(
        sqlite: "SELECT CAST($1 AS INTEGER)",
        postgres: "WITH RECURSIVE waiting (pid) AS (
                       SELECT pid FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))
                       UNION
                       SELECT behind.pid FROM pg_locks AS behind
                       JOIN waiting ON waiting.pid = ANY (pg_blocking_pids(behind.pid)))
                   SELECT least(count(*), $1) FROM waiting"
    );
    while tx.query(waiting).bind(by).scalar::<i64>().await? < by {
        tokio::task::yield_now().await;
    }
    Ok(())
}
