//! The graph that a workspace wrote, in `erm_entities` and `erm_edges`: hop by hop over the indexes of edges by their ends.

use async_trait::async_trait;
use perme8_events::{StorageError, WorkspaceId, sql, sql::Db};
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use crate::{
    application::{
        graph::Graph,
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::sweep::{Hop, Link, Way},
        references::{EdgeId, EntityId},
    },
};

pub(crate) mod rows;

use rows::{EdgeRow, EntityRow};

/// The entities and edges of a workspace.
#[derive(Debug)]
pub(crate) struct StoredGraph {
    db: Db,
    workspace: WorkspaceId,
}

impl StoredGraph {
    pub(crate) fn new(db: Db, workspace: WorkspaceId) -> Self {
        Self { db, workspace }
    }
}

/// The edges of one hop, from the index of this end.
///
/// Before the statement may stand that its plan is wanted.
/// On either engine each node is looked up in the index by itself, and its edges come in the order of the index, so nothing is
/// sorted and nobody reads more of a node with many edges than is wanted.
macro_rules! hop {
    ($near:literal, $far:literal) => {
        hop!(@ "", "", $near, $far, "", "")
    };
    ($near:literal, $far:literal, of_types) => {
        hop!(@ "", "", $near, $far,
            "AND edge_type IN (SELECT value FROM json_each($7))",
            "AND edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($7::jsonb)))"
        )
    };
    (@ $sqlite:literal, $postgres:literal, $near:literal, $far:literal,
        $of_types_sqlite:literal, $of_types_postgres:literal) => {
        sql!(
            sqlite: concat!(
                $sqlite, "SELECT id, edge_type, source_id, target_id FROM erm_edges
                 WHERE workspace_id = $1 AND ", $near, " IN (SELECT unhex(value, '-') FROM json_each($2))
                   AND deleted_at IS NULL AND (edge_type, ", $far, ", id) > ($3, $4, $5) ", $of_types_sqlite,
                " ORDER BY ", $near, ", edge_type, ", $far, ", id LIMIT $6"
            ),
            postgres: concat!(
                $postgres, "SELECT edge.id, edge.edge_type, edge.source_id, edge.target_id
                 FROM (SELECT node::uuid AS id FROM jsonb_array_elements_text($2::jsonb) AS node ORDER BY 1) AS near
                 CROSS JOIN LATERAL
                   (SELECT id, edge_type, source_id, target_id FROM erm_edges
                    WHERE workspace_id = $1 AND ", $near, " = near.id
                      AND deleted_at IS NULL AND (edge_type, ", $far, ", id) > ($3, $4, $5) ", $of_types_postgres,
                "   ORDER BY edge_type, ", $far, ", id LIMIT $6) AS edge
                 ORDER BY near.id, edge.edge_type, edge.", $far, ", edge.id LIMIT $6"
            )
        )
    };
}

/// An edge of a hop.
#[derive(FromRow)]
struct LinkRow {
    id: EdgeId,
    edge_type: String,
    source_id: EntityId,
    target_id: EntityId,
}

#[async_trait]
impl Graph for StoredGraph {
    async fn hop(&self, hop: &Hop<'_>) -> Result<Vec<Link>, StorageError> {
        let Hop { from, way, edge_types, after, rows } = *hop;
        let stmt = match (way, edge_types.is_empty()) {
            (Way::Out, true) => hop!("source_id", "target_id"),
            (Way::Out, false) => hop!("source_id", "target_id", of_types),
            (Way::In, true) => hop!("target_id", "source_id"),
            (Way::In, false) => hop!("target_id", "source_id", of_types),
        };
        // Before every place is that of no type.
        let (edge_type, far, id) = after.map_or(("", Uuid::nil(), Uuid::nil()), |place| {
            (&*place.edge_type, place.far.uuid(), place.id.uuid())
        });
        let rows = i64::try_from(rows).map_err(StorageError::new)?;
        let query = self.db.query(stmt).bind(self.workspace).bind(Json(from));
        let query = query.bind(edge_type).bind(far).bind(id).bind(rows);
        let query = if edge_types.is_empty() { query } else { query.bind(Json(edge_types)) };
        let found: Vec<LinkRow> = query.all().await?;
        let link = |LinkRow { id, edge_type, source_id, target_id }| Link {
            id,
            edge_type,
            source: source_id,
            target: target_id,
        };
        Ok(found.into_iter().map(link).collect())
    }

    async fn those_of(
        &self,
        nodes: &[EntityId],
        types: &[String],
    ) -> Result<Vec<EntityId>, StorageError> {
        let query = self.db.query(sql!(
            sqlite:
                "SELECT id FROM erm_entities
                 WHERE id IN (SELECT unhex(value, '-') FROM json_each($2)) AND +workspace_id = $1 AND deleted_at IS NULL
                   AND (json_array_length($3) = 0 OR entity_type IN (SELECT value FROM json_each($3)))",
            postgres:
                "SELECT id FROM erm_entities
                 WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)::uuid)) AND workspace_id = $1 AND deleted_at IS NULL
                   AND (jsonb_array_length($3::jsonb) = 0 OR entity_type IN (SELECT jsonb_array_elements_text($3::jsonb)))"
        ));
        let query = query.bind(self.workspace).bind(Json(nodes)).bind(Json(types));
        let rows: Vec<(EntityId,)> = query.all().await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    async fn nodes(&self, ids: &[EntityId]) -> Result<Vec<EntityDetails>, StorageError> {
        let query = self.db.query(sql!(
            sqlite:
                "SELECT id, workspace_id, entity_type, external_key, properties, created_at, updated_at, deleted_at, version
                 FROM erm_entities
                 WHERE id IN (SELECT unhex(value, '-') FROM json_each($2)) AND +workspace_id = $1 AND deleted_at IS NULL",
            postgres:
                "SELECT id, workspace_id, entity_type, external_key, properties, created_at, updated_at, deleted_at, version
                 FROM erm_entities
                 WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)::uuid)) AND workspace_id = $1 AND deleted_at IS NULL"
        ));
        let rows: Vec<EntityRow> = query.bind(self.workspace).bind(Json(ids)).all().await?;
        rows.into_iter().map(EntityDetails::try_from).collect()
    }

    async fn edges(&self, ids: &[EdgeId]) -> Result<Vec<EdgeDetails>, StorageError> {
        let query = self.db.query(sql!(
            sqlite:
                "SELECT id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, deleted_at, version
                 FROM erm_edges
                 WHERE id IN (SELECT unhex(value, '-') FROM json_each($2)) AND +workspace_id = $1 AND deleted_at IS NULL",
            postgres:
                "SELECT id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, deleted_at, version
                 FROM erm_edges
                 WHERE id = ANY (ARRAY(SELECT jsonb_array_elements_text($2::jsonb)::uuid)) AND workspace_id = $1 AND deleted_at IS NULL"
        ));
        let rows: Vec<EdgeRow> = query.bind(self.workspace).bind(Json(ids)).all().await?;
        rows.into_iter().map(EdgeDetails::try_from).collect()
    }
}

// Behind the macro, which it uses.
#[cfg(test)]
mod tests;
