//! Workspaces that are gone, in `projects_gone_workspaces`.

use perme8_events::{StorageError, Transaction as _, WorkspaceId, sql, sql::Tx};

use crate::application::ports::Workspaces;

impl Workspaces for Tx {
    async fn is_gone(&mut self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        self.take_turns(&turn(workspace)).await?;
        let query = self.query(sql!(
            "SELECT workspace_id FROM projects_gone_workspaces WHERE workspace_id = $1"
        ));
        let row: Option<(WorkspaceId,)> = query.bind(workspace).opt().await?;
        Ok(row.is_some())
    }

    async fn remember_gone(&mut self, workspace: WorkspaceId) -> Result<(), StorageError> {
        self.take_turns(&turn(workspace)).await?;
        let now = self.now();
        let insert = sql!(
            "INSERT INTO projects_gone_workspaces (workspace_id, gone_at) VALUES ($1, $2)
             ON CONFLICT (workspace_id) DO NOTHING"
        );
        self.query(insert).bind(workspace).bind(now).exec().await.map(drop)
    }

    async fn clear(&mut self, workspace: WorkspaceId, limit: u32) -> Result<u64, StorageError> {
        let delete = sql!(
            "DELETE FROM projects_projects WHERE id IN
                (SELECT id FROM projects_projects WHERE workspace_id = $1 LIMIT $2)"
        );
        self.query(delete).bind(workspace).bind(i64::from(limit)).exec().await
    }
}

fn turn(workspace: WorkspaceId) -> String {
    format!("projects.workspace:{workspace}")
}
