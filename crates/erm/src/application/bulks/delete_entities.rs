//! Deleting many entities at once.

use std::collections::BTreeSet;

use identity::WorkspaceRef;

use super::{BulkError, BulkMode, BulkOutcome, Failures, ItemError, check_size, id};
use crate::{
    application::{acting::Acting, ports::items::Graphs},
    domain::{
        bulk::Batch,
        policy::Action,
        references::{EntityId, GraphEntity},
    },
};

/// Deletes 1 to 1,000 entities, and with them the edges that begin or end there; they can come back for some time.
///
/// Those that there are not, or not any more, keep nobody from deleting the others; without the others they are named only
/// where each is looked at by itself ([`BulkMode::Partial`]). One that is named twice is deleted once.
///
/// Emits [`BulkEntitiesDeleted`](crate::BulkEntitiesDeleted).
#[derive(Debug, Clone)]
pub struct DeleteEntities {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which, UUIDs; instead of one that could not be read, what is wrong with it.
    pub ids: Vec<Result<String, ItemError>>,
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
        let workspace_id = acting.workspace_id();
        let mut failures = Failures::default();
        let (mut named, mut known) = (Vec::new(), BTreeSet::new());
        for (index, text) in failures.readable(texts) {
            match id::<GraphEntity>("id", text) {
                Ok(id) if known.insert(id) => named.push((index, id)),
                Ok(_) => {}
                Err(error) => failures.note(index, vec![error]),
            }
        }
        if failures.forbid(*mode) {
            return failures.only(*mode);
        }
        let all: Vec<EntityId> = named.iter().map(|(_, id)| *id).collect();
        let live = tx.live_entities(workspace_id, &all).await?;
        let live: BTreeSet<EntityId> = live.into_iter().map(|(id, _)| id).collect();
        let mut done = Vec::new();
        for (index, id) in named {
            if live.contains(&id) {
                done.push(id);
            } else if *mode == BulkMode::Partial {
                failures.note(index, vec![ItemError::not_found()]);
            }
        }
        if !done.is_empty() {
            let edges = tx.delete_edges_at(workspace_id, &done).await?;
            let batch = Batch { id: tx.new_id(), workspace_id, items: done.clone() };
            tx.save(batch.delete(edges, acting.user_id)).await?;
        }
        Ok(BulkOutcome { done, failed: failures.in_order() })
    }
}
