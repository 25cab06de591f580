//! The tables in memory, with the same rules as in a database.

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::{Load, StorageError, Store, UserId, WorkspaceId, testing::FakeTx};

use crate::{
    application::ports::{Agents, Estates},
    domain::agent::Agent,
};

/// What a database would hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) agents: Vec<Agent>,
}

impl Load<Agent> for FakeTx<Tables> {
    async fn load(&mut self, id: AgentId) -> Result<Option<Agent>, StorageError> {
        Ok(self.state.agents.iter().find(|agent| agent.id == id).cloned())
    }
}

/// Compare and set: a new row must not be there, an old one must have the version that was read.
impl Store<Agent> for FakeTx<Tables> {
    async fn store(&mut self, agent: &mut Agent) -> Result<(), StorageError> {
        let rows = &mut self.state.agents;
        let stored = rows.iter().find(|row| row.id == agent.id).map_or(0, |row| row.version);
        if stored != agent.version {
            return Err(StorageError::conflict());
        }
        agent.version += 1;
        rows.retain(|row| row.id != agent.id);
        if !agent.is_gone {
            rows.push(agent.clone());
        }
        Ok(())
    }
}

impl Agents for FakeTx<Tables> {
    async fn agents_of(&mut self, person: UserId) -> Result<u64, StorageError> {
        Ok(self.state.agents.iter().filter(|row| row.owner_id == person).count() as u64)
    }

    async fn agents_in(&mut self, workspace: WorkspaceId) -> Result<u64, StorageError> {
        let is_there = |row: &&Agent| row.placements.contains_key(&workspace);
        Ok(self.state.agents.iter().filter(is_there).count() as u64)
    }
}

impl Tables {
    /// The agents of which this is true, in the order of their ids; at most so many.
    fn some(&self, limit: u32, is_so: impl Fn(&Agent) -> bool) -> Vec<AgentId> {
        let mut ids: Vec<_> =
            self.agents.iter().filter(|row| is_so(row)).map(|row| row.id).collect();
        ids.sort_by_key(|id| id.uuid());
        ids.truncate(usize::try_from(limit).expect("a limit fits"));
        ids
    }
}

impl Estates for FakeTx<Tables> {
    async fn placed_by(
        &mut self,
        person: UserId,
        workspace: WorkspaceId,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<AgentId>, StorageError> {
        let is_there = |row: &Agent| row.placements.get(&workspace).is_some_and(|at| *at <= until);
        Ok(self.state.some(limit, |row| row.owner_id == person && is_there(row)))
    }

    async fn placed_in(
        &mut self,
        workspace: WorkspaceId,
        limit: u32,
    ) -> Result<Vec<AgentId>, StorageError> {
        Ok(self.state.some(limit, |row| row.placements.contains_key(&workspace)))
    }

    async fn owned_by(&mut self, person: UserId, limit: u32) -> Result<Vec<AgentId>, StorageError> {
        Ok(self.state.some(limit, |row| row.owner_id == person))
    }
}
