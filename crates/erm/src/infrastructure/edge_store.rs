//! Edges in `erm_edges`: each table is written by one statement, however many there are.

use std::slice;

use perme8_events::{
    StorageError, Store, Transaction as _, WorkspaceId, sql,
    sql::{Tx, written_at},
};
use serde::Serialize;
use sqlx::types::Json;

use crate::{
    application::ports::items::{Edges, Holder, MOST_BYTES, MOST_EDGES},
    domain::{
        bulk::Batch,
        claims::{End, OnlyEdge},
        edge::Edge,
        references::{EdgeId, EntityId},
    },
    infrastructure::{
        item_rows::{EdgeRow, select_edges},
        value_store::{self, ValuesOf, at_places, forgotten_postgres, forgotten_sqlite},
    },
};

impl Store<Edge> for Tx {
    async fn store(&mut self, edge: &mut Edge) -> Result<(), StorageError> {
        write(self, edge.workspace_id, slice::from_mut(edge)).await
    }
}

impl Store<Batch<Edge>> for Tx {
    async fn store(&mut self, batch: &mut Batch<Edge>) -> Result<(), StorageError> {
        write(self, batch.workspace_id, &mut batch.items).await
    }
}

/// An edge, as the database reads it; `properties` is a text within the JSON, so that it is kept to the letter.
#[derive(Serialize)]
struct WrittenRow<'a> {
    id: EdgeId,
    #[serde(rename = "type")]
    edge_type: &'a str,
    source: EntityId,
    target: EntityId,
    properties: String,
    gone: Option<String>,
    gone_with: Option<EntityId>,
    version: i64,
}

impl<'a> WrittenRow<'a> {
    fn of(edge: &'a Edge) -> Result<Self, StorageError> {
        Ok(Self {
            id: edge.id,
            edge_type: edge.edge_type.as_str(),
            source: edge.source_id,
            target: edge.target_id,
            properties: serde_json::to_string(&edge.properties)?,
            gone: edge.deleted_at.map(written_at),
            gone_with: edge.deleted_with,
            version: edge.version,
        })
    }
}

/// Writes edges that are new, or edges that were loaded: each at the version that it has.
async fn write(
    tx: &mut Tx,
    workspace: WorkspaceId,
    edges: &mut [Edge],
) -> Result<(), StorageError> {
    let (new, known): (Vec<&Edge>, Vec<&Edge>) = edges.iter().partition(|edge| edge.version == 0);
    insert(tx, workspace, &new).await?;
    update(tx, workspace, &known).await?;
    let indexed: Vec<EdgeId> =
        known.iter().filter(|edge| edge.was_live).map(|edge| edge.id).collect();
    value_store::forget(tx, workspace, &indexed).await?;
    let live = edges.iter().filter(|edge| edge.is_live()).map(|edge| ValuesOf {
        item: edge.id.uuid(),
        item_type: &edge.edge_type,
        values: &edge.values,
    });
    value_store::remember(tx, workspace, Holder::Edge, live).await?;
    let more = edges.iter().map(|edge| i64::from(edge.is_live()) - i64::from(edge.was_live));
    value_store::count(tx, workspace, Holder::Edge, more.sum()).await?;
    for edge in edges {
        edge.version += 1;
        edge.was_live = edge.is_live();
        edge.values.clear();
    }
    Ok(())
}

async fn insert(tx: &mut Tx, workspace: WorkspaceId, new: &[&Edge]) -> Result<(), StorageError> {
    if new.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = new.iter().map(|edge| WrittenRow::of(edge)).collect::<Result<_, _>>()?;
    let insert = sql!(
        sqlite: "INSERT INTO erm_edges
                     (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, version)
                 SELECT unhex(value->>'id', '-'), $1, value->>'type', unhex(value->>'source', '-'),
                        unhex(value->>'target', '-'), value->>'properties', $2, $2, 1
                 FROM json_each($3)",
        postgres: "INSERT INTO erm_edges
                       (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, version)
                   SELECT id, $1, type, source, target, properties, $2, $2, 1
                   FROM jsonb_to_recordset($3::jsonb)
                     AS new (id uuid, type text, source uuid, target uuid, properties text)"
    );
    let now = tx.now();
    tx.query(insert).bind(workspace).bind(now).bind(Json(rows)).exec().await.map(drop)
}

