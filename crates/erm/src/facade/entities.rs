//! Entities, one by one, and what was deleted long ago.

use identity::WorkspaceRef;
use perme8_events::Origin;

use super::Erm;
use crate::{
    application::{
        entities::{
            create_entity::CreateEntity,
            delete_entity::DeleteEntity,
            put_entity_by_key::PutEntityByKey,
            replace_entity::{MergeEntity, ReplaceEntity},
            restore_entity::RestoreEntity,
        },
        purge_deleted::{PurgeDeleted, PurgeDeletedError},
        read_models::items::{EntityDetails, ItemQueryError, RestoredEntity},
        writing::WriteError,
    },
    domain::references::EntityId,
    infrastructure::item_queries,
};

impl Erm {
    /// Adds an entity of a type of the schema.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn create_entity(
        &self,
        origin: Origin,
        command: CreateEntity,
    ) -> Result<EntityDetails, WriteError> {
        transact!(self, origin, command, WriteError, self.options.quota)
    }

    /// Replaces all properties of an entity.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, id = %command.id))]
    pub async fn replace_entity(
        &self,
        origin: Origin,
        command: ReplaceEntity,
    ) -> Result<EntityDetails, WriteError> {
        transact!(self, origin, command, WriteError)
    }

    /// Changes some properties of an entity.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, id = %command.id))]
    pub async fn merge_entity(
        &self,
        origin: Origin,
        command: MergeEntity,
    ) -> Result<EntityDetails, WriteError> {
        transact!(self, origin, command, WriteError)
    }

    /// Replaces all properties of the entity that is called so elsewhere, or adds it: the entity, and whether it is new.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn put_entity_by_key(
        &self,
        origin: Origin,
        command: PutEntityByKey,
    ) -> Result<(EntityDetails, bool), WriteError> {
        transact!(self, origin, command, WriteError, self.options.quota)
    }

    /// Deletes an entity, and the edges at it: the entity, and how many edges there were.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, id = %command.id))]
    pub async fn delete_entity(
        &self,
        origin: Origin,
        command: DeleteEntity,
    ) -> Result<(EntityDetails, u64), WriteError> {
        transact!(self, origin, command, WriteError)
    }

    /// Brings back a deleted entity, and edges that went with it; of an entity that is there, more of these edges.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; of an entity that is there also that the workspace has room for none of these edges.
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, id = %command.id))]
    pub async fn restore_entity(
        &self,
        origin: Origin,
        command: RestoreEntity,
    ) -> Result<RestoredEntity, WriteError> {
        transact!(self, origin, command, WriteError, self.options.quota)
    }

    /// An entity, for members; one that is deleted only if that is wanted.
    ///
    /// # Errors
    ///
    /// [`ItemQueryError`].
    #[tracing::instrument(skip_all, fields(?workspace, %id))]
    pub async fn entity(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        id: EntityId,
        include_deleted: bool,
    ) -> Result<EntityDetails, ItemQueryError> {
        let acting = self.viewing(origin, workspace).await?;
        let found = item_queries::entity(&self.db, acting.workspace_id(), id).await?;
        let found = found.filter(|entity| include_deleted || entity.is_live());
        found.map(EntityDetails::from).ok_or(ItemQueryError::NotFound)
    }

    /// Forgets entities and edges that were deleted long ago, and what the projected graph still holds of workspaces that are
    /// gone; fewer than the limit means that none is left.
    ///
    /// # Errors
    ///
    /// [`PurgeDeletedError`].
    #[tracing::instrument(skip_all)]
    pub async fn purge_deleted(
        &self,
        origin: Origin,
        command: PurgeDeleted,
    ) -> Result<u64, PurgeDeletedError> {
        let retention = self.options.retention;
        self.uow.run(origin, async |tx| command.execute(tx, retention).await).await
    }
}
