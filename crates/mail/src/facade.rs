//! The way in for hosts.

use std::sync::Arc;

use perme8_events::{
    Origin, StorageError,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        purge_mailbox::{PurgeMailbox, PurgeMailboxError},
        send_mail::SendMail,
    },
    domain::correspondent::Correspondent,
    infrastructure::{
        mailbox_entry::{MailId, MailboxEntry, MailboxSummary},
        mailbox_store::{self, MailboxMailer},
        smtp_gateway::{SmtpMailer, SmtpSetupError},
        smtp_server::SmtpServer,
    },
};

/// More mails are not listed at once.
const MAX_LISTED: u32 = 1000;

impl SendMail {
    /// Sends through this server.
    ///
    /// # Errors
    ///
    /// [`SmtpSetupError`].
    pub fn through(
        server: SmtpServer,
        from: Correspondent,
        db: &Db,
    ) -> Result<Self, SmtpSetupError> {
        Ok(Self::new(Arc::new(SmtpMailer::new(server)?), from, Arc::clone(db.clock())))
    }

    /// Keeps the mails in the mailbox, where there is no server.
    #[must_use]
    pub fn into_mailbox(from: Correspondent, db: &Db) -> Self {
        Self::new(Arc::new(MailboxMailer::new(db.clone())), from, Arc::clone(db.clock()))
    }
}

/// The mails of a host without a mail server.
///
/// They hold live links: whoever may read the mailbox can log in as everybody. It asks nobody who asks, so it belongs into the
/// hands of operators, and of developers on hosts of their own.
#[derive(Debug, Clone)]
pub struct Mailbox {
    db: Db,
}

impl Mailbox {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The newest mails, at most 1,000.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn list(&self, limit: u32) -> Result<Vec<MailboxSummary>, StorageError> {
        mailbox_store::list(&self.db, limit.min(MAX_LISTED)).await
    }

    /// One of them.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn mail(&self, id: MailId) -> Result<Option<MailboxEntry>, StorageError> {
        mailbox_store::entry(&self.db, id).await
    }

    /// Forgets old mails, and says how many; fewer than the limit means that nothing is left. Only the system may.
    ///
    /// # Errors
    ///
    /// [`PurgeMailboxError`].
    pub async fn purge(
        &self,
        origin: Origin,
        command: PurgeMailbox,
    ) -> Result<u64, PurgeMailboxError> {
        let uow = UnitOfWork::new(self.db.clone());
        uow.run(origin, async |tx| command.execute(tx).await).await
    }
}
