//! Waiting for what other tasks do.

use std::time::{Duration, Instant};

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
