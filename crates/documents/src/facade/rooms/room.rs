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
    Visitor, connection::EditingEnd, guard::Guard, log::Said, nodes::Neighbour, outbox::Outbox,
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
            connection::{Connection, Effect, asks},
            presence::{ConnectionId, Identity, Presence},
            signal::Says,
        },
    },
};

/// So many frames are heard before anything is committed.
const BATCH: usize = 256;
/// So many connections have a note open on one node.
const MOST_EDITORS: usize = 1_000;
/// The colours of carets; a person has the same one everywhere.
const COLORS: [&str; 8] =
    ["#b91c1c", "#c2410c", "#a16207", "#15803d", "#0e7490", "#1d4ed8", "#6d28d9", "#be185d"];

/// What is asked of a room.
pub(super) enum Command {
    Join { visitor: Box<Visitor>, joined: oneshot::Sender<Result<Joined, EditNoteError>> },
    Frame { from: ConnectionId, frame: Bytes, permit: OwnedSemaphorePermit },
    Leave(ConnectionId),
}

/// Somebody is in.
pub(super) struct Joined {
    pub(super) id: ConnectionId,
    pub(super) outbox: Arc<Outbox>,
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
    pub(super) editors: BTreeMap<ConnectionId, Editor>,
    pub(super) neighbours: HashMap<u64, Neighbour>,
    pub(super) announced_at: Instant,
    pub(super) ears: Box<dyn Ears>,
    pub(super) last_id: u64,
    /// How often the note was opened anew.
    pub(super) openings: u64,
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
    if let Ok(Command::Join { visitor: _, joined }) = commands.try_recv() {
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
                heard = self.ears.next() => match heard {
                    Heard::Happened => self.rights.is_stale = true,
                    Heard::Said(signal) => self.heard(signal).await?,
                    Heard::Missed => self.follow().await?,
                    Heard::Closed => {
                        self.let_all_go(EditingEnd::Closed);
                        return Ok(());
                    }
                },
                _ = poll.tick() => self.tick().await?,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.freshen().await?;
                }
                _ = commands.recv_many(&mut batch, BATCH) => {
                    was_entered = true;
                    self.process(batch.drain(..)).await?;
                }
            }
            if was_entered && self.editors.is_empty() && commands.is_empty() {
                return self.compact_if_due().await;
            }
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
                Command::Join { visitor, joined } => {
                    let answer = self.join(*visitor).await;
                    if let Err(Ok(Joined { id, outbox: _ })) = joined.send(answer) {
                        self.leave(id);
                    }
                }
                Command::Leave(id) => self.leave(id),
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

    async fn join(&mut self, visitor: Visitor) -> Result<Joined, EditNoteError> {
        if self.editors.len() >= MOST_EDITORS {
            return Err(EditNoteError::Crowded);
        }
        let Visitor { user, name, only_reads, origin } = visitor;
        if !self.rights.roles.contains_key(&user) {
            self.ask_rights(Some(user)).await?;
        }
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
        Ok(Joined { id, outbox })
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
                    self.present(&frame);
                    self.relay(frame, Some(of));
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

    /// Ends a connection.
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

    /// Finds out anew who may do what, if anything may have changed that, and lets go of those who see nothing any more.
    pub(super) async fn freshen(&mut self) -> Result<(), StorageError> {
        if self.rights.are_old() { self.ask_rights(None).await } else { Ok(()) }
    }

    async fn ask_rights(&mut self, also: Option<UserId>) -> Result<(), StorageError> {
        let mut users: Vec<UserId> = self.editors.values().map(|editor| editor.user).collect();
        users.extend(also);
        users.sort_unstable();
        users.dedup();
        let asked = self.guard.house.rights(self.guard.document, self.workspace, &users).await?;
        let Some(rights) = asked else {
            self.let_all_go(EditingEnd::DocumentGone);
            self.rights.document.is_gone = true;
            self.rights.is_stale = false;
            return Ok(());
        };
        self.rights = rights;
        let lost = self.editors.iter().filter_map(|(id, editor)| {
            self.rights.may_write(editor.user).err().map(|why| (*id, why))
        });
        let lost: Vec<(ConnectionId, EditingEnd)> = lost.collect();
        for (id, why) in lost {
            self.let_go(id, why);
        }
        Ok(())
    }
}

/// Whatever ends a room in an unforeseen way ends its connections as well, so that they come back and say again what they have.
impl Drop for Room {
    fn drop(&mut self) {
        self.let_all_go(EditingEnd::Storage);
    }
}
