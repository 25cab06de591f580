//! The host as the clients' process sees it.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use anyhow::Context as _;
use perme8_events::sql::DatabaseUrl;
use scenarios::address;
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{
    Args,
    host::{Opened, Person},
    tick::{Order, Tick},
};

/// What takes longer does not happen.
const PATIENCE: Duration = Duration::from_mins(10);

/// A host in a process of its own; it ends at the latest with this value.
pub(crate) struct Host {
    child: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    opened: Opened,
}

impl Host {
    pub(crate) async fn start(url: &DatabaseUrl, args: &Args) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--host", &address(url)])
            .args(["--clients", &args.clients.to_string()])
            .args(["--workspaces", &args.workspaces.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the host does not start")?;
        let orders = child.stdin.take().context("it was piped")?;
        let mut lines = BufReader::new(child.stdout.take().context("it was piped")?).lines();
        let opened = next(&mut lines).await?;
        Ok(Self { child, orders, lines, opened })
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
    pub(crate) async fn memory(&mut self) -> anyhow::Result<u64> {
        self.ask("memory").await
    }

    /// Lets things happen, and tells which did.
    pub(crate) async fn emit(&mut self, order: &Order) -> anyhow::Result<Vec<Tick>> {
        self.ask(&serde_json::to_string(order)?).await
    }

    async fn ask<T: DeserializeOwned>(&mut self, order: &str) -> anyhow::Result<T> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        next(&mut self.lines).await
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let Self { mut child, orders, .. } = self;
        drop(orders);
        tokio::time::timeout(PATIENCE, child.wait()).await.context("the host does not stop")??;
        Ok(())
    }
}

async fn next<T: DeserializeOwned>(lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<T> {
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
    let line = line.context("the host does not answer")??.context("the host has ended")?;
    Ok(serde_json::from_str(&line)?)
}
