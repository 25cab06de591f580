//! What somebody may do with a graph, for who would tell nobody else what is wrong with a wish.

use identity::WorkspaceRef;
use perme8_events::{Origin, StorageError};

use super::Erm;
use crate::{application::acting::from_not_acting, domain::policy::Action};

/// Why somebody may not.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is no such workspace, or the person is not a member of it.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The role does not allow it.
    #[error("the role does not allow this")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived")]
    WorkspaceArchived,
    /// The database gave an error.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting!(AccessError);

impl Erm {
    /// Whether whoever asks may see the graph of a workspace.
    ///
    /// # Errors
    ///
    /// [`AccessError`].
    pub async fn may_read(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<(), AccessError> {
        self.may(origin, workspace, Action::Read).await
    }

    /// Whether whoever asks may write entities and edges there.
    ///
    /// # Errors
    ///
    /// [`AccessError`].
    pub async fn may_write(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<(), AccessError> {
        self.may(origin, workspace, Action::Write).await
    }

    /// Whether whoever asks may try there what a schema would change.
    ///
    /// # Errors
    ///
    /// [`AccessError`].
    pub async fn may_try_schema(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<(), AccessError> {
        self.may(origin, workspace, Action::TrySchema).await
    }

    async fn may(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        action: Action,
    ) -> Result<(), AccessError> {
        Ok(self.acting(origin, workspace).await?.may(action)?)
    }
}
