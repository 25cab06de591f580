//! A room and those of the same note on other nodes.

use std::collections::HashMap;

use perme8_events::StorageError;
use tokio::time::Instant;

use super::{
    news::{News, Whence},
    room::Room,
};
use crate::domain::sync::{
    connection::present,
    presence::{ConnectionId, editors_in},
    signal::{Encoded, LONGEST, NoteSignal, Says},
};

/// The room of the same note on another node.
pub(super) struct Neighbour {
    /// Its editors are ours by this connection.
    id: ConnectionId,
    heard_at: Instant,
    /// When they were last said to be there.
    editors: HashMap<u64, Instant>,
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
                self.renewed(copy, &states);
                if let Ok(Some(told)) = self.presence.update_of_node(from, &states) {
                    self.news.add(from, Whence::Elsewhere, editors_in(&told).unwrap_or_default());
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
        self.compact_if_due().await;
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
        self.forget_ghosts();
        self.follow().await
    }

    /// Tells the other rooms.
    pub(super) fn say(&self, says: Says) {
        let signal = NoteSignal { copy: self.guard.copy, says };
        self.guard.house.surroundings.say(self.guard.document, &signal);
    }

    /// Tells the other rooms of editors here.
    pub(super) fn present(&self, editors: &[(u64, u32)]) {
        for states in self.presence.pieces(editors, LONGEST) {
            self.say(Says::Present(Encoded::new(&states)));
        }
    }

    fn present_all(&self) {
        self.present(&self.presence.editors_of(|of| self.editors.contains_key(&of)));
    }

    /// The connection by which the editors of another room are ours; a room that is new here is told who is in this one.
    fn neighbour(&mut self, copy: u64) -> ConnectionId {
        if let Some(known) = self.neighbours.get_mut(&copy) {
            known.heard_at = Instant::now();
            return known.id;
        }
        let id = self.new_id();
        self.neighbours
            .insert(copy, Neighbour { id, heard_at: Instant::now(), editors: HashMap::new() });
        self.say(Says::Hello);
        id
    }

    fn forget(&mut self, copy: u64) {
        let Some(Neighbour { id, .. }) = self.neighbours.remove(&copy) else { return };
        if let Some(told) = self.presence.leave(id) {
            self.news.add(id, Whence::Elsewhere, editors_in(&told).unwrap_or_default());
        }
    }

    /// Another room has said this of its editors.
    fn renewed(&mut self, copy: u64, states: &[u8]) {
        let Some(neighbour) = self.neighbours.get_mut(&copy) else { return };
        let editors = editors_in(states).unwrap_or_default().into_iter();
        neighbour.editors.extend(editors.map(|(editor, _)| (editor, Instant::now())));
    }

    /// Forgets the editors elsewhere that do not say any more that they are there: that they have gone was not heard.
    fn forget_ghosts(&mut self) {
        let silence = self.guard.house.pace.silence;
        for Neighbour { id, heard_at: _, editors } in self.neighbours.values_mut() {
            let ghosts = editors.extract_if(|_, heard_at| heard_at.elapsed() > silence);
            let ghosts: Vec<u64> = ghosts.map(|(editor, _)| editor).collect();
            let gone = self.presence.forget(*id, &ghosts);
            self.news.add(*id, Whence::Elsewhere, gone);
        }
    }

    /// Tells everybody what is new of who is there: once for all that was said at the same time, so that nobody drowns in it.
    pub(super) fn tell_news(&mut self) {
        // Whoever is too slow to hear it is news again.
        while let Some(News { here, elsewhere, of }) = self.news.take() {
            self.present(&here);
            let all = [here, elsewhere].concat();
            let Some(states) = self.presence.encoded(&all) else { continue };
            self.relay(present(&states), of);
        }
    }
}
