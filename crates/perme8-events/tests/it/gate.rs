//! A handler that stands still until it is told to go on, in the midst of a delivery.

use std::sync::Arc;

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, Subscriber, Subscription, sql::Tx,
};
use tokio::sync::{Notify, watch};

use crate::probe::{Probe, QUICK};

/// Stands still after it has gathered, where it holds no transaction yet, and then does what a [`Probe`] does.
pub(crate) struct Gated {
    probe: Probe,
    entered: Arc<Notify>,
    go: watch::Receiver<bool>,
}

impl Gated {
    pub(crate) fn new(name: &'static str, entered: Arc<Notify>, go: watch::Receiver<bool>) -> Self {
        let options = HandlerOptions { partitions: 1, ..QUICK };
        Self { probe: Probe::new(name).with(options), entered, go }
    }
}

impl Subscriber for Gated {
    fn name(&self) -> &'static str {
        self.probe.name()
    }

    fn subscriptions(&self) -> &[Subscription] {
        self.probe.subscriptions()
    }

    fn options(&self) -> HandlerOptions {
        self.probe.options()
    }
}

#[async_trait]
impl EventHandler<Tx> for Gated {
    type Facts = usize;

    async fn gather(&self, event: &Envelope) -> Result<usize, HandlerError> {
        let facts = EventHandler::<Tx>::gather(&self.probe, event).await?;
        self.entered.notify_one();
        self.go.clone().wait_for(|go| *go).await?;
        Ok(facts)
    }

    async fn handle(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        facts: usize,
    ) -> Result<(), HandlerError> {
        self.probe.handle(tx, event, facts).await
    }
}
