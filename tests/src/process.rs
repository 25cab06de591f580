//! The host of a measurement, in a process of its own: so that its memory is its own.

use std::{fs, net::SocketAddr, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use perme8::App;
use perme8_events::testing::wait_until;
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::measure::resident_of;

/// What takes longer does not happen.
const PATIENCE: Duration = Duration::from_mins(10);

/// This program once more, told to serve as long as its standard input is open; it ends at the latest with this value.
#[derive(Debug)]
pub struct Served {
    child: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Served {
    /// Starts it with these arguments.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the host does not start")?;
        let orders = child.stdin.take().context("it was piped")?;
        let lines = BufReader::new(child.stdout.take().context("it was piped")?).lines();
        Ok(Self { child, orders, lines })
    }

    /// What it says next, as JSON on a line.
    ///
    /// # Errors
    ///
    /// It has ended, takes too long, or says something else.
    pub async fn hear<T: DeserializeOwned>(&mut self) -> anyhow::Result<T> {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.context("the host does not answer")??.context("the host has ended")?;
        Ok(serde_json::from_str(&line)?)
    }

    /// Tells it something on a line, and gives what it says then.
    ///
    /// # Errors
    ///
    /// As [`hear`](Self::hear).
    pub async fn ask<T: DeserializeOwned>(&mut self, order: &str) -> anyhow::Result<T> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        self.hear().await
    }

    /// What it has in memory, in kibibytes.
    ///
    /// # Errors
    ///
    /// This is not Linux, or it has ended.
    pub fn memory(&self) -> anyhow::Result<u64> {
        self.child.id().and_then(resident_of).context("memory is read on Linux, of what still runs")
    }

    /// Ends it, and waits until it is gone.
    ///
    /// # Errors
    ///
    /// It does not stop.
    pub async fn stop(self) -> anyhow::Result<()> {
        let Self { mut child, orders, lines: _lines } = self;
        drop(orders);
        tokio::time::timeout(PATIENCE, child.wait()).await.context("the host does not stop")??;
        Ok(())
    }
}

/// Makes a host listen on a port of its own.
///
/// # Errors
///
/// There is no port, or the handlers do not fit the database.
pub async fn listening(app: &App) -> anyhow::Result<SocketAddr> {
    app.start().await?;
    Ok(app.serve_on(TcpListener::bind("127.0.0.1:0").await?)?)
}

/// Waits until the handlers of a host have done everything, so that nothing else is measured.
pub async fn settled(app: &App) {
    let operations = app.operations();
    wait_until("the handlers are done", PATIENCE, async || {
        let handlers = operations.handlers().await;
        handlers.is_ok_and(|handlers| {
            handlers.iter().all(|handler| handler.lag_events + handler.aside == 0)
        })
    })
    .await;
}

/// Makes sure that this process may have so many files open: each connection is one.
///
/// # Errors
///
/// It may not; it says what to do.
pub fn enough_files(needed: usize) -> anyhow::Result<()> {
    // Elsewhere than on Linux whoever runs out of files is told so by the connection that fails.
    let Ok(limits) = fs::read_to_string("/proc/self/limits") else { return Ok(()) };
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()).unwrap_or("unlimited");
    if soft.parse().is_ok_and(|limit: usize| limit < needed) {
        bail!("this needs {needed} open files and may have {soft}: run `ulimit -n {needed}` first");
    }
    Ok(())
}
