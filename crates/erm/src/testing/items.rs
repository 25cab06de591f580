//! Entities, edges and their values in memory, with the same rules as in a database.

use std::{collections::BTreeSet, slice};

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Store, Transaction as _, WorkspaceId, testing::FakeTx};
use uuid::Uuid;

use super::Tables;
use crate::{
    application::{
        knowledge::ports::Relations,
        ports::items::{Edges, Entities, Holder, Holdings, MOST_BYTES, MOST_EDGES},
    },
    domain::{
        bulk::Batch,
        claims::{End, KeyOfType, OnlyEdge, UniqueValue},
        edge::Edge,
        entity::Entity,
        knowledge::relation::RelationType,
        names::TypeName,
        properties::IndexedValue,
        quota::Usage,
        references::{EdgeId, EntityId},
    },
};

mod purging;

/// A row of the index of values.
#[derive(Debug, Clone)]
pub(crate) struct ValueRow {
    pub(super) workspace_id: WorkspaceId,
    pub(super) holder: Holder,
    pub(super) value: UniqueValue,
    pub(super) item: Uuid,
}

/// What entities and edges have in common.
trait Item: Clone {
    const HOLDER: Holder;
    fn rows(tables: &mut Tables) -> &mut Vec<Self>;
    fn uuid(&self) -> Uuid;
    fn workspace(&self) -> WorkspaceId;
    fn item_type(&self) -> &TypeName;
    fn is_live(&self) -> bool;
    fn clashes(&self, other: &Self) -> bool;
    /// What changes when it is written: the version, whether it counted, and values that are handed over.
    fn parts(&mut self) -> (&mut i64, &mut bool, &mut Vec<IndexedValue>);
}

impl Item for Entity {
    const HOLDER: Holder = Holder::Entity;

    fn rows(tables: &mut Tables) -> &mut Vec<Self> {
        &mut tables.entities
    }

    fn uuid(&self) -> Uuid {
        self.id.uuid()
    }

    fn workspace(&self) -> WorkspaceId {
        self.workspace_id
    }

    fn item_type(&self) -> &TypeName {
        &self.entity_type
    }

    fn is_live(&self) -> bool {
        Entity::is_live(self)
    }

    fn clashes(&self, other: &Self) -> bool {
        self.is_live()
            && other.is_live()
            && self.external_key.is_some()
            && (self.workspace_id, &self.entity_type, &self.external_key)
                == (other.workspace_id, &other.entity_type, &other.external_key)
    }

    fn parts(&mut self) -> (&mut i64, &mut bool, &mut Vec<IndexedValue>) {
        (&mut self.version, &mut self.was_live, &mut self.values)
    }
}

impl Item for Edge {
    const HOLDER: Holder = Holder::Edge;

    fn rows(tables: &mut Tables) -> &mut Vec<Self> {
        &mut tables.edges
    }

    fn uuid(&self) -> Uuid {
        self.id.uuid()
    }

    fn workspace(&self) -> WorkspaceId {
        self.workspace_id
    }

    fn item_type(&self) -> &TypeName {
        &self.edge_type
    }

    fn is_live(&self) -> bool {
        Edge::is_live(self)
    }

    fn clashes(&self, _: &Self) -> bool {
        false
    }

    fn parts(&mut self) -> (&mut i64, &mut bool, &mut Vec<IndexedValue>) {
        (&mut self.version, &mut self.was_live, &mut self.values)
    }
}

/// Compare and set: a new row must not be there, an old one must have the version that was read.
fn write<I: Item>(tables: &mut Tables, items: &mut [I]) -> Result<(), StorageError> {
    for item in items {
        let rows = I::rows(tables);
        let stored = rows.iter_mut().find(|row| row.uuid() == item.uuid());
        let stored = stored.map_or(0, |row| *row.parts().0);
        let is_taken = rows.iter().any(|row| row.uuid() != item.uuid() && row.clashes(item));
        let is_live = item.is_live();
        let (version, was_live, values) = item.parts();
        if stored != *version || is_taken {
            return Err(StorageError::conflict());
        }
        *version += 1;
        *was_live = is_live;
        let values = std::mem::take(values);
        rows.retain(|row| row.uuid() != item.uuid());
        rows.push(item.clone());
        tables.values.retain(|row| row.item != item.uuid());
        let row = |IndexedValue { property, key, unique: _ }| ValueRow {
            workspace_id: item.workspace(),
            holder: I::HOLDER,
            value: UniqueValue { item_type: item.item_type().clone(), property, key },
            item: item.uuid(),
        };
        if is_live {
            tables.values.extend(values.into_iter().map(row));
        }
    }
    Ok(())
}

