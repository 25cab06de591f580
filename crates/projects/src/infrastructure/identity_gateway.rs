//! Identity, as this context sees it.

use std::collections::HashMap;

use async_trait::async_trait;
use identity::WorkspaceRef;
use perme8_events::{StorageError, UserId, WorkspaceId};

use crate::application::ports::{Members, Membership};

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
    async fn membership(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<Membership>, StorageError> {
        let found = self.directory.membership(user, workspace).await?;
        Ok(found.map(|(entry, role)| Membership {
            workspace_id: entry.id,
            workspace_slug: entry.slug,
            is_archived: entry.archived,
            role,
        }))
    }

    async fn workspaces_of(&self, user: UserId) -> Result<Vec<WorkspaceId>, StorageError> {
        let memberships = self.directory.workspaces_of(user).await?;
        Ok(memberships.into_iter().map(|(entry, _)| entry.id).collect())
    }

    async fn owners_of(
        &self,
        workspaces: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError> {
        self.directory.owners(workspaces).await
    }
}
