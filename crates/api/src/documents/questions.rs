//! Questions to agents that somebody types into a document.

use agents::{AgentRef, AskAgent, Place};
use axum::{extract::State, response::Response};
use documents::{AgentCommand, DocumentRef};

use crate::{
    agent_queries,
    answering::Manner,
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    path::DocumentAt,
    state::Api,
};

/// What was typed, and where in the document its answer goes.
pub(crate) struct Typed {
    command: String,
    node_id: String,
}

impl FromFields for Typed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (command, node_id) = (fields.text("command"), fields.text("node_id"));
        Some(Self { command: command?, node_id: node_id? })
    }
}

/// `POST /api/workspaces/{slug}/documents/{document}/agent-queries`
pub(crate) async fn ask(
    State(api): State<Api>,
    caller: Caller,
    DocumentAt(DocumentRef { workspace, slug }): DocumentAt,
    Body(Typed { command, node_id }): Body<Typed>,
) -> Result<Response, ApiError> {
    let AgentCommand { agent, question } = command.parse()?;
    let place = Place {
        workspace: Some(workspace),
        project: None,
        document: Some(slug),
        node_id: Some(node_id),
    };
    let agent = AgentRef::Named(agent);
    let command = AskAgent { agent, question, place, text: None, model: None };
    agent_queries::answer(&api, caller, command, Manner::Pieces).await
}
