//! What the caller prefers in a workspace: the agent that answers where none is named.

use axum::extract::State;
use identity::{AgentId, ChoosePreferences, SelectedAgent, WorkspacePreferences};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    path::WorkspaceAt,
    response::Data,
    state::Api,
};

/// What the caller prefers in each workspace where something was chosen.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SelectedAgents")]
pub(crate) struct Preferences {
    selected_agents: Vec<Entry>,
}

/// The agent that was selected in a workspace.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SelectedAgentOfWorkspace")]
struct Entry {
    workspace: String,
    agent_id: AgentId,
}

impl From<SelectedAgent> for Entry {
    fn from(selected: SelectedAgent) -> Self {
        // Workspaces are addressed by slug.
        let SelectedAgent { workspace_id: _, workspace_slug: workspace, agent_id } = selected;
        Self { workspace, agent_id }
    }
}

/// The body of a choice; `null` is none.
#[derive(Debug)]
pub(crate) struct Choice {
    selected_agent_id: Option<AgentId>,
}

impl FromFields for Choice {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        if !fields.is_sent("selected_agent_id") {
            return fields.note("selected_agent_id", "can't be blank: send null for none");
        }
        let selected_agent_id =
            fields.optional_parsed("selected_agent_id", "must be the id of an agent");
        Some(Self { selected_agent_id })
    }
}

/// `GET /api/me/preferences`
pub(crate) async fn mine(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<Preferences>, ApiError> {
    let selected = api.identity.selected_agents(&caller.origin).await?;
    let selected_agents = selected.into_iter().map(Entry::from).collect();
    Ok(Data::new(Preferences { selected_agents }))
}

/// `GET /api/workspaces/{slug}/preferences`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<Data<WorkspacePreferences>, ApiError> {
    Ok(Data::new(api.identity.preferences(&caller.origin, &workspace).await?))
}

/// `PUT /api/workspaces/{slug}/preferences`
///
/// Whether the caller may use the agent is asked here: identity knows of no agents.
pub(crate) async fn choose(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Body(Choice { selected_agent_id }): Body<Choice>,
) -> Result<Data<WorkspacePreferences>, ApiError> {
    if let Some(agent) = selected_agent_id {
        // Whoever is a stranger in the workspace is told that first.
        api.identity.preferences(&caller.origin, &workspace).await?;
        if api.agents.directory().usable(agent, caller.user.id).await?.is_none() {
            return Err(ApiError::agent_not_usable());
        }
    }
    let command = ChoosePreferences { workspace, selected_agent_id };
    Ok(Data::new(api.identity.choose_preferences(caller.origin, command).await?))
}
