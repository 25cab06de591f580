//! Bringing back an edge.

use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EdgeDetails,
        writing::{
            WriteError, definition,
            edges::{EdgeHoldings, WantedEdge},
            is_seen,
        },
    },
    domain::{policy::Action, quota::Quota, references::EdgeId},
};

/// Brings back a deleted edge, if it could be led there today.
///
/// Emits [`EdgeRestored`](crate::EdgeRestored).
#[derive(Debug, Clone)]
pub struct RestoreEdge {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EdgeId,
    /// The version that was seen; if it has changed since, it stays deleted.
    pub seen: Option<i64>,
}

impl RestoreEdge {
    /// The edge. One that is there already stays as it is.
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<EdgeDetails, WriteError> {
        let Self { workspace: _, id, seen } = self;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let definition = definition(tx, acting).await?;
        let found = tx.edges(workspace_id, &[*id]).await?.pop();
        let edge = found.ok_or(WriteError::NotFound)?;
        is_seen(*seen, edge.version)?;
        if edge.is_live() {
            return Ok(edge.into());
        }
        let ends = (edge.source_id, edge.target_id);
        let (name, properties) = (edge.edge_type.clone(), edge.properties.clone());
        let wanted = WantedEdge::check(&definition, name, ends, properties)?;
        let mut holdings = EdgeHoldings::gather(tx, workspace_id, quota, [&wanted]).await?;
        holdings.admit(*id, &wanted)?;
        let restored = edge.restore(wanted.checked.values, acting.user_id, now);
        Ok(tx.save(restored).await?.into())
    }
}
