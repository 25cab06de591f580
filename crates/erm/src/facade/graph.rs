//! Walks through the graphs of workspaces.

use std::time::Duration;

use identity::WorkspaceRef;
use perme8_events::Origin;

use super::Erm;
use crate::{
    application::{
        acting::Acting,
        graph::{
            Graph, GraphError, GraphName, Walked,
            find_paths::{FindPaths, PathDetails},
            neighbours::{Neighbours, NeighboursPage},
            traverse::{Subgraph, Traverse},
        },
    },
    infrastructure::stored_graph::StoredGraph,
};

/// So many entities a walk may visit.
const VISITED: usize = 100_000;

/// So long a walk may take.
const TIME: Duration = Duration::from_secs(5);

impl Erm {
    /// The neighbours of an entity, for members; any of them that are asked for, and how many there are.
    ///
    /// # Errors
    ///
    /// [`GraphError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn neighbours(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        graph: GraphName,
        asked: Neighbours,
    ) -> Result<NeighboursPage, GraphError> {
        let acting = self.viewing(origin, workspace).await?;
        let graph = self.graph(graph, &acting);
        in_time(asked.execute(&*graph, VISITED)).await.map(|walked| walked.answer)
    }

    /// What is some steps away from an entity, for members: the entities, that one first, and the edges among them.
    ///
    /// # Errors
    ///
    /// [`GraphError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn traverse(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        graph: GraphName,
        asked: Traverse,
    ) -> Result<Subgraph, GraphError> {
        let acting = self.viewing(origin, workspace).await?;
        let graph = self.graph(graph, &acting);
        in_time(asked.execute(&*graph, VISITED)).await.map(|walked| walked.answer)
    }

    /// The ways from one entity to another, for members; none where there is none.
    ///
    /// # Errors
    ///
    /// [`GraphError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn paths(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        graph: GraphName,
        asked: FindPaths,
    ) -> Result<Vec<PathDetails>, GraphError> {
        let acting = self.viewing(origin, workspace).await?;
        let graph = self.graph(graph, &acting);
        in_time(asked.execute(&*graph, VISITED)).await.map(|walked| walked.answer)
    }

    /// The graph of this name, as this person sees it.
    fn graph(&self, name: GraphName, acting: &Acting) -> Box<dyn Graph> {
        match name {
            GraphName::Own => Box::new(StoredGraph::new(self.db.clone(), acting.workspace_id())),
        }
    }
}

/// Gives a walk the time that it may take.
async fn in_time<T>(
    walk: impl Future<Output = Result<Walked<T>, GraphError>>,
) -> Result<Walked<T>, GraphError> {
    tokio::time::timeout(TIME, walk).await.unwrap_or(Err(GraphError::TimedOut))
}
