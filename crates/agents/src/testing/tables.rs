//! The tables in memory, with the same rules as in a database.

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::{Load, StorageError, Store, UserId, WorkspaceId, testing::FakeTx};

use crate::{
    application::{
        clearance::Clearance,
        ports::{Agents, Estates, Queries},
    },
    domain::{
        agent::Agent,
        query::{AgentQueryId, Query},
    },
};

/// What a database would hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) agents: Vec<Agent>,
    pub(crate) queries: Vec<Query>,
    /// Queries of which nobody wants the rest.
    pub(crate) unwanted: Vec<AgentQueryId>,
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

impl Load<Query> for FakeTx<Tables> {
    async fn load(&mut self, id: AgentQueryId) -> Result<Option<Query>, StorageError> {
        Ok(self.state.queries.iter().find(|query| query.id == id).cloned())
    }
}

impl Store<Query> for FakeTx<Tables> {
    async fn store(&mut self, query: &mut Query) -> Result<(), StorageError> {
        let rows = &mut self.state.queries;
        let at = rows.iter().position(|row| row.id == query.id);
        if at.map_or(0, |at| rows[at].version) != query.version {
            return Err(StorageError::conflict());
        }
        query.version += 1;
        match at {
            Some(at) => rows[at] = query.clone(),
            None => rows.push(query.clone()),
        }
        Ok(())
    }
}

impl Queries for FakeTx<Tables> {
    async fn keep_answer(&mut self, id: AgentQueryId, so_far: &str) -> Result<bool, StorageError> {
        let Tables { queries, unwanted, .. } = &mut self.state;
        let mut wanted =
            queries.iter_mut().filter(|row| row.outcome.is_none() && !unwanted.contains(&row.id));
        let row = wanted.find(|row| row.id == id);
        Ok(row.map(|row| so_far.clone_into(&mut row.answer)).is_some())
    }

    async fn unwant(&mut self, id: AgentQueryId) -> Result<(), StorageError> {
        self.state.unwanted.push(id);
        Ok(())
    }

    async fn overdue(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Query>, StorageError> {
        let is_overdue = |row: &&Query| row.outcome.is_none() && row.deadline_at <= now;
        let mut found: Vec<_> = self.state.queries.iter().filter(is_overdue).cloned().collect();
        found.sort_by_key(|row| (row.deadline_at, row.id));
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn delete_left_by(&mut self, loss: &Clearance, limit: u32) -> Result<u64, StorageError> {
        let is_left = |row: &Query| match *loss {
            Clearance::Membership { user_id, workspace_id, until } => {
                let is_theirs = row.asked.user_id == user_id && row.started_at <= until;
                is_theirs && row.asked.workspace_id == Some(workspace_id)
            }
            Clearance::Workspace { workspace_id } => row.asked.workspace_id == Some(workspace_id),
            Clearance::Person { user_id } => row.asked.user_id == user_id,
        };
        let rows = &mut self.state.queries;
        let before = rows.len();
        let mut left = limit;
        rows.retain(|row| {
            let goes = is_left(row) && left > 0;
            left -= u32::from(goes);
            !goes
        });
        Ok((before - rows.len()) as u64)
    }

    async fn delete_ended_until(
        &mut self,
        instant: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let ended = |row: &Query| row.outcome.as_ref().map(|outcome| outcome.ended_at);
        let is_old = |row: &&Query| ended(row).is_some_and(|at| at <= instant);
        let rows = &mut self.state.queries;
        let mut old: Vec<_> = rows.iter().filter(is_old).map(|row| (ended(row), row.id)).collect();
        old.sort();
        old.truncate(limit as usize);
        rows.retain(|row| !old.iter().any(|(_, id)| *id == row.id));
        Ok(old.len() as u64)
    }
}
