//! A provider of language models for tests, which speaks the real protocol over TCP, and misbehaves on demand.

use std::{
    collections::VecDeque,
    future::pending,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
};

use crate::{
    application::locks::locked,
    testing::reply::{Fault, Reply},
};

/// A question that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The first line of the request.
    pub line: String,
    /// The headers, as they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
    /// On which connection it came, counted from 0.
    pub connection: usize,
    /// Whether whoever asked went away before the end of the answer.
    pub is_aborted: bool,
}

impl Asked {
    /// A header, if it came.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug)]
struct Notes {
    usual: Reply,
    next: VecDeque<Reply>,
    asked: Vec<Asked>,
}

/// A provider on this machine, which listens until it is dropped.
#[derive(Debug)]
pub struct ProviderServer {
    address: SocketAddr,
    notes: Arc<Mutex<Notes>>,
    _tasks: JoinSet<()>,
}

/// More is no question of these tests.
const LONGEST_BODY: usize = 8 << 20;

impl ProviderServer {
    /// A provider that answers so whenever it is asked.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn that(usual: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it listens");
        let notes = Notes { usual, next: VecDeque::new(), asked: Vec::new() };
        let notes = Arc::new(Mutex::new(notes));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&notes)));
        Self { address, notes, _tasks: tasks }
    }

    /// Answers so once, after what it was told to answer before; then as usual again.
    pub fn next(&self, reply: Reply) {
        locked(&self.notes).next.push_back(reply);
    }

    /// The address to configure.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.notes).asked.clone()
    }

    /// How many of its answers nobody wanted to hear to their end.
    #[must_use]
    pub fn aborted(&self) -> usize {
        locked(&self.notes).asked.iter().filter(|asked| asked.is_aborted).count()
    }
}

async fn accept(listener: TcpListener, notes: Arc<Mutex<Notes>>) {
    let mut connections = JoinSet::new();
    for connection in 0.. {
        let Ok((stream, _)) = listener.accept().await else { return };
        let notes = Arc::clone(&notes);
        // Whoever breaks off says nothing more.
        connections.spawn(async move { drop(serve(stream, connection, &notes).await) });
        while connections.try_join_next().is_some() {}
    }
}

/// Answers what is asked on a connection, one after another.
async fn serve(stream: TcpStream, connection: usize, notes: &Mutex<Notes>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    while let Some(asked) = question(&mut reader, connection).await? {
        let (index, reply) = {
            let mut notes = locked(notes);
            notes.asked.push(asked);
            let reply = notes.next.pop_front().unwrap_or_else(|| notes.usual.clone());
            (notes.asked.len() - 1, reply)
        };
        let answered = tokio::select! {
            biased;
            answered = answer(&mut writer, &reply) => answered,
            () = gone(&mut reader) => Err(io::ErrorKind::BrokenPipe.into()),
        };
        locked(notes).asked[index].is_aborted = answered.is_err();
        if !matches!(answered, Ok(Connection::Kept)) {
            break;
        }
    }
    Ok(())
}

async fn question(
    reader: &mut BufReader<OwnedReadHalf>,
    connection: usize,
) -> io::Result<Option<Asked>> {
    let Some(line) = read_line(reader).await? else { return Ok(None) };
    let mut headers = Vec::new();
    while let Some(header) = read_line(reader).await?.filter(|header| !header.is_empty()) {
        if let Some((name, value)) = header.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut asked = Asked { line, headers, body: Value::Null, connection, is_aborted: false };
    let length = asked.header("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0).min(LONGEST_BODY)];
    reader.read_exact(&mut body).await?;
    asked.body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Some(asked))
}

async fn read_line(reader: &mut BufReader<OwnedReadHalf>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let length = reader.read_line(&mut line).await?;
    Ok((length > 0).then(|| line.trim_end().to_owned()))
}

/// Waits until whoever asked goes away.
async fn gone(reader: &mut BufReader<OwnedReadHalf>) {
    if reader.fill_buf().await.is_ok_and(|bytes| !bytes.is_empty()) {
        // They ask more, before they have heard this: they are there.
        pending::<()>().await;
    }
}

/// What becomes of a connection.
enum Connection {
    Kept,
    Closed,
}

/// Answers.
///
/// # Errors
///
/// When whoever asked goes away before the end.
async fn answer(writer: &mut OwnedWriteHalf, reply: &Reply) -> io::Result<Connection> {
    match (reply.status, &reply.refusal) {
        (0, _) => return pending().await,
        (status, Some(refusal)) => return refuse(writer, status, refusal, reply).await,
        (_, None) => {}
    }
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    writer.write_all(head.as_bytes()).await?;
    send(writer, &Reply::beginning(), reply).await?;
    let mut told = 0;
    let last = loop {
        for (_, gate) in reply.gates.iter().filter(|(after, _)| *after == told) {
            gate.passed().await;
        }
        match reply.fault.filter(|(after, _)| *after == told) {
            Some((_, Fault::Stalls)) => pending().await,
            Some((_, Fault::Dies)) => return Ok(Connection::Closed),
            Some((_, Fault::Errs)) => break Reply::error(),
            Some((_, Fault::Garbles)) => break "data: <html>\n\n".to_owned(),
            None => {}
        }
        let Some(piece) = reply.pieces.get(told) else { break reply.ending() };
        send(writer, &Reply::piece(piece), reply).await?;
        told += 1;
    };
    send(writer, &last, reply).await?;
    // All is said; whoever has understood that may be gone.
    let _ = writer.write_all(b"0\r\n\r\n").await;
    Ok(Connection::Kept)
}

async fn refuse(
    writer: &mut OwnedWriteHalf,
    status: u16,
    refusal: &Value,
    reply: &Reply,
) -> io::Result<Connection> {
    let body = refusal.to_string();
    let header = reply.header.as_ref();
    let header = header.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
    let head = format!("HTTP/1.1 {status} No\r\n{header}content-length: {}\r\n\r\n", body.len());
    writer.write_all((head + &body).as_bytes()).await?;
    Ok(Connection::Kept)
}

/// Sends a text as chunks, each of which arrives by itself.
async fn send(writer: &mut OwnedWriteHalf, text: &str, reply: &Reply) -> io::Result<()> {
    for chunk in text.as_bytes().chunks(reply.chunk.max(1)) {
        let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        writer.write_all(&framed).await?;
    }
    Ok(())
}
