//! What use cases and handlers ask of the storage and of identity.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use identity::{Role, Slug, WorkspaceRef};
use perme8_events::{Load, StorageError, Transaction, UserId, WorkspaceId};

use crate::domain::project::Project;

/// Questions about projects.
pub(crate) trait Projects: Load<Project> {
    /// The project of a workspace that has the slug.
    fn project_by_slug(
        &mut self,
        workspace: WorkspaceId,
        slug: &Slug,
    ) -> impl Future<Output = Result<Option<Project>, StorageError>> + Send;
}

/// Which workspaces are gone, and what is left of them.
pub(crate) trait Workspaces: Transaction {
    /// Whether the workspace is gone.
    ///
    /// Until this transaction ends, no other can say so: what is added because of the answer is found by whoever clears the
    /// workspace.
    fn is_gone(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Says that the workspace is gone, for good.
    fn remember_gone(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets projects of a workspace; at most so many. Gives their number.
    fn clear(
        &mut self,
        workspace: WorkspaceId,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// Whose accounts are gone.
pub(crate) trait People: Transaction {
    /// Whether the account of this person is gone.
    ///
    /// Until this transaction ends, no other can say so: what becomes that person's because of the answer is found by whoever
    /// hands it over. Who asks about several asks in the order of their ids, so that nobody waits for each other.
    fn is_person_gone(
        &mut self,
        person: UserId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Says that the account of this person is gone, for good.
    fn remember_person_gone(
        &mut self,
        person: UserId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// What somebody is in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which workspace.
    pub workspace_id: WorkspaceId,
    /// What it is called in addresses.
    pub workspace_slug: String,
    /// Whether it is put away.
    pub is_archived: bool,
    /// What that person is there.
    pub role: Role,
}

/// Tells who belongs where; a host whose people live elsewhere implements it on its own tables.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait Members: fmt::Debug + Send + Sync {
    /// What a person is in a workspace, and whether that is put away, read together; none for those who do not belong to it,
    /// and when there is no such workspace.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when nobody can tell.
    async fn membership(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<Membership>, StorageError>;

    /// In which workspaces a person is.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn workspaces_of(&self, user: UserId) -> Result<Vec<WorkspaceId>, StorageError>;

    /// Who owns these workspaces; those that are gone are left out.
    ///
    /// # Errors
    ///
    /// As [`membership`](Self::membership).
    async fn owners_of(
        &self,
        workspaces: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError>;
}
