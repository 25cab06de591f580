//! Identity, as this context sees it.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use identity::{Role, WorkspaceEntry, WorkspaceRef};
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
        Ok(self.directory.membership(user, workspace).await?.map(membership))
    }

    async fn memberships_of(&self, user: UserId) -> Result<Vec<Membership>, StorageError> {
        Ok(self.directory.workspaces_of(user).await?.into_iter().map(membership).collect())
    }

    async fn belonging(
        &self,
        pairs: &[(UserId, WorkspaceId)],
    ) -> Result<HashSet<(UserId, WorkspaceId)>, StorageError> {
        self.directory.belonging(pairs).await
    }

    async fn existing(&self, users: &[UserId]) -> Result<HashSet<UserId>, StorageError> {
        self.directory.existing(users).await
    }

    async fn names(&self, users: &[UserId]) -> Result<HashMap<UserId, String>, StorageError> {
        self.directory.names(users).await
    }
}

fn membership((entry, role): (WorkspaceEntry, Role)) -> Membership {
    Membership {
        workspace_id: entry.id,
        workspace_slug: entry.slug,
        is_archived: entry.archived,
        role,
    }
}
