//! What is said: one message per frame.

use crate::domain::lib0::{Malformed, Reader, write_bytes, write_number};

/// What an editor says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// What it has, so that it is sent the rest.
    StateVector(&'a [u8]),
    /// What it changed, whether we asked for that or not.
    Update(&'a [u8]),
    /// Who is there, and where.
    Presence(&'a [u8]),
    PresenceQuery,
    /// What servers say to clients, and clients to nobody.
    Auth,
}

// The first number of a frame.
const SYNC: u64 = 0;
const PRESENCE: u64 = 1;
const AUTH: u64 = 2;
const PRESENCE_QUERY: u64 = 3;

// The second one, if the first is `SYNC`.
const STATE_VECTOR: u64 = 0;
const MISSING: u64 = 1;
const UPDATE: u64 = 2;

// The second one, if the first is `AUTH`.
const DENIED: u64 = 0;

impl<'a> Message<'a> {
    pub(super) fn read(frame: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(frame);
        let message = match reader.number()? {
            SYNC => match reader.number()? {
                STATE_VECTOR => Self::StateVector(reader.bytes()?),
                MISSING | UPDATE => Self::Update(reader.bytes()?),
                _ => return Err(Malformed),
            },
            PRESENCE => Self::Presence(reader.bytes()?),
            // Whatever it is, it is not for us.
            AUTH => return Ok(Self::Auth),
            PRESENCE_QUERY => Self::PresenceQuery,
            _ => return Err(Malformed),
        };
        if reader.is_at_end() { Ok(message) } else { Err(Malformed) }
    }
}

/// Says what we have, and so asks for what we have not.
pub(super) fn state_vector(state_vector: &[u8]) -> Vec<u8> {
    frame(&[SYNC, STATE_VECTOR], state_vector)
}

/// Sends what was missing.
pub(super) fn missing(update: &[u8]) -> Vec<u8> {
    frame(&[SYNC, MISSING], update)
}

/// Sends what was changed.
pub(super) fn update(update: &[u8]) -> Vec<u8> {
    frame(&[SYNC, UPDATE], update)
}

/// Says who is there.
pub(super) fn presence(states: &[u8]) -> Vec<u8> {
    frame(&[PRESENCE], states)
}

/// Says that something may not be done.
pub(super) fn denied(reason: &str) -> Vec<u8> {
    frame(&[AUTH, DENIED], reason.as_bytes())
}

fn frame(kind: &[u64], content: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(content.len() + 8);
    for number in kind {
        write_number(&mut frame, *number);
    }
    write_bytes(&mut frame, content);
    frame
}
