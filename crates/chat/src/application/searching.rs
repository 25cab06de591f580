//! Looking for what was said.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::{
    application::read_models::{MAX_LIMIT, MessagePlace},
    domain::{
        message::MessageRole,
        references::{ChatSessionId, MessageId},
    },
};

/// A search looks at so many messages at a time.
pub(crate) const SCANNED: i64 = 2_000;

/// Which of the own messages somebody looks for, newest first.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchMessages {
    /// Those in which each of these words occurs, in any letter case.
    pub words: String,
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
    /// Those that follow a page; from the newest on without it.
    pub after: Option<MessagePlace>,
}

/// Leaves out what is looked for.
impl fmt::Debug for SearchMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchMessages")
            .field("limit", &self.limit)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

impl SearchMessages {
    pub(crate) fn limit(&self) -> usize {
        self.limit.clamp(1, MAX_LIMIT).into()
    }
}

/// A message that was found.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundMessage {
    /// Which.
    pub id: MessageId,
    /// Of which session.
    pub session_id: ChatSessionId,
    /// What that is called.
    pub session_title: Option<String>,
    /// Its place there.
    pub number: i64,
    /// Who said it.
    pub role: MessageRole,
    /// What stands around the first word that was found.
    pub excerpt: String,
    /// When it was said.
    pub created_at: DateTime<Utc>,
}

/// Leaves out what was said.
impl fmt::Debug for FoundMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundMessage").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Some messages that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMessages {
    /// The messages, newest first; maybe none, although more follow: a search looks at so many messages at a time.
    pub messages: Vec<FoundMessage>,
    /// Where the search goes on; none when it has looked at everything.
    pub next: Option<MessagePlace>,
}
