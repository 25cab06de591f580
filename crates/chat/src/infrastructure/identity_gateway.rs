//! Identity, as this context sees it.

use std::collections::HashSet;

use async_trait::async_trait;
use identity::{AgentId, WorkspaceEntry, WorkspaceRef};
use perme8_events::{StorageError, UserId, WorkspaceId};

use crate::application::ports::{Members, WorkspaceView};

/// Asks the identity context of the same host.
#[derive(Debug, Clone)]
pub struct IdentityGateway {
    directory: identity::Directory,
}

impl IdentityGateway {
    /// Asks `directory`.
    #[must_use]
    pub fn new(directory: identity::Directory) -> Self {
        Self { directory }
    }
}

#[async_trait]
impl Members for IdentityGateway {
    async fn workspace(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<WorkspaceView>, StorageError> {
        let found = self.directory.membership(user, workspace).await?;
        Ok(found.map(|(entry, _)| view(entry)))
    }

    async fn workspaces_of(&self, user: UserId) -> Result<Vec<WorkspaceView>, StorageError> {
        let memberships = self.directory.workspaces_of(user).await?;
        Ok(memberships.into_iter().map(|(entry, _)| view(entry)).collect())
    }

    async fn selected_agent(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<AgentId>, StorageError> {
        self.directory.selected_agent(user, workspace).await
    }

    async fn existing(&self, users: &[UserId]) -> Result<HashSet<UserId>, StorageError> {
        self.directory.existing(users).await
    }

    async fn belonging(
        &self,
        pairs: &[(UserId, WorkspaceId)],
    ) -> Result<HashSet<(UserId, WorkspaceId)>, StorageError> {
        self.directory.belonging(pairs).await
    }
}

fn view(entry: WorkspaceEntry) -> WorkspaceView {
    let WorkspaceEntry { id, name, slug, archived: is_archived } = entry;
    WorkspaceView { id, name, slug, is_archived }
}
