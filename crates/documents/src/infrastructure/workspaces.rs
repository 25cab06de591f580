//! Workspaces that are gone, in `documents_gone_workspaces`.

use perme8_events::{StorageError, WorkspaceId, sql, sql::Tx};

use crate::application::ports::Workspaces;

impl Workspaces for Tx {
    async fn is_gone(&mut self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        self.take_turns(&turn(workspace)).await?;
        let query = self.query(sql!(
            "SELECT workspace_id FROM documents_gone_workspaces WHERE workspace_id = $1"
        ));
        let row: Option<(WorkspaceId,)> = query.bind(workspace).opt().await?;
        Ok(row.is_some())
    }
}

fn turn(workspace: WorkspaceId) -> String {
    format!("documents.workspace:{workspace}")
}
