//! Where people lost workspaces, in their table.

use std::collections::BTreeMap;

use perme8_events::{Position, StorageError, UserId, WorkspaceId, sql, sql::Tx};
use sqlx::types::Json;
use uuid::Uuid;

use crate::application::ports::Accesses;

/// Stands for everybody in the place of a person: nobody has this id.
const EVERYBODY: UserId = UserId::new(Uuid::nil());

impl Accesses for Tx {
    async fn last_losses(
        &mut self,
        people: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<BTreeMap<UserId, Position>, StorageError> {
        let asked: Vec<UserId> = people.iter().copied().chain([EVERYBODY]).collect();
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
        .bind(Json(&asked))
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
            .bind(Json(&asked))
            .all()
            .await?;
        let losses: BTreeMap<_, _> =
            rows.into_iter().map(|(person, at)| (person, Position::new(at))).collect();
        let last = |person| losses.get(&person).max(losses.get(&EVERYBODY)).copied();
        Ok(people.iter().map(|person| (*person, last(*person).unwrap_or_default())).collect())
    }

    async fn remember_loss(
        &mut self,
        user: Option<UserId>,
        workspace: WorkspaceId,
        at: Position,
    ) -> Result<(), StorageError> {
        self.query(sql!(
            "INSERT INTO notifications_accesses (user_id, workspace_id, lost_position) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id, workspace_id) DO UPDATE SET lost_position = excluded.lost_position \
             WHERE notifications_accesses.lost_position < excluded.lost_position"
        ))
        .bind(user.unwrap_or(EVERYBODY))
        .bind(workspace)
        .bind(at.number())
        .exec()
        .await?;
        Ok(())
    }
}
