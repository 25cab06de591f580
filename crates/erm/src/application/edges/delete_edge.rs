//! Deleting an edge.

use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EdgeDetails,
        writing::{WriteError, is_seen, live_edge},
    },
    domain::{policy::Action, references::EdgeId},
};

/// Deletes an edge; it can come back for some time.
///
/// Emits [`EdgeDeleted`](crate::EdgeDeleted).
#[derive(Debug, Clone)]
pub struct DeleteEdge {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EdgeId,
    /// The version that was seen; if it has changed since, nothing is deleted.
    pub seen: Option<i64>,
}

impl DeleteEdge {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<EdgeDetails, WriteError> {
        let Self { workspace: _, id, seen } = self;
        acting.enter(tx, Action::Write).await?;
        let edge = live_edge(tx, acting.workspace_id(), *id).await?;
        is_seen(*seen, edge.version)?;
        let deleted = edge.delete(acting.user_id, tx.now());
        Ok(tx.save(deleted).await?.into())
    }
}
