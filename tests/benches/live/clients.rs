//! Clients that note what they get, and when.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest as _, protocol::WebSocketConfig},
};
use tokio_util::sync::CancellationToken;

use crate::{
    host::Person,
    tick::{Tick, now},
};

/// How long the last event may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// What the sockets of this process read at once; a thousand of them should not need more.
const BUFFER: usize = 16 * 1024;

/// By which edge a client follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Kind {
    Sse,
    Socket,
}

/// An event of the measurement that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) number: u64,
    pub(crate) position: i64,
    pub(crate) at: u64,
}

/// What the host says, as far as it matters here.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Tick(Arrival),
    /// Come back behind this position.
    ComeBack(Option<i64>),
    Other,
}

enum Wire {
    Sse { stream: TcpStream, unread: Vec<u8> },
    Socket(Box<WebSocketStream<TcpStream>>),
}

/// A client that follows its workspace.
pub(crate) struct Client {
    pub(crate) kind: Kind,
    pub(crate) person: Person,
    wire: Wire,
}

impl Client {
    pub(crate) async fn open(
        address: SocketAddr,
        kind: Kind,
        person: Person,
        after: Option<i64>,
    ) -> anyhow::Result<Self> {
        Self::open_with(TcpSocket::new_v4()?, address, kind, person, after).await
    }

    /// A client that the network buffers as little for as it can.
    pub(crate) async fn open_narrow(
        address: SocketAddr,
        kind: Kind,
        person: Person,
    ) -> anyhow::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        Self::open_with(socket, address, kind, person, None).await
    }

    async fn open_with(
        socket: TcpSocket,
        address: SocketAddr,
        kind: Kind,
        person: Person,
        after: Option<i64>,
    ) -> anyhow::Result<Self> {
        let mut stream = socket.connect(address).await.context("the host refuses a client")?;
        let wire = match kind {
            Kind::Sse => {
                let query = after.map_or_else(String::new, |after| format!("?after={after}"));
                let (slug, token) = (&person.slug, &person.token);
                let request = format!(
                    "GET /api/workspaces/{slug}/events/stream{query} HTTP/1.1\r\nhost: {address}\r\n\
                     authorization: Bearer {token}\r\n\r\n"
                );
                stream.write_all(request.as_bytes()).await?;
                let mut wire = Wire::Sse { stream, unread: Vec::new() };
                wire.wait_for(": ready").await?;
                wire
            }
            Kind::Socket => {
                let mut request = format!("ws://{address}/api/ws").into_client_request()?;
                let bearer = format!("Bearer {}", person.token).parse()?;
                request.headers_mut().insert("authorization", bearer);
                let config = WebSocketConfig::default().read_buffer_size(BUFFER);
                let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
                let mut socket = Box::new(socket);
                let topic = format!("events:workspace:{}", person.workspace_id);
                let subscribe = json!({ "subscribe": topic, "after": after }).to_string();
                socket.send(Message::text(subscribe)).await?;
                let mut wire = Wire::Socket(socket);
                wire.wait_for("\"subscribed\"").await?;
                wire
            }
        };
        Ok(Self { kind, person, wire })
    }

    /// Reads from now on, in a task of its own.
    pub(crate) fn follow(mut self) -> Running {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (kind, workspace) = (self.kind, self.person.workspace);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut arrivals = Vec::new();
            let reading = async {
                loop {
                    match self.hear().await? {
                        Heard::Tick(arrival) => arrivals.push(arrival),
                        Heard::ComeBack(_) => bail!("a client that reads is told to come back"),
                        Heard::Other => {}
                    }
                }
            };
            match stopped.run_until_cancelled(reading).await {
                Some(over) => over,
                None => Ok(arrivals),
            }
        });
        Running { kind, workspace, task, stop }
    }

    /// What comes next.
    pub(crate) async fn hear(&mut self) -> anyhow::Result<Heard> {
        let text = self.wire.next().await?;
        Ok(heard(&text))
    }
}

impl Wire {
    /// The next block of a stream or message of a socket.
    async fn next(&mut self) -> anyhow::Result<String> {
        match self {
            Self::Sse { stream, unread } => loop {
                if let Some(end) = unread.windows(2).position(|two| two == b"\n\n") {
                    let block: Vec<u8> = unread.drain(..end + 2).collect();
                    return Ok(String::from_utf8_lossy(&block).into_owned());
                }
                if stream.read_buf(unread).await? == 0 {
                    bail!("a stream has ended");
                }
            },
            Self::Socket(socket) => match socket.next().await.context("a socket has ended")?? {
                Message::Text(text) => Ok(text.as_str().to_owned()),
                Message::Close(frame) => Ok(format!("closed {frame:?}")),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {
                    Ok(String::new())
                }
            },
        }
    }

    async fn wait_for(&mut self, text: &str) -> anyhow::Result<()> {
        let waiting = async {
            while !self.next().await?.contains(text) {}
            anyhow::Ok(())
        };
        tokio::time::timeout(DEADLINE, waiting).await.context("a client is not served")?
    }
}

/// Reads what matters without parsing the rest: the clients should not be what is slow.
fn heard(text: &str) -> Heard {
    let at = now();
    let number = |key: &str| -> Option<i64> {
        let rest = text[text.find(key)? + key.len()..].trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    if let (Some(tick), Some(position)) = (number("\"tick\":"), number("\"position\":")) {
        let number = tick.unsigned_abs();
        return Heard::Tick(Arrival { number, position, at });
    }
    if text.contains("\"resync\"") {
        return Heard::ComeBack(number("\"after\":"));
    }
    if text.contains("too_slow") {
        return Heard::ComeBack(number("id: "));
    }
    Heard::Other
}

/// A client in its task.
pub(crate) struct Running {
    kind: Kind,
    workspace: usize,
    task: JoinSet<anyhow::Result<Vec<Arrival>>>,
    stop: CancellationToken,
}

/// What a client got.
pub(crate) struct Got {
    pub(crate) kind: Kind,
    pub(crate) arrivals: Vec<Arrival>,
}

impl Running {
    /// Ends the client, which must have got every event of its workspace once and in order.
    pub(crate) async fn finish(mut self, ticks: &[Tick]) -> anyhow::Result<Got> {
        self.stop.cancel();
        let arrivals = self.task.join_next().await.context("a client has one task")???;
        check(&arrivals, self.workspace, ticks)?;
        Ok(Got { kind: self.kind, arrivals })
    }
}

/// Every event of the workspace once, in the order of the log.
pub(crate) fn check(arrivals: &[Arrival], workspace: usize, ticks: &[Tick]) -> anyhow::Result<()> {
    if !arrivals.is_sorted_by(|one, next| one.position < next.position) {
        bail!("a client of workspace {workspace} got events out of order or twice");
    }
    let mut got: Vec<u64> = arrivals.iter().map(|arrival| arrival.number).collect();
    let of_workspace = ticks.iter().filter(|tick| tick.workspace == workspace);
    let mut expected: Vec<u64> = of_workspace.map(|tick| tick.number).collect();
    got.sort_unstable();
    expected.sort_unstable();
    if got != expected {
        bail!("a client of workspace {workspace} got {} of {} events", got.len(), expected.len());
    }
    Ok(())
}
