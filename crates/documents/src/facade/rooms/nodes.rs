//! A room and those of the same note on other nodes.

use perme8_events::StorageError;
use tokio::time::Instant;

use super::room::Room;
use crate::domain::sync::{
    connection::{present, states},
    presence::ConnectionId,
    signal::{Encoded, LONGEST, NoteSignal, Says},
};

/// The room of the same note on another node.
pub(super) struct Neighbour {
    /// Its editors are ours by this connection.
    id: ConnectionId,
    heard_at: Instant,
}

impl Room {
    /// Hears what another room of this note says.
    pub(super) async fn heard(&mut self, signal: NoteSignal) -> Result<(), StorageError> {
        let NoteSignal { copy, says } = signal;
        if copy == self.guard.copy {
            return Ok(());
        }
        match says {
            Says::Written => return self.follow().await,
            Says::Bye => {
                self.forget(copy);
                return Ok(());
            }
            Says::Hello | Says::Here | Says::Present(_) | Says::Edited { .. } => {}
        }
        let from = self.neighbour(copy);
        match says {
            Says::Hello => self.present_all(),
            Says::Present(states) => {
                self.freshen().await?;
                let states = states.bytes().unwrap_or_default();
                if let Ok(Some(told)) = self.presence.update_of_node(from, &states) {
                    self.relay(present(&told), None);
                }
            }
            Says::Edited { head, updates } if head > self.head => {
                let updates: Option<Vec<Vec<u8>>> = updates.iter().map(Encoded::bytes).collect();
                let updates = updates.unwrap_or_default();
                let is_next = usize::try_from(head - self.head) == Ok(updates.len());
                if is_next {
                    self.take(head, updates.iter().map(Vec::as_slice).collect()).await?;
                } else {
                    self.follow().await?;
                }
            }
            Says::Edited { .. } | Says::Here | Says::Bye | Says::Written => {}
        }
        Ok(())
    }

    /// Looks after what nobody tells of.
    pub(super) async fn tick(&mut self) -> Result<(), StorageError> {
        self.follow().await?;
        self.compact_if_due().await?;
        let pace = self.guard.house.pace;
        let silent = self.neighbours.iter().filter(|(_, of)| of.heard_at.elapsed() > pace.silence);
        let silent: Vec<u64> = silent.map(|(copy, _)| *copy).collect();
        for copy in silent {
            self.forget(copy);
        }
        if self.announced_at.elapsed() > pace.beat {
            self.announced_at = Instant::now();
            self.say(Says::Here);
        }
        Ok(())
    }

    /// Tells the other rooms.
    pub(super) fn say(&self, says: Says) {
        let signal = NoteSignal { copy: self.guard.copy, says };
        self.guard.house.surroundings.say(self.guard.document, &signal);
    }

    /// Tells the other rooms what editors here are told of each other.
    pub(super) fn present(&self, frame: &[u8]) {
        // Nobody's caret has more to say of itself.
        if let Some(states) = states(frame).filter(|states| states.len() <= LONGEST) {
            self.say(Says::Present(Encoded::new(states)));
        }
    }

    fn present_all(&self) {
        let is_here = |id: ConnectionId| self.editors.contains_key(&id);
        for states in self.presence.pieces(is_here, LONGEST) {
            self.say(Says::Present(Encoded::new(&states)));
        }
    }

    /// The connection by which the editors of another room are ours; a room that is new here is told who is in this one.
    fn neighbour(&mut self, copy: u64) -> ConnectionId {
        if let Some(known) = self.neighbours.get_mut(&copy) {
            known.heard_at = Instant::now();
            return known.id;
        }
        let id = self.new_id();
        self.neighbours.insert(copy, Neighbour { id, heard_at: Instant::now() });
        self.say(Says::Hello);
        id
    }

    fn forget(&mut self, copy: u64) {
        let Some(Neighbour { id, heard_at: _ }) = self.neighbours.remove(&copy) else { return };
        if let Some(states) = self.presence.leave(id) {
            self.relay(present(&states), None);
        }
    }
}
