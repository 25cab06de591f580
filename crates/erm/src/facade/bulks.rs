//! Many entities or edges at once.

use perme8_events::Origin;

use super::Erm;
use crate::{
    application::{
        bulks::{
            BulkError, BulkOutcome, create_edges::CreateEdges, create_entities::CreateEntities,
            delete_entities::DeleteEntities, update_entities::UpdateEntities,
        },
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::references::EntityId,
};

impl Erm {
    /// Adds many entities at once.
    ///
    /// # Errors
    ///
    /// [`BulkError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn create_entities(
        &self,
        origin: Origin,
        command: CreateEntities,
    ) -> Result<BulkOutcome<EntityDetails>, BulkError> {
        transact!(self, origin, command, BulkError, self.options.quota)
    }

    /// Replaces all properties of many entities at once.
    ///
    /// # Errors
    ///
    /// [`BulkError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn update_entities(
        &self,
        origin: Origin,
        command: UpdateEntities,
    ) -> Result<BulkOutcome<EntityDetails>, BulkError> {
        transact!(self, origin, command, BulkError)
    }

    /// Deletes many entities at once, and the edges at them.
    ///
    /// # Errors
    ///
    /// [`BulkError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn delete_entities(
        &self,
        origin: Origin,
        command: DeleteEntities,
    ) -> Result<BulkOutcome<EntityId>, BulkError> {
        transact!(self, origin, command, BulkError)
    }

    /// Adds many edges at once.
    ///
    /// # Errors
    ///
    /// [`BulkError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn create_edges(
        &self,
        origin: Origin,
        command: CreateEdges,
    ) -> Result<BulkOutcome<EdgeDetails>, BulkError> {
        transact!(self, origin, command, BulkError, self.options.quota)
    }
}
