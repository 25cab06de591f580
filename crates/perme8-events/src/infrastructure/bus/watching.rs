//! Being told that something happened, for whoever then looks at what it is by itself.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    domain::topic::Topic,
    infrastructure::{
        bus::bells::{Bell, Hung},
        feed::Feed,
    },
};

/// Tells that something happened in some topics, once for all that happened since it was last asked.
///
/// It costs a node nothing while nothing happens, and no read when something does.
#[derive(Debug)]
pub struct Watching {
    bell: Arc<Bell>,
    _hung: Vec<Hung>,
    stop: CancellationToken,
}

impl Watching {
    pub(crate) fn new(feed: &Feed, topics: Vec<Topic>, bell: Bell) -> Self {
        let bell = Arc::new(bell);
        let hang = |topic| Hung::new(feed.bells(), topic, &bell);
        Self { _hung: topics.into_iter().map(hang).collect(), bell, stop: feed.stop().clone() }
    }

    /// Waits until something has happened; false when the host stops. Nothing is lost when the wait is cancelled.
    pub async fn happened(&self) -> bool {
        loop {
            if self.bell.take().is_some() {
                return true;
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return false,
                () = self.bell.rung() => {}
            }
        }
    }
}
