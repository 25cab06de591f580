//! Who acts, in which workspace, and as what.

use perme8_events::{Actor, Load, Origin, StorageError, UserId};

use crate::{
    application::{
        archive_workspace::ArchiveWorkspaceError, change_member_role::ChangeMemberRoleError,
        choose_preferences::ChoosePreferencesError, delete_workspace::DeleteWorkspaceError,
        invite_member::InviteMemberError, invite_members::InviteMembersError,
        leave_workspace::LeaveWorkspaceError, ports::Workspaces, remove_member::RemoveMemberError,
        resend_invitation::ResendInvitationError, restore_workspace::RestoreWorkspaceError,
        revoke_invitation::RevokeInvitationError, transfer_ownership::TransferOwnershipError,
        update_workspace::UpdateWorkspaceError,
    },
    domain::{
        policy::{self, Action, Denied},
        references::WorkspaceRef,
        role::Role,
        slug::Slug,
        user::User,
        workspace::Workspace,
    },
};

/// The person who acts, what that person is, and the workspace where that is allowed.
#[derive(Debug)]
pub(crate) struct ActingMember {
    pub(crate) user_id: UserId,
    pub(crate) workspace: Workspace,
    pub(crate) role: Role,
    by_key: bool,
}

/// Why nobody can do something in a workspace.
#[derive(Debug)]
pub(crate) enum NotActing {
    /// No person acts, or a key where a person has to.
    Nobody,
    /// There is no such workspace, or the person is a stranger there: the same, so that nobody learns which exist.
    Stranger,
    /// The policy denies it to the person.
    Denied(Denied),
    /// The storage failed.
    Storage(StorageError),
}

impl ActingMember {
    /// Whoever acts, if the policy lets them do this; role and status of the workspace are read together, and stay until
    /// the transaction ends.
    pub(crate) async fn who_may(
        action: Action,
        tx: &mut impl Workspaces,
        workspace: &WorkspaceRef,
    ) -> Result<Self, NotActing> {
        let by_key = acts_by_key(tx.origin());
        let user_id = acting_user(tx.origin()).filter(|_| !by_key || action.is_for_keys());
        let user_id = user_id.ok_or(NotActing::Nobody)?;
        let standing = tx.standing(user_id, workspace).await.map_err(NotActing::Storage)?;
        let (workspace, role) = standing.ok_or(NotActing::Stranger)?;
        policy::decide(role, workspace.is_archived(), action).map_err(NotActing::Denied)?;
        Ok(Self { user_id, workspace, role, by_key })
    }

    /// Whether this is the person whose key acts: no program ends or lessens the membership that it lives on.
    pub(crate) fn lends_key(&self, user: UserId) -> bool {
        self.by_key && self.user_id == user
    }
}

/// The person who acts, in person or by a key.
pub(crate) fn acting_user(origin: &Origin) -> Option<UserId> {
    origin.actor().user()
}

/// The person who acts, if no program does so by a key.
pub(crate) fn acting_in_person(origin: &Origin) -> Option<UserId> {
    acting_user(origin).filter(|_| !acts_by_key(origin))
}

fn acts_by_key(origin: &Origin) -> bool {
    matches!(origin.actor(), Actor::ApiKey { .. })
}

/// The person who acts, in person or by a key, if it is one with a confirmed account.
pub(crate) async fn acting_confirmed_user<T: Load<User>>(
    tx: &mut T,
) -> Result<Option<User>, StorageError> {
    confirmed(tx, acting_user(tx.origin())).await
}

/// The person who acts with a confirmed account, if no program does so by a key.
pub(crate) async fn confirmed_in_person<T: Load<User>>(
    tx: &mut T,
) -> Result<Option<User>, StorageError> {
    confirmed(tx, acting_in_person(tx.origin())).await
}

async fn confirmed<T: Load<User>>(
    tx: &mut T,
    id: Option<UserId>,
) -> Result<Option<User>, StorageError> {
    let Some(id) = id else { return Ok(None) };
    Ok(Load::<User>::load(tx, id).await?.filter(User::is_confirmed))
}

/// The workspace, whoever asks.
pub(crate) async fn workspace_by<T: Workspaces>(
    tx: &mut T,
    workspace: &WorkspaceRef,
) -> Result<Option<Workspace>, StorageError> {
    match workspace {
        WorkspaceRef::Id(id) => tx.load(*id).await,
        WorkspaceRef::Slug(text) => match Slug::parse(text) {
            Some(slug) => tx.workspace_by_slug(&slug).await,
            None => Ok(None),
        },
    }
}

macro_rules! from_not_acting {
    ($($Error:ident: $by_archive:ident),+ $(,)?) => {$(
        impl From<NotActing> for $Error {
            fn from(reason: NotActing) -> Self {
                match reason {
                    NotActing::Nobody | NotActing::Denied(Denied::ByRole) => Self::Forbidden,
                    NotActing::Denied(Denied::ByArchive) => Self::$by_archive,
                    NotActing::Stranger => Self::WorkspaceNotFound,
                    NotActing::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

// What is possible in an archived workspace, too, has no word of its own for the opposite.
from_not_acting!(
    ArchiveWorkspaceError: Forbidden,
    ChangeMemberRoleError: WorkspaceArchived,
    ChoosePreferencesError: WorkspaceArchived,
    DeleteWorkspaceError: Forbidden,
    InviteMemberError: WorkspaceArchived,
    InviteMembersError: WorkspaceArchived,
    LeaveWorkspaceError: Forbidden,
    RemoveMemberError: Forbidden,
    ResendInvitationError: WorkspaceArchived,
    RestoreWorkspaceError: Forbidden,
    RevokeInvitationError: Forbidden,
    TransferOwnershipError: WorkspaceArchived,
    UpdateWorkspaceError: WorkspaceArchived,
);
