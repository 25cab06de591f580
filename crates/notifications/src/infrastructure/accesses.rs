//! Where people lost workspaces, in their table.

use perme8_events::{Position, StorageError, UserId, WorkspaceId, sql, sql::Tx};

use crate::application::ports::Accesses;

impl Accesses for Tx {
    async fn last_loss(
        &mut self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Position, StorageError> {
        // A row that can be locked must be there first. Two that tell do not wait for each other; on SQLite there is one
        // writer anyway.
        self.query(sql!(
            "INSERT INTO notifications_accesses (user_id, workspace_id, lost_position) VALUES ($1, $2, 0) \
             ON CONFLICT (user_id, workspace_id) DO NOTHING"
        ))
        .bind(user)
        .bind(workspace)
        .exec()
        .await?;
        let position = self
            .query(sql!(
                sqlite: "SELECT lost_position FROM notifications_accesses WHERE user_id = $1 AND workspace_id = $2",
                postgres: "SELECT lost_position FROM notifications_accesses WHERE user_id = $1 AND workspace_id = $2 \
                           FOR SHARE"
            ))
            .bind(user)
            .bind(workspace)
            .scalar()
            .await?;
        Ok(Position::new(position))
    }

    async fn remember_loss(
        &mut self,
        user: UserId,
        workspace: WorkspaceId,
        at: Position,
    ) -> Result<(), StorageError> {
        self.query(sql!(
            "INSERT INTO notifications_accesses (user_id, workspace_id, lost_position) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id, workspace_id) DO UPDATE SET lost_position = excluded.lost_position \
             WHERE notifications_accesses.lost_position < excluded.lost_position"
        ))
        .bind(user)
        .bind(workspace)
        .bind(at.number())
        .exec()
        .await?;
        Ok(())
    }
}
