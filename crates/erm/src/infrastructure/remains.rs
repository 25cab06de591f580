//! What is forgotten: what was deleted long ago, and everything of workspaces that are gone.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId, sql, sql::Tx};

use crate::{
    application::{
        clearance::Remains,
        purge_deleted::{Deleted, Purged},
    },
    domain::{names::TypeName, references::EntityId},
};

/// At most `$1` rows of a table go that are of workspaces which are gone, one workspace after the other.
macro_rules! purge_sqlite {
    ($table:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (generation, workspace_id, id) IN
                (SELECT item.generation, item.workspace_id, item.id
                 FROM erm_graph_workspaces AS gone CROSS JOIN ",
            $table,
            " AS item
                 WHERE gone.is_gone AND item.generation = gone.generation AND item.workspace_id = gone.workspace_id
                 LIMIT $1)"
        )
    };
}

/// The same for PostgreSQL.
macro_rules! purge_postgres {
    ($table:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (generation, workspace_id, id) IN
                (SELECT item.generation, item.workspace_id, item.id
                 FROM erm_graph_workspaces AS gone
                 CROSS JOIN LATERAL (SELECT generation, workspace_id, id FROM ",
            $table,
            " AS row WHERE row.generation = gone.generation AND row.workspace_id = gone.workspace_id
                 ORDER BY created_at, id LIMIT $1) AS item
                 WHERE gone.is_gone LIMIT $1)"
        )
    };
}

impl Deleted for Tx {
    async fn purge_edges(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        // Whoever has been restored since they were looked for stays.
        let delete = sql!(
            "DELETE FROM erm_edges
             WHERE deleted_at < $1 AND id IN
                 (SELECT id FROM erm_edges WHERE deleted_at < $1 ORDER BY deleted_at, id LIMIT $2)"
        );
        self.query(delete).bind(before).bind(i64::from(limit)).exec().await
    }

    async fn purge_entities(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Purged>, StorageError> {
        let delete = sql!(
            "DELETE FROM erm_entities
             WHERE deleted_at < $1 AND id IN
                 (SELECT id FROM erm_entities WHERE deleted_at < $1 ORDER BY deleted_at, id LIMIT $2)
             RETURNING id, workspace_id, entity_type"
        );
        let query = self.query(delete).bind(before).bind(i64::from(limit));
        let rows: Vec<(EntityId, WorkspaceId, String)> = query.all().await?;
        let purged = |(id, workspace_id, name)| Purged {
            id,
            workspace_id,
            entity_type: TypeName::stored(name),
        };
        Ok(rows.into_iter().map(purged).collect())
    }

    // That they are gone stays known, or what comes too late would be followed; so there may be many of them, of which only what
    // is left is looked up.
    async fn purge_graphs(&mut self, limit: u32) -> Result<u64, StorageError> {
        let steps = [
            sql!(
                sqlite: purge_sqlite!("erm_graph_edges"),
                postgres: purge_postgres!("erm_graph_edges")
            ),
            sql!(
                sqlite: purge_sqlite!("erm_graph_nodes"),
                postgres: purge_postgres!("erm_graph_nodes")
            ),
        ];
        let mut purged = 0;
        for step in steps {
            let left = i64::from(limit) - i64::try_from(purged).map_err(StorageError::new)?;
            if left <= 0 {
                break;
            }
            purged += self.query(step).bind(left).exec().await?;
        }
        Ok(purged)
    }
}

/// Forgets rows of a table that are of the workspace `$1`, at most `$2`.
macro_rules! clear {
    ($table:literal, $key:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE (",
            $key,
            ") IN
                 (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE workspace_id = $1 LIMIT $2)"
        )
    };
}

impl Remains for Tx {
    async fn clear(&mut self, workspace: WorkspaceId, limit: u32) -> Result<u64, StorageError> {
        let steps = [
            sql!(clear!("erm_values", "workspace_id, holder, item_type, property, key, item_id")),
            sql!(clear!("erm_edges", "id")),
            sql!(clear!("erm_entities", "id")),
            sql!(clear!("erm_schema_versions", "workspace_id, version")),
            sql!(clear!("erm_schemas", "id")),
            sql!(clear!("erm_usage", "workspace_id")),
        ];
        let mut cleared = 0;
        for step in steps {
            let left = i64::from(limit) - i64::try_from(cleared).map_err(StorageError::new)?;
            if left <= 0 {
                break;
            }
            cleared += self.query(step).bind(workspace).bind(left).exec().await?;
        }
        Ok(cleared)
    }
}
