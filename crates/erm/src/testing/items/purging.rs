//! What goes for good, in memory.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId, testing::FakeTx};

use crate::{
    application::{
        clearance::Remains,
        purge_deleted::{Deleted, Purged},
    },
    domain::entity::Entity,
    testing::Tables,
};

impl Deleted for FakeTx<Tables> {
    async fn purge_edges(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let rows = self.state.edges.iter();
        let mut old: Vec<_> = rows.filter_map(|row| Some((row.deleted_at?, row.id))).collect();
        old.retain(|(deleted_at, _)| *deleted_at < before);
        old.sort_unstable();
        old.truncate(limit as usize);
        self.state.edges.retain(|row| old.iter().all(|(_, id)| *id != row.id));
        Ok(old.len() as u64)
    }

    async fn purge_entities(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Purged>, StorageError> {
        let rows = self.state.entities.iter();
        let mut old: Vec<_> = rows
            .filter_map(|row| Some((row.deleted_at?, row.id, row.clone())))
            .filter(|(deleted_at, ..)| *deleted_at < before)
            .collect();
        old.sort_by_key(|(deleted_at, id, _)| (*deleted_at, *id));
        old.truncate(limit as usize);
        self.state.entities.retain(|row| old.iter().all(|(_, id, _)| *id != row.id));
        let purged = |(_, id, row): (_, _, Entity)| Purged {
            id,
            workspace_id: row.workspace_id,
            entity_type: row.entity_type,
        };
        Ok(old.into_iter().map(purged).collect())
    }

    /// There is no projected graph in memory.
    async fn purge_graphs(&mut self, _: u32) -> Result<u64, StorageError> {
        Ok(0)
    }
}

impl Remains for FakeTx<Tables> {
    async fn clear(&mut self, workspace: WorkspaceId, limit: u32) -> Result<u64, StorageError> {
        let mut left = limit;
        let mut stays = |of: WorkspaceId| {
            let goes = of == workspace && left > 0;
            left -= u32::from(goes);
            !goes
        };
        let Tables { schemas, entities, edges, values, .. } = &mut self.state;
        values.retain(|row| stays(row.workspace_id));
        edges.retain(|row| stays(row.workspace_id));
        entities.retain(|row| stays(row.workspace_id));
        schemas.retain(|row| stays(row.workspace_id));
        Ok(u64::from(limit - left))
    }
}
