//! What other contexts may ask about agents.

use std::{collections::HashMap, fmt, sync::Arc};

use identity::AgentId;
use perme8_events::{StillFor, StorageError, UserId, sql, sql::Db};
use sqlx::types::Json;

use crate::{
    application::{acting::Grounds, ports::Members},
    domain::{
        agent::{Agent, Particulars},
        temperature::Temperature,
    },
    infrastructure::agent_queries,
};

/// Answers the questions of other contexts; changes nothing.
///
/// The gateways of other contexts hold one.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
    members: Arc<dyn Members>,
}

/// An agent, for other contexts.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentEntry {
    /// Which.
    pub id: AgentId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What it is called.
    pub name: String,
    /// What it is told before each question.
    pub system_prompt: Option<String>,
    /// Which model answers, unless that is for the host to choose.
    pub model: Option<String>,
    /// How freely it answers.
    pub temperature: Temperature,
    /// Whether it answers.
    pub is_enabled: bool,
}

/// What an agent is told is shown nowhere.
impl fmt::Debug for AgentEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentEntry").field("id", &self.id).finish_non_exhaustive()
    }
}

impl From<Agent> for AgentEntry {
    fn from(Agent { id, owner_id, is, .. }: Agent) -> Self {
        let Particulars { name, system_prompt, model, temperature, is_enabled, .. } = is;
        Self { id, owner_id, name, system_prompt, model, temperature, is_enabled }
    }
}

impl Directory {
    /// On this database; `members` knows who belongs where.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>) -> Self {
        Self { db, members }
    }

    /// The agent, as this person may use it: an own one, or one that is shared in a workspace where its owner and this person
    /// are both members today. Whether it answers is for the caller to look at.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails, or nobody can tell who belongs where.
    pub async fn usable(
        &self,
        id: AgentId,
        person: UserId,
    ) -> Result<Option<AgentEntry>, StorageError> {
        Ok(self.agent_for(id, person).await?.map(AgentEntry::from))
    }

    /// The same agent, for this context.
    pub(crate) async fn agent_for(
        &self,
        id: AgentId,
        person: UserId,
    ) -> Result<Option<Agent>, StorageError> {
        let Some(agent) = agent_queries::agent(&self.db, id).await? else { return Ok(None) };
        let workspaces: Vec<_> = agent.placements.keys().copied().collect();
        let grounds = Grounds::gather(&*self.members, person, agent.owner_id, &workspaces).await?;
        Ok(grounds.reach(&agent).then_some(agent))
    }

    /// What these agents are called; those that do not exist are left out. Does not ask who asks: whoever shows a name to a
    /// person has shown it to that person before, or asks what is [usable](Self::usable).
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn names(&self, ids: &[AgentId]) -> Result<HashMap<AgentId, String>, StorageError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let query = self.db.query(sql!(
            sqlite: "SELECT id, name FROM agents_agents
                     WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT id, name FROM agents_agents
                       WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<(AgentId, String)> = query.bind(Json(ids)).all().await?;
        Ok(rows.into_iter().collect())
    }

    /// Which of those who are where they are may know of these agents; those that do not exist are left out.
    ///
    /// # Errors
    ///
    /// As [`names`](Self::names).
    pub async fn readers(&self, ids: &[AgentId]) -> Result<Vec<(AgentId, StillFor)>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT id, owner_id, is_shared FROM agents_agents
                     WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT id, owner_id, is_shared FROM agents_agents
                       WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<(AgentId, UserId, bool)> = query.bind(Json(ids)).all().await?;
        let readers = |(id, owner, is_shared)| {
            (id, if is_shared { StillFor::Everybody } else { StillFor::Only(owner) })
        };
        Ok(rows.into_iter().map(readers).collect())
    }
}
