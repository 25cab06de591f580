//! A row of the agents, and the agent that it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::{StorageError, UserId, WorkspaceId};
use sqlx::FromRow;

use crate::domain::{
    agent::{Agent, Particulars},
    temperature::Temperature,
    visibility::Visibility,
};

/// The columns of [`AgentRow`], in a `SELECT`.
macro_rules! select_agents {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.owner_id, a.name, a.description, a.system_prompt, a.model, a.temperature, a.is_shared,
                a.is_enabled, a.created_at, a.updated_at, a.version
             FROM agents_agents a ",
            $rest
        )
    };
}

pub(crate) use select_agents;

/// A row of `agents_agents`.
#[derive(FromRow)]
pub(crate) struct AgentRow {
    id: AgentId,
    owner_id: UserId,
    name: String,
    description: Option<String>,
    system_prompt: Option<String>,
    model: Option<String>,
    temperature: i64,
    is_shared: bool,
    is_enabled: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: i64,
}

impl AgentRow {
    /// Of which agent.
    pub(crate) fn id(&self) -> AgentId {
        self.id
    }

    /// The agent, which is in these workspaces.
    pub(crate) fn placed(
        self,
        placements: BTreeMap<WorkspaceId, DateTime<Utc>>,
    ) -> Result<Agent, StorageError> {
        let Self {
            id,
            owner_id,
            name,
            description,
            system_prompt,
            model,
            temperature,
            is_shared,
            is_enabled,
            created_at,
            updated_at,
            version,
        } = self;
        let temperature = Temperature::of_thousandths(temperature)
            .ok_or_else(|| StorageError::new(format!("{temperature} is no temperature")))?;
        let visibility = Visibility::of(is_shared);
        let is = Particulars {
            name,
            description,
            system_prompt,
            model,
            temperature,
            visibility,
            is_enabled,
        };
        Ok(Agent { id, owner_id, is, created_at, updated_at, placements, is_gone: false, version })
    }
}
