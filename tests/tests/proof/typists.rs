//! People who type into a note at the same time, each with a copy of it, and what all of them were told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures_util::{SinkExt as _, Stream, StreamExt as _};
use rand::{RngExt as _, rngs::StdRng};
use scenarios::in_time;
use tokio::{
    net::TcpStream,
    time::{MissedTickBehavior, interval},
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message as Frame, client::IntoClientRequest as _},
};
use yrs::{
    Doc, GetString as _, IdSet, ReadTxn as _, StateVector, Text as _, Transact as _, Update,
    WriteTxn as _, XmlElementPrelim, XmlFragment as _, XmlOut, XmlTextPrelim,
    sync::{Message, SyncMessage},
    updates::{decoder::Decode as _, encoder::Encode as _},
};

/// How often each of them edits.
const PACE: Duration = Duration::from_millis(8);
/// Where the editor keeps its document.
const FRAGMENT: &str = "prosemirror";

/// What hosts have acknowledged: what they relayed or answered, and what they said that they have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    inserted: IdSet,
    deleted: IdSet,
    vector: StateVector,
    /// So many edits of others somebody was told of.
    pub(crate) relays: usize,
    /// Why hosts that were alive hung up.
    pub(crate) hung_up: Vec<String>,
}

impl Told {
    fn hear(&mut self, update: &Update) {
        self.inserted.merge_with(update.insertions(true));
        self.deleted.merge_with(update.delete_set().clone());
    }

    /// So much of it a note does not have: characters and nodes, and what should be deleted.
    pub(crate) fn missing_in(&self, note: &Update) -> u32 {
        let there = note.state_vector();
        let claimed = self.vector.iter();
        let claimed = claimed.map(|(client, clock)| clock.saturating_sub(there.get(client)));
        size(&self.inserted.diff(&note.insertions(true)))
            + size(&self.deleted.diff(note.delete_set()))
            + claimed.sum::<u32>()
    }
}

fn size(ids: &IdSet) -> u32 {
    ids.iter().flat_map(|(_, ranges)| ranges.iter()).map(|range| range.end - range.start).sum()
}

/// What everybody was told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Told>>);

impl Memory {
    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap()
    }
}

/// A note at a host.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub(crate) address: SocketAddr,
    /// The path of its document.
    pub(crate) document: String,
}

impl Desk {
    /// Opens the note; nothing if the host is gone.
    async fn open(&self, bearer: &str) -> Option<WebSocketStream<TcpStream>> {
        let Self { address, document } = self;
        let url = format!("ws://{address}{document}/sync");
        let mut request = url.into_client_request().unwrap();
        let bearer = format!("Bearer {bearer}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let connection = TcpStream::connect(address).await.ok()?;
        match client_async(request, connection).await {
            Ok((socket, _)) => Some(socket),
            Err(Error::Http(refusal)) => panic!("a host refuses an editor: {refusal:?}"),
            Err(_) => None,
        }
    }

    /// Everything that is in the note, as somebody sees it who has nothing.
    pub(crate) async fn note(&self, bearer: &str) -> Update {
        let reading = async {
            let mut socket = self.open(bearer).await.expect("the host lives");
            socket.send(frame(SyncMessage::SyncStep1(StateVector::default()))).await.unwrap();
            loop {
                let message = next(&mut socket).await.expect("the host lives").unwrap();
                if let Message::Sync(SyncMessage::SyncStep2(update)) = message {
                    return Update::decode_v1(&update).unwrap();
                }
            }
        };
        in_time("what is in the note", reading).await
    }
}

fn frame(message: SyncMessage) -> Frame {
    Frame::binary(Message::Sync(message).encode_v1())
}

/// What is said next, or why the host hangs up; nothing if it is gone.
async fn next(
    stream: &mut (impl Stream<Item = Result<Frame, Error>> + Unpin),
) -> Option<Result<Message, String>> {
    loop {
        match stream.next().await?.ok()? {
            Frame::Binary(frame) => return Some(Ok(Message::decode_v1(&frame).unwrap())),
            Frame::Close(why) => return Some(Err(format!("{why:?}"))),
            Frame::Ping(_) | Frame::Pong(_) | Frame::Text(_) | Frame::Frame(_) => {}
        }
    }
}

/// Somebody who types into a copy, and is connected from time to time.
#[derive(Debug)]
pub(crate) struct Typist {
    copy: Doc,
    bearer: String,
    memory: Memory,
    chance: StdRng,
}

impl Typist {
    pub(crate) fn new(bearer: String, memory: &Memory, mut chance: StdRng) -> Self {
        let copy = Doc::with_client_id(chance.random_range(0..1 << 53));
        copy.get_or_insert_xml_fragment(FRAGMENT);
        Self { copy, bearer, memory: memory.clone(), chance }
    }

