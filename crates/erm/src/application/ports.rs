//! What use cases and handlers ask of the storage and of identity.

use std::fmt;

use async_trait::async_trait;
use identity::{Role, WorkspaceRef};
use perme8_events::{StorageError, Transaction, UserId, WorkspaceId};

/// Which workspaces are gone, and whose turn it is in one that is not.
pub(crate) trait Workspaces: Transaction {
    /// Waits until nobody else writes in the graph of this workspace, and keeps everybody out until this transaction ends;
    /// whether the workspace is still there.
    ///
    /// So what is read afterwards stays true: quotas, unique properties, the ends of edges, the schema.
    fn enter(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Says that the workspace is gone, for good.
    fn remember_gone(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// What somebody is in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which workspace.
    pub workspace_id: WorkspaceId,
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
}