async fn update(tx: &mut Tx, workspace: WorkspaceId, known: &[&Edge]) -> Result<(), StorageError> {
    if known.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = known.iter().map(|edge| WrittenRow::of(edge)).collect::<Result<_, _>>()?;
    let update = sql!(
        sqlite: "UPDATE erm_edges INDEXED BY sqlite_autoindex_erm_edges_1
                 SET properties = new.value->>'properties', updated_at = $2,
                     deleted_at = new.value->>'gone', deleted_with = unhex(new.value->>'gone_with', '-'),
                     version = version + 1
                 FROM (SELECT value FROM json_each($3) LIMIT -1) AS new
                 WHERE erm_edges.id = unhex(new.value->>'id', '-') AND +workspace_id = $1
                   AND version = new.value->>'version'",
        postgres: "UPDATE erm_edges AS old
                   SET properties = new.properties, updated_at = $2,
                       deleted_at = new.gone, deleted_with = new.gone_with, version = old.version + 1
                   FROM jsonb_to_recordset($3::jsonb)
                     AS new (id uuid, properties text, gone timestamptz, gone_with uuid, version bigint)
                   WHERE old.id = new.id AND (old.workspace_id = $1) IS TRUE AND old.version = new.version
                     AND old.id = ANY (ARRAY(SELECT (value ->> 'id')::uuid FROM jsonb_array_elements($3::jsonb) AS value))"
    );
    let now = tx.now();
    let changed = tx.query(update).bind(workspace).bind(now).bind(Json(rows)).exec().await?;
    if changed == known.len() as u64 { Ok(()) } else { Err(StorageError::conflict()) }
}

/// An end of an edge of a type, as the database reads it.
#[derive(Serialize)]
struct OnlyRow<'a> {
    place: usize,
    #[serde(rename = "type")]
    edge_type: &'a str,
    at_source: bool,
    entity: EntityId,
}

/// The ids of live edges that begin or end at one of the entities `$2`, as SQLite finds them.
macro_rules! edges_at_sqlite {
    () => {
        "SELECT edge.id FROM json_each($2) AS entity CROSS JOIN erm_edges AS edge INDEXED BY erm_edges_out
         WHERE edge.workspace_id = $1 AND edge.source_id = unhex(entity.value, '-') AND edge.deleted_at IS NULL
         UNION
         SELECT edge.id FROM json_each($2) AS entity CROSS JOIN erm_edges AS edge INDEXED BY erm_edges_in
         WHERE edge.workspace_id = $1 AND edge.target_id = unhex(entity.value, '-') AND edge.deleted_at IS NULL"
    };
}

/// The same, as PostgreSQL finds them: by the index of that end, or all of the edges at once if it takes these for most of them.
macro_rules! edges_at_postgres {
    () => {
        "SELECT edge.id FROM jsonb_array_elements_text($2::jsonb) AS entity
         JOIN erm_edges AS edge ON edge.workspace_id = $1 AND edge.source_id = entity::uuid AND edge.deleted_at IS NULL
         UNION
         SELECT edge.id FROM jsonb_array_elements_text($2::jsonb) AS entity
         JOIN erm_edges AS edge ON edge.workspace_id = $1 AND edge.target_id = entity::uuid AND edge.deleted_at IS NULL"
    };
}

