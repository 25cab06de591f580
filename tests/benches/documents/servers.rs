//! The two servers, each in a process of its own.

use std::{net::SocketAddr, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, ensure};
use perme8_events::sql::DatabaseUrl;
use scenarios::{address, resident_of};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdin, ChildStdout, Command},
};
use tokio_tungstenite::tungstenite::{client::IntoClientRequest as _, handshake::client::Request};

use crate::host::Opened;

/// What takes longer does not happen.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

/// The environment variable that says where Node is.
const NODE: &str = "PERME8_TEST_NODE";

/// A server that is measured; it ends at the latest with this value.
pub(crate) struct Server {
    child: Child,
    /// A host serves as long as this is open.
    orders: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    place: Place,
}

/// What there is on a server before anybody comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stocked {
    pub(crate) documents: usize,
    /// How many edits are in the first of them, each stored by itself.
    pub(crate) typed: u64,
}

enum Place {
    /// Ours: what the host said when it was ready.
    Host(Opened),
    /// The server of `y-websocket`.
    Stock(SocketAddr),
}

impl Server {
    /// Our host on a database.
    pub(crate) async fn host(url: &DatabaseUrl, stocked: Stocked) -> anyhow::Result<Self> {
        let Stocked { documents, typed } = stocked;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--host", &address(url), "--documents", &documents.to_string()]);
        command.args(["--typed", &typed.to_string()]);
        let (child, orders, mut lines) = start(command.stdin(Stdio::piped()))?;
        let opened = serde_json::from_str(&next(&mut lines).await?)?;
        Ok(Self { child, orders, lines, place: Place::Host(opened) })
    }

    /// The server of npm `y-websocket`, which keeps everything in memory and nothing elsewhere.
    pub(crate) async fn stock() -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "as tests, it is told by the environment")]
        let node =
            std::env::var(NODE).context("run `cargo xtask bench documents`, which finds Node")?;
        // A port that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/node_modules/y-websocket");
        let mut command = Command::new(node);
        command.arg(folder.join("bin/server.cjs")).stdin(Stdio::null());
        command.env("HOST", "127.0.0.1").env("PORT", address.port().to_string());
        let (child, orders, mut lines) = start(&mut command)?;
        let ready = next(&mut lines).await?;
        ensure!(ready.starts_with("running at"), "the stock server says {ready}");
        Ok(Self { child, orders, lines, place: Place::Stock(address) })
    }

    /// A connection to it, before the handshake.
    pub(crate) async fn dial(&self) -> anyhow::Result<TcpStream> {
        let address = match &self.place {
            Place::Host(opened) => opened.address,
            Place::Stock(address) => *address,
        };
        let connection = TcpStream::connect(address).await?;
        connection.set_nodelay(true)?;
        Ok(connection)
    }

    /// The handshake by which an editor opens a document, each by its number.
    pub(crate) fn request(&self, editor: usize, document: usize) -> anyhow::Result<Request> {
        match &self.place {
            Place::Stock(address) => {
                Ok(format!("ws://{address}/document-{document}").into_client_request()?)
            }
            Place::Host(Opened { address, slug, tokens, documents }) => {
                let (token, document) = (&tokens[editor % tokens.len()], &documents[document]);
                let path = format!("/api/workspaces/{slug}/documents/{document}/sync");
                let mut request = format!("ws://{address}{path}").into_client_request()?;
                let bearer = format!("Bearer {token}").parse()?;
                request.headers_mut().insert("authorization", bearer);
                Ok(request)
            }
        }
    }

    /// What it has in memory, in kibibytes.
    pub(crate) fn memory(&self) -> anyhow::Result<u64> {
        self.child.id().and_then(resident_of).context("memory is read on Linux, of what still runs")
    }

    /// Ends it, and waits until it is gone.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.orders.take());
        if let Place::Stock(_) = self.place {
            self.child.start_kill()?;
        }
        while self.lines.next_line().await?.is_some() {}
        self.child.wait().await?;
        Ok(())
    }
}

type Started = (Child, Option<ChildStdin>, Lines<BufReader<ChildStdout>>);

fn start(command: &mut Command) -> anyhow::Result<Started> {
    let started = command.stdout(Stdio::piped()).kill_on_drop(true).spawn();
    let mut child = started.context("a server does not start")?;
    let orders = child.stdin.take();
    let lines = BufReader::new(child.stdout.take().context("it was piped")?).lines();
    Ok((child, orders, lines))
}

async fn next(lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<String> {
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
    line.context("a server takes too long")??.context("a server has ended")
}
