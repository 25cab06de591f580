//! Deleting an entity, and the edges at it.

use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EntityDetails,
        writing::{WriteError, is_seen, live_entity},
    },
    domain::{policy::Action, references::EntityId},
};

/// Deletes an entity, and with it the edges that begin or end there; both can come back for some time.
///
/// Emits [`EntityDeleted`](crate::EntityDeleted).
#[derive(Debug, Clone)]
pub struct DeleteEntity {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EntityId,
    /// The version that was seen; if it has changed since, nothing is deleted.
    pub seen: Option<i64>,
}

impl DeleteEntity {
    /// The entity, and how many edges went with it.
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<(EntityDetails, u64), WriteError> {
        let Self { workspace: _, id, seen } = self;
        acting.enter(tx, Action::Write).await?;
        let entity = live_entity(tx, acting.workspace_id(), *id).await?;
        is_seen(*seen, entity.version)?;
        let edges = tx.delete_edges_at(acting.workspace_id(), &[*id]).await?;
        let deleted = entity.delete(edges, acting.user_id, tx.now());
        Ok((tx.save(deleted).await?.into(), edges))
    }
}
