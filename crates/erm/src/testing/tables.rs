//! The tables in memory, with the same rules of uniqueness as in a database.

use std::collections::BTreeSet;

use perme8_events::{Load, StorageError, Store, WorkspaceId, testing::FakeTx};

use crate::{
    application::ports::{Edition, Schemas, Workspaces},
    domain::{edge::Edge, entity::Entity, references::SchemaId, schema::Schema},
};

use super::items::ValueRow;

/// What a database would hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) schemas: Vec<Schema>,
    pub(crate) entities: Vec<Entity>,
    pub(crate) edges: Vec<Edge>,
    pub(crate) values: Vec<ValueRow>,
    gone: BTreeSet<WorkspaceId>,
}

impl Workspaces for FakeTx<Tables> {
    async fn enter(&mut self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        self.take_turns()?;
        self.is_there(workspace).await
    }

    async fn is_there(&mut self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        Ok(!self.state.gone.contains(&workspace))
    }

    async fn remember_gone(&mut self, workspace: WorkspaceId) -> Result<(), StorageError> {
        self.take_turns()?;
        self.state.gone.insert(workspace);
        Ok(())
    }
}

impl Load<Schema> for FakeTx<Tables> {
    async fn load(&mut self, id: SchemaId) -> Result<Option<Schema>, StorageError> {
        Ok(self.state.schemas.iter().find(|schema| schema.id == id).cloned())
    }
}

/// Compare and set: a new row must not be there, nor another of its workspace; an old one must have the version that was read.
impl Store<Schema> for FakeTx<Tables> {
    async fn store(&mut self, schema: &mut Schema) -> Result<(), StorageError> {
        let rows = &mut self.state.schemas;
        let stored = rows.iter().find(|row| row.id == schema.id).map_or(0, |row| row.version);
        let is_other =
            |row: &Schema| row.id != schema.id && row.workspace_id == schema.workspace_id;
        if stored != schema.version || rows.iter().any(is_other) {
            return Err(StorageError::conflict());
        }
        schema.version += 1;
        rows.retain(|row| row.id != schema.id);
        rows.push(schema.clone());
        Ok(())
    }
}

impl Schemas for FakeTx<Tables> {
    async fn edition_of(
        &mut self,
        workspace: WorkspaceId,
    ) -> Result<Option<Edition>, StorageError> {
        Ok(self.schema_of(workspace).await?.as_ref().map(Edition::of))
    }

    async fn schema_of(&mut self, workspace: WorkspaceId) -> Result<Option<Schema>, StorageError> {
        Ok(self.state.schemas.iter().find(|schema| schema.workspace_id == workspace).cloned())
    }
}
