//! Agents that are asked.

use agents::{
    AgentQueryDetails, AgentQueryError, AgentQueryId, AgentRef, AskAgent, AskedAgent, Place,
    QueryStatus,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use identity::{AgentId, KeyScope};
use llm::Told;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    answering::{Followed, Listener, Manner, Reply, Shown, whole},
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    path::{AgentAt, AgentQueryAt},
    response::{As, Data, Either, EventStream, NoContent},
    state::Api,
};

/// The body of a question.
pub(crate) struct Asked {
    question: String,
    context: Context,
    model: Option<String>,
}

/// What a question is about: a text, or something that has a name.
#[derive(Default)]
struct Context {
    workspace: Option<String>,
    project: Option<String>,
    document: Option<String>,
    text: Option<String>,
}

impl FromFields for Asked {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (question, model) = (fields.text("question"), fields.optional_text("model"));
        let context = context(fields);
        Some(Self { question: question?, context: context?, model })
    }
}

fn context(fields: &mut Fields) -> Option<Context> {
    const NAME: &str = "context";
    if !fields.has(NAME) {
        return Some(Context::default());
    }
    match fields.value(NAME)? {
        Value::String(text) if text.contains('\0') => fields.note(NAME, "has an invalid character"),
        Value::String(text) => Some(Context { text: Some(text), ..Context::default() }),
        Value::Object(parts) => {
            parts_of(parts).or_else(|| fields.note(NAME, "must have texts as its fields"))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            fields.note(NAME, "must be a text or an object")
        }
    }
}

/// What the fields of a context say, if each is a text.
fn parts_of(mut parts: Map<String, Value>) -> Option<Context> {
    let mut part = |name: &str| match parts.remove(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) if !text.contains('\0') => Some(Some(text)),
        Some(_) => None,
    };
    Some(Context {
        workspace: part("workspace")?,
        project: part("project")?,
        document: part("document")?,
        text: part("text")?,
    })
}

/// An answer, as clients of agents know it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentAnswer")]
pub(crate) struct Answered {
    #[serde(flatten)]
    reply: Reply,
    query_id: AgentQueryId,
}

/// How the answer to a query is told while it is written.
struct Query {
    id: AgentQueryId,
    /// Where in a document it goes.
    node_id: Option<String>,
}

impl Query {
    /// The same, with where it goes.
    fn placed(&self, mut said: Value) -> Value {
        if let Some(node_id) = &self.node_id {
            said["node_id"] = node_id.as_str().into();
        }
        said
    }
}

impl Shown for Query {
    fn started(&self) -> Value {
        self.placed(json!({ "query_id": self.id }))
    }

    fn ended(&self, told: &Told) -> Value {
        let answered = Answered { reply: told.into(), query_id: self.id };
        self.placed(serde_json::to_value(answered).expect("an answer is JSON"))
    }
}

/// `POST /api/agents/{id}/query`
pub(crate) async fn ask(
    State(api): State<Api>,
    caller: Caller,
    AgentAt(agent): AgentAt,
    manner: Manner,
    Body(Asked { question, context, model }): Body<Asked>,
) -> Result<As<Either<Data<Answered>, EventStream>>, ApiError> {
    let Context { workspace, project, document, text } = context;
    caller.within(workspace.as_deref())?;
    let workspace = workspace.map(Into::into);
    let place = Place { workspace, project, document, node_id: None };
    let command = AskAgent { agent: AgentRef::Id(agent), question, place, text, model };
    let answered = answer(&api, caller, command, manner).await;
    answered.map(As::of).map_err(ApiError::with_status_of_agents)
}

/// Asks an agent, and gives its answer in the manner that the client wants.
pub(crate) async fn answer(
    api: &Api,
    caller: Caller,
    command: AskAgent,
    manner: Manner,
) -> Result<Response, ApiError> {
    // The agent is told what these say, so whoever asks could have it say that.
    if command.place.document.is_some() {
        caller.needs(KeyScope::DocumentsRead)?;
    }
    if command.place.project.is_some() {
        caller.needs(KeyScope::ProjectsRead)?;
    }
    let listener = match manner {
        Manner::Pieces => Some(Listener::of(api, &caller).await?),
        Manner::Whole => None,
    };
    let node_id = command.place.node_id.clone();
    let AskedAgent { query_id, following } =
        api.ask_agents.ask_agent(caller.origin, command).await?;
    if let Some(listener) = listener {
        let shown = Query { id: query_id, node_id };
        return Ok(listener.hear(Followed { following, shown }));
    }
    let told = whole(following).await;
    let refused = |ending| ApiError::from(ending).with_detail("query_id", json!(query_id));
    let reply = Reply::from(&*told.map_err(refused)?);
    Ok(Data::new(Answered { reply, query_id }).into_response())
}

/// A query as whoever asked it sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentQuery")]
pub(crate) struct Recorded {
    id: AgentQueryId,
    agent_id: AgentId,
    workspace: Option<String>,
    node_id: Option<String>,
    question: String,
    answer: String,
    status: QueryStatus,
    is_partial: bool,
    error: Option<String>,
    model: Option<String>,
    prompt_tokens: u64,
    completion_tokens: u64,
    latency_ms: u64,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl From<AgentQueryDetails> for Recorded {
    fn from(details: AgentQueryDetails) -> Self {
        let AgentQueryDetails {
            id,
            agent_id,
            workspace_id: _, // workspaces are addressed by slug
            workspace_slug: workspace,
            document_id: _, // and documents, too: whoever asked there knows where
            node_id,
            question,
            answer,
            status,
            is_partial,
            error,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            started_at,
            ended_at,
        } = details;
        Self {
            id,
            agent_id,
            workspace,
            node_id,
            question,
            answer,
            status,
            is_partial,
            error,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            started_at,
            ended_at,
        }
    }
}

/// A query of the caller; none, if the credential is not good for its workspace.
async fn reached(
    api: &Api,
    caller: &Caller,
    query: AgentQueryId,
) -> Result<AgentQueryDetails, ApiError> {
    let found = api.agents.agent_query(&caller.origin, query).await?;
    let is_reached = found.workspace_id.is_none_or(|workspace| caller.reaches(workspace));
    if is_reached { Ok(found) } else { Err(AgentQueryError::NotFound.into()) }
}

/// `GET /api/agent-queries/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    AgentQueryAt(query): AgentQueryAt,
) -> Result<Data<Recorded>, ApiError> {
    Ok(Data::new(reached(&api, &caller, query).await?.into()))
}

/// `POST /api/agent-queries/{id}/cancel`
pub(crate) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    AgentQueryAt(query): AgentQueryAt,
) -> Result<NoContent, ApiError> {
    reached(&api, &caller, query).await?;
    api.ask_agents.cancel_agent_query(&caller.origin, query).await?;
    Ok(NoContent)
}
