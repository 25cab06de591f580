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
