//! Who still sees what happened to documents and agents: theirs alone is what they have hidden since.

use std::{collections::HashMap, fmt, sync::Arc};

use agents::{AgentAddedToWorkspace, AgentChanges, AgentCreated, AgentUpdated};
use async_trait::async_trait;
use documents::{DocumentDeleted, DocumentId, DocumentVisibilityChanged};
use identity::AgentId;
use perme8_events::{DomainEvent as _, Envelope, StillFor, StorageError, Visibility, sql::Db};

/// Asks documents and agents who sees them now.
///
/// What something was called is no longer told when it is hidden, and no longer when it is gone, of which its last event
/// tells as it was then.
#[derive(Debug, Clone)]
pub(crate) struct HostSights {
    documents: documents::Directory,
    agents: agents::Directory,
}

/// What can be hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Hideable {
    Document(DocumentId),
    Agent(AgentId),
}

/// Its id.
impl fmt::Display for Hideable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document(document) => document.fmt(f),
            Self::Agent(agent) => agent.fmt(f),
        }
    }
}

/// The context whose events are those of documents.
const DOCUMENTS: &str = "documents.";

/// What events of agents happen to.
const AGENT: &str = "agent";

impl HostSights {
    pub(crate) fn new(db: &Db, identity: identity::Directory) -> Self {
        let members = Arc::new(agents::IdentityGateway::new(identity));
        let agents = agents::Directory::new(db.clone(), members);
        Self { documents: documents::Directory::new(db.clone()), agents }
    }

    /// For whom events about these still are; for nobody, if it is not said of one.
    pub(crate) async fn of(
        &self,
        things: &[Hideable],
    ) -> Result<HashMap<Hideable, StillFor>, StorageError> {
        let (mut documents, mut agents) = (Vec::new(), Vec::new());
        for thing in things {
            match thing {
                Hideable::Document(document) => documents.push(*document),
                Hideable::Agent(agent) => agents.push(*agent),
            }
        }
        let mut still_for = HashMap::new();
        if !documents.is_empty() {
            let readers = self.documents.readers(&documents).await?.into_iter();
            still_for.extend(readers.map(|(id, who)| (Hideable::Document(id), who)));
        }
        if !agents.is_empty() {
            let readers = self.agents.readers(&agents).await?.into_iter();
            still_for.extend(readers.map(|(id, who)| (Hideable::Agent(id), who)));
        }
        Ok(still_for)
    }
}

/// What an event of this type may tell the name of, by the id of what it happened to.
pub(crate) fn told_of(event_type: &str, aggregate_id: &str) -> Option<Hideable> {
    // That something is hidden, or gone, whoever has seen it must hear.
    let is_silent = matches!(event_type, DocumentVisibilityChanged::TYPE | DocumentDeleted::TYPE);
    match event_type {
        AgentCreated::TYPE | AgentUpdated::TYPE | AgentAddedToWorkspace::TYPE => {
            aggregate_id.parse().ok().map(Hideable::Agent)
        }
        _ if event_type.starts_with(DOCUMENTS) && !is_silent => {
            aggregate_id.parse().ok().map(Hideable::Document)
        }
        _ => None,
    }
}

/// Whether an event is that an agent is hidden.
fn hides_an_agent(event: &Envelope) -> bool {
    let Ok(Some(AgentUpdated { changes, .. })) = event.decode() else { return false };
    let AgentChanges { visibility, .. } = changes;
    visibility.is_some_and(|change| change.to == agents::Visibility::Private)
}

#[async_trait]
impl Visibility for HostSights {
    fn concerns(&self, event: &Envelope) -> bool {
        event.event_type.starts_with(DOCUMENTS) || event.aggregate_type == AGENT
    }

    fn withholds(&self, event: &Envelope) -> bool {
        told_of(&event.event_type, &event.aggregate_id).is_some() && !hides_an_agent(event)
    }

    async fn still_for(&self, event: &Envelope) -> Result<StillFor, StorageError> {
        let Some(thing) = told_of(&event.event_type, &event.aggregate_id) else {
            return Ok(StillFor::Everybody);
        };
        Ok(self.of(&[thing]).await?.remove(&thing).unwrap_or(StillFor::Nobody))
    }
}
