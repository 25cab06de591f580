//! Waiting without sleeping blindly: until something is so, or until it is too late.

use std::time::Duration;

/// What takes longer than this does not happen.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// How often something is looked at that cannot be waited for.
const GLANCE: Duration = Duration::from_millis(5);

/// Waits for `future`, but not for ever.
pub async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited in vain: {what}"),
    }
}

/// Looks again and again until it is so, but not for ever.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let looking = async {
        let mut glances = tokio::time::interval(GLANCE);
        while !is_so().await {
            glances.tick().await;
        }
    };
    in_time(what, looking).await;
}
