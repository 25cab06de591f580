//! Workspaces and their members.

use perme8_events::Origin;

use super::{Identity, Refusal, person};
use crate::{
    application::{
        change_member_role::{ChangeMemberRole, ChangeMemberRoleError},
        create_workspace::{CreateWorkspace, CreateWorkspaceError},
        leave_workspace::{LeaveWorkspace, LeaveWorkspaceError},
        read_models::{MemberSummary, QueryError, WorkspaceDetails},
        remove_member::{RemoveMember, RemoveMemberError},
    },
    domain::{
        policy::{self, Action},
        references::WorkspaceRef,
    },
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

    /// The workspaces of the person who acts, newest first, without those that are put away.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn my_workspaces(
        &self,
        origin: &Origin,
    ) -> Result<Vec<WorkspaceDetails>, QueryError> {
        Ok(self.queries.workspaces(person(origin)?).await?)
    }

    /// The members of a workspace, for members, oldest first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn members(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<Vec<MemberSummary>, QueryError> {
        let workspace = self.seen(Action::ViewWorkspace, origin, workspace).await?;
        Ok(self.queries.members(workspace.id).await?)
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
