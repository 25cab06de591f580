//! Identity, as this context sees it.

use async_trait::async_trait;
use identity::WorkspaceRef;
use perme8_events::{StorageError, UserId};

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
            is_archived: entry.archived,
            role,
        }))
    }
}
