//! What is left of people and workspaces, in the tables of agents and placements.

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Tx};

use crate::application::ports::Estates;

impl Estates for Tx {
    async fn placed_by(
        &mut self,
        person: UserId,
        workspace: WorkspaceId,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<AgentId>, StorageError> {
        let query = self.query(sql!(
            "SELECT agent_id FROM agents_placements
             WHERE user_id = $1 AND workspace_id = $2 AND added_at <= $3 ORDER BY agent_id LIMIT $4"
        ));
        let query = query.bind(person).bind(workspace).bind(until).bind(i64::from(limit));
        Ok(ids(query.all().await?))
    }

    async fn placed_in(
        &mut self,
        workspace: WorkspaceId,
        limit: u32,
    ) -> Result<Vec<AgentId>, StorageError> {
        let query = self.query(sql!(
            "SELECT agent_id FROM agents_placements WHERE workspace_id = $1 ORDER BY agent_id LIMIT $2"
        ));
        Ok(ids(query.bind(workspace).bind(i64::from(limit)).all().await?))
    }

    async fn owned_by(&mut self, person: UserId, limit: u32) -> Result<Vec<AgentId>, StorageError> {
        let query = self.query(sql!(
            "SELECT id FROM agents_agents WHERE owner_id = $1 ORDER BY created_at, id LIMIT $2"
        ));
        Ok(ids(query.bind(person).bind(i64::from(limit)).all().await?))
    }
}

fn ids(rows: Vec<(AgentId,)>) -> Vec<AgentId> {
    rows.into_iter().map(|(id,)| id).collect()
}
