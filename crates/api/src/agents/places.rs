//! Where agents are.

use agents::{
    AddAgentToWorkspace, AgentPlace, ListWorkspaceAgents, RefusedWorkspace,
    RemoveAgentFromWorkspace, SharedAgent, SyncAgentWorkspaces, SyncedWorkspaces, Temperature,
    Visibility, WorkspaceAgents, WorkspaceRefusal,
};
use axum::extract::State;
use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::UserId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    agents::{Agent, own},
    auth::Caller,
    body::Wish,
    error::ApiError,
    fields::{Fields, FromFields},
    path::{AgentAt, WorkspaceAt},
    query::Query,
    response::{Data, NoContent},
    state::Api,
};

/// The agents of a workspace.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WorkspaceAgents")]
pub(crate) struct Gathered {
    my_agents: Vec<Agent>,
    other_agents: Vec<Shared>,
}

/// An agent that somebody else shares; its prompt is for those who clone it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SharedAgent")]
struct Shared {
    id: AgentId,
    owner: Owner,
    name: String,
    description: Option<String>,
    model: Option<String>,
    temperature: Temperature,
    visibility: Visibility,
    enabled: bool,
    inserted_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Whose an agent is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AgentOwner")]
struct Owner {
    id: UserId,
    name: String,
}

impl From<SharedAgent> for Shared {
    fn from(shared: SharedAgent) -> Self {
        let SharedAgent {
            id,
            owner_id,
            owner_name,
            name,
            description,
            model,
            temperature,
            is_enabled: enabled,
            created_at: inserted_at,
            updated_at,
        } = shared;
        Self {
            id,
            owner: Owner { id: owner_id, name: owner_name },
            name,
            description,
            model,
            temperature,
            visibility: Visibility::Shared,
            enabled,
            inserted_at,
            updated_at,
        }
    }
}

/// The workspaces that an agent is in.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AgentWorkspaces")]
pub(crate) struct Places {
    workspaces: Vec<String>,
}

/// What was done about the workspaces of an agent.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PlacedAgent")]
pub(crate) struct Synced {
    workspaces: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
    refused: Vec<Refused>,
}

/// A workspace that an agent did not come to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RefusedWorkspace")]
pub(crate) struct Refused {
    workspace: String,
    reason: &'static str,
}

impl From<SyncedWorkspaces> for Synced {
    fn from(synced: SyncedWorkspaces) -> Self {
        let SyncedWorkspaces { workspaces, added, removed, refused } = synced;
        let refused = refused.into_iter().map(Refused::from).collect();
        Self { workspaces, added, removed, refused }
    }
}

impl From<RefusedWorkspace> for Refused {
    fn from(RefusedWorkspace { workspace, reason }: RefusedWorkspace) -> Self {
        let reason = match reason {
            WorkspaceRefusal::NotFound => "workspace_not_found",
            WorkspaceRefusal::Forbidden => "forbidden",
            WorkspaceRefusal::Archived => "workspace_archived",
            WorkspaceRefusal::Full => "workspace_full",
        };
        Self { workspace, reason }
    }
}

/// The body that says where an agent is.
#[derive(Debug)]
pub(crate) struct Placed {
    workspaces: Vec<String>,
}

impl FromFields for Placed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        if !fields.has("workspaces") {
            return fields.note("workspaces", "can't be blank");
        }
        Some(Self { workspaces: fields.optional_texts("workspaces")? })
    }
}

impl FromFields for ListWorkspaceAgents {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { is_enabled: fields.optional_parsed("enabled", "must be true or false") })
    }
}

/// `GET /api/agents/{id}/workspaces`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    AgentAt(agent): AgentAt,
) -> Result<Data<Places>, ApiError> {
    let places = api.agents.agent_workspaces(&caller.origin, agent).await?.into_iter();
    // Workspaces are addressed by slug.
    let slug = |AgentPlace { workspace_id: _, workspace_slug }| workspace_slug;
    let is_reached = |slug: &String| caller.within(Some(slug)).is_ok();
    Ok(Data::new(Places { workspaces: places.map(slug).filter(is_reached).collect() }))
}

/// `PUT /api/agents/{id}/workspaces`
pub(crate) async fn choose(
    State(api): State<Api>,
    caller: Caller,
    AgentAt(agent_id): AgentAt,
    wish: Wish<Placed>,
) -> Result<Data<Synced>, ApiError> {
    let Placed { workspaces } = wish.read(own(&api, &caller, agent_id)).await?;
    for workspace in &workspaces {
        caller.within(Some(workspace))?;
    }
    let command = SyncAgentWorkspaces { agent_id, workspaces, among: caller.reached() };
    Ok(Data::new(api.agents.sync_agent_workspaces(caller.origin, command).await?.into()))
}

/// `GET /api/workspaces/{slug}/agents`
pub(crate) async fn of_workspace(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Query(asked): Query<ListWorkspaceAgents>,
) -> Result<Data<Gathered>, ApiError> {
    let found = api.agents.workspace_agents(&caller.origin, &workspace, asked).await?;
    let WorkspaceAgents { own, of_others } = found;
    Ok(Data::new(Gathered {
        my_agents: own.into_iter().map(Agent::from).collect(),
        other_agents: of_others.into_iter().map(Shared::from).collect(),
    }))
}

/// `PUT /api/workspaces/{slug}/agents/{id}`
pub(crate) async fn add(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    AgentAt(agent_id): AgentAt,
) -> Result<NoContent, ApiError> {
    let command = AddAgentToWorkspace { agent_id, workspace };
    api.agents.add_agent_to_workspace(caller.origin, command).await?;
    Ok(NoContent)
}

/// `DELETE /api/workspaces/{slug}/agents/{id}`
pub(crate) async fn remove(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    AgentAt(agent_id): AgentAt,
) -> Result<NoContent, ApiError> {
    let command = RemoveAgentFromWorkspace { agent_id, workspace };
    api.agents.remove_agent_from_workspace(caller.origin, command).await?;
    Ok(NoContent)
}
