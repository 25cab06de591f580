//! Waiting without sleeping blindly: until something is so, or until it is too late.

use std::time::Duration;

use perme8_events::testing::wait_until;

/// What takes longer than this does not happen.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Waits for `future`, but not for ever.
pub async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    let Ok(output) = tokio::time::timeout(DEADLINE, future).await else {
        panic!("waited in vain: {what}");
    };
    output
}

/// Looks again and again until it is so, but not for ever.
pub async fn eventually(what: &str, is_so: impl AsyncFnMut() -> bool) {
    wait_until(what, DEADLINE, is_so).await;
}
