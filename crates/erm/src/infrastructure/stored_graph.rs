//! The graph that a workspace wrote, in `erm_entities` and `erm_edges`: hop by hop over the indexes of edges by their ends.
//!
//! What comes by the thousand comes [packed](perme8_events::sql::Query::packed).

use async_trait::async_trait;
use perme8_events::{StorageError, WorkspaceId, sql, sql::Db};
use serde::Deserialize;
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use crate::{
    application::{
        graph::{Among, Beside, BesidePage, Graph, Weighed},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::{
            sweep::{Hop, Link, Way},
            terms::Direction,
        },
        references::{EdgeId, EntityId},
    },
    infrastructure::{
        item_rows::{EdgeRow, EntityRow},
        most,
    },
};

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

/// The edges of one hop, from the index of this end, as SQLite reads them.
///
/// On either engine each node is looked up in the index by itself, and its edges come in the order of the index, so nothing is
/// sorted and nobody reads more of a node with many edges than is wanted.
macro_rules! hop_sqlite {
    ($near:literal, $far:literal) => {
        concat!(
            "SELECT json_group_array(json_array(hex(id), edge_type, hex(source_id), hex(target_id)))
             FROM (SELECT id, edge_type, source_id, target_id FROM erm_edges
                   WHERE workspace_id = $1 AND ",
            $near,
            " IN (SELECT unhex(value, '-') FROM json_each($2))
                     AND deleted_at IS NULL AND (edge_type, ",
            $far,
            ", id) > ($3, $4, $5)
                     AND (json_array_length($7) = 0 OR edge_type IN (SELECT value FROM json_each($7)))
                   ORDER BY ",
            $near,
            ", edge_type, ",
            $far,
            ", id LIMIT $6) AS edge"
        )
    };
}

/// The same, as PostgreSQL reads them.
macro_rules! hop_postgres {
    ($near:literal, $far:literal) => {
        concat!(
            "SELECT edge.id, edge.edge_type, edge.source_id, edge.target_id
             FROM (SELECT node::uuid AS id FROM jsonb_array_elements_text($2::jsonb) AS node ORDER BY 1) AS near
             CROSS JOIN LATERAL
               (SELECT id, edge_type, source_id, target_id FROM erm_edges
                WHERE workspace_id = $1 AND ",
            $near,
            " = near.id
                  AND deleted_at IS NULL AND (edge_type, ",
            $far,
            ", id) > ($3, $4, $5)
                  AND (jsonb_array_length($7::jsonb) = 0
                       OR edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($7::jsonb))))
                ORDER BY edge_type, ",
            $far,
            ", id LIMIT $6) AS edge
             ORDER BY near.id, edge.edge_type, edge.",
            $far,
            ", edge.id LIMIT $6"
        )
    };
}

/// A page of whom edges join with one node, how many there are, and how many edges were looked at; in one statement, so that
/// they are of one moment. Of edges each way no more than `$9` are looked at, and no more than `$10` nodes are counted.
macro_rules! beside_sqlite {
    () => {
        "WITH step (id) AS MATERIALIZED (
           SELECT id FROM (SELECT target_id AS id FROM erm_edges INDEXED BY erm_edges_out
             WHERE $3 AND workspace_id = $1 AND source_id = $2 AND deleted_at IS NULL
               AND (json_array_length($5) = 0 OR edge_type IN (SELECT value FROM json_each($5)))
             LIMIT $9)
           UNION ALL
           SELECT id FROM (SELECT source_id AS id FROM erm_edges INDEXED BY erm_edges_in
             WHERE $4 AND workspace_id = $1 AND target_id = $2 AND deleted_at IS NULL
               AND (json_array_length($5) = 0 OR edge_type IN (SELECT value FROM json_each($5)))
             LIMIT $9)),
         beside (id) AS MATERIALIZED (
           SELECT entity.id FROM (SELECT DISTINCT id FROM step) AS far
           CROSS JOIN erm_entities AS entity INDEXED BY sqlite_autoindex_erm_entities_1 ON entity.id = far.id
           WHERE +entity.workspace_id = $1 AND entity.deleted_at IS NULL
             AND (json_array_length($6) = 0 OR entity.entity_type IN (SELECT value FROM json_each($6)))
           LIMIT $10)
         SELECT counted.total, counted.looked_at, page.id
         FROM (SELECT (SELECT count(*) FROM beside) AS total, (SELECT count(*) FROM step) AS looked_at) AS counted
         LEFT JOIN (SELECT id FROM beside ORDER BY id LIMIT $7 OFFSET $8) AS page ON true
         ORDER BY page.id"
    };
}

/// The same, as PostgreSQL reads it: the order makes it take the index of that end.
macro_rules! beside_postgres {
    () => {
        "WITH step (id) AS MATERIALIZED (
           (SELECT target_id FROM erm_edges
            WHERE $3::boolean AND workspace_id = $1 AND source_id = $2 AND deleted_at IS NULL
              AND (jsonb_array_length($5::jsonb) = 0
                   OR edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($5::jsonb))))
            ORDER BY edge_type, target_id, id LIMIT $9)
           UNION ALL
           (SELECT source_id FROM erm_edges
            WHERE $4::boolean AND workspace_id = $1 AND target_id = $2 AND deleted_at IS NULL
              AND (jsonb_array_length($5::jsonb) = 0
                   OR edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($5::jsonb))))
            ORDER BY edge_type, source_id, id LIMIT $9)),
         beside (id) AS MATERIALIZED (
           SELECT entity.id FROM (SELECT DISTINCT id FROM step) AS far
           CROSS JOIN LATERAL (SELECT * FROM erm_entities AS row WHERE row.id = far.id OFFSET 0) AS entity
           WHERE entity.workspace_id = $1 AND entity.deleted_at IS NULL
             AND (jsonb_array_length($6::jsonb) = 0
                  OR entity.entity_type = ANY (ARRAY(SELECT jsonb_array_elements_text($6::jsonb))))
           LIMIT $10)
         SELECT counted.total, counted.looked_at, page.id
         FROM (SELECT (SELECT count(*) FROM beside) AS total, (SELECT count(*) FROM step) AS looked_at) AS counted
         LEFT JOIN (SELECT id FROM beside ORDER BY id LIMIT $7 OFFSET $8) AS page ON true
         ORDER BY page.id"
    };
}

