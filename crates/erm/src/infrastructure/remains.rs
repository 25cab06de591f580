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

    // That they are gone stays known, or what comes too late would be followed.
    async fn purge_graphs(&mut self, limit: u32) -> Result<u64, StorageError> {
        let steps = [
            sql!(
                "DELETE FROM erm_graph_edges WHERE (generation, workspace_id, id) IN
                   (SELECT edge.generation, edge.workspace_id, edge.id
                    FROM erm_graph_workspaces AS gone
                    JOIN erm_graph_edges AS edge
                      ON edge.generation = gone.generation AND edge.workspace_id = gone.workspace_id
                    WHERE gone.is_gone LIMIT $1)"
            ),
            sql!(
                "DELETE FROM erm_graph_nodes WHERE (generation, workspace_id, id) IN
                   (SELECT node.generation, node.workspace_id, node.id
                    FROM erm_graph_workspaces AS gone
                    JOIN erm_graph_nodes AS node
                      ON node.generation = gone.generation AND node.workspace_id = gone.workspace_id
                    WHERE gone.is_gone LIMIT $1)"
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
