//! Workspaces that are gone, in `erm_gone_workspaces`, and turns in those that are not.

use perme8_events::{StorageError, Transaction as _, WorkspaceId, sql, sql::Tx};

use crate::application::ports::Workspaces;

impl Workspaces for Tx {
    async fn enter(&mut self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        self.take_turns(&turn(workspace)).await?;
        self.is_there(workspace).await
    }

    async fn is_there(&mut self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        let query = self
            .query(sql!("SELECT workspace_id FROM erm_gone_workspaces WHERE workspace_id = $1"));
        let gone: Option<(WorkspaceId,)> = query.bind(workspace).opt().await?;
        Ok(gone.is_none())
    }

    async fn remember_gone(&mut self, workspace: WorkspaceId) -> Result<(), StorageError> {
        self.take_turns(&turn(workspace)).await?;
        let now = self.now();
        let insert = sql!(
            "INSERT INTO erm_gone_workspaces (workspace_id, gone_at) VALUES ($1, $2)
             ON CONFLICT (workspace_id) DO NOTHING"
        );
        self.query(insert).bind(workspace).bind(now).exec().await.map(drop)
    }
}

fn turn(workspace: WorkspaceId) -> String {
    format!("erm.workspace:{workspace}")
}