/// The first edges that went with the entity `$2`: at most `$3`, up to that with which they are `$4` bytes.
macro_rules! edges_gone_with {
    ($workspace:literal) => {
        concat!(
            "SELECT id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, deleted_at,
                    deleted_with, version
             FROM (SELECT first.*, SUM(OCTET_LENGTH(properties)) OVER (ORDER BY id) - OCTET_LENGTH(properties) AS bytes_before
                   FROM (SELECT * FROM erm_edges WHERE deleted_with = $2 AND ",
            $workspace,
            " ORDER BY id LIMIT $3) AS first) AS weighed
             WHERE bytes_before < $4 ORDER BY id"
        )
    };
}

impl Edges for Tx {
    async fn edges(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EdgeId],
    ) -> Result<Vec<Edge>, StorageError> {
        let query = self.query(sql!(
            sqlite: select_edges!(
                "INDEXED BY sqlite_autoindex_erm_edges_1
                 WHERE +workspace_id = $1 AND id IN (SELECT unhex(value, '-') FROM json_each($2))"
            ),
            postgres: select_edges!(
                "WHERE (workspace_id = $1) IS TRUE
                   AND id = ANY (ARRAY(SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value))"
            )
        ));
        let rows: Vec<EdgeRow> = query.bind(workspace).bind(Json(ids)).all().await?;
        rows.into_iter().map(Edge::try_from).collect()
    }

    async fn only_edges(
        &mut self,
        workspace: WorkspaceId,
        asked: &[OnlyEdge],
    ) -> Result<Vec<(OnlyEdge, EdgeId)>, StorageError> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let rows = asked.iter().enumerate().map(|(place, OnlyEdge { edge_type, end, entity })| {
            let at_source = *end == End::Source;
            OnlyRow { place, edge_type: edge_type.as_str(), at_source, entity: *entity }
        });
        let rows: Vec<OnlyRow<'_>> = rows.collect();
        let query = self.query(sql!(
            sqlite: "SELECT asked.key, edge.id FROM json_each($2) AS asked CROSS JOIN erm_edges AS edge
                     WHERE asked.value->>'at_source' AND edge.workspace_id = $1
                       AND edge.source_id = unhex(asked.value->>'entity', '-')
                       AND edge.edge_type = asked.value->>'type' AND edge.deleted_at IS NULL
                     UNION ALL
                     SELECT asked.key, edge.id FROM json_each($2) AS asked CROSS JOIN erm_edges AS edge
                     WHERE NOT asked.value->>'at_source' AND edge.workspace_id = $1
                       AND edge.target_id = unhex(asked.value->>'entity', '-')
                       AND edge.edge_type = asked.value->>'type' AND edge.deleted_at IS NULL",
            postgres: "WITH asked AS MATERIALIZED
                         (SELECT * FROM jsonb_to_recordset($2::jsonb)
                            AS asked (place bigint, type text, at_source boolean, entity uuid))
                       SELECT asked.place, edge.id FROM asked JOIN erm_edges AS edge
                         ON edge.workspace_id = $1 AND edge.source_id = asked.entity
                        AND edge.edge_type = asked.type AND edge.deleted_at IS NULL
                       WHERE asked.at_source
                       UNION ALL
                       SELECT asked.place, edge.id FROM asked JOIN erm_edges AS edge
                         ON edge.workspace_id = $1 AND edge.target_id = asked.entity
                        AND edge.edge_type = asked.type AND edge.deleted_at IS NULL
                       WHERE NOT asked.at_source"
        ));
        let rows: Vec<(i64, EdgeId)> = query.bind(workspace).bind(Json(rows)).all().await?;
        Ok(at_places(asked, rows))
    }

    async fn delete_edges_at(
        &mut self,
        workspace: WorkspaceId,
        entities: &[EntityId],
    ) -> Result<u64, StorageError> {
        let now = self.now();
        let forget = sql!(
            sqlite: forgotten_sqlite!(edges_at_sqlite!()),
            postgres: forgotten_postgres!(edges_at_postgres!())
        );
        self.query(forget).bind(workspace).bind(Json(entities)).exec().await?;
        let delete = sql!(
            sqlite: concat!(
                "UPDATE erm_edges INDEXED BY sqlite_autoindex_erm_edges_1
                 SET deleted_at = $3, updated_at = $3, version = version + 1,
                     deleted_with = CASE WHEN source_id IN (SELECT unhex(value, '-') FROM json_each($2))
                                         THEN source_id ELSE target_id END
                 WHERE +workspace_id = $1 AND id IN (", edges_at_sqlite!(), ")"
            ),
            postgres: concat!(
                "UPDATE erm_edges
                 SET deleted_at = $3, updated_at = $3, version = version + 1,
                     deleted_with = CASE WHEN source_id IN
                                                (SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value)
                                         THEN source_id ELSE target_id END
                 WHERE (workspace_id = $1) IS TRUE AND id = ANY (ARRAY(", edges_at_postgres!(), "))"
            )
        );
        let query = self.query(delete).bind(workspace).bind(Json(entities)).bind(now);
        let deleted = query.exec().await?;
        let fewer = i64::try_from(deleted).map_err(StorageError::new)?;
        value_store::count(self, workspace, Holder::Edge, -fewer).await?;
        Ok(deleted)
    }

    async fn edges_gone_with(
        &mut self,
        workspace: WorkspaceId,
        entity: EntityId,
    ) -> Result<Vec<Edge>, StorageError> {
        let query = self.query(sql!(
            sqlite: edges_gone_with!("+workspace_id = $1"),
            postgres: edges_gone_with!("(workspace_id = $1) IS TRUE")
        ));
        let query = query.bind(workspace).bind(entity);
        let query = query.bind(i64::from(MOST_EDGES)).bind(i64::from(MOST_BYTES));
        let rows: Vec<EdgeRow> = query.all().await?;
        rows.into_iter().map(Edge::try_from).collect()
    }

    async fn write_edges_of_restored(&mut self, mut edges: Vec<Edge>) -> Result<(), StorageError> {
        let Some(workspace) = edges.first().map(|edge| edge.workspace_id) else { return Ok(()) };
        write(self, workspace, &mut edges).await
    }

    async fn has_edges_gone_with(
        &mut self,
        workspace: WorkspaceId,
        entity: EntityId,
    ) -> Result<bool, StorageError> {
        // In the order of the index, so that no other is taken for it.
        let query = self.query(sql!(
            sqlite: "SELECT id FROM erm_edges WHERE deleted_with = $2 AND +workspace_id = $1 ORDER BY id LIMIT 1",
            postgres: "SELECT id FROM erm_edges WHERE deleted_with = $2 AND (workspace_id = $1) IS TRUE ORDER BY id LIMIT 1"
        ));
        let first: Option<(EdgeId,)> = query.bind(workspace).bind(entity).opt().await?;
        Ok(first.is_some())
    }
}

#[cfg(test)]
mod tests;
