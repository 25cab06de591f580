//! A note that is open on this node, shared by everybody who edits it here.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    panic::AssertUnwindSafe,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use perme8_events::{Origin, StorageError, UserId, WorkspaceId};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc::UnboundedReceiver, oneshot},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    Door, Visitor,
    connection::{Editing, EditingEnd},
    guard::Guard,
    log::Said,
    news::{Unheard, Whence},
    nodes::Neighbour,
    outbox::Outbox,
    rights::Rights,
};
use crate::{
    application::{
        edit_note::EditNoteError,
        surroundings::{Ears, Heard},
    },
    domain::{
        loose::Loose,
        note::Note,
        references::NoteId,
        sync::{
            connection::{Connection, Effect, asks, states},
            presence::{ConnectionId, Identity, Presence, editors_in},
            signal::Says,
        },
    },
};

/// So many frames are heard before anything is committed.
const BATCH: usize = 256;
/// So many connections have a note open on one node.
const MOST_EDITORS: usize = 1_000;
/// So many of them are one person's.
const MOST_OF_ONE: usize = 20;
/// The colours of carets; a person has the same one everywhere.
const COLORS: [&str; 8] =
    ["#b91c1c", "#c2410c", "#a16207", "#15803d", "#0e7490", "#1d4ed8", "#6d28d9", "#be185d"];

/// What is asked of a room.
pub(super) enum Command {
    Join {
        visitor: Box<Visitor>,
        door: Door,
        /// Whoever does not take what is sent has left with it.
        joined: oneshot::Sender<Result<Editing, EditNoteError>>,
    },
    Frame {
        from: ConnectionId,
        frame: Bytes,
        permit: OwnedSemaphorePermit,
    },
    Leave(ConnectionId),
}

/// A note that is open, and who has it open.
///
/// The note holds what is committed and nothing else whenever something is heard: what waits is applied, appended and
/// committed in one go, and if that fails the note is opened anew from what is stored.
pub(super) struct Room {
    pub(super) guard: Guard,
    pub(super) workspace: WorkspaceId,
    pub(super) note_id: NoteId,
    pub(super) note: Note,
    /// The number of the last edit that is in the note, and that editors were told of.
    pub(super) head: i64,
    /// What came since the last snapshot.
    pub(super) loose: Loose,
    pub(super) rights: Rights,
    pub(super) presence: Presence,
    pub(super) news: Unheard,
    pub(super) editors: BTreeMap<ConnectionId, Editor>,
    pub(super) neighbours: HashMap<u64, Neighbour>,
    pub(super) announced_at: Instant,
    pub(super) ears: Box<dyn Ears>,
    pub(super) last_id: u64,
    /// How often the note was opened anew.
    pub(super) openings: u64,
    /// Whether the note may hold only a part of what is stored.
    pub(super) is_in_doubt: bool,
}

/// Somebody who has the note open on this node.
pub(super) struct Editor {
    pub(super) connection: Connection,
    pub(super) user: UserId,
    pub(super) only_reads: bool,
    pub(super) origin: Origin,
    pub(super) outbox: Arc<Outbox>,
}

/// Runs a room until everybody has left.
pub(super) async fn run(
    guard: Guard,
    workspace: WorkspaceId,
    mut commands: UnboundedReceiver<Command>,
) {
    let document = guard.document;
    let life = async {
        let mut room = match Room::open(guard, workspace).await {
            Ok(Some(room)) => room,
            Ok(None) => {
                refuse(&mut commands, EditNoteError::DocumentNotFound);
                return Ok(());
            }
            Err(error) => {
                refuse(&mut commands, error.into());
                return Ok(());
            }
        };
        room.say(Says::Hello);
        let lived = room.live(&mut commands).await;
        // Who stands at the door finds it closed, and opens another room.
        room.guard.close();
        commands.close();
        room.say(Says::Bye);
        lived
    };
    match AssertUnwindSafe(life).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let error = &error as &dyn Error;
            tracing::warn!(%document, error, "a note is closed, because the storage failed");
        }
        Err(_) => tracing::error!(%document, "a note is closed, because something panicked"),
    }
}