impl Store<Entity> for FakeTx<Tables> {
    async fn store(&mut self, entity: &mut Entity) -> Result<(), StorageError> {
        write(&mut self.state, slice::from_mut(entity))
    }
}

impl Store<Edge> for FakeTx<Tables> {
    async fn store(&mut self, edge: &mut Edge) -> Result<(), StorageError> {
        write(&mut self.state, slice::from_mut(edge))
    }
}

impl Store<Batch<Entity>> for FakeTx<Tables> {
    async fn store(&mut self, batch: &mut Batch<Entity>) -> Result<(), StorageError> {
        write(&mut self.state, &mut batch.items)
    }
}

impl Store<Batch<EntityId>> for FakeTx<Tables> {
    async fn store(&mut self, batch: &mut Batch<EntityId>) -> Result<(), StorageError> {
        let now = self.now();
        for id in &batch.items {
            let mut rows = self.state.entities.iter_mut();
            let row = rows.find(|row| row.id == *id && row.workspace_id == batch.workspace_id);
            let row = row.filter(|row| row.is_live()).ok_or(StorageError::conflict())?;
            (row.deleted_at, row.updated_at, row.was_live) = (Some(now), now, false);
            row.version += 1;
            self.state.values.retain(|value| value.item != id.uuid());
        }
        Ok(())
    }
}

impl Store<Batch<Edge>> for FakeTx<Tables> {
    async fn store(&mut self, batch: &mut Batch<Edge>) -> Result<(), StorageError> {
        write(&mut self.state, &mut batch.items)
    }
}

impl Holdings for FakeTx<Tables> {
    async fn usage(&mut self, workspace: WorkspaceId) -> Result<Usage, StorageError> {
        let Tables { entities, edges, .. } = &self.state;
        let entities = entities.iter().filter(|row| row.workspace_id == workspace && row.is_live());
        let edges = edges.iter().filter(|row| row.workspace_id == workspace && row.is_live());
        Ok(Usage { entities: entities.count() as u64, edges: edges.count() as u64 })
    }

    async fn holders_of_values(
        &mut self,
        workspace: WorkspaceId,
        holder: Holder,
        values: &[UniqueValue],
    ) -> Result<Vec<(UniqueValue, Uuid)>, StorageError> {
        let rows = self.state.values.iter();
        let rows = rows.filter(|row| row.workspace_id == workspace && row.holder == holder);
        let asked = rows.filter(|row| values.contains(&row.value));
        Ok(asked.map(|row| (row.value.clone(), row.item)).collect())
    }
}

impl Entities for FakeTx<Tables> {
    async fn entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> Result<Vec<Entity>, StorageError> {
        let rows = self.state.entities.iter().filter(|row| row.workspace_id == workspace);
        Ok(rows.filter(|row| ids.contains(&row.id)).cloned().collect())
    }

    async fn live_entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> Result<Vec<(EntityId, TypeName)>, StorageError> {
        let found = self.entities(workspace, ids).await?.into_iter().filter(Entity::is_live);
        Ok(found.map(|entity| (entity.id, entity.entity_type)).collect())
    }

    async fn deleted_entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> Result<Vec<(EntityId, DateTime<Utc>)>, StorageError> {
        let found = self.entities(workspace, ids).await?.into_iter();
        Ok(found.filter_map(|entity| Some((entity.id, entity.deleted_at?))).collect())
    }

