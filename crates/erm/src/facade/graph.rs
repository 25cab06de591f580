//! Walks through the graphs of workspaces.

use std::time::{Duration, Instant};

use identity::WorkspaceRef;
use perme8_events::{Origin, StorageError, Transaction as _};

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
    domain::{
        events::traversals::{TraversalExecuted, TraversalKind},
        references::TraversalId,
    },
    infrastructure::stored_graph::StoredGraph,
};

impl Erm {
    /// A page of the neighbours of an entity, and how many there are, for members.
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
        let graph = self.graph(graph, &acting).await?;
        let walk = asked.execute(&*graph, self.options.bounds.visited);
        self.walked(origin, &acting, (TraversalKind::Neighbours, 1), walk).await
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
        let graph = self.graph(graph, &acting).await?;
        let depth = asked.depth.get();
        let walk = asked.execute(&*graph, self.options.bounds.visited);
        self.walked(origin, &acting, (TraversalKind::Traverse, depth), walk).await
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
        let graph = self.graph(graph, &acting).await?;
        let depth = asked.depth.get();
        let walk = asked.execute(&*graph, self.options.bounds.visited);
        self.walked(origin, &acting, (TraversalKind::Paths, depth), walk).await
    }

    /// The graph of this name, as this person sees it.
    async fn graph(
        &self,
        name: GraphName,
        acting: &Acting,
    ) -> Result<Box<dyn Graph + '_>, GraphError> {
        Ok(match name {
            GraphName::Own => Box::new(StoredGraph::new(self.db.clone(), acting.workspace_id())),
            GraphName::Workspace => Box::new(self.projected(acting).await?),
        })
    }

    /// Gives a walk the time that it may take, and tells of some.
    async fn walked<T>(
        &self,
        origin: &Origin,
        acting: &Acting,
        (kind, depth): (TraversalKind, u8),
        walk: impl Future<Output = Result<Walked<T>, GraphError>>,
    ) -> Result<T, GraphError> {
        let begun = Instant::now();
        let in_time = tokio::time::timeout(self.options.bounds.time, walk).await;
        let Walked { answer, visited } = in_time.unwrap_or(Err(GraphError::TimedOut))?;
        // A request walks once, so its walk is known by the id that it has already, which looks like chance.
        let traversal_id = TraversalId::new(origin.correlation_id().uuid());
        if is_sampled(traversal_id, self.options.sampled_traversals) {
            let executed = TraversalExecuted {
                traversal_id,
                workspace_id: acting.workspace_id(),
                user_id: acting.user_id,
                kind,
                depth,
                visited: u64::try_from(visited).unwrap_or(u64::MAX),
                duration_ms: millis(begun.elapsed()),
            };
            let told = self.uow.run(origin.clone(), async |tx| {
                tx.emit(executed);
                Ok::<_, StorageError>(())
            });
            if let Err(error) = told.await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a walk is told to nobody"
                );
            }
        }
        Ok(answer)
    }
}

/// Whether this is one of the part of all walks of which an event tells.
fn is_sampled(id: TraversalId, part: f64) -> bool {
    // The last digits of an id are those which chance alone made.
    let [.., a, b, c, d] = *id.uuid().as_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) < part * (f64::from(u32::MAX) + 1.0)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
