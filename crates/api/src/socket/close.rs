//! Why a socket ends, as its close frame says.

use axum::extract::ws::{CloseFrame, Message};

use crate::lifeline::Ended;

/// Why the host ends a socket. Codes below 4000 are those of RFC 6455, the others are our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Close {
    /// The host stops; another may be there already.
    ShuttingDown,
    /// Only text is understood.
    NotText,
    /// Only bytes are understood.
    NotBinary,
    /// The bytes are no message.
    Malformed,
    /// Message after message that was refused.
    TooManyErrors,
    /// A message that is too long.
    TooLong,
    /// The storage does not answer.
    StorageUnavailable,
    /// The session was ended, or is over, or the key.
    Ended(Ended),
    /// The person may not see any more what this is about.
    AccessLost,
    /// The document is gone, or in the trash.
    DocumentGone,
    /// The client does not take what it is sent.
    TooSlow,
    /// The client does not answer pings.
    NoPong,
}

impl Close {
    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::ShuttingDown => 1001,
            Self::NotText | Self::NotBinary => 1003,
            Self::Malformed => 1007,
            Self::TooManyErrors => 1008,
            Self::TooLong => 1009,
            Self::StorageUnavailable => 1011,
            Self::Ended(Ended::Session) => 4001,
            Self::Ended(Ended::Key) => 4002,
            Self::AccessLost => 4003,
            Self::DocumentGone => 4004,
            Self::TooSlow => 4008,
            Self::NoPong => 4009,
        }
    }

    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::ShuttingDown => "shutting_down",
            Self::NotText => "not_text",
            Self::NotBinary => "not_binary",
            Self::Malformed => "malformed_frame",
            Self::TooManyErrors => "too_many_errors",
            Self::TooLong => "message_too_long",
            Self::StorageUnavailable => "storage_unavailable",
            Self::Ended(ended) => ended.reason(),
            Self::AccessLost => "access_lost",
            Self::DocumentGone => "document_gone",
            Self::TooSlow => "too_slow",
            Self::NoPong => "no_pong",
        }
    }
}

impl From<Close> for Message {
    fn from(close: Close) -> Self {
        Self::Close(Some(CloseFrame { code: close.code(), reason: close.reason().into() }))
    }
}
