//! Where people lost workspaces, in their table.

use std::collections::BTreeMap;

use perme8_events::{Position, StorageError, UserId, WorkspaceId, sql, sql::Tx};
use sqlx::types::Json;

use crate::application::ports::Accesses;

impl Accesses for Tx {
    async fn last_losses(
        &mut self,
        people: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<BTreeMap<UserId, Position>, StorageError> {
        // Rows that can be locked must be there first. Two that tell do not wait for each other; on SQLite there is one
        // writer anyway.
        self.query(sql!(
            sqlite: "INSERT INTO notifications_accesses (user_id, workspace_id, lost_position)
                     SELECT unhex(value, '-'), $1, 0 FROM json_each($2) WHERE TRUE
                     ON CONFLICT (user_id, workspace_id) DO NOTHING",
            postgres: "INSERT INTO notifications_accesses (user_id, workspace_id, lost_position)
                       SELECT value::uuid, $1, 0 FROM jsonb_array_elements_text($2::jsonb) AS value
                       ON CONFLICT (user_id, workspace_id) DO NOTHING"
        ))
        .bind(workspace)
        .bind(Json(people))
        .exec()
        .await?;
        let rows: Vec<(UserId, i64)> = self
            .query(sql!(
                sqlite: "SELECT user_id, lost_position FROM notifications_accesses
                         WHERE workspace_id = $1 AND user_id IN (SELECT unhex(value, '-') FROM json_each($2))",
                postgres: "SELECT user_id, lost_position FROM notifications_accesses
                           WHERE workspace_id = $1
                             AND user_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value)
                           ORDER BY user_id FOR SHARE"
            ))
            .bind(workspace)
            .bind(Json(people))
            .all()
            .await?;
        Ok(rows.into_iter().map(|(person, position)| (person, Position::new(position))).collect())
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
