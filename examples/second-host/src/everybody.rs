//! Who belongs where: this program lets everybody do everything everywhere.

use std::collections::HashMap;

use async_trait::async_trait;
use identity::{Role, WorkspaceRef};
use perme8_events::{StorageError, UserId, WorkspaceId};
use projects::{Members, Membership};

/// Everybody owns every workspace.
#[derive(Debug)]
pub(crate) struct Everybody;

#[async_trait]
impl Members for Everybody {
    async fn membership(
        &self,
        _: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<Membership>, StorageError> {
        let WorkspaceRef::Id(workspace_id) = *workspace else { return Ok(None) };
        let (workspace_slug, role) = (workspace_id.to_string(), Role::Owner);
        Ok(Some(Membership { workspace_id, workspace_slug, is_archived: false, role }))
    }

    async fn workspaces_of(&self, _: UserId) -> Result<Vec<WorkspaceId>, StorageError> {
        Ok(Vec::new())
    }

    async fn owners_of(
        &self,
        _: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError> {
        Ok(HashMap::new())
    }
}
