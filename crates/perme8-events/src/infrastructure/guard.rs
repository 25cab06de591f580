//! Panics and time-outs of handlers and workers become failures.

use std::{any::Any, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::application::handler::HandlerError;

/// A handler or a worker did not return.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("the handler panicked: {0}")]
    Panic(String),
    #[error("the handler took longer than {0:?}")]
    TooSlow(Duration),
}

/// Runs `work` until `deadline`, which was `timeout` away when it was set.
pub(crate) async fn guarded<R>(
    timeout: Duration,
    deadline: Instant,
    work: impl Future<Output = Result<R, HandlerError>>,
) -> Result<R, HandlerError> {
    // The time-out within, because what is dropped after it may panic as well.
    let work = async { tokio::time::timeout_at(deadline, work).await };
    match AssertUnwindSafe(work).catch_unwind().await {
        Err(panic) => Err(Broken::Panic(message(&*panic)).into()),
        Ok(Err(_)) => Err(Broken::TooSlow(timeout).into()),
        Ok(Ok(result)) => result,
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use std::{future::pending, panic::panic_any};

    use super::*;

    const TIMEOUT: Duration = Duration::from_mins(1);

    async fn failure(
        deadline: Instant,
        work: impl Future<Output = Result<(), HandlerError>>,
    ) -> Option<String> {
        guarded(TIMEOUT, deadline, work).await.err().map(|error| error.chain())
    }

    #[tokio::test]
    async fn a_handler_that_panics_or_does_not_return_has_failed() {
        let (now, later) = (Instant::now(), Instant::now() + TIMEOUT);
        let plain = failure(later, async { panic_any("no luck") }).await;
        assert_eq!(plain.as_deref(), Some("the handler panicked: no luck"));
        let formatted = failure(later, async { panic_any("no luck".to_owned()) }).await;
        assert_eq!(formatted.as_deref(), Some("the handler panicked: no luck"));
        let mute = failure(later, async { panic_any(7) }).await;
        assert_eq!(mute.as_deref(), Some("the handler panicked: no message"));
        let slow = failure(now, pending()).await;
        assert_eq!(slow.as_deref(), Some("the handler took longer than 60s"));
    }

    #[tokio::test]
    async fn what_a_handler_returns_in_time_is_passed_on() {
        let later = Instant::now() + TIMEOUT;
        assert_eq!(failure(later, async { Ok(()) }).await, None);
        let failed = failure(later, async { Err(HandlerError::permanent("no luck")) }).await;
        assert_eq!(failed.as_deref(), Some("no luck"));
    }
}
