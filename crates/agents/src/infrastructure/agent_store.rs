//! Agents in `agents_agents`, and where they are in `agents_placements`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::{Load, StorageError, Store, UserId, WorkspaceId, sql, sql::Tx};

use crate::{
    application::ports::Agents,
    domain::agent::{Agent, Particulars},
    infrastructure::rows::{AgentRow, select_agents},
};

impl Load<Agent> for Tx {
    async fn load(&mut self, id: AgentId) -> Result<Option<Agent>, StorageError> {
        let query = self.query(sql!(select_agents!("WHERE a.id = $1")));
        let Some(row) = query.bind(id).opt::<AgentRow>().await? else { return Ok(None) };
        row.placed(placements(self, id).await?).map(Some)
    }
}

/// Where an agent is.
async fn placements(
    tx: &mut Tx,
    id: AgentId,
) -> Result<BTreeMap<WorkspaceId, DateTime<Utc>>, StorageError> {
    let query =
        tx.query(sql!("SELECT workspace_id, added_at FROM agents_placements WHERE agent_id = $1"));
    let rows: Vec<(WorkspaceId, DateTime<Utc>)> = query.bind(id).all().await?;
    Ok(rows.into_iter().collect())
}

impl Store<Agent> for Tx {
    async fn store(&mut self, agent: &mut Agent) -> Result<(), StorageError> {
        if agent.is_gone {
            // Its placements go with it.
            let delete = sql!("DELETE FROM agents_agents WHERE id = $1 AND version = $2");
            let query = self.query(delete).bind(agent.id).bind(agent.version);
            return query.write(&mut agent.version).await;
        }
        write(self, agent).await?;
        place(self, agent).await
    }
}

async fn write(tx: &mut Tx, agent: &mut Agent) -> Result<(), StorageError> {
    let Agent { id, owner_id, is, created_at, updated_at, placements: _, is_gone: _, version } =
        agent;
    let Particulars {
        name,
        description,
        system_prompt,
        model,
        temperature,
        visibility,
        is_enabled,
    } = is;
    let statement = if *version == 0 {
        sql!(
            "INSERT INTO agents_agents
                (id, owner_id, name, description, system_prompt, model, temperature, is_shared, is_enabled, created_at,
                 updated_at, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 + 1)"
        )
    } else {
        sql!(
            "UPDATE agents_agents
             SET owner_id = $2, name = $3, description = $4, system_prompt = $5, model = $6, temperature = $7,
                 is_shared = $8, is_enabled = $9, created_at = $10, updated_at = $11, version = version + 1
             WHERE id = $1 AND version = $12"
        )
    };
    tx.query(statement)
        .bind(*id)
        .bind(*owner_id)
        .bind(name.as_str())
        .bind(description.as_deref())
        .bind(system_prompt.as_deref())
        .bind(model.as_deref())
        .bind(temperature.thousandths())
        .bind(visibility.is_shared())
        .bind(*is_enabled)
        .bind(*created_at)
        .bind(*updated_at)
        .bind(*version)
        .write(version)
        .await
}

/// Writes where an agent is that differs from where it was.
async fn place(tx: &mut Tx, agent: &Agent) -> Result<(), StorageError> {
    let before = placements(tx, agent.id).await?;
    for workspace in before.keys().filter(|id| !agent.placements.contains_key(*id)) {
        let delete =
            sql!("DELETE FROM agents_placements WHERE agent_id = $1 AND workspace_id = $2");
        tx.query(delete).bind(agent.id).bind(*workspace).exec().await?;
    }
    for (workspace, added_at) in &agent.placements {
        if before.contains_key(workspace) {
            continue;
        }
        let insert = sql!(
            "INSERT INTO agents_placements (agent_id, workspace_id, user_id, added_at) VALUES ($1, $2, $3, $4)"
        );
        let query = tx.query(insert).bind(agent.id).bind(*workspace);
        query.bind(agent.owner_id).bind(*added_at).exec().await?;
    }
    Ok(())
}

impl Agents for Tx {
    async fn agents_of(&mut self, person: UserId) -> Result<u64, StorageError> {
        self.take_turns(&format!("agents.person:{person}")).await?;
        let query = self.query(sql!("SELECT count(*) FROM agents_agents WHERE owner_id = $1"));
        let count: i64 = query.bind(person).scalar().await?;
        u64::try_from(count).map_err(StorageError::new)
    }

    async fn agents_in(&mut self, workspace: WorkspaceId) -> Result<u64, StorageError> {
        self.take_turns(&format!("agents.workspace:{workspace}")).await?;
        let query =
            self.query(sql!("SELECT count(*) FROM agents_placements WHERE workspace_id = $1"));
        let count: i64 = query.bind(workspace).scalar().await?;
        u64::try_from(count).map_err(StorageError::new)
    }
}
