//! The host as the clients' process sees it.

use std::net::SocketAddr;

use perme8_events::sql::DatabaseUrl;
use scenarios::{Served, address};

use crate::{
    Args,
    host::{Opened, Person},
    tick::{Order, Tick},
};

/// A host in a process of its own; it ends at the latest with this value.
pub(crate) struct Host {
    served: Served,
    opened: Opened,
}

impl Host {
    pub(crate) async fn start(url: &DatabaseUrl, args: &Args) -> anyhow::Result<Self> {
        let (clients, workspaces) = (args.clients.to_string(), args.workspaces.to_string());
        let mut served = Served::start(&[
            "--host",
            &address(url),
            "--clients",
            &clients,
            "--workspaces",
            &workspaces,
        ])?;
        let opened = served.hear().await?;
        Ok(Self { served, opened })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.opened.address
    }

    /// Those of the many workspaces.
    pub(crate) fn people(&self) -> &[Person] {
        &self.opened.people
    }

    /// Those of the busy one.
    pub(crate) fn busy(&self) -> &[Person] {
        &self.opened.busy
    }

    /// What it has in memory, in bytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        Ok(self.served.memory()? * 1024)
    }

    /// Lets things happen, and tells which did.
    pub(crate) async fn emit(&mut self, order: &Order) -> anyhow::Result<Vec<Tick>> {
        self.served.ask(&serde_json::to_string(order)?).await
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.served.stop().await
    }
}
