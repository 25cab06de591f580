//! Deleting many entities at once.

use std::collections::HashMap;

use identity::WorkspaceRef;

use super::{BulkError, BulkMode, BulkOutcome, Failures, ItemError, check_size, ids};
use crate::{
    application::{acting::Acting, ports::items::Graphs},
    domain::{bulk::Batch, entity::Entity, policy::Action, references::EntityId},
};

/// Deletes 1 to 1,000 entities, and with them the edges that begin or end there; they can come back for some time.
///
/// Those that there are not, or not any more, keep nobody from deleting the others; without the others they are named only
/// where each is looked at by itself ([`BulkMode::Partial`]).
#[derive(Debug, Clone)]
pub struct DeleteEntities {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which, UUIDs.
    pub ids: Vec<String>,
    /// What becomes of the others when one is no UUID.
    pub mode: BulkMode,
}

impl DeleteEntities {
    /// Those that were deleted.
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<BulkOutcome<EntityId>, BulkError> {
        let Self { workspace: _, ids: texts, mode } = self;
        acting.may(Action::Write)?;
        check_size(texts)?;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let mut failures = Failures::default();
        let named = ids(&mut failures, texts.iter().map(String::as_str));
        if failures.forbid(*mode) {
            return Ok(failures.only());
        }
        let all: Vec<EntityId> = named.iter().map(|(_, id)| *id).collect();
        let found = tx.entities(workspace_id, &all).await?;
        let mut found: HashMap<EntityId, Entity> =
            found.into_iter().filter(Entity::is_live).map(|entity| (entity.id, entity)).collect();
        let mut items = Vec::new();
        for (index, id) in named {
            match found.remove(&id) {
                Some(entity) => items.push(entity.deleted(now)),
                None if *mode == BulkMode::Atomic => {}
                None => failures.note(index, vec![ItemError::saying("not_found")]),
            }
        }
        let done: Vec<EntityId> = items.iter().map(|entity| entity.id).collect();
        if !done.is_empty() {
            let edges = tx.delete_edges_at(workspace_id, &done).await?;
            let batch = Batch { id: tx.new_id(), workspace_id, items };
            tx.save(batch.delete(edges, acting.user_id)).await?;
        }
        Ok(BulkOutcome { done, failed: failures.in_order() })
    }
}
