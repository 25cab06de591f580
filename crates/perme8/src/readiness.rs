//! Whether this host can do its work, for `/ready`.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api::{Check, Readiness, ReadinessReport};
use async_trait::async_trait;
use perme8_events::{EventStore as _, host::Feed, host::Operations, sql::Db};

/// The log is looked at twice a second even when nothing happens.
const STALE: Duration = Duration::from_secs(5);

/// Looks at the database, the feed and the handlers of this host.
#[derive(Clone, Debug)]
pub(crate) struct HostReadiness {
    pub(crate) db: Db,
    pub(crate) feed: Feed,
    pub(crate) operations: Operations,
    /// The handlers that this host has; the database may remember others, which are retired.
    pub(crate) handlers: Vec<&'static str>,
    /// Whether handlers run on this host.
    pub(crate) is_started: Arc<AtomicBool>,
}

// What the checks say is shown to everybody who asks, so it names no address, no table and no error of the engine.
#[async_trait]
impl Readiness for HostReadiness {
    async fn report(&self) -> ReadinessReport {
        ReadinessReport {
            database: self.database().await,
            log_reader: self.log_reader(),
            handlers: self.handlers().await,
        }
    }

    async fn database(&self) -> Check {
        match self.db.head().await {
            Ok(_) => Check::Ok,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "not ready: the database does not answer"
                );
                Check::Failing("the database does not answer".to_owned())
            }
        }
    }
}

impl HostReadiness {
    fn log_reader(&self) -> Check {
        let age = self.feed.last_poll_age();
        if age < STALE {
            Check::Ok
        } else {
            Check::Failing(format!("the log was last read {} s ago", age.as_secs()))
        }
    }

    async fn handlers(&self) -> Check {
        if !self.is_started.load(Ordering::Acquire) {
            return Check::Failing("handlers are not started yet".to_owned());
        }
        let Ok(handlers) = self.operations.handlers().await else {
            return Check::Failing("the database does not answer".to_owned());
        };
        let running: BTreeSet<&str> = handlers
            .iter()
            .filter(|status| !status.nodes.is_empty())
            .map(|status| status.handler.as_str())
            .collect();
        // One that the database has not heard of yet is not running either.
        let idle: Vec<&str> =
            self.handlers.iter().copied().filter(|name| !running.contains(name)).collect();
        if idle.is_empty() {
            Check::Ok
        } else {
            Check::Failing(format!("no node runs {}", idle.join(", ")))
        }
    }
}
