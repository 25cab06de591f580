//! What is left to do once a workspace is gone, some rows at a time.

use perme8_events::{Job, StorageError, Transaction, WorkspaceId};
use serde::{Deserialize, Serialize};

/// So many rows go in one transaction: more would hold up whoever else writes.
pub(crate) const AT_ONCE: u32 = 2000;

/// The graph of a workspace goes with it.
///
/// It is a chain: each job forgets some of it, and enqueues the next one in the same transaction. No event tells of entities
/// and edges one by one: nobody is left to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clearance {
    /// Which workspace is gone.
    pub workspace_id: WorkspaceId,
}

impl Job for Clearance {
    const QUEUE: &'static str = "erm.clearances";
}

/// What is left of workspaces that are gone.
pub(crate) trait Remains: Transaction {
    /// Forgets some of what a workspace knew, at most so many rows; gives how many.
    fn clear(
        &mut self,
        workspace: WorkspaceId,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// Forgets some of what a workspace knew that is gone, and leaves the rest to the next job; gives how many rows.
pub(crate) async fn clear(
    tx: &mut impl Remains,
    workspace_id: WorkspaceId,
) -> Result<u64, StorageError> {
    let cleared = tx.clear(workspace_id, AT_ONCE).await?;
    if cleared > 0 {
        tx.enqueue(Clearance { workspace_id });
    }
    Ok(cleared)
}