    async fn entities_by_keys(
        &mut self,
        workspace: WorkspaceId,
        keys: &[KeyOfType],
    ) -> Result<Vec<(KeyOfType, EntityId)>, StorageError> {
        let rows = self.state.entities.iter();
        let rows = rows.filter(|row| row.workspace_id == workspace && row.is_live());
        let key = |row: &Entity| {
            let (entity_type, key) = (row.entity_type.clone(), row.external_key.clone()?);
            Some((KeyOfType { entity_type, key }, row.id))
        };
        Ok(rows.filter_map(key).filter(|(key, _)| keys.contains(key)).collect())
    }
}

impl Edges for FakeTx<Tables> {
    async fn edges(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EdgeId],
    ) -> Result<Vec<Edge>, StorageError> {
        let rows = self.state.edges.iter().filter(|row| row.workspace_id == workspace);
        Ok(rows.filter(|row| ids.contains(&row.id)).cloned().collect())
    }

    async fn only_edges(
        &mut self,
        workspace: WorkspaceId,
        asked: &[OnlyEdge],
    ) -> Result<Vec<(OnlyEdge, EdgeId)>, StorageError> {
        let rows = self.state.edges.iter();
        let rows = rows.filter(|row| row.workspace_id == workspace && row.is_live());
        let ends = rows.flat_map(|row| {
            [(End::Source, row.source_id), (End::Target, row.target_id)].map(|(end, entity)| {
                (OnlyEdge { edge_type: row.edge_type.clone(), end, entity }, row.id)
            })
        });
        Ok(ends.filter(|(only, _)| asked.contains(only)).collect())
    }

    async fn delete_edges_at(
        &mut self,
        workspace: WorkspaceId,
        entities: &[EntityId],
    ) -> Result<u64, StorageError> {
        let now = self.now();
        let mut gone = BTreeSet::new();
        for row in &mut self.state.edges {
            let at = [row.source_id, row.target_id].into_iter().find(|end| entities.contains(end));
            if row.workspace_id == workspace
                && row.is_live()
                && let Some(entity) = at
            {
                (row.deleted_at, row.updated_at) = (Some(now), now);
                (row.deleted_with, row.was_live) = (Some(entity), false);
                row.version += 1;
                gone.insert(row.id.uuid());
            }
        }
        self.state.values.retain(|row| !gone.contains(&row.item));
        Ok(gone.len() as u64)
    }

    async fn edges_gone_with(
        &mut self,
        workspace: WorkspaceId,
        entity: EntityId,
    ) -> Result<Vec<Edge>, StorageError> {
        let rows = self.state.edges.iter().filter(|row| row.workspace_id == workspace);
        let mut rows: Vec<Edge> =
            rows.filter(|row| row.deleted_with == Some(entity)).cloned().collect();
        rows.sort_by_key(|row| row.id);
        rows.truncate(MOST_EDGES as usize);
        let mut bytes = 0;
        let bytes_of =
            |row: &Edge| serde_json::to_string(&row.properties).map_or(0, |json| json.len());
        let is_light = |row: &Edge| {
            let before = bytes;
            bytes += bytes_of(row);
            before < MOST_BYTES as usize
        };
        rows.retain(is_light);
        Ok(rows)
    }

    async fn has_edges_gone_with(
        &mut self,
        workspace: WorkspaceId,
        entity: EntityId,
    ) -> Result<bool, StorageError> {
        let mut rows = self.state.edges.iter().filter(|row| row.workspace_id == workspace);
        Ok(rows.any(|row| row.deleted_with == Some(entity)))
    }

    async fn write_edges_of_restored(&mut self, mut edges: Vec<Edge>) -> Result<(), StorageError> {
        write(&mut self.state, &mut edges)
    }
}

impl Relations for FakeTx<Tables> {
    async fn relation_between(
        &mut self,
        workspace: WorkspaceId,
        from: EntityId,
        relation_type: RelationType,
        to: EntityId,
    ) -> Result<Option<(EdgeId, DateTime<Utc>)>, StorageError> {
        let rows = self.state.edges.iter();
        let rows = rows.filter(|row| row.workspace_id == workspace && row.is_live());
        let relations = rows.filter(|row| {
            row.edge_type == *relation_type.as_str() && (row.source_id, row.target_id) == (from, to)
        });
        let first = relations.min_by_key(|row| row.id);
        Ok(first.map(|row| (row.id, row.created_at)))
    }
}
