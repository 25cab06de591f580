//! What is around an answer in a test.

use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use perme8_events::UserId;
use tokio::sync::{broadcast, watch};

use crate::{
    application::locks::locked,
    application::ports::Surroundings,
    domain::{call::CallId, piece::PieceSignal},
};

/// A node of a test: it runs answers, stops when it is told to or when one of them panics, as hosts do, and knows who was told what. Clones are the same node.
#[derive(Debug, Clone)]
pub struct TestSurroundings {
    stopped: Arc<watch::Sender<bool>>,
    cancelled: broadcast::Sender<CallId>,
    told: Arc<Mutex<Vec<(UserId, PieceSignal)>>>,
}

impl TestSurroundings {
    /// A node by itself.
    #[must_use]
    pub fn new() -> Self {
        let (stopped, _) = watch::channel(false);
        let (cancelled, _) = broadcast::channel(64);
        Self { stopped: Arc::new(stopped), cancelled, told: Arc::default() }
    }

    /// Another node of the same system, which stops by itself.
    #[must_use]
    pub fn neighbour(&self) -> Self {
        let (stopped, _) = watch::channel(false);
        Self { stopped: Arc::new(stopped), ..self.clone() }
    }

    /// The node stops.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    /// What people were told over the bus so far.
    #[must_use]
    pub fn told(&self) -> Vec<(UserId, PieceSignal)> {
        locked(&self.told).clone()
    }
}

impl Default for TestSurroundings {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Surroundings for TestSurroundings {
    fn run(&self, answer: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let node = self.clone();
        #[expect(clippy::disallowed_methods, reason = "a test has no tasks of a host")]
        tokio::spawn(async move {
            if AssertUnwindSafe(answer).catch_unwind().await.is_err() {
                node.stop();
            }
        });
    }

    async fn stopped(&self) {
        // The sender lives as long as the node does.
        let _ = self.stopped.subscribe().wait_for(|is_stopped| *is_stopped).await;
    }

    fn tell(&self, user: UserId, piece: &PieceSignal) {
        locked(&self.told).push((user, piece.clone()));
    }

    fn cancel_elsewhere(&self, id: CallId) {
        // An error says that nobody listens.
        let _ = self.cancelled.send(id);
    }

    async fn cancelled_elsewhere(&self, id: CallId) {
        let mut cancelled = self.cancelled.subscribe();
        while cancelled.recv().await != Ok(id) {}
    }
}
