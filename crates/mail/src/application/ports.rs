//! What sending asks of the outside, and what the mailbox asks of the transaction.

use std::{error::Error, fmt};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction};
use uuid::Uuid;

use crate::domain::{correspondent::Correspondent, message_id::MessageId, outgoing::Outgoing};

/// A mail with everything that a server wants to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dispatch {
    /// The same for every attempt.
    pub(crate) id: Uuid,
    /// The same for every attempt.
    pub(crate) message_id: MessageId,
    pub(crate) from: Correspondent,
    pub(crate) mail: Outgoing,
    pub(crate) at: DateTime<Utc>,
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DispatchError {
    /// It will never be taken.
    #[error("the mail is refused for good")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// It may be taken later, or by a server that is set up better.
    #[error("the mail cannot be sent now")]
    NotNow(#[source] Box<dyn Error + Send + Sync>),
    /// The mailbox cannot be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Takes mails: a server, or the mailbox of a host without one.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub(crate) trait Mailer: fmt::Debug + Send + Sync {
    /// Where they go, for operators, e.g. `smtps://mail.example.com:465`.
    fn name(&self) -> String;

    /// Sends a mail.
    async fn send(&self, dispatch: &Dispatch) -> Result<(), DispatchError>;
}

/// The mails of the mailbox.
pub(crate) trait MailboxEntries: Transaction {
    /// Keeps a mail, unless it is there already.
    fn keep_mail(
        &mut self,
        dispatch: &Dispatch,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets mails that were sent before this instant, oldest first; at most so many. Gives their number.
    fn purge_mails(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}
