//! What is there in a workspace, batch by batch, for whoever compares it with a schema.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId, sql, sql::Db};
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    application::ports::{Stock, StockPlace},
    domain::{
        properties::Properties,
        schema::{
            SchemaDefinition,
            comparison::{EdgeFacts, EntityFacts},
        },
    },
    infrastructure::schema_queries,
};

/// An entity, as it is compared.
#[derive(FromRow)]
struct EntityRow {
    id: Uuid,
    entity_type: String,
    properties: String,
    created_at: DateTime<Utc>,
}

/// An edge and the types of the entities at its ends, as it is compared.
#[derive(FromRow)]
struct EdgeRow {
    id: Uuid,
    edge_type: String,
    properties: String,
    created_at: DateTime<Utc>,
    source_id: Uuid,
    source_type: String,
    target_id: Uuid,
    target_type: String,
}

/// Edges with the types of their ends, each of which is looked up by its id.
macro_rules! edges_between {
    ($join:literal, $by_id:literal) => {
        concat!(
            "SELECT e.id, e.edge_type, e.properties, e.created_at, e.source_id,
                    source.entity_type AS source_type, e.target_id, target.entity_type AS target_type
             FROM erm_edges AS e ",
            $join,
            " erm_entities AS source ",
            $by_id,
            " ON source.id = e.source_id ",
            $join,
            " erm_entities AS target ",
            $by_id,
            " ON target.id = e.target_id
             WHERE e.workspace_id = $1 AND e.deleted_at IS NULL AND (e.created_at, e.id) > ($2, $3)
             ORDER BY e.created_at, e.id LIMIT $4"
        )
    };
}

impl Stock for Db {
    async fn definition(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Option<SchemaDefinition>, StorageError> {
        schema_queries::definition(self, workspace).await
    }

    async fn entities(
        &self,
        workspace: WorkspaceId,
        after: Option<StockPlace>,
        limit: u32,
    ) -> Result<Vec<(StockPlace, EntityFacts)>, StorageError> {
        let StockPlace { created_at, id } = after.unwrap_or(BEGINNING);
        let query = self.query(sql!(
            "SELECT id, entity_type, properties, created_at FROM erm_entities
             WHERE workspace_id = $1 AND deleted_at IS NULL AND (created_at, id) > ($2, $3)
             ORDER BY created_at, id LIMIT $4"
        ));
        let query = query.bind(workspace).bind(created_at).bind(id).bind(i64::from(limit));
        let rows: Vec<EntityRow> = query.all().await?;
        let fact = |EntityRow { id, entity_type, properties, created_at }| {
            let facts = EntityFacts { entity_type, properties: read(&properties)? };
            Ok((StockPlace { created_at, id }, facts))
        };
        rows.into_iter().map(fact).collect()
    }

    async fn edges(
        &self,
        workspace: WorkspaceId,
        after: Option<StockPlace>,
        limit: u32,
    ) -> Result<Vec<(StockPlace, EdgeFacts)>, StorageError> {
        let StockPlace { created_at, id } = after.unwrap_or(BEGINNING);
        let query = self.query(sql!(
            sqlite: edges_between!("CROSS JOIN", "INDEXED BY sqlite_autoindex_erm_entities_1"),
            postgres: edges_between!("JOIN", "")
        ));
        let query = query.bind(workspace).bind(created_at).bind(id).bind(i64::from(limit));
        let rows: Vec<EdgeRow> = query.all().await?;
        let fact = |row| {
            let EdgeRow {
                id,
                edge_type,
                properties,
                created_at,
                source_id,
                source_type,
                target_id,
                target_type,
            } = row;
            let facts = EdgeFacts {
                edge_type,
                properties: read(&properties)?,
                source: (source_id, source_type),
                target: (target_id, target_type),
            };
            Ok((StockPlace { created_at, id }, facts))
        };
        rows.into_iter().map(fact).collect()
    }
}

/// Nothing is older.
const BEGINNING: StockPlace =
    StockPlace { created_at: DateTime::<Utc>::UNIX_EPOCH, id: Uuid::nil() };

fn read(properties: &str) -> Result<Properties, StorageError> {
    serde_json::from_str(properties).map_err(StorageError::new)
}
