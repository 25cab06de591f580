//! Who and what is still there, for contexts that look after what no event told them.

use std::collections::HashSet;

use perme8_events::{StorageError, UserId, WorkspaceId, sql};
use sqlx::types::Json;

use super::Directory;

impl Directory {
    /// Which of these people have an account, confirmed or not.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn existing(&self, users: &[UserId]) -> Result<HashSet<UserId>, StorageError> {
        if users.is_empty() {
            return Ok(HashSet::new());
        }
        let query = self.db.query(sql!(
            sqlite: "SELECT id FROM identity_users
                     WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT id FROM identity_users
                       WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<(UserId,)> = query.bind(Json(users)).all().await?;
        Ok(rows.into_iter().map(|(user,)| user).collect())
    }

    /// Which of these people are in the workspaces beside them; neither strangers nor anybody in a workspace that is gone.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn belonging(
        &self,
        pairs: &[(UserId, WorkspaceId)],
    ) -> Result<HashSet<(UserId, WorkspaceId)>, StorageError> {
        if pairs.is_empty() {
            return Ok(HashSet::new());
        }
        let query = self.db.query(sql!(
            sqlite: "SELECT m.user_id, m.workspace_id
                     FROM json_each($1) AS pair
                     JOIN identity_members m
                       ON m.user_id = unhex(pair.value ->> 0, '-') AND m.workspace_id = unhex(pair.value ->> 1, '-')",
            postgres: "SELECT m.user_id, m.workspace_id
                       FROM jsonb_array_elements($1::jsonb) AS pair
                       JOIN identity_members m
                         ON m.user_id = (pair ->> 0)::uuid AND m.workspace_id = (pair ->> 1)::uuid"
        ));
        let rows: Vec<(UserId, WorkspaceId)> = query.bind(Json(pairs)).all().await?;
        Ok(rows.into_iter().collect())
    }
}
