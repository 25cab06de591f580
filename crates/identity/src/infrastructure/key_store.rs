//! API keys in `identity_api_keys`, and where they reach in `identity_api_key_workspaces`.

use perme8_events::{
    Load, StorageError, Store, Transaction as _, UserId, WorkspaceId, sql, sql::Tx,
};
use sqlx::types::Json;

use crate::{
    application::ports::ApiKeys,
    domain::{
        api_key::{ApiKey, KEPT_AFTER_END},
        references::ApiKeyId,
    },
    infrastructure::key_rows::{ApiKeyRow, FoundKey, postgres_keys, select_keys, sqlite_keys},
};

impl Load<ApiKey> for Tx {
    async fn load(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StorageError> {
        let query = self.query(sql!(
            sqlite: sqlite_keys!("WHERE k.id = $1"),
            postgres: postgres_keys!("WHERE k.id = $1")
        ));
        let row: Option<ApiKeyRow> = query.bind(id).opt().await?;
        Ok(row.map(|row| FoundKey::from(row).key))
    }
}

impl Store<ApiKey> for Tx {
    async fn store(&mut self, key: &mut ApiKey) -> Result<(), StorageError> {
        let ApiKey {
            id,
            user_id,
            made_by,
            name,
            description,
            token_hash,
            previous,
            prefix,
            scopes,
            workspaces,
            expires_at,
            created_at,
            updated_at,
            revoked_at,
            version,
        } = key;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO identity_api_keys
                    (id, user_id, name, description, token_hash, prefix, scopes, expires_at, created_at, updated_at,
                     revoked_at, previous_token_hash, previous_until, made_by, version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 + 1)"
            )
        } else {
            sql!(
                "UPDATE identity_api_keys
                 SET user_id = $2, name = $3, description = $4, token_hash = $5, prefix = $6, scopes = $7,
                     expires_at = $8, created_at = $9, updated_at = $10, revoked_at = $11, previous_token_hash = $12,
                     previous_until = $13, made_by = $14, version = version + 1
                 WHERE id = $1 AND version = $15"
            )
        };
        self.query(statement)
            .bind(*id)
            .bind(*user_id)
            .bind(name.as_str())
            .bind(description.as_deref())
            .bind(token_hash.as_bytes())
            .bind(prefix.as_str())
            .bind(scopes.entries().map(|entries| Json(entries.to_vec())))
            .bind(*expires_at)
            .bind(*created_at)
            .bind(*updated_at)
            .bind(*revoked_at)
            .bind(previous.as_ref().map(|previous| previous.token_hash.as_bytes()))
            .bind(previous.as_ref().map(|previous| previous.until))
            .bind(*made_by)
            .bind(*version)
            .write(version)
            .await?;
        reach(self, *id, *user_id, workspaces).await
    }
}

/// What the owner has left meanwhile, is left out. What is the same is not written: whoever removes the owner from a workspace
/// waits for no other change of the key.
async fn reach(
    tx: &mut Tx,
    key: ApiKeyId,
    owner: UserId,
    workspaces: &[WorkspaceId],
) -> Result<(), StorageError> {
    let select = sql!(
        "SELECT workspace_id FROM identity_api_key_workspaces WHERE api_key_id = $1 ORDER BY place"
    );
    let stored: Vec<(WorkspaceId,)> = tx.query(select).bind(key).all().await?;
    if stored.iter().map(|(workspace,)| workspace).eq(workspaces) {
        return Ok(());
    }
    let delete = sql!("DELETE FROM identity_api_key_workspaces WHERE api_key_id = $1");
    tx.query(delete).bind(key).exec().await?;
    let insert = sql!(
        sqlite: "INSERT INTO identity_api_key_workspaces (api_key_id, workspace_id, user_id, place)
                 SELECT $1, m.workspace_id, m.user_id, j.key FROM json_each($3) j
                 JOIN identity_members m ON m.workspace_id = unhex(j.value, '-') AND m.user_id = $2",
        postgres: "INSERT INTO identity_api_key_workspaces (api_key_id, workspace_id, user_id, place)
                   SELECT $1, m.workspace_id, m.user_id, j.place
                   FROM jsonb_array_elements_text($3::jsonb) WITH ORDINALITY AS j (value, place)
                   JOIN identity_members m ON m.workspace_id = j.value::uuid AND m.user_id = $2"
    );
    tx.query(insert).bind(key).bind(owner).bind(Json(workspaces.to_vec())).exec().await.map(drop)
}

impl ApiKeys for Tx {
    async fn wait_for_keys(&mut self, owner: UserId) -> Result<(), StorageError> {
        self.take_turns(&format!("identity.api_keys:{owner}")).await
    }

    async fn count_active_keys(&mut self, owner: UserId) -> Result<i64, StorageError> {
        let now = self.now();
        let query = self.query(sql!(
            "SELECT count(*) FROM identity_api_keys
             WHERE user_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)"
        ));
        let (count,): (i64,) = query.bind(owner).bind(now).one().await?;
        Ok(count)
    }

    async fn purge_keys(&mut self, limit: u32) -> Result<u64, StorageError> {
        let ended = self.now() - KEPT_AFTER_END;
        let delete = sql!(
            "DELETE FROM identity_api_keys WHERE id IN
                (SELECT k.id FROM identity_api_keys k
                 WHERE (k.revoked_at <= $1 OR k.expires_at <= $1)
                   AND NOT EXISTS (SELECT 1 FROM identity_api_keys made WHERE made.made_by = k.id)
                 ORDER BY coalesce(k.revoked_at, k.expires_at) LIMIT $2)"
        );
        self.query(delete).bind(ended).bind(i64::from(limit)).exec().await
    }

    async fn keys_made_by(&mut self, maker: ApiKeyId) -> Result<Vec<ApiKey>, StorageError> {
        let query = self.query(sql!(
            sqlite: sqlite_keys!("WHERE k.made_by = $1 AND k.revoked_at IS NULL ORDER BY k.id"),
            postgres: postgres_keys!("WHERE k.made_by = $1 AND k.revoked_at IS NULL ORDER BY k.id")
        ));
        let rows: Vec<ApiKeyRow> = query.bind(maker).all().await?;
        Ok(rows.into_iter().map(|row| FoundKey::from(row).key).collect())
    }
}
