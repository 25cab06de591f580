//! What is in the mailbox, for whoever develops with a host.

use chrono::{DateTime, Utc};
use perme8_events::{Id, StorageError};
use serde::Serialize;

use crate::{
    domain::{correspondent::Correspondent, message_id::MessageId},
    infrastructure::message::{Parts, message},
};

/// Identifies a mail of the mailbox; the id of the job that sent it.
pub type MailId = Id<MailboxEntry>;

/// A mail in the mailbox, in full. `Debug` shows ids and the kind alone, because links may hold tokens.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct MailboxEntry {
    /// Which.
    pub id: MailId,
    /// The name under which a server would know it.
    pub message_id: String,
    /// What it is for.
    pub kind: String,
    /// Who sends it.
    pub from: Correspondent,
    /// Who gets it.
    pub to: Correspondent,
    /// Its subject.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What it says, as HTML.
    pub html: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
}

/// A mail in the mailbox, without what it says.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct MailboxSummary {
    /// Which.
    pub id: MailId,
    /// What it is for.
    pub kind: String,
    /// Who gets it.
    pub to: Correspondent,
    /// Its subject.
    pub subject: String,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
}

impl MailboxEntry {
    /// The whole message, as it would go to a server.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when what is stored makes no message.
    pub fn raw(&self) -> Result<String, StorageError> {
        let Self { id: _, message_id, kind: _, from, to, subject, text, html, sent_at } = self;
        let message_id = &MessageId::stored(message_id.clone());
        let parts = Parts { message_id, from, to, subject, text, html, at: *sent_at };
        let message = message(parts).map_err(StorageError::new)?;
        String::from_utf8(message.formatted()).map_err(StorageError::new)
    }
}

impl std::fmt::Debug for MailboxEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailboxEntry")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for MailboxSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailboxSummary")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
