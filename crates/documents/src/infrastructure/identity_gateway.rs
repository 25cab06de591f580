//! Identity, as this context sees it.

use std::collections::HashMap;

use async_trait::async_trait;
use identity::WorkspaceRef;
use perme8_events::{StorageError, UserId, WorkspaceId};

use crate::application::ports::{Members, Membership, PersonView, Staff};

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
        Ok(found.map(|(workspace, role)| Membership {
            workspace_id: workspace.id,
            workspace_slug: workspace.slug,
            is_archived: workspace.archived,
            role,
        }))
    }

    async fn workspaces_of(&self, user: UserId) -> Result<Vec<WorkspaceId>, StorageError> {
        let memberships = self.directory.workspaces_of(user).await?;
        Ok(memberships.into_iter().map(|(workspace, _)| workspace.id).collect())
    }

    async fn owners_of(
        &self,
        workspaces: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError> {
        self.directory.owners(workspaces).await
    }

    async fn people(&self, users: &[UserId]) -> Result<Vec<PersonView>, StorageError> {
        let people = self.directory.users(users).await?.into_iter();
        Ok(people.map(|user| PersonView { id: user.id, email: user.email }).collect())
    }

    async fn staff(
        &self,
        users: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<Option<Staff>, StorageError> {
        let Some(entry) = self.directory.workspace(workspace).await? else { return Ok(None) };
        let roles = self.directory.roles_of(users, workspace).await?;
        Ok(Some(Staff { is_archived: entry.archived, roles }))
    }

    async fn name_of(&self, user: UserId) -> Result<Option<String>, StorageError> {
        Ok(self.directory.names(&[user]).await?.remove(&user))
    }
}
