//! One connection: what an editor says, and what follows from that.

use super::message::{self, Message};
use super::presence::{ConnectionId, Identity, Presence};
use crate::domain::note::{MAX_UPDATE, Note};

/// How long a frame may be: an update, and what says that it is one.
pub(crate) const MAX_FRAME: usize = MAX_UPDATE + 16;

/// What readers are told when they write.
const READ_ONLY: &str = "this note is read-only for you";

/// The conversation with one editor.
///
/// It does nothing by itself: everything that is to be done it says, in the order in which it is to
/// be done. So it needs no socket, no clock and no storage.
#[derive(Debug)]
pub(crate) struct Connection {
    id: ConnectionId,
    identity: Identity,
    /// Whether the editor was asked for everything that it has, and has not answered well yet.
    is_asked: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A frame for this editor.
    Reply(Vec<u8>),
    /// A frame for all other editors of the note, on every node.
    Relay(Vec<u8>),
    /// An update to apply, to commit and then to relay.
    Commit(Vec<u8>),
}

/// Why a connection ends: what was said cannot be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProtocolError {
    #[error("a frame has at most {MAX_FRAME} bytes")]
    TooLong,
    #[error("the frame is no message of y-protocols")]
    Malformed,
}

impl Connection {
    /// Welcomes an editor: it is asked for what we have not, and told who is there.
    ///
    /// The editor says what it has by itself; a reader is not asked for anything.
    pub(crate) fn open(
        id: ConnectionId,
        identity: Identity,
        may_write: bool,
        note: &Note,
        presence: &Presence,
    ) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        if may_write {
            effects.push(Effect::Reply(message::state_vector(&note.state_vector())));
        }
        effects.extend(presence.all().map(|states| Effect::Reply(message::presence(&states))));
        (Self { id, identity, is_asked: false }, effects)
    }

    /// Hears a frame.
    ///
    /// `may_write` is what the person may do now: it is asked for every frame, since rights end.
    /// The note must hold what is committed and nothing else, because a reply acknowledges it.
    ///
    /// # Errors
    /// [`ProtocolError`] if the connection must end.
    pub(crate) fn hear(
        &self,
        frame: &[u8],
        may_write: bool,
        note: &Note,
        presence: &mut Presence,
    ) -> Result<Vec<Effect>, ProtocolError> {
        if frame.len() > MAX_FRAME {
            return Err(ProtocolError::TooLong);
        }
        let malformed = |_| ProtocolError::Malformed;
        Ok(match Message::read(frame).map_err(malformed)? {
            Message::StateVector(theirs) => {
                let missing = note.missing(theirs).map_err(malformed)?;
                vec![Effect::Reply(message::missing(&missing))]
            }
            // Editors answer and say that nothing is new, also those that only read.
            Message::Update(EMPTY) | Message::Auth => Vec::new(),
            Message::Update(_) if !may_write => vec![Effect::Reply(message::denied(READ_ONLY))],
            Message::Update(update) => vec![Effect::Commit(update.to_vec())],
            Message::Presence(update) => {
                let told = presence.update(self.id, &self.identity, update).map_err(malformed)?;
                told.map(|states| Effect::Relay(message::presence(&states))).into_iter().collect()
            }
            Message::PresenceQuery => {
                let all = presence.all();
                all.map(|states| Effect::Reply(message::presence(&states))).into_iter().collect()
            }
        })
    }

    /// An update of this editor was committed, or changed nothing.
    pub(crate) fn committed(&mut self) {
        self.is_asked = false;
    }

    /// An update of this editor builds upon something that is not here: it is asked for all it has.
    ///
    /// Once: an editor that misses something itself would answer the same for ever.
    pub(crate) fn refused_for_a_gap(&mut self, note: &Note) -> Vec<Effect> {
        if std::mem::replace(&mut self.is_asked, true) {
            return Vec::new();
        }
        vec![Effect::Reply(message::state_vector(&note.state_vector()))]
    }

    /// The person may not write any more.
    pub(crate) fn read_only() -> Effect {
        Self::refused(READ_ONLY)
    }

    /// An update of this editor cannot be taken.
    pub(crate) fn refused(reason: &str) -> Effect {
        Effect::Reply(message::denied(reason))
    }

    /// The editor is gone, which the others are told.
    pub(crate) fn close(self, presence: &mut Presence) -> Option<Effect> {
        presence.leave(self.id).map(|states| Effect::Relay(message::presence(&states)))
    }
}

/// An update that changes nothing.
const EMPTY: &[u8] = &[0, 0];

/// Whether a frame asks for what its sender misses.
pub(crate) fn asks(frame: &[u8]) -> bool {
    matches!(Message::read(frame), Ok(Message::StateVector(_)))
}

/// The frame that tells editors who is there.
pub(crate) fn present(states: &[u8]) -> Vec<u8> {
    message::presence(states)
}

/// What a frame of [`present`] says.
pub(crate) fn states(frame: &[u8]) -> Option<&[u8]> {
    match Message::read(frame) {
        Ok(Message::Presence(states)) => Some(states),
        Ok(
            Message::StateVector(_) | Message::Update(_) | Message::PresenceQuery | Message::Auth,
        )
        | Err(_) => None,
    }
}

/// The frame that tells editors what was changed.
pub(crate) fn relayed(update: &[u8]) -> Vec<u8> {
    message::update(update)
}
