//! Questions to agents that somebody types into a document.

use agents::{AgentRef, AskAgent, Place};
use axum::extract::State;
use documents::{AgentCommand, DocumentRef, QueryError};
use identity::KeyScope;

use crate::{
    agent_queries,
    answering::Manner,
    auth::Caller,
    body::{Wish, granted_or},
    error::ApiError,
    fields::{Fields, FromFields},
    path::DocumentAt,
    response::{As, EventStream},
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
    DocumentAt(document): DocumentAt,
    wish: Wish<Typed>,
) -> Result<As<EventStream>, ApiError> {
    let Typed { command, node_id } = wish.read(reads(&api, &caller, &document)).await?;
    let command = command.parse().map_err(ApiError::from);
    let AgentCommand { agent, question } =
        granted_or(command, reads(&api, &caller, &document)).await?;
    let DocumentRef { workspace, slug } = document;
    let place = Place {
        workspace: Some(workspace),
        project: None,
        document: Some(slug),
        node_id: Some(node_id),
    };
    let agent = AgentRef::Named(agent);
    let command = AskAgent { agent, question, place, text: None, model: None };
    agent_queries::answer(&api, caller, command, Manner::Pieces).await.map(As::of)
}

/// Whether the caller reads the document.
async fn reads(api: &Api, caller: &Caller, document: &DocumentRef) -> Result<(), ApiError> {
    caller.needs(KeyScope::DocumentsRead)?;
    match api.documents.document(&caller.origin, document).await {
        Ok(_) => Ok(()),
        // As whoever asks well hears it.
        Err(QueryError::Forbidden) => Err(ApiError::document_not_found()),
        Err(error) => Err(error.into()),
    }
}