/// Tells the one who came first why there is no room; who has come meanwhile finds out.
fn refuse(commands: &mut UnboundedReceiver<Command>, why: EditNoteError) {
    if let Ok(Command::Join { joined, .. }) = commands.try_recv() {
        // An error says that nobody waits any more.
        let _ = joined.send(Err(why));
    }
}

impl Room {
    /// Waits for something to do, and does it, until nobody is there.
    async fn live(
        &mut self,
        commands: &mut UnboundedReceiver<Command>,
    ) -> Result<(), StorageError> {
        let mut poll = interval(self.guard.house.pace.poll);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        let mut was_entered = false;
        loop {
            let due = self.rights.due();
            tokio::select! {
                biased;
                heard = self.ears.next() => {
                    if heard == Heard::Closed {
                        self.let_all_go(EditingEnd::Closed);
                        return Ok(());
                    }
                    let done = self.hears(heard).await;
                    self.bear(done)?;
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    let done = self.freshen().await;
                    self.bear(done)?;
                }
                _ = poll.tick() => {
                    let done = self.tick().await;
                    self.bear(done)?;
                }
                _ = commands.recv_many(&mut batch, BATCH) => {}
            }
            // However much others have to say, people here come to a word.
            while batch.len() < BATCH
                && let Ok(command) = commands.try_recv()
            {
                batch.push(command);
            }
            if !batch.is_empty() {
                was_entered = true;
                self.process(batch.drain(..)).await?;
            }
            self.tell_news();
            if was_entered && self.editors.is_empty() && commands.is_empty() {
                self.compact_if_due().await;
                return Ok(());
            }
        }
    }

    async fn hears(&mut self, heard: Heard) -> Result<(), StorageError> {
        match heard {
            Heard::Happened => self.rights.is_stale = true,
            Heard::Said(signal) => self.heard(signal).await?,
            Heard::Missed => {
                // Who is there says so again, and is asked for it.
                self.say(Says::Hello);
                self.follow().await?;
            }
            Heard::Closed => {}
        }
        Ok(())
    }

    /// What could not be read is looked for again soon, so it costs nobody the connection as long as the note is what is stored.
    fn bear(&self, done: Result<(), StorageError>) -> Result<(), StorageError> {
        match done {
            Err(error) if !self.is_in_doubt => {
                let document = self.guard.document;
                let error = &error as &dyn Error;
                tracing::warn!(%document, error, "a note was not looked after, and will be soon");
                Ok(())
            }
            done => done,
        }
    }

    async fn process(
        &mut self,
        commands: impl Iterator<Item = Command> + Send,
    ) -> Result<(), StorageError> {
        self.freshen().await?;
        let mut said = Vec::new();
        for command in commands {
            match command {
                Command::Join { visitor, door, joined } => {
                    // It is welcomed to a note that holds what was said before.
                    self.commit(std::mem::take(&mut said)).await?;
                    let answer = self.join(*visitor, door).await;
                    // An error says that nobody waits any more: what is dropped then leaves.
                    let _ = joined.send(answer);
                }
                Command::Leave(id) => {
                    if said.iter().any(|said: &Said| said.from == id) {
                        self.commit(std::mem::take(&mut said)).await?;
                    }
                    self.leave(id);
                }
                Command::Frame { from, frame, permit } => {
                    // An answer acknowledges what was said before the question.
                    if said.iter().any(|said: &Said| said.from == from) && asks(&frame) {
                        self.commit(std::mem::take(&mut said)).await?;
                    }
                    said.extend(self.hear(from, &frame, permit));
                }
            }
        }
        self.commit(said).await
    }

