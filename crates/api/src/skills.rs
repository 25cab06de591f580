//! What agents can do here: whatever programs can that speak the Model Context Protocol.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller, error::ApiError, mcp::registry::TOOLS, path::AgentAt, response::Data, state::Api,
};

/// A tool, to those who want to know which there are.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Skill {
    name: &'static str,
    description: &'static str,
}

/// `GET /api/agents/{id}/skills`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    AgentAt(agent): AgentAt,
) -> Result<Data<Vec<Skill>>, ApiError> {
    // All agents have the same, and they are told of an own one.
    api.agents.agent(&caller.origin, agent).await?;
    let skills = TOOLS.iter().map(|tool| Skill { name: tool.name, description: tool.description });
    Ok(Data::new(skills.collect()))
}
