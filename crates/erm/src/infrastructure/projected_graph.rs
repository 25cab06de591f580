//! The projected graph: what other contexts keep of a workspace, as nodes and edges.

use async_trait::async_trait;
use perme8_events::{
    Envelope, HandlerError, HandlerOptions, StorageError, Subscriber, Subscription,
    sql::{Projection, Rows},
};

#[macro_use]
mod statements;

mod lists;
pub(crate) mod reading;
mod rows;
mod told;
mod writing;

use told::Told;
use writing::Writing;

/// Keeps the projects, documents and members of every workspace as nodes, and as edges what belongs to what and whose it is.
///
/// It is a function of the events alone, so a rebuild ends with the same rows. What documents are called no row says: that
/// is nobody's business while they are private, and events of private documents are for their owner. What people are called
/// is theirs. Both are asked when somebody looks, and then it is asked once more whether a document may be seen, so nobody
/// sees what was hidden a moment ago.
///
/// Hears, of identity, [`WorkspaceCreated`](identity::WorkspaceCreated), [`WorkspaceDeleted`](identity::WorkspaceDeleted),
/// [`MemberJoined`](identity::MemberJoined), [`MemberRoleChanged`](identity::MemberRoleChanged),
/// [`OwnershipTransferred`](identity::OwnershipTransferred), [`MemberRemoved`](identity::MemberRemoved) and
/// [`MemberLeft`](identity::MemberLeft); of projects, [`ProjectCreated`](projects::ProjectCreated),
/// [`ProjectUpdated`](projects::ProjectUpdated), [`ProjectArchived`](projects::ProjectArchived),
/// [`ProjectRestored`](projects::ProjectRestored) and [`ProjectDeleted`](projects::ProjectDeleted); of documents,
/// [`DocumentCreated`](documents::DocumentCreated), [`DocumentTitleChanged`](documents::DocumentTitleChanged),
/// [`DocumentVisibilityChanged`](documents::DocumentVisibilityChanged),
/// [`DocumentPinnedChanged`](documents::DocumentPinnedChanged), [`DocumentMoved`](documents::DocumentMoved),
/// [`DocumentHandedOver`](documents::DocumentHandedOver), [`DocumentTrashed`](documents::DocumentTrashed),
/// [`DocumentRestored`](documents::DocumentRestored), [`DocumentDeleted`](documents::DocumentDeleted) and
/// [`NoteContentUpdated`](documents::NoteContentUpdated).
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkspaceGraph;

impl WorkspaceGraph {
    /// By this name it is rebuilt, and waited for.
    pub const NAME: &str = "erm.workspace_graph";
}

impl Subscriber for WorkspaceGraph {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        told::SUBSCRIPTIONS
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { batch: 100, ..HandlerOptions::DEFAULT }
    }

    // Projects, documents and members of a workspace are told of in one order.
    fn partition_key(&self, event: &Envelope) -> String {
        event.workspace_id.map(|workspace| workspace.to_string()).unwrap_or_default()
    }
}

#[async_trait]
impl Projection for WorkspaceGraph {
    // It rises when the same events make another graph.
    fn version(&self) -> u32 {
        1
    }

    async fn apply(&self, rows: &mut Rows<'_>, event: &Envelope) -> Result<(), HandlerError> {
        let (Some(told), Some(workspace)) = (Told::by(event)?, event.workspace_id) else {
            return Ok(());
        };
        let mut writing = Writing { rows, workspace, at: event.occurred_at };
        Ok(writing.write(told).await?)
    }

    async fn remove(&self, rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError> {
        writing::remove(rows, limit).await
    }
}

#[cfg(test)]
mod tests;