    async fn join(&mut self, visitor: Visitor, door: Door) -> Result<Editing, EditNoteError> {
        let Visitor { user, name, only_reads, origin } = visitor;
        let connections = self.editors.values().filter(|editor| editor.user == user).count();
        if self.editors.len() >= MOST_EDITORS || connections >= MOST_OF_ONE {
            return Err(EditNoteError::Crowded);
        }
        // The person has just seen the document: perhaps nobody has said yet that it was shared.
        self.ask_rights([user]).await?;
        let may_write = match self.rights.may_write(user) {
            Ok(may) => may && !only_reads,
            Err(_) => return Err(EditNoteError::DocumentNotFound),
        };
        let id = self.new_id();
        let color = COLORS[usize::from(user.uuid().as_bytes()[15]) % COLORS.len()].to_owned();
        let identity = Identity { user: user.to_string(), name, color };
        let (connection, welcome) =
            Connection::open(id, identity, may_write, &self.note, &self.presence);
        let outbox = Arc::new(Outbox::default());
        let editor = Editor { connection, user, only_reads, origin, outbox: Arc::clone(&outbox) };
        self.editors.insert(id, editor);
        self.have_effects(id, welcome);
        let Door { copy: _, commands, budget } = door;
        Ok(Editing { id, outbox, commands, budget })
    }

    pub(super) fn new_id(&mut self) -> ConnectionId {
        self.last_id += 1;
        ConnectionId(self.last_id)
    }

    /// Hears what an editor says; gives the update, if it is one.
    fn hear(
        &mut self,
        from: ConnectionId,
        frame: &[u8],
        permit: OwnedSemaphorePermit,
    ) -> Option<Said> {
        let editor = self.editors.get(&from)?;
        let may_write = self.may_write(editor);
        let effects = editor.connection.hear(frame, may_write, &self.note, &mut self.presence);
        let Ok(effects) = effects else {
            self.let_go(from, EditingEnd::Malformed);
            return None;
        };
        let (user, origin) = (editor.user, editor.origin.clone());
        let mut updates = Vec::new();
        let others = effects.into_iter().filter_map(|effect| match effect {
            Effect::Commit(update) => {
                updates.push(update);
                None
            }
            effect @ (Effect::Reply(_) | Effect::Relay(_)) => Some(effect),
        });
        let others = others.collect();
        self.have_effects(from, others);
        updates.pop().map(|update| Said { from, user, origin, update, _permit: permit })
    }

    pub(super) fn may_write(&self, editor: &Editor) -> bool {
        !editor.only_reads && self.rights.may_write(editor.user).unwrap_or(false)
    }

    /// Does what follows from what an editor said, but for what must be committed.
    pub(super) fn have_effects(&mut self, of: ConnectionId, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Reply(frame) => self.reply(of, frame),
                Effect::Relay(frame) => {
                    let states = states(&frame).unwrap_or_default();
                    self.news.add(of, Whence::Here, editors_in(states).unwrap_or_default());
                }
                Effect::Commit(_) => unreachable!("updates are committed all at once"),
            }
        }
    }

    fn reply(&mut self, to: ConnectionId, frame: Vec<u8>) {
        let is_slow = self.editors.get(&to).is_some_and(|to| !to.outbox.push(frame.into()));
        if is_slow {
            self.let_go(to, EditingEnd::TooSlow);
        }
    }

    /// Tells every editor on this node but one.
    pub(super) fn relay(&mut self, frame: Vec<u8>, but: Option<ConnectionId>) {
        let frame = Bytes::from(frame);
        let others = self.editors.iter().filter(|(id, _)| Some(**id) != but);
        let slow = others.filter(|(_, editor)| !editor.outbox.push(frame.clone()));
        let slow: Vec<ConnectionId> = slow.map(|(id, _)| *id).collect();
        for id in slow {
            self.let_go(id, EditingEnd::TooSlow);
        }
    }

    /// Ends a connection; the others are told [with the news](Self::tell_news).
    pub(super) fn let_go(&mut self, id: ConnectionId, why: EditingEnd) {
        if let Some(editor) = self.editors.get(&id) {
            editor.outbox.end(why);
            self.leave(id);
        }
    }

    pub(super) fn let_all_go(&mut self, why: EditingEnd) {
        for editor in std::mem::take(&mut self.editors).into_values() {
            editor.outbox.end(why);
        }
    }

    fn leave(&mut self, id: ConnectionId) {
        let Some(editor) = self.editors.remove(&id) else { return };
        let told = editor.connection.close(&mut self.presence);
        self.have_effects(id, told.into_iter().collect());
    }
}

/// Whatever ends a room in an unforeseen way ends its connections as well, so that they come back and say again what they have.
impl Drop for Room {
    fn drop(&mut self) {
        self.let_all_go(EditingEnd::Storage);
    }
}
