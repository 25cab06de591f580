//! Relations of entries, in `erm_edges`.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId, sql, sql::Tx};

use crate::{
    application::knowledge::ports::Relations,
    domain::{
        knowledge::relation::RelationType,
        references::{EdgeId, EntityId},
    },
};

impl Relations for Tx {
    async fn relation_between(
        &mut self,
        workspace: WorkspaceId,
        from: EntityId,
        relation_type: RelationType,
        to: EntityId,
    ) -> Result<Option<(EdgeId, DateTime<Utc>)>, StorageError> {
        let query = self.query(sql!(
            "SELECT id, created_at FROM erm_edges
             WHERE workspace_id = $1 AND source_id = $2 AND edge_type = $3 AND target_id = $4 AND deleted_at IS NULL
             ORDER BY id LIMIT 1"
        ));
        let query = query.bind(workspace).bind(from).bind(relation_type.as_str()).bind(to);
        query.opt().await
    }
}
