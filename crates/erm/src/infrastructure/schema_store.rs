//! Schemas in `erm_schemas`, and what they were in `erm_schema_versions`.

use chrono::{DateTime, Utc};
use perme8_events::{
    Actor, Load, StorageError, Store, Transaction as _, WorkspaceId, sql, sql::Tx,
};

use crate::{
    application::ports::{Edition, Schemas},
    domain::{
        references::SchemaId,
        schema::{KEPT_VERSIONS, Schema},
    },
    infrastructure::schema_rows::{SchemaRow, select_schemas},
};

impl Load<Schema> for Tx {
    async fn load(&mut self, id: SchemaId) -> Result<Option<Schema>, StorageError> {
        let query = self.query(sql!(select_schemas!("WHERE s.id = $1")));
        query.bind(id).opt::<SchemaRow>().await?.map(Schema::try_from).transpose()
    }
}

impl Store<Schema> for Tx {
    async fn store(&mut self, schema: &mut Schema) -> Result<(), StorageError> {
        let Schema { id, workspace_id, definition, written_by, created_at, updated_at, version } =
            schema;
        let definition = serde_json::to_string(definition).map_err(StorageError::new)?;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO erm_schemas (id, workspace_id, definition, created_at, updated_at, version)
                 VALUES ($1, $2, $3, $4, $5, $6 + 1)"
            )
        } else {
            sql!(
                "UPDATE erm_schemas
                 SET workspace_id = $2, definition = $3, created_at = $4, updated_at = $5, version = version + 1
                 WHERE id = $1 AND version = $6"
            )
        };
        let query = self.query(statement).bind(*id).bind(*workspace_id).bind(definition.as_str());
        query.bind(*created_at).bind(*updated_at).bind(*version).write(version).await?;
        let insert = sql!(
            "INSERT INTO erm_schema_versions
                 (workspace_id, version, definition, written_by, written_at, written_through)
             VALUES ($1, $2, $3, $4, $5, $6)"
        );
        let through = match self.origin().actor() {
            Actor::System(part) => Some(part.to_string()),
            Actor::User(_) | Actor::Agent(_) | Actor::ApiKey { .. } | Actor::Anonymous => None,
        };
        let query = self.query(insert).bind(*workspace_id).bind(*version).bind(definition);
        query.bind(*written_by).bind(*updated_at).bind(through).exec().await?;
        let forget =
            sql!("DELETE FROM erm_schema_versions WHERE workspace_id = $1 AND version <= $2");
        let query = self.query(forget).bind(*workspace_id).bind(*version - KEPT_VERSIONS);
        query.exec().await.map(drop)
    }
}

impl Schemas for Tx {
    async fn edition_of(
        &mut self,
        workspace: WorkspaceId,
    ) -> Result<Option<Edition>, StorageError> {
        let query =
            self.query(sql!("SELECT version, updated_at FROM erm_schemas WHERE workspace_id = $1"));
        let row: Option<(i64, DateTime<Utc>)> = query.bind(workspace).opt().await?;
        Ok(row.map(|(version, written_at)| Edition { version, written_at }))
    }

    async fn schema_of(&mut self, workspace: WorkspaceId) -> Result<Option<Schema>, StorageError> {
        let query = self.query(sql!(select_schemas!("WHERE s.workspace_id = $1")));
        query.bind(workspace).opt::<SchemaRow>().await?.map(Schema::try_from).transpose()
    }
}