    /// What the copy says.
    pub(crate) fn reads(&self) -> String {
        let txn = self.copy.transact();
        txn.get_xml_fragment(FRAGMENT).unwrap().get_string(&txn)
    }

    /// Types until the host is gone.
    pub(crate) async fn types_at(mut self, desk: Desk) -> Self {
        while let Some(socket) = desk.open(&self.bearer).await {
            self.edits(socket).await;
        }
        self
    }

    async fn edits(&mut self, socket: WebSocketStream<TcpStream>) {
        let (mut sink, mut stream) = socket.split();
        let mut is_heard = sink.send(self.asks()).await.is_ok();
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let said = tokio::select! {
                // What had arrived when the host died was told as well.
                message = next(&mut stream) => match message {
                    Some(Ok(message)) => self.hears(message),
                    Some(Err(why)) => {
                        self.memory.told().hung_up.push(why);
                        None
                    }
                    None => return,
                },
                _ = pace.tick(), if is_heard => Some(frame(SyncMessage::Update(self.types()))),
            };
            if let Some(said) = said {
                is_heard &= sink.send(said).await.is_ok();
            }
        }
    }

    /// Comes, says what the copy has, takes what is there by then, and goes.
    pub(crate) async fn visits(&mut self, desk: &Desk) {
        let visit = async {
            let mut socket = desk.open(&self.bearer).await.expect("the host lives");
            socket.send(self.asks()).await.unwrap();
            let mut answers = 0;
            while answers < 2 {
                let message = next(&mut socket).await.expect("the host lives").unwrap();
                answers += u32::from(matches!(message, Message::Sync(SyncMessage::SyncStep2(_))));
                if let Some(all) = self.hears(message) {
                    socket.send(all).await.unwrap();
                    socket.send(self.asks()).await.unwrap();
                }
            }
        };
        in_time("a visit", visit).await;
    }

    fn asks(&self) -> Frame {
        frame(SyncMessage::SyncStep1(self.copy.transact().state_vector()))
    }

    /// Takes what is said and remembers it; gives the answer, if one is asked for.
    fn hears(&mut self, message: Message) -> Option<Frame> {
        match message {
            Message::Sync(SyncMessage::SyncStep1(theirs)) => {
                let missing = self.copy.transact().encode_diff_v1(&theirs);
                self.memory.told().vector.merge(theirs);
                return Some(frame(SyncMessage::SyncStep2(missing)));
            }
            Message::Sync(SyncMessage::SyncStep2(update)) => self.takes(&update),
            Message::Sync(SyncMessage::Update(update)) => {
                self.takes(&update);
                self.memory.told().relays += 1;
            }
            Message::Auth(refusal) => panic!("a host refuses an edit: {refusal:?}"),
            Message::Awareness(_) | Message::AwarenessQuery | Message::Custom(..) => {}
        }
        None
    }

    fn takes(&mut self, update: &[u8]) {
        let update = Update::decode_v1(update).unwrap();
        self.memory.told().hear(&update);
        self.copy.transact_mut().apply_update(update).unwrap();
    }

    /// Begins a paragraph, or adds to one, or removes something from it.
    fn types(&mut self) -> Vec<u8> {
        let Self { copy, chance, .. } = self;
        let mut txn = copy.transact_mut();
        let fragment = txn.get_or_insert_xml_fragment(FRAGMENT);
        let paragraphs = fragment.len(&txn);
        if paragraphs == 0 || chance.random_ratio(1, 20) {
            let text = XmlTextPrelim::new("Begun. ").into();
            let at = chance.random_range(0..=paragraphs);
            fragment.insert(&mut txn, at, XmlElementPrelim::new("paragraph", [text]));
        } else {
            let paragraph = fragment.get(&txn, chance.random_range(0..paragraphs));
            let Some(XmlOut::Element(paragraph)) = paragraph else { panic!("it is a paragraph") };
            let Some(XmlOut::Text(text)) = paragraph.get(&txn, 0) else { panic!("it has a text") };
            let (length, few) = (text.len(&txn), 3);
            if length > 2 * few && chance.random_ratio(1, 4) {
                text.remove_range(&mut txn, chance.random_range(0..length - few), few);
            } else {
                text.insert(&mut txn, chance.random_range(0..=length), "word ");
            }
        }
        txn.commit();
        txn.encode_update_v1()
    }
}
