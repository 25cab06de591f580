//! The index of values in memory, after the schema has changed.

use perme8_events::{StorageError, WorkspaceId, testing::FakeTx};
use uuid::Uuid;

use super::{Tables, items::ValueRow};
use crate::{
    application::reindexing::{AT_ONCE, Index, Misplaced, Retyped},
    domain::values::Key,
};

impl ValueRow {
    /// Whether it is of this property, under a key that its values have no more.
    fn is_old(&self, workspace: WorkspaceId, of: &Retyped) -> bool {
        let (low, high) = of.old_keys();
        let key = self.value.key.as_bytes();
        (self.workspace_id, self.holder) == (workspace, of.holder)
            && (&self.value.item_type, &self.value.property) == (&of.item_type, &of.property)
            && (low.as_slice()..high.as_slice()).contains(&key)
    }
}

impl Index for FakeTx<Tables> {
    async fn stale(
        &mut self,
        workspace: WorkspaceId,
        retyped: &[Retyped],
    ) -> Result<Vec<Retyped>, StorageError> {
        let is_stale =
            |of: &&Retyped| self.state.values.iter().any(|row| row.is_old(workspace, of));
        Ok(retyped.iter().filter(is_stale).cloned().collect())
    }

    async fn count_misplaced(
        &mut self,
        workspace: WorkspaceId,
        of: &[Retyped],
        limit: u64,
    ) -> Result<u64, StorageError> {
        let is_old = |row: &&ValueRow| of.iter().any(|of| row.is_old(workspace, of));
        let count = self.state.values.iter().filter(is_old).count() as u64;
        Ok(count.min(limit))
    }

    async fn misplaced(
        &mut self,
        workspace: WorkspaceId,
        of: &Retyped,
        after: Option<&Misplaced>,
    ) -> Result<Vec<Misplaced>, StorageError> {
        let Tables { entities, edges, values, .. } = &self.state;
        let text = |item: Uuid| {
            let entity =
                entities.iter().find(|row| row.id.uuid() == item).map(|row| &row.properties);
            let edge = || edges.iter().find(|row| row.id.uuid() == item).map(|row| &row.properties);
            let value = entity.or_else(edge)?.get(of.property.as_str())?;
            value.as_str().map(str::to_owned)
        };
        let old = values.iter().filter(|row| row.is_old(workspace, of));
        let misplaced = old.map(|row| {
            let key = row.value.key.as_bytes().to_vec();
            Misplaced { item: row.item, key, text: text(row.item) }
        });
        let is_behind = |misplaced: &Misplaced| {
            after.is_none_or(|after| (&misplaced.key, misplaced.item) > (&after.key, after.item))
        };
        let mut misplaced: Vec<_> = misplaced.filter(is_behind).collect();
        misplaced.sort_by(|a, b| (&a.key, a.item).cmp(&(&b.key, b.item)));
        misplaced.truncate(AT_ONCE as usize);
        Ok(misplaced)
    }

    async fn replace(
        &mut self,
        workspace: WorkspaceId,
        of: &Retyped,
        keys: &[(Uuid, Key)],
    ) -> Result<(), StorageError> {
        for (item, key) in keys {
            let mut rows = self.state.values.iter_mut();
            if let Some(row) = rows.find(|row| row.item == *item && row.is_old(workspace, of)) {
                row.value.key = key.clone();
            }
        }
        Ok(())
    }
}
