//! What use cases and handlers ask of the storage and of identity.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use identity::{InvitationId, Role};
use perme8_events::{EventId, Position, StorageError, Transaction, UserId, WorkspaceId};

use crate::domain::{
    action::NotificationAction,
    notification::{Notification, NotificationId},
};

/// The notifications of people.
pub(crate) trait Inboxes: Transaction {
    /// Whether this event told this person something already.
    fn was_told(
        &mut self,
        user: UserId,
        of: EventId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

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

    /// Those of this person that tell of events of this workspace before a position, oldest first.
    fn pointing_into(
        &mut self,
        workspace: WorkspaceId,
        user: UserId,
        before: Position,
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
    /// Where this person last lost this workspace; [`Position::START`] for never.
    ///
    /// Until this transaction ends, no other can remember a loss of the two: what is written because of the answer is seen
    /// by whoever cleans up after the loss.
    fn last_loss(
        &mut self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<Position, StorageError>> + Send;

    /// Remembers that this person lost this workspace; an earlier loss than the one known changes nothing.
    fn remember_loss(
        &mut self,
        user: UserId,
        workspace: WorkspaceId,
        at: Position,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
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

    /// Who manages a workspace.
    ///
    /// # Errors
    ///
    /// As [`workspace`](Self::workspace).
    async fn managers(&self, workspace: WorkspaceId) -> Result<Vec<UserId>, StorageError>;

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
}
