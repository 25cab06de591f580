//! The mailbox: `mail_mailbox`.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use perme8_events::{
    Origin, StorageError, sql,
    sql::{Db, Tx, UnitOfWork},
};
use sqlx::FromRow;

use crate::{
    application::ports::{Dispatch, DispatchError, MailboxEntries, Mailer},
    domain::{correspondent::Correspondent, outgoing::Outgoing},
    infrastructure::mailbox_entry::{MailId, MailboxEntry, MailboxSummary},
};

/// Puts mails into the mailbox, where it would otherwise send them.
#[derive(Debug, Clone)]
pub(crate) struct MailboxMailer {
    uow: UnitOfWork,
}

impl MailboxMailer {
    pub(crate) fn new(db: Db) -> Self {
        Self { uow: UnitOfWork::new(db) }
    }
}

#[async_trait]
impl Mailer for MailboxMailer {
    fn name(&self) -> String {
        "the mailbox".to_owned()
    }

    async fn send(&self, dispatch: &Dispatch) -> Result<(), DispatchError> {
        let origin = Origin::system("mail.mailbox");
        self.uow.run(origin, async |tx| Ok(tx.keep_mail(dispatch).await?)).await
    }
}

impl MailboxEntries for Tx {
    async fn keep_mail(&mut self, dispatch: &Dispatch) -> Result<(), StorageError> {
        let Dispatch { id, message_id, from, mail, at } = dispatch;
        let Outgoing { kind, to, subject, text, html, worth_until: _ } = mail;
        let insert = sql!(
            "INSERT INTO mail_mailbox
                (id, message_id, kind, from_address, from_name, to_address, to_name, subject, text_body, html_body, sent_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (id) DO NOTHING"
        );
        self.query(insert)
            .bind(*id)
            .bind(message_id.as_str())
            .bind(kind.as_str())
            .bind(from.address())
            .bind(from.name())
            .bind(to.address())
            .bind(to.name())
            .bind(subject.as_str())
            .bind(text.as_str())
            .bind(html.as_str())
            .bind(*at)
            .exec()
            .await
            .map(drop)
    }

    async fn purge_mails(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let delete = sql!(
            "DELETE FROM mail_mailbox WHERE id IN
                (SELECT id FROM mail_mailbox WHERE sent_at <= $1 ORDER BY sent_at, id LIMIT $2)"
        );
        self.query(delete).bind(before).bind(i64::from(limit)).exec().await
    }
}

#[derive(FromRow)]
struct SummaryRow {
    id: MailId,
    kind: String,
    to_address: String,
    to_name: String,
    subject: String,
    sent_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct EntryRow {
    id: MailId,
    message_id: String,
    kind: String,
    from_address: String,
    from_name: String,
    to_address: String,
    to_name: String,
    subject: String,
    text_body: String,
    html_body: String,
    sent_at: DateTime<Utc>,
}

impl TryFrom<SummaryRow> for MailboxSummary {
    type Error = StorageError;

    fn try_from(row: SummaryRow) -> Result<Self, StorageError> {
        let SummaryRow { id, kind, to_address, to_name, subject, sent_at } = row;
        let to = correspondent(&to_address, &to_name)?;
        Ok(Self { id, kind, to, subject, sent_at })
    }
}

impl TryFrom<EntryRow> for MailboxEntry {
    type Error = StorageError;

    fn try_from(row: EntryRow) -> Result<Self, StorageError> {
        let EntryRow {
            id,
            message_id,
            kind,
            from_address,
            from_name,
            to_address,
            to_name,
            subject,
            text_body: text,
            html_body: html,
            sent_at,
        } = row;
        let from = correspondent(&from_address, &from_name)?;
        let to = correspondent(&to_address, &to_name)?;
        Ok(Self { id, message_id, kind, from, to, subject, text, html, sent_at })
    }
}

fn correspondent(address: &str, name: &str) -> Result<Correspondent, StorageError> {
    Correspondent::new(address, name).map_err(StorageError::new)
}

/// The mails of the mailbox, newest first.
pub(crate) async fn list(db: &Db, limit: u32) -> Result<Vec<MailboxSummary>, StorageError> {
    let query = db.query(sql!(
        "SELECT id, kind, to_address, to_name, subject, sent_at FROM mail_mailbox
         ORDER BY sent_at DESC, id DESC LIMIT $1"
    ));
    let rows: Vec<SummaryRow> = query.bind(i64::from(limit)).all().await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// One of them.
pub(crate) async fn entry(db: &Db, id: MailId) -> Result<Option<MailboxEntry>, StorageError> {
    let query = db.query(sql!(
        "SELECT id, message_id, kind, from_address, from_name, to_address, to_name, subject, text_body, html_body,
                sent_at
         FROM mail_mailbox WHERE id = $1"
    ));
    let row: Option<EntryRow> = query.bind(id).opt().await?;
    row.map(TryInto::try_into).transpose()
}
