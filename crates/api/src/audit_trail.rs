//! The question what happened and who did it, which the host answers: it keeps the trail.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use identity::SessionId;
use perme8_events::{
    Audience, CorrelationId, EventId, Position, StorageError, UserId, WorkspaceId,
};
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) mod filter;
pub(crate) mod format;

use filter::AuditFilter;

/// Reads the audit trail. The host implements it on the projection that one of its handlers keeps.
#[async_trait]
pub trait AuditTrail: fmt::Debug + Send + Sync {
    /// A page of what the reader may see at this moment, newest first; with `after`, of what follows that place in the list.
    ///
    /// # Errors
    ///
    /// [`AuditTrailError`] when the reader is nobody in the workspace any more, or nobody can tell.
    async fn page(
        &self,
        reader: AuditReader,
        filter: &AuditFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AuditPage, AuditTrailError>;
}

/// Who looks into the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditReader {
    /// A person, at what happened in one workspace.
    Member {
        /// Who.
        user: UserId,
        /// Where.
        workspace: WorkspaceId,
    },
    /// Somebody who runs the installation and sees everything.
    Operator,
}

/// A part of the trail.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// Where the next page begins; nowhere after the last one.
    pub next: Option<Position>,
}

/// Why the trail was not shown.
#[derive(Debug, thiserror::Error)]
pub enum AuditTrailError {
    /// There is no such workspace, or none that the reader may know of.
    #[error("there is no such workspace")]
    NotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// One thing that happened.
///
/// `Debug` leaves out what may be personal.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// The place of the event in the log.
    pub position: Position,
    /// The event.
    pub event_id: EventId,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// What happened, as machines call it.
    pub event_type: String,
    /// What happened, in words.
    pub summary: String,
    /// What kind of thing it happened to.
    pub aggregate_type: String,
    /// What it happened to.
    pub aggregate_id: String,
    /// Who did it.
    pub actor: AuditActor,
    /// The person whose act caused it, where that is not the actor.
    pub on_behalf_of: Option<AuditPerson>,
    /// The tenant it belongs to.
    pub workspace_id: Option<WorkspaceId>,
    /// Who may see it.
    pub audience: Audience,
    /// Shared by everything that one outside request led to.
    pub correlation_id: CorrelationId,
    /// The event that directly led to it.
    pub causation_id: Option<EventId>,
    /// The request, as the edge knew it.
    pub request_id: Option<String>,
    /// Where the request came from; for managers, operators and the person who sent it.
    pub address: Option<String>,
    /// The program that sent the request; for the same people.
    pub user_agent: Option<String>,
    /// The session that the request showed; for the same people.
    pub session_id: Option<SessionId>,
}

/// Who did it.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditActor {
    /// `user`, `agent`, `api_key`, `system` or `anonymous`.
    pub kind: String,
    /// The person, or the owner of the key.
    pub user_id: Option<UserId>,
    /// What that person is called now.
    pub name: Option<String>,
    /// The id of the key, the id of the agent, or the name of the part of the system.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
}

/// A person in the trail.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditPerson {
    /// Who.
    pub user_id: UserId,
    /// What that person is called now.
    pub name: Option<String>,
}

impl fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditEntry")
            .field("position", &self.position)
            .field("event_type", &self.event_type)
            .field("aggregate_id", &self.aggregate_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AuditActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditActor")
            .field("kind", &self.kind)
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AuditPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditPerson").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}
