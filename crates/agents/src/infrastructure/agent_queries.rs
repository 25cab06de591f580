//! What callers of the facade get to read.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};

use crate::{
    domain::agent::Agent,
    infrastructure::rows::{AgentRow, select_agents},
};

/// Where agents are, and since when.
type Placements = BTreeMap<WorkspaceId, DateTime<Utc>>;

/// An agent, and where it is.
pub(crate) async fn agent(db: &Db, id: AgentId) -> Result<Option<Agent>, StorageError> {
    let query = db.query(sql!(select_agents!("WHERE a.id = $1")));
    let Some(row) = query.bind(id).opt::<AgentRow>().await? else { return Ok(None) };
    let query =
        db.query(sql!("SELECT workspace_id, added_at FROM agents_placements WHERE agent_id = $1"));
    let rows: Vec<(WorkspaceId, DateTime<Utc>)> = query.bind(id).all().await?;
    row.placed(rows.into_iter().collect()).map(Some)
}

/// Every agent of a person, newest first, and where each is.
pub(crate) async fn all_of(db: &Db, person: UserId) -> Result<Vec<Agent>, StorageError> {
    let query = db.query(sql!(
        "SELECT p.agent_id, p.workspace_id, p.added_at
         FROM agents_placements p JOIN agents_agents a ON a.id = p.agent_id
         WHERE a.owner_id = $1"
    ));
    let rows: Vec<(AgentId, WorkspaceId, DateTime<Utc>)> = query.bind(person).all().await?;
    let mut placements: HashMap<AgentId, Placements> = HashMap::new();
    for (agent, workspace, added_at) in rows {
        placements.entry(agent).or_default().insert(workspace, added_at);
    }
    let query = db
        .query(sql!(select_agents!("WHERE a.owner_id = $1 ORDER BY a.created_at DESC, a.id DESC")));
    let rows: Vec<AgentRow> = query.bind(person).all().await?;
    let placed = |row: AgentRow| {
        let placements = placements.remove(&row.id()).unwrap_or_default();
        row.placed(placements)
    };
    rows.into_iter().map(placed).collect()
}

/// The agents of a workspace that a person sees if their owners are there: the own ones and those that are shared; newest first.
/// Those of others are without their prompts, of which there may be megabytes.
pub(crate) async fn seen_in(
    db: &Db,
    workspace: WorkspaceId,
    person: UserId,
    is_enabled: Option<bool>,
) -> Result<Vec<Agent>, StorageError> {
    let query = db.query(sql!(
        "SELECT a.id, a.owner_id, a.name, a.description, CASE WHEN a.owner_id = $2 THEN a.system_prompt END AS system_prompt,
                a.model, a.temperature, a.is_shared, a.is_enabled, a.created_at, a.updated_at, a.version
         FROM agents_agents a JOIN agents_placements p ON p.agent_id = a.id
         WHERE p.workspace_id = $1 AND (a.owner_id = $2 OR a.is_shared) AND a.is_enabled = coalesce($3, a.is_enabled)
         ORDER BY a.created_at DESC, a.id DESC"
    ));
    let rows: Vec<AgentRow> = query.bind(workspace).bind(person).bind(is_enabled).all().await?;
    rows.into_iter().map(|row| row.placed(BTreeMap::new())).collect()
}

/// What the same agents are called, and whose each is; without any prompt.
pub(crate) async fn names_in(
    db: &Db,
    workspace: WorkspaceId,
    person: UserId,
) -> Result<Vec<(AgentId, UserId, String)>, StorageError> {
    let query = db.query(sql!(
        "SELECT a.id, a.owner_id, a.name FROM agents_agents a JOIN agents_placements p ON p.agent_id = a.id
         WHERE p.workspace_id = $1 AND (a.owner_id = $2 OR a.is_shared)
         ORDER BY a.created_at DESC, a.id DESC"
    ));
    query.bind(workspace).bind(person).all().await
}
