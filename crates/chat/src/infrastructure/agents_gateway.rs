//! Agents, as this context sees them.

use agents::{AgentEntry, Directory};
use async_trait::async_trait;
use identity::AgentId;
use perme8_events::{StorageError, UserId};

use crate::application::ports::{AgentDirectory, AgentView};

/// Asks the agents context of the same host.
#[derive(Debug, Clone)]
pub struct AgentsGateway {
    directory: Directory,
}

impl AgentsGateway {
    /// Asks `directory`.
    #[must_use]
    pub fn new(directory: Directory) -> Self {
        Self { directory }
    }
}

#[async_trait]
impl AgentDirectory for AgentsGateway {
    async fn usable(
        &self,
        agent: AgentId,
        person: UserId,
    ) -> Result<Option<AgentView>, StorageError> {
        Ok(self.directory.usable(agent, person).await?.map(view))
    }
}

fn view(entry: AgentEntry) -> AgentView {
    let AgentEntry { id, owner_id: _, name: _, system_prompt, model, temperature, is_enabled } =
        entry;
    AgentView { id, system_prompt, model, temperature: temperature.get(), is_enabled }
}
