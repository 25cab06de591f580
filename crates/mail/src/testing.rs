//! A mail server for tests, which understands just enough, and misbehaves on demand.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Where in the conversation something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// When somebody connects.
    Greeting,
    /// After the sender is named.
    From,
    /// After the recipient is named.
    To,
    /// Before the message.
    Data,
    /// After the whole message has arrived.
    Content,
}

/// What the server does instead of taking a mail.
#[derive(Debug, Clone, Copy, Default)]
pub enum Misdeed {
    /// Nothing: it takes the mail.
    #[default]
    None,
    /// It says this in the place of the right answer.
    Says(Stage, &'static str),
    /// It ends the connection.
    HangsUp(Stage),
    /// It says nothing any more.
    FallsSilent(Stage),
}

/// A mail that arrived in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Sender and recipients, as they were named to the server.
    pub envelope: String,
    /// The message as it came over the wire.
    pub message: String,
}

#[derive(Debug, Default)]
struct Notes {
    misdeed: Misdeed,
    heard: Vec<String>,
    taken: Vec<Taken>,
}

/// A mail server on this machine, which listens until it is dropped.
#[derive(Debug)]
pub struct MailServer {
    address: SocketAddr,
    notes: Arc<Mutex<Notes>>,
    _tasks: JoinSet<()>,
}

/// More is no mail of these tests.
const MAX_LINES: usize = 10_000;

impl MailServer {
    /// A server that does this to every mail, until [`now`](Self::now) says otherwise.
    ///
    /// # Panics
    ///
    /// When no port is free.
    pub async fn that(misdeed: Misdeed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("it listens");
        let notes = Arc::new(Mutex::new(Notes { misdeed, ..Notes::default() }));
        let mut tasks = JoinSet::new();
        let noting = Arc::clone(&notes);
        tasks.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let misdeed = noted(&noting).misdeed;
                // One after another; whoever breaks off says nothing more.
                let _ = answer(stream, misdeed, &noting).await;
            }
        });
        Self { address, notes, _tasks: tasks }
    }

    /// From the next connection on it does this.
    pub fn now(&self, misdeed: Misdeed) {
        noted(&self.notes).misdeed = misdeed;
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where mails are sent to it, without TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// The mails that arrived in full, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        noted(&self.notes).taken.clone()
    }

    /// Every line that was said to it outside of a message.
    #[must_use]
    pub fn heard(&self) -> Vec<String> {
        noted(&self.notes).heard.clone()
    }
}

fn noted(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(stream: TcpStream, misdeed: Misdeed, notes: &Mutex<Notes>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut envelope = Vec::new();
    say(&mut stream, misdeed, Stage::Greeting, "220 ready").await?;
    for _ in 0..MAX_LINES {
        let line = line(&mut stream).await?;
        noted(notes).heard.push(line.clone());
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => write(&mut stream, "250-server\r\n250 8BITMIME").await?,
            "MAIL" => {
                envelope = vec![up_to_bracket(&line)];
                say(&mut stream, misdeed, Stage::From, "250 ok").await?;
            }
            "RCPT" => {
                envelope.push(up_to_bracket(&line));
                say(&mut stream, misdeed, Stage::To, "250 ok").await?;
            }
            "DATA" => {
                say(&mut stream, misdeed, Stage::Data, "354 go on").await?;
                if matches!(misdeed, Misdeed::Says(Stage::Data, _)) {
                    continue;
                }
                let message = message(&mut stream).await?;
                noted(notes).taken.push(Taken { envelope: envelope.join(", "), message });
                say(&mut stream, misdeed, Stage::Content, "250 taken").await?;
            }
            "QUIT" => {
                write(&mut stream, "221 bye").await?;
                return None;
            }
            _ => write(&mut stream, "502 never heard of it").await?,
        }
    }
    None
}

fn up_to_bracket(line: &str) -> String {
    line.split_inclusive('>').next().unwrap_or_default().to_owned()
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    (stream.read_line(&mut line).await.ok()? > 0).then(|| line.trim_end().to_owned())
}

/// Everything up to the line with the dot, as it came over the wire.
async fn message(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut message = String::new();
    for _ in 0..MAX_LINES {
        let begin = message.len();
        if stream.read_line(&mut message).await.ok()? == 0 {
            return None;
        }
        if &message[begin..] == ".\r\n" {
            message.truncate(begin);
            return Some(message);
        }
    }
    None
}

/// Says the right thing, or does the misdeed.
async fn say(
    stream: &mut BufReader<TcpStream>,
    misdeed: Misdeed,
    stage: Stage,
    right: &str,
) -> Option<()> {
    match misdeed {
        Misdeed::Says(at, wrong) if at == stage => write(stream, wrong).await,
        Misdeed::HangsUp(at) if at == stage => None,
        Misdeed::FallsSilent(at) if at == stage => std::future::pending().await,
        Misdeed::None | Misdeed::Says(..) | Misdeed::HangsUp(_) | Misdeed::FallsSilent(_) => {
            write(stream, right).await
        }
    }
}

async fn write(stream: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.ok()
}
