//! A provider of language models for tests, which speaks the real protocol over TCP, and misbehaves on demand.

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::testing::reply::{Fault, Reply};

/// A question that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The first line of the request.
    pub line: String,
    /// The headers, as they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
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
    aborted: usize,
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
        let notes = Notes { usual, next: VecDeque::new(), asked: Vec::new(), aborted: 0 };
        let notes = Arc::new(Mutex::new(notes));
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&notes)));
        Self { address, notes, _tasks: tasks }
    }

    /// Answers so once, after what it was told to answer before; then as usual again.
    pub fn next(&self, reply: Reply) {
        noted(&self.notes).next.push_back(reply);
    }

    /// The address to configure.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        noted(&self.notes).asked.clone()
    }

    /// How many of its answers nobody wanted to hear to their end.
    #[must_use]
    pub fn aborted(&self) -> usize {
        noted(&self.notes).aborted
    }
}

fn noted(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, notes: Arc<Mutex<Notes>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let notes = Arc::clone(&notes);
        // Whoever breaks off says nothing more.
        connections.spawn(async move { drop(serve(stream, &notes).await) });
        while connections.try_join_next().is_some() {}
    }
}

/// Answers what is asked on a connection, one after another.
async fn serve(stream: TcpStream, notes: &Mutex<Notes>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(asked) = question(&mut stream).await? {
        let reply = {
            let mut notes = noted(notes);
            notes.asked.push(asked);
            let usual = notes.usual.clone();
            notes.next.pop_front().unwrap_or(usual)
        };
        match answer(&mut stream, &reply).await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(_) => {
                noted(notes).aborted += 1;
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn question(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Asked>> {
    let Some(line) = read_line(stream).await? else { return Ok(None) };
    let mut headers = Vec::new();
    while let Some(header) = read_line(stream).await?.filter(|header| !header.is_empty()) {
        if let Some((name, value)) = header.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut asked = Asked { line, headers, body: Value::Null };
    let length = asked.header("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0).min(LONGEST_BODY)];
    stream.read_exact(&mut body).await?;
    asked.body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Some(asked))
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await?;
    Ok((length > 0).then(|| line.trim_end().to_owned()))
}

/// Answers, and says whether the connection can be used again.
///
/// # Errors
///
/// When whoever asked goes away before the end.
async fn answer(stream: &mut BufReader<TcpStream>, reply: &Reply) -> io::Result<bool> {
    match reply.status {
        0 => return gone(stream).await,
        200 => {}
        status => return refuse(stream, status, reply).await,
    }
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.get_mut().write_all(head.as_bytes()).await?;
    send(stream, &Reply::beginning(), reply).await?;
    for (index, piece) in reply.pieces.iter().enumerate() {
        if let Some((_, fault)) = reply.fault.filter(|(after, _)| *after == index) {
            return fail(stream, fault, reply).await;
        }
        if !reply.pause.is_zero() {
            tokio::time::sleep(reply.pause).await;
        }
        send(stream, &Reply::piece(piece), reply).await?;
    }
    if let Some((_, fault)) = reply.fault {
        return fail(stream, fault, reply).await;
    }
    send(stream, &reply.ending(), reply).await?;
    stream.get_mut().write_all(b"0\r\n\r\n").await?;
    Ok(true)
}

async fn fail(stream: &mut BufReader<TcpStream>, fault: Fault, reply: &Reply) -> io::Result<bool> {
    match fault {
        Fault::Stalls => gone(stream).await,
        Fault::Dies => Ok(false),
        Fault::Errs => {
            send(stream, &Reply::error(), reply).await?;
            stream.get_mut().write_all(b"0\r\n\r\n").await?;
            Ok(true)
        }
    }
}

async fn refuse(stream: &mut BufReader<TcpStream>, status: u16, reply: &Reply) -> io::Result<bool> {
    let body = reply.frame_of_error.as_ref().map(Value::to_string).unwrap_or_default();
    let retry_after =
        reply.retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
    let head =
        format!("HTTP/1.1 {status} No\r\n{retry_after}content-length: {}\r\n\r\n", body.len());
    stream.get_mut().write_all((head + &body).as_bytes()).await?;
    Ok(true)
}

/// Waits until whoever asked goes away.
async fn gone(stream: &mut BufReader<TcpStream>) -> io::Result<bool> {
    let mut more = [0];
    while stream.read(&mut more).await? > 0 {}
    Err(io::ErrorKind::BrokenPipe.into())
}

/// Sends a text as chunks, each of which arrives by itself.
async fn send(stream: &mut BufReader<TcpStream>, text: &str, reply: &Reply) -> io::Result<()> {
    for chunk in text.as_bytes().chunks(reply.chunk.max(1)) {
        let framed = [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
        stream.get_mut().write_all(&framed).await?;
    }
    Ok(())
}
