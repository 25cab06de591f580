//! Editors that type and watch.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use tokio::{net::TcpStream, sync::Notify, time::timeout};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

use crate::{
    servers::{PATIENCE, Server},
    wire::{self, ASK, BEGINNING, Edit, Heard},
};

type Socket = WebSocketStream<TcpStream>;

/// The half of an editor that types.
pub(crate) type Sink = SplitSink<Socket, Message>;

/// The client ids of editors begin here.
const FIRST_AUTHOR: u64 = 1000;

/// An editor that has everything the server had when it came.
pub(crate) struct Editor {
    socket: Socket,
    /// How large what it got was, in bytes.
    pub(crate) size: usize,
}

impl Editor {
    /// Opens a document and takes what is in it.
    pub(crate) async fn open(
        server: &Server,
        editor: usize,
        document: usize,
    ) -> anyhow::Result<Self> {
        let request = server.request(editor, document)?;
        let (socket, _) = client_async(request, server.dial().await?).await?;
        let mut editor = Self { socket, size: 0 };
        editor.ask().await?;
        Ok(editor)
    }

    /// Takes everything that the server has, which has heard by then what was said before.
    pub(crate) async fn ask(&mut self) -> anyhow::Result<()> {
        self.socket.send(Message::binary(ASK.to_vec())).await?;
        let all = async {
            loop {
                if let Heard::All(size) = next(&mut self.socket).await? {
                    return anyhow::Ok(size);
                }
            }
        };
        self.size = timeout(PATIENCE, all).await.context("a server does not say what it has")??;
        Ok(())
    }

    /// Says updates, one frame for each.
    pub(crate) async fn say(
        &mut self,
        updates: impl Iterator<Item = Vec<u8>>,
    ) -> anyhow::Result<()> {
        for update in updates {
            self.socket.feed(Message::binary(wire::framed(&update))).await?;
        }
        self.socket.flush().await?;
        Ok(())
    }

    /// Hangs up, and waits until the server has.
    pub(crate) async fn leave(mut self) -> anyhow::Result<()> {
        self.socket.close(None).await?;
        while let Some(Ok(_)) = self.socket.next().await {}
        Ok(())
    }

    /// Takes part in a round, from now on.
    pub(crate) fn split(self) -> (Sink, SplitStream<Socket>) {
        self.socket.split()
    }
}

/// The next frame on a socket, or on its reading half.
async fn next<S>(socket: &mut S) -> anyhow::Result<Heard>
where
    S: futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        match socket.next().await.context("a server has hung up")?? {
            Message::Binary(frame) => {
                return wire::heard(&frame).context("a frame is not as servers write it");
            }
            Message::Close(frame) => bail!("a server has hung up: {frame:?}"),
            Message::Ping(_) | Message::Pong(_) | Message::Text(_) | Message::Frame(_) => {}
        }
    }
}

/// When a round began, what was typed in it when, and who has seen it.
#[derive(Debug)]
pub(crate) struct Round {
    begun: Instant,
    authors: Vec<Author>,
    /// How often somebody saw an edit of somebody else.
    arrived: AtomicU64,
}

#[derive(Debug)]
struct Author {
    /// Microseconds since the beginning, in order of the edits; the first is the one that begins the paragraph.
    typed: Vec<AtomicU64>,
    /// How many of them the next editor has seen.
    seen: AtomicU64,
    news: Notify,
}

impl Round {
    /// A round of so many editors, each of which types at most so often.
    pub(crate) fn new(editors: usize, most: usize) -> Arc<Self> {
        let author = |_| Author {
            typed: (0..most).map(|_| AtomicU64::new(0)).collect(),
            seen: AtomicU64::new(0),
            news: Notify::new(),
        };
        let authors = (0..editors).map(author).collect();
        Arc::new(Self { begun: Instant::now(), authors, arrived: AtomicU64::new(0) })
    }

    fn now(&self) -> u64 {
        self.begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX)
    }

    /// How often somebody saw an edit of somebody else.
    pub(crate) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Types once; `edit` counts from zero.
    pub(crate) async fn types(
        &self,
        author: usize,
        edit: usize,
        sink: &mut Sink,
    ) -> anyhow::Result<()> {
        let name = FIRST_AUTHOR + author as u64;
        let update = match edit as u64 {
            0 => wire::begin(name),
            edit => wire::typed(Edit { author: name, clock: BEGINNING + edit }),
        };
        let typed = &self.authors[author].typed[edit];
        typed.store(self.now(), Ordering::Relaxed);
        sink.send(Message::binary(wire::framed(&update))).await?;
        Ok(())
    }

    /// Waits until the next editor has seen so many edits of this author.
    pub(crate) async fn until_seen(&self, author: usize, edits: u64) {
        let Author { seen, news, .. } = &self.authors[author];
        loop {
            let told = news.notified();
            if seen.load(Ordering::Relaxed) >= edits {
                return;
            }
            told.await;
        }
    }

    /// Watches what the others type, and notes how many microseconds each edit took. Ends with the connection.
    pub(crate) async fn watch(
        &self,
        editor: usize,
        stream: &mut SplitStream<Socket>,
        took: &mut Vec<u64>,
    ) -> anyhow::Result<()> {
        let before = (editor + self.authors.len() - 1) % self.authors.len();
        loop {
            let edits = match next(stream).await? {
                Heard::Typed(edits) => edits,
                Heard::Denied => bail!("the server refuses an edit"),
                Heard::All(_) | Heard::Other => continue,
            };
            let now = self.now();
            for (Edit { author, clock }, count) in edits {
                let number = author.checked_sub(FIRST_AUTHOR).map(usize::try_from).transpose()?;
                let Some(number) = number.filter(|number| *number != editor) else { continue };
                let of = self.authors.get(number).context("nobody of this round typed that")?;
                let first = usize::try_from(clock - BEGINNING)?;
                for typed in &of.typed[first..first + usize::try_from(count)?] {
                    took.push(now.saturating_sub(typed.load(Ordering::Relaxed)));
                }
                self.arrived.fetch_add(count, Ordering::Relaxed);
                if number == before {
                    of.seen.fetch_add(count, Ordering::Relaxed);
                    of.news.notify_waiters();
                }
            }
        }
    }
}

/// How long a round waits for stragglers.
pub(crate) const STRAGGLERS: Duration = Duration::from_secs(30);
