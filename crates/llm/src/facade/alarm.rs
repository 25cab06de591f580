//! An alarm that is set again and again.

use std::pin::Pin;

use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes whoever waits for it.
pub(super) struct Alarm(Pin<Box<Sleep>>);

impl Alarm {
    pub(super) fn new() -> Self {
        Self(Box::pin(sleep_until(Instant::now())))
    }

    /// Waits until then. Nothing is lost when the wait is cancelled.
    pub(super) async fn rings(&mut self, then: Instant) {
        // It is often waited for and seldom set: that costs a lock of the timers.
        if self.0.deadline() != then {
            self.0.as_mut().reset(then);
        }
        self.0.as_mut().await;
    }
}
