//! Identity, as this context sees it.

use async_trait::async_trait;
use identity::{InvitationId, Role, WorkspaceEntry};
use perme8_events::{StorageError, UserId, WorkspaceId};

use crate::application::ports::{
    Addressee, Colleague, Directory, SentInvitation, WorkspaceNames, WorkspaceView,
};

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
impl Directory for IdentityGateway {
    async fn workspace(&self, id: WorkspaceId) -> Result<Option<WorkspaceNames>, StorageError> {
        let entry = self.directory.workspace(id).await?;
        Ok(entry.map(|entry| WorkspaceNames { name: entry.name, slug: entry.slug }))
    }

    async fn person_name(&self, id: UserId) -> Result<Option<String>, StorageError> {
        Ok(self.directory.user(id).await?.map(|entry| entry.name))
    }

    async fn role_of(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Role>, StorageError> {
        self.directory.role_of(user, workspace).await
    }

    async fn people(
        &self,
        workspace: WorkspaceId,
        at_least: Role,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, StorageError> {
        self.directory.people(workspace, at_least, after, limit).await
    }

    async fn invitation(&self, id: InvitationId) -> Result<Option<SentInvitation>, StorageError> {
        let entry = self.directory.invitation(id).await?;
        Ok(entry.map(|entry| SentInvitation { sender: entry.invited_by, email: entry.email }))
    }

    async fn workspaces_seen_by(
        &self,
        reader: UserId,
        workspaces: &[WorkspaceId],
    ) -> Result<Vec<WorkspaceView>, StorageError> {
        let entries = self.directory.workspaces_seen_by(reader, workspaces).await?;
        Ok(entries.into_iter().map(|(entry, role)| view(entry, role)).collect())
    }

    async fn colleagues(
        &self,
        workspaces: &[WorkspaceId],
        people: &[UserId],
    ) -> Result<Vec<Colleague>, StorageError> {
        let entries = self.directory.members_among(people, workspaces).await?;
        let colleague = |entry: identity::MemberEntry| Colleague {
            workspace_id: entry.workspace_id,
            user_id: entry.user_id,
            name: entry.name,
        };
        Ok(entries.into_iter().map(colleague).collect())
    }

    async fn workspaces_of(&self, person: UserId) -> Result<Vec<WorkspaceView>, StorageError> {
        let entries = self.directory.workspaces_of(person).await?;
        Ok(entries.into_iter().map(|(entry, role)| view(entry, Some(role))).collect())
    }

    async fn addressee(&self, person: UserId) -> Result<Option<Addressee>, StorageError> {
        let entry = self.directory.user(person).await?.filter(|entry| entry.confirmed);
        Ok(entry.map(|entry| Addressee { name: entry.name, email: entry.email }))
    }
}

fn view(entry: WorkspaceEntry, role: Option<Role>) -> WorkspaceView {
    let WorkspaceEntry { id, name, slug, archived: _ } = entry;
    WorkspaceView { id, names: WorkspaceNames { name, slug }, role }
}
