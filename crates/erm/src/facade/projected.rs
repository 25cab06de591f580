//! Looking at the projected graph: what other contexts keep of a workspace, as nodes and edges.

use identity::WorkspaceRef;
use perme8_events::Origin;

use super::Erm;
use crate::{
    application::{
        acting::Acting,
        graph::{Graph as _, GraphError},
        projected::{ListProjected, ProjectedPage},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::references::{EdgeId, EntityId},
    infrastructure::projected_graph::reading::ProjectedGraph,
};

/// Documents that are private are there for their owner alone, and those in the trash for nobody. All of it follows events,
/// so it is there a moment later; what is hidden is hidden at once.
impl Erm {
    /// Projects, documents and members of a workspace, for its members: the newest first.
    ///
    /// # Errors
    ///
    /// [`GraphError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn graph_nodes(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: &ListProjected,
    ) -> Result<ProjectedPage<EntityDetails>, GraphError> {
        let acting = self.viewing(origin, workspace).await?;
        Ok(self.projected(&acting).await?.list_nodes(asked).await?)
    }

    /// A project, a document or a member, for members of the workspace; nothing if there is none.
    ///
    /// # Errors
    ///
    /// [`GraphError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn graph_node(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        id: EntityId,
    ) -> Result<Option<EntityDetails>, GraphError> {
        let acting = self.viewing(origin, workspace).await?;
        Ok(self
            .projected(&acting)
            .await?
            .nodes(&[id], usize::MAX)
            .await?
            .pop()
            .map(|node| node.item))
    }

    /// What belongs to what and whose it is, for members of the workspace: the newest first.
    ///
    /// # Errors
    ///
    /// [`GraphError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn graph_edges(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: &ListProjected,
    ) -> Result<ProjectedPage<EdgeDetails>, GraphError> {
        let acting = self.viewing(origin, workspace).await?;
        Ok(self.projected(&acting).await?.list_edges(asked).await?)
    }

    /// One of those edges; nothing if there is none.
    ///
    /// # Errors
    ///
    /// [`GraphError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn graph_edge(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        id: EdgeId,
    ) -> Result<Option<EdgeDetails>, GraphError> {
        let acting = self.viewing(origin, workspace).await?;
        Ok(self
            .projected(&acting)
            .await?
            .edges(&[id], usize::MAX)
            .await?
            .pop()
            .map(|edge| edge.item))
    }

    /// The projected graph, as this person sees it.
    pub(super) async fn projected(
        &self,
        acting: &Acting,
    ) -> Result<ProjectedGraph<'_>, GraphError> {
        let (workspace, viewer) = (acting.workspace_id(), acting.user_id);
        Ok(ProjectedGraph::open(&self.db, &*self.things, workspace, viewer).await?)
    }
}
