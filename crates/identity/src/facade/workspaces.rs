//! Workspaces and their members.

use perme8_events::Origin;

use super::{Identity, Refusal, person};
use crate::{
    application::{
        archive_workspace::{ArchiveWorkspace, ArchiveWorkspaceError},
        change_member_role::{ChangeMemberRole, ChangeMemberRoleError},
        create_workspace::{CreateWorkspace, CreateWorkspaceError},
        delete_workspace::{DeleteWorkspace, DeleteWorkspaceError},
        leave_workspace::{LeaveWorkspace, LeaveWorkspaceError},
        read_models::{
            ListMembers, ListWorkspaces, MemberSummary, MembersPage, QueryError, WorkspaceDetails,
        },
        remove_member::{RemoveMember, RemoveMemberError},
        restore_workspace::{RestoreWorkspace, RestoreWorkspaceError},
        transfer_ownership::{TransferOwnership, TransferOwnershipError},
        update_workspace::{UpdateWorkspace, UpdateWorkspaceError},
    },
    domain::{
        policy::{self, Action},
        references::WorkspaceRef,
    },
    infrastructure::member_queries,
};

impl Identity {
    /// Creates a workspace, which the person who acts owns from then on.
    ///
    /// # Errors
    ///
    /// [`CreateWorkspaceError`].
    #[tracing::instrument(skip_all)]
    pub async fn create_workspace(
        &self,
        origin: Origin,
        command: CreateWorkspace,
    ) -> Result<WorkspaceDetails, CreateWorkspaceError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// A workspace of the person who acts; to strangers there is none.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn workspace(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<WorkspaceDetails, QueryError> {
        self.seen(Action::ViewWorkspace, origin, workspace).await
    }

    /// The workspaces of the person who acts, newest first: those that are in use, or those that are put away.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn my_workspaces(
        &self,
        origin: &Origin,
        asked: ListWorkspaces,
    ) -> Result<Vec<WorkspaceDetails>, QueryError> {
        Ok(self.queries.workspaces(person(origin)?, asked).await?)
    }

    /// A page of the members of a workspace, for members, oldest first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn members(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: ListMembers,
    ) -> Result<MembersPage, QueryError> {
        let workspace = self.seen(Action::ViewWorkspace, origin, workspace).await?;
        Ok(member_queries::members(&self.db, workspace.id, &asked).await?)
    }

    /// Changes what a workspace is called and what it is for.
    ///
    /// # Errors
    ///
    /// [`UpdateWorkspaceError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn update_workspace(
        &self,
        origin: Origin,
        command: UpdateWorkspace,
    ) -> Result<WorkspaceDetails, UpdateWorkspaceError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Whether the person who acts may change a workspace, for who does not know yet into what.
    ///
    /// # Errors
    ///
    /// [`UpdateWorkspaceError`], as of the command.
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn may_update_workspace(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<(), UpdateWorkspaceError> {
        transact!(self, origin.clone(), tx => UpdateWorkspace::granted(tx, workspace)).map(drop)
    }

    /// Puts a workspace away.
    ///
    /// # Errors
    ///
    /// [`ArchiveWorkspaceError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn archive_workspace(
        &self,
        origin: Origin,
        command: ArchiveWorkspace,
    ) -> Result<WorkspaceDetails, ArchiveWorkspaceError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Takes a workspace out again that was put away.
    ///
    /// # Errors
    ///
    /// [`RestoreWorkspaceError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn restore_workspace(
        &self,
        origin: Origin,
        command: RestoreWorkspace,
    ) -> Result<WorkspaceDetails, RestoreWorkspaceError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Makes another member the owner of a workspace.
    ///
    /// # Errors
    ///
    /// [`TransferOwnershipError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn transfer_ownership(
        &self,
        origin: Origin,
        command: TransferOwnership,
    ) -> Result<(), TransferOwnershipError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Deletes a workspace for good.
    ///
    /// # Errors
    ///
    /// [`DeleteWorkspaceError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn delete_workspace(
        &self,
        origin: Origin,
        command: DeleteWorkspace,
    ) -> Result<(), DeleteWorkspaceError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Gives a member another role.
    ///
    /// # Errors
    ///
    /// [`ChangeMemberRoleError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn change_member_role(
        &self,
        origin: Origin,
        command: ChangeMemberRole,
    ) -> Result<MemberSummary, ChangeMemberRoleError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Ends the membership of somebody.
    ///
    /// # Errors
    ///
    /// [`RemoveMemberError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn remove_member(
        &self,
        origin: Origin,
        command: RemoveMember,
    ) -> Result<(), RemoveMemberError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// Ends the membership of the person who acts.
    ///
    /// # Errors
    ///
    /// [`LeaveWorkspaceError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn leave_workspace(
        &self,
        origin: Origin,
        command: LeaveWorkspace,
    ) -> Result<(), LeaveWorkspaceError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// The workspace, for somebody whom the policy lets see this of it; to strangers there is none.
    pub(super) async fn seen(
        &self,
        action: Action,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<WorkspaceDetails, QueryError> {
        let found = self.queries.workspace(person(origin)?, workspace).await?;
        let workspace = found.ok_or(QueryError::NotFound)?;
        policy::decide(workspace.role, workspace.archived_at.is_some(), action)?;
        Ok(workspace)
    }
}