/// What is known of some rows of a table that are there, as long as there are no more than `$3` bytes of properties before. How
/// long they are is known without reading them, so nothing is read in vain.
macro_rules! known_sqlite {
    ($own:literal, $table:literal, $these:expr) => {
        concat!(
            "SELECT json_group_array(json_array(hex(id), hex(workspace_id), ",
            $own,
            ", properties, created_at, updated_at, version))
             FROM (SELECT item.*
                   FROM (SELECT id, place,
                                sum(bytes) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead
                         FROM (SELECT item.id, item.rowid AS place, octet_length(item.properties) AS bytes FROM ",
            $these,
            ") AS weighed) AS weighed
                   CROSS JOIN ",
            $table,
            " AS item ON item.rowid = weighed.place
                   WHERE coalesce(weighed.ahead, 0) <= $3 ORDER BY weighed.id LIMIT -1) AS known"
        )
    };
}

/// The same for PostgreSQL.
macro_rules! known_postgres {
    ($table:literal, $these:expr) => {
        concat!(
            "SELECT item.*
             FROM (SELECT id, place, sum(bytes) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead
                   FROM (SELECT item.id, item.place, octet_length(item.properties) AS bytes FROM ",
            $these,
            ") AS weighed) AS weighed
             CROSS JOIN LATERAL (SELECT * FROM ",
            $table,
            " AS row WHERE row.ctid = weighed.place OFFSET 0) AS item
             WHERE coalesce(weighed.ahead, 0) <= $3 ORDER BY weighed.id"
        )
    };
}

/// The rows of a table that have the ids in `$2` and are there in the workspace `$1`.
macro_rules! these_sqlite {
    ($table:literal) => {
        concat!(
            $table,
            " AS item INDEXED BY sqlite_autoindex_",
            $table,
            "_1 WHERE item.id IN (SELECT unhex(value, '-') FROM json_each($2))
                AND +item.workspace_id = $1 AND item.deleted_at IS NULL"
        )
    };
}

/// The same for PostgreSQL, which looks at one after the other: it would rather read whole indexes of the workspace as long as
/// it does not know how large that is.
macro_rules! these_postgres {
    ($table:literal, $ids:expr) => {
        concat!(
            "(",
            $ids,
            ") AS these
             CROSS JOIN LATERAL (SELECT *, ctid AS place FROM ",
            $table,
            " AS row WHERE row.id = these.id OFFSET 0) AS item
             WHERE item.workspace_id = $1 AND item.deleted_at IS NULL"
        )
    };
}

/// The ids in `$2`, as PostgreSQL reads them.
macro_rules! ids_postgres {
    () => {
        "SELECT node::uuid AS id FROM jsonb_array_elements_text($2::jsonb) AS node"
    };
}

/// The edges of the workspace `$1` among the nodes in `$2`, from the index of edges by their ends.
macro_rules! among_sqlite {
    () => {
        "erm_edges AS item INDEXED BY erm_edges_out
         WHERE item.workspace_id = $1 AND item.source_id IN (SELECT unhex(value, '-') FROM json_each($2))
           AND +item.target_id IN (SELECT unhex(value, '-') FROM json_each($2)) AND item.deleted_at IS NULL
           AND (json_array_length($4) = 0 OR item.edge_type IN (SELECT value FROM json_each($4)))
         LIMIT $5"
    };
}

/// The ids of these edges, as PostgreSQL reads them.
macro_rules! among_postgres {
    () => {
        "WITH near AS MATERIALIZED (SELECT node::uuid AS id FROM jsonb_array_elements_text($2::jsonb) AS node)
         SELECT edge.id FROM near CROSS JOIN LATERAL
           (SELECT id, target_id FROM erm_edges
            WHERE workspace_id = $1 AND source_id = near.id AND source_id BETWEEN near.id AND near.id AND deleted_at IS NULL
              AND (jsonb_array_length($4::jsonb) = 0
                   OR edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($4::jsonb))))
            ORDER BY edge_type, target_id, id) AS edge
         WHERE edge.target_id IN (SELECT id FROM near)
         LIMIT $5"
    };
}

/// What is known of entities.
macro_rules! entities_sqlite {
    ($these:expr) => {
        known_sqlite!("entity_type, external_key", "erm_entities", $these)
    };
}

/// What is known of edges.
macro_rules! edges_sqlite {
    ($these:expr) => {
        known_sqlite!("edge_type, hex(source_id), hex(target_id)", "erm_edges", $these)
    };
}

/// An edge of a hop.
#[derive(Deserialize, FromRow)]
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
        let stmt = match way {
            Way::Out => sql!(
                sqlite: hop_sqlite!("source_id", "target_id"),
                postgres: hop_postgres!("source_id", "target_id")
            ),
            Way::In => sql!(
                sqlite: hop_sqlite!("target_id", "source_id"),
                postgres: hop_postgres!("target_id", "source_id")
            ),
        };
        // Before every place is that of no type.
        let (edge_type, far, id) = after.map_or(("", Uuid::nil(), Uuid::nil()), |place| {
            (&*place.edge_type, place.far.uuid(), place.id.uuid())
        });
        let rows = i64::try_from(rows).map_err(StorageError::new)?;
        let query = self.db.query(stmt).bind(self.workspace).bind(Json(from));
        let query = query.bind(edge_type).bind(far).bind(id).bind(rows).bind(Json(edge_types));
        let found: Vec<LinkRow> = query.packed().await?;
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
            sqlite: concat!(
                "SELECT item.id FROM ",
                these_sqlite!("erm_entities"),
                " AND (json_array_length($3) = 0 OR item.entity_type IN (SELECT value FROM json_each($3)))"
            ),
            postgres: concat!(
                "SELECT item.id FROM ",
                these_postgres!("erm_entities", ids_postgres!()),
                " AND (jsonb_array_length($3::jsonb) = 0
                       OR item.entity_type = ANY (ARRAY(SELECT jsonb_array_elements_text($3::jsonb))))"
            )
        ));
        let query = query.bind(self.workspace).bind(Json(nodes)).bind(Json(types));
        let rows: Vec<(EntityId,)> = query.all().await?;
        Ok(rows.into_iter().map(|(id,)| id).collect())
    }

    async fn beside(&self, beside: &Beside<'_>) -> Result<BesidePage, StorageError> {
        let Beside { node, direction, edge_types, entity_types, limit, offset, nodes, edges } =
            *beside;
        let (out, back) = match direction {
            Direction::Out => (true, false),
            Direction::In => (false, true),
            Direction::Both => (true, true),
        };
        let query = self.db.query(sql!(sqlite: beside_sqlite!(), postgres: beside_postgres!()));
        let query = query.bind(self.workspace).bind(node).bind(out).bind(back);
        let query = query.bind(Json(edge_types)).bind(Json(entity_types));
        let query = query.bind(i64::from(limit.get())).bind(most(offset));
        let query = query.bind(most(edges.saturating_add(1))).bind(most(nodes.saturating_add(1)));
        let rows: Vec<(i64, i64, Option<EntityId>)> = query.all().await?;
        let count = |count: i64| usize::try_from(count).map_err(StorageError::new);
        let (total, looked_at) = rows.first().map_or((0, 0), |(total, at, _)| (*total, *at));
        let nodes = rows.into_iter().filter_map(|(.., id)| id).collect();
        Ok(BesidePage { nodes, total: count(total)?, looked_at: count(looked_at)? })
    }

    async fn nodes(
        &self,
        ids: &[EntityId],
        room: usize,
    ) -> Result<Vec<Weighed<EntityDetails>>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: entities_sqlite!(these_sqlite!("erm_entities")),
            postgres: known_postgres!("erm_entities", these_postgres!("erm_entities", ids_postgres!()))
        ));
        let query = query.bind(self.workspace).bind(Json(ids)).bind(most(room));
        let rows: Vec<EntityRow> = query.packed().await?;
        rows.into_iter().map(Weighed::try_from).collect()
    }

    async fn edges(
        &self,
        ids: &[EdgeId],
        room: usize,
    ) -> Result<Vec<Weighed<EdgeDetails>>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: edges_sqlite!(these_sqlite!("erm_edges")),
            postgres: known_postgres!("erm_edges", these_postgres!("erm_edges", ids_postgres!()))
        ));
        let query = query.bind(self.workspace).bind(Json(ids)).bind(most(room));
        let rows: Vec<EdgeRow> = query.packed().await?;
        rows.into_iter().map(Weighed::try_from).collect()
    }

    async fn among(&self, among: &Among<'_>) -> Result<Vec<Weighed<EdgeDetails>>, StorageError> {
        let Among { nodes, edge_types, limit, room } = *among;
        let query = self.db.query(sql!(
            sqlite: edges_sqlite!(among_sqlite!()),
            postgres: known_postgres!("erm_edges", these_postgres!("erm_edges", among_postgres!()))
        ));
        let query = query.bind(self.workspace).bind(Json(nodes)).bind(most(room));
        let rows: Vec<EdgeRow> = query.bind(Json(edge_types)).bind(most(limit)).packed().await?;
        rows.into_iter().map(Weighed::try_from).collect()
    }
}

// Behind the macros, which it uses.
#[cfg(test)]
mod tests;
