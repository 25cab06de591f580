//! Edges, one by one.

use identity::WorkspaceRef;
use perme8_events::Origin;

use super::Erm;
use crate::{
    application::{
        edges::{
            create_edge::CreateEdge,
            delete_edge::DeleteEdge,
            replace_edge::{MergeEdge, ReplaceEdge},
            restore_edge::RestoreEdge,
        },
        read_models::items::{EdgeDetails, ItemQueryError},
        writing::WriteError,
    },
    domain::references::EdgeId,
    infrastructure::item_queries,
};

impl Erm {
    /// Leads an edge from one entity to another.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn create_edge(
        &self,
        origin: Origin,
        command: CreateEdge,
    ) -> Result<EdgeDetails, WriteError> {
        transact!(self, origin, command, WriteError, self.options.quota)
    }

    /// Replaces all properties of an edge.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, id = %command.id))]
    pub async fn replace_edge(
        &self,
        origin: Origin,
        command: ReplaceEdge,
    ) -> Result<EdgeDetails, WriteError> {
        transact!(self, origin, command, WriteError)
    }

    /// Changes some properties of an edge.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, id = %command.id))]
    pub async fn merge_edge(
        &self,
        origin: Origin,
        command: MergeEdge,
    ) -> Result<EdgeDetails, WriteError> {
        transact!(self, origin, command, WriteError)
    }

    /// Deletes an edge.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, id = %command.id))]
    pub async fn delete_edge(
        &self,
        origin: Origin,
        command: DeleteEdge,
    ) -> Result<EdgeDetails, WriteError> {
        transact!(self, origin, command, WriteError)
    }

    /// Brings back a deleted edge.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace, id = %command.id))]
    pub async fn restore_edge(
        &self,
        origin: Origin,
        command: RestoreEdge,
    ) -> Result<EdgeDetails, WriteError> {
        transact!(self, origin, command, WriteError, self.options.quota)
    }

    /// An edge, for members; one that is deleted only if that is wanted.
    ///
    /// # Errors
    ///
    /// [`ItemQueryError`].
    #[tracing::instrument(skip_all, fields(?workspace, %id))]
    pub async fn edge(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        id: EdgeId,
        include_deleted: bool,
    ) -> Result<EdgeDetails, ItemQueryError> {
        let acting = self.viewing(origin, workspace).await?;
        let found = item_queries::edge(&self.db, acting.workspace_id(), id).await?;
        let found = found.filter(|edge| include_deleted || edge.is_live());
        found.map(EdgeDetails::from).ok_or(ItemQueryError::NotFound)
    }
}
