//! What use cases and handlers ask of the storage and of identity.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use documents::DocumentId;
use identity::{InvitationId, Role};
use perme8_events::{EventId, Position, StorageError, Transaction, UserId, WorkspaceId};
use projects::ProjectId;

use crate::domain::{
    action::NotificationAction,
    delivery::Delivery,
    notification::{Notification, NotificationId},
    notification_type::NotificationType,
    preferences::DigestHour,
};

/// The notifications of people.
pub(crate) trait Inboxes: Transaction {
    /// Whom of these people this event told something already.
    fn who_was_told(
        &mut self,
        people: &[UserId],
        of: EventId,
    ) -> impl Future<Output = Result<BTreeSet<UserId>, StorageError>> + Send;

    /// A notification of this person; somebody else's is none.
    fn notification_of(
        &mut self,
        user: UserId,
        id: NotificationId,
    ) -> impl Future<Output = Result<Option<Notification>, StorageError>> + Send;

    /// Those that ask for an answer to this invitation.
    fn asking_about(
        &mut self,
        invitation: InvitationId,
    ) -> impl Future<Output = Result<Vec<Notification>, StorageError>> + Send;

    /// Those of this person, or of everybody, that tell of events of this workspace before a position: the first `limit` of
    /// those behind `after`, by their readers and ids.
    fn pointing_into(
        &mut self,
        workspace: WorkspaceId,
        user: Option<UserId>,
        before: Position,
        after: Option<(UserId, NotificationId)>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Notification>, StorageError>> + Send;

    /// Marks as read whatever this person has not read and was created up to an instant; gives when each was created.
    fn read_up_to(
        &mut self,
        user: UserId,
        up_to: DateTime<Utc>,
    ) -> impl Future<Output = Result<Vec<DateTime<Utc>>, StorageError>> + Send;

    /// Forgets notifications of all people that were read up to an instant, the oldest first; at most so many. Gives their
    /// number.
    fn purge_read(
        &mut self,
        up_to: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// The same of those that nobody has read and that were created up to an instant.
    fn purge_unread(
        &mut self,
        up_to: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// Whose things this context keeps.
pub(crate) trait People: Transaction {
    /// Who of these people is gone.
    ///
    /// Until this transaction ends, none of the others goes: what is written because of the answer is found by whoever forgets
    /// them.
    fn who_is_gone(
        &mut self,
        people: &[UserId],
    ) -> impl Future<Output = Result<BTreeSet<UserId>, StorageError>> + Send;

    /// Forgets everything about a person, except that there is nobody any more who could be told something.
    fn forget_person(
        &mut self,
        user: UserId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets that people are gone who went up to an instant, the first ones first; at most so many. Gives their number.
    fn purge_gone(
        &mut self,
        up_to: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// Which invitations need no answer any more.
pub(crate) trait Answers: Transaction {
    /// What became of an invitation, if anything did.
    fn answer(
        &mut self,
        invitation: InvitationId,
    ) -> impl Future<Output = Result<Option<NotificationAction>, StorageError>> + Send;

    /// Remembers what became of an invitation; the first answer stands.
    fn remember_answer(
        &mut self,
        invitation: InvitationId,
        action: NotificationAction,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets answers up to an instant, the oldest first; at most so many. Gives their number.
    fn purge_answers(
        &mut self,
        up_to: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// Where in the log people lost workspaces.
pub(crate) trait Accesses: Transaction {
    /// Where each of these people, or everybody, last lost this workspace; [`Position::START`] for never.
    ///
    /// Until this transaction ends, no other can remember such a loss: what is written because of the answer is seen by
    /// whoever cleans up after the loss.
    fn last_losses(
        &mut self,
        people: &[UserId],
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<BTreeMap<UserId, Position>, StorageError>> + Send;

    /// Remembers that this person, or everybody, lost this workspace; an earlier loss than the one known changes nothing.
    fn remember_loss(
        &mut self,
        user: Option<UserId>,
        workspace: WorkspaceId,
        at: Position,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// How people want to be told.
pub(crate) trait Wishes: Transaction {
    /// How these people want to be told of something of this type in this workspace; those who never chose are left out.
    fn wishes(
        &mut self,
        people: &[UserId],
        kind: NotificationType,
        workspace: Option<WorkspaceId>,
    ) -> impl Future<Output = Result<BTreeMap<UserId, Wish>, StorageError>> + Send;
}

/// How one person wants to be told of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Wish {
    pub(crate) delivery: Delivery,
    pub(crate) digest_hour: DigestHour,
}

/// What waits for the mails of the day.
pub(crate) trait Digests: Transaction {
    /// When the next mail of this person is due: at `at`, unless one is due already.
    ///
    /// Until this transaction ends, no other can take what is in that mail: what is written because of the answer is in it.
    fn digest_at(
        &mut self,
        person: UserId,
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<DateTime<Utc>, StorageError>> + Send;

    /// Takes what waits for the mail of this person that is due then, and gives in a sentence each what was not read yet,
    /// oldest first. Nothing when no such mail is due.
    fn take_digest(
        &mut self,
        person: UserId,
        due_at: DateTime<Utc>,
    ) -> impl Future<Output = Result<Vec<String>, StorageError>> + Send;
}

/// What a workspace is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceNames {
    /// By people.
    pub name: String,
    /// In addresses.
    pub slug: String,
}

/// A workspace, as one person sees it today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceView {
    /// The workspace.
    pub id: WorkspaceId,
    /// What it is called.
    pub names: WorkspaceNames,
    /// What that person is there, if anything.
    pub role: Option<Role>,
}

/// Somebody in a workspace, as the others there see them today.
#[derive(Clone, PartialEq, Eq)]
pub struct Colleague {
    /// Where.
    pub workspace_id: WorkspaceId,
    /// Who.
    pub user_id: UserId,
    /// The full name.
    pub name: String,
}

impl fmt::Debug for Colleague {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Colleague")
            .field("workspace_id", &self.workspace_id)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// To whom a mail goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The full name.
    pub name: String,
    /// The e-mail address, which is proven to be theirs.
    pub email: String,
}

impl fmt::Debug for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Addressee(..)")
    }
}

/// Who invited whom.
#[derive(Clone, PartialEq, Eq)]
pub struct SentInvitation {
    /// Who sent it.
    pub sender: UserId,
    /// To which e-mail address, as the sender knows it.
    pub email: String,
}

impl fmt::Debug for SentInvitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentInvitation").field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// A project, as it is called today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectView {
    /// Which.
    pub id: ProjectId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// What people call it.
    pub name: String,
    /// What addresses call it.
    pub slug: String,
}

/// Tells what projects are called; a host whose projects live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait ProjectDirectory: fmt::Debug + Send + Sync {
    /// What these projects are called today; those that are gone are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn projects(&self, ids: &[ProjectId]) -> Result<Vec<ProjectView>, StorageError>;
}

/// A document that is neither gone nor in the trash, as it is called today, and who sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentView {
    /// Which.
    pub id: DocumentId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What people call it.
    pub title: String,
    /// What addresses call it.
    pub slug: String,
    /// Whether every member of the workspace sees it, or its owner alone.
    pub is_public: bool,
}

/// Tells what documents are called and who sees them; a host whose documents live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait DocumentDirectory: fmt::Debug + Send + Sync {
    /// These documents as they are today; those that are gone or in the trash are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn documents(&self, ids: &[DocumentId]) -> Result<Vec<DocumentView>, StorageError>;
}

/// Tells who is who, and who belongs where; a host whose people live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait Directory: fmt::Debug + Send + Sync {
    /// What a workspace is called; none when it is gone.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell; the event is handled again later.
    async fn workspace(&self, id: WorkspaceId) -> Result<Option<WorkspaceNames>, StorageError>;

    /// The full name of a person; none for somebody who is gone.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn person_name(&self, id: UserId) -> Result<Option<String>, StorageError>;

    /// What a person is in a workspace; none for those who do not belong to it.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn role_of(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Role>, StorageError>;

    /// Who is `at_least` this in a workspace: the first `limit` of those behind `after`, in the order of their ids.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn people(
        &self,
        workspace: WorkspaceId,
        at_least: Role,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, StorageError>;

    /// Who invited whom; none when there is no such invitation.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn invitation(&self, id: InvitationId) -> Result<Option<SentInvitation>, StorageError>;

    /// What these workspaces are called today, and what `reader` is there; those that are gone are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn workspaces_seen_by(
        &self,
        reader: UserId,
        workspaces: &[WorkspaceId],
    ) -> Result<Vec<WorkspaceView>, StorageError>;

    /// Which of these people are in which of these workspaces, and what they are called today.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn colleagues(
        &self,
        workspaces: &[WorkspaceId],
        people: &[UserId],
    ) -> Result<Vec<Colleague>, StorageError>;

    /// In which workspaces `person` is, and what they are called today.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn workspaces_of(&self, person: UserId) -> Result<Vec<WorkspaceView>, StorageError>;

    /// Where mails to `person` go; none for somebody who is gone, or has no address that is proven to be theirs.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn addressee(&self, person: UserId) -> Result<Option<Addressee>, StorageError>;
}
