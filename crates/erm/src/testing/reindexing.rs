//! The index of values in memory, after the schema has changed.

use perme8_events::{StorageError, WorkspaceId, sql, sql::Tx, testing::FakeTx};
use uuid::Uuid;

use super::{COMPANY, Tables, items::ValueRow};
use crate::{
    application::reindexing::{AT_ONCE, Index, Misplaced, Retyped},
    domain::{claims::UniqueValue, values::Key},
};

/// The index of values, in which something is left that should have gone.
pub(crate) trait Orphans: Index {
    /// The company has a value of something that is not there, or not in the company.
    async fn orphan(&mut self, of: &Retyped, key: &Key, item: Uuid);
}

impl Orphans for Tx {
    async fn orphan(&mut self, of: &Retyped, key: &Key, item: Uuid) {
        let insert = sql!(
            "INSERT INTO erm_values (workspace_id, holder, item_type, property, key, item_id)
             VALUES ($1, $2, $3, $4, $5, $6)"
        );
        let Retyped { holder, item_type, property, property_type: _ } = of;
        let query = self.query(insert).bind(COMPANY).bind(holder.as_str());
        let query = query.bind(item_type.as_str()).bind(property.as_str());
        query.bind(key.as_bytes()).bind(item).exec().await.unwrap();
    }
}

impl Orphans for FakeTx<Tables> {
    async fn orphan(&mut self, of: &Retyped, key: &Key, item: Uuid) {
        let (item_type, property) = (of.item_type.clone(), of.property.clone());
        let value = UniqueValue { item_type, property, key: key.clone() };
        let row = ValueRow { workspace_id: COMPANY, holder: of.holder, value, item };
        self.state.values.push(row);
    }
}

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
            let mut entities = entities.iter().filter(|row| row.workspace_id == workspace);
            let mut edges = edges.iter().filter(|row| row.workspace_id == workspace);
            let entity = entities.find(|row| row.id.uuid() == item).map(|row| &row.properties);
            let edge = || edges.find(|row| row.id.uuid() == item).map(|row| &row.properties);
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
