//! The audit trail: who did what, when and because of what, readable without the log.

use std::sync::Arc;

use async_trait::async_trait;
use perme8_events::{
    Envelope, HandlerError, HandlerOptions, StorageError, Subscriber, Subscription,
    sql::{Projection, Rows},
};

use crate::catalogue;

mod pages;
mod shelf;
mod store;
mod summary;
mod trail;

pub(crate) use store::{Purged, purge};
pub(crate) use trail::HostAuditTrail;

use summary::Summaries;

/// Keeps an entry of the trail for each event of the log.
///
/// An entry is a pure function of its event, and the position of the event is its key: whatever is applied again is written
/// over with the same.
#[derive(Debug)]
pub(crate) struct AuditLog {
    summaries: Summaries,
}

impl AuditLog {
    /// The key of its checkpoint.
    const NAME: &str = "perme8.audit_log";

    pub(crate) fn new() -> Self {
        Self { summaries: Summaries::of(catalogue::events()) }
    }

    /// An event, and what it says in one line.
    fn summed_up<'e>(&self, event: &'e Envelope) -> (&'e Envelope, String) {
        (event, self.summaries.line(&event.in_current_version(catalogue::CATALOGUES)))
    }
}

impl Subscriber for AuditLog {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        &[Subscription::All]
    }

    // One partition, so that the trail grows in the order of the log: a reader who goes from page to page misses nothing
    // that appears meanwhile at a place already passed.
    fn options(&self) -> HandlerOptions {
        HandlerOptions { batch: 100, partitions: 1, ..HandlerOptions::DEFAULT }
    }

    // Should one event fail, the trails of other workspaces go on.
    fn partition_key(&self, event: &Envelope) -> String {
        event.workspace_id.map(|workspace| workspace.to_string()).unwrap_or_default()
    }
}

#[async_trait]
impl Projection for AuditLog {
    // It rises when the same events make other entries, e.g. with other summaries.
    fn version(&self) -> u32 {
        1
    }

    async fn apply(&self, rows: &mut Rows<'_>, event: &Envelope) -> Result<(), HandlerError> {
        Ok(store::record(rows, &[self.summed_up(event)]).await?)
    }

    async fn apply_all(
        &self,
        rows: &mut Rows<'_>,
        events: &[Arc<Envelope>],
    ) -> Result<(), HandlerError> {
        let events: Vec<_> = events.iter().map(|event| self.summed_up(event)).collect();
        Ok(store::record(rows, &events).await?)
    }

    async fn remove(&self, rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError> {
        store::remove(rows, limit).await
    }
}

#[cfg(test)]
mod tests;
