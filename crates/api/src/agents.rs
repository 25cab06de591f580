//! The agents of the caller, and those that others share.

use agents::{
    AgentDetails, CloneAgent, CreateAgent, DeleteAgent, QueryError, Temperature, UpdateAgent,
    Visibility,
};
use axum::extract::State;
use chrono::{DateTime, Utc};
use identity::AgentId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::{Body, Wish},
    error::ApiError,
    etag::{IfMatch, Tag, Tagged},
    fields::{Fields, FromFields},
    path::AgentAt,
    response::{Created, Data, list},
    state::Api,
};

pub(crate) mod places;

/// An agent as those see it who may use it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Agent {
    id: AgentId,
    name: String,
    description: Option<String>,
    system_prompt: Option<String>,
    model: Option<String>,
    temperature: Temperature,
    visibility: Visibility,
    enabled: bool,
    inserted_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<AgentDetails> for Agent {
    fn from(details: AgentDetails) -> Self {
        let AgentDetails {
            id,
            owner_id: _, // a list says which are the caller's
            name,
            description,
            system_prompt,
            model,
            temperature,
            visibility,
            is_enabled: enabled,
            created_at: inserted_at,
            updated_at,
            version: _, // stands in a header
        } = details;
        Self {
            id,
            name,
            description,
            system_prompt,
            model,
            temperature,
            visibility,
            enabled,
            inserted_at,
            updated_at,
        }
    }
}

/// What a body says of an agent; what is missing is none of it.
#[derive(Debug)]
struct Said {
    description: Option<String>,
    system_prompt: Option<String>,
    model: Option<String>,
    temperature: Option<Temperature>,
    visibility: Option<Visibility>,
    is_enabled: Option<bool>,
}

impl Said {
    fn of(fields: &mut Fields) -> Self {
        Self {
            description: erasable(fields, "description"),
            system_prompt: erasable(fields, "system_prompt"),
            model: erasable(fields, "model"),
            temperature: temperature(fields),
            visibility: visibility(fields),
            is_enabled: enabled(fields),
        }
    }
}

/// A text that goes where `null` is sent.
fn erasable(fields: &mut Fields, name: &'static str) -> Option<String> {
    let is_null = fields.is_sent(name) && !fields.has(name);
    if is_null { Some(String::new()) } else { fields.optional_text(name) }
}

fn temperature(fields: &mut Fields) -> Option<Temperature> {
    const NAME: &str = "temperature";
    if !fields.is_sent(NAME) {
        return None;
    }
    match fields.value(NAME)?.as_f64().map(Temperature::try_from) {
        Some(Ok(temperature)) => Some(temperature),
        Some(Err(error)) => fields.note(NAME, &error.to_string()),
        None => fields.note(NAME, "is invalid"),
    }
}

fn visibility(fields: &mut Fields) -> Option<Visibility> {
    const NAME: &str = "visibility";
    let text = fields.text_if_sent(NAME)?;
    match text.parse::<Visibility>() {
        Ok(visibility) => Some(visibility),
        Err(error) => fields.note(NAME, &error.to_string()),
    }
}

fn enabled(fields: &mut Fields) -> Option<bool> {
    const NAME: &str = "enabled";
    if fields.is_sent(NAME) && !fields.has(NAME) {
        return fields.note(NAME, "can't be blank");
    }
    fields.optional_flag(NAME)
}

/// The body of a new agent.
#[derive(Debug)]
pub(crate) struct New(CreateAgent);

impl FromFields for New {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.text("name");
        let Said { description, system_prompt, model, temperature, visibility, is_enabled } =
            Said::of(fields);
        Some(Self(CreateAgent {
            name: name?,
            description,
            system_prompt,
            model,
            temperature: temperature.unwrap_or(Temperature::DEFAULT),
            visibility: visibility.unwrap_or(Visibility::Private),
            is_enabled: is_enabled.unwrap_or(true),
        }))
    }
}

/// The body of a change; what is missing stays, and what is blank or `null` goes.
#[derive(Debug)]
pub(crate) struct Changed {
    name: Option<String>,
    said: Said,
}

impl FromFields for Changed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { name: fields.text_if_sent("name"), said: Said::of(fields) })
    }
}

/// The body of a copy: where the agent is shared, if only there counts.
#[derive(Debug)]
pub(crate) struct Where {
    workspace: Option<String>,
}

impl FromFields for Where {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { workspace: fields.optional_text("workspace") })
    }
}

/// `GET /api/agents`
pub(crate) async fn mine(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<Vec<Agent>>, ApiError> {
    Ok(list(api.agents.agents(&caller.origin).await?))
}

/// `POST /api/agents`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(New(command)): Body<New>,
) -> Result<Created<Tagged<Data<Agent>>>, ApiError> {
    let made = api.agents.create_agent(caller.origin, command).await?;
    Ok(Created(shown(made)))
}

/// `GET /api/agents/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    AgentAt(agent): AgentAt,
) -> Result<Tagged<Data<Agent>>, ApiError> {
    Ok(shown(api.agents.agent(&caller.origin, agent).await?))
}

/// `PATCH /api/agents/{id}`, and `PUT`, which means the same
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    AgentAt(agent_id): AgentAt,
    if_match: IfMatch,
    wish: Wish<Changed>,
) -> Result<Tagged<Data<Agent>>, ApiError> {
    let Changed { name, said } = wish.read(own(&api, &caller, agent_id)).await?;
    let Said { description, system_prompt, model, temperature, visibility, is_enabled } = said;
    let command = UpdateAgent {
        agent_id,
        name,
        description,
        system_prompt,
        model,
        temperature,
        visibility,
        is_enabled,
        seen: if_match.seen(),
    };
    let updated = api.agents.update_agent(caller.origin, command).await;
    updated.map(shown).map_err(|error| if_match.refusal(error))
}

/// `DELETE /api/agents/{id}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    AgentAt(agent_id): AgentAt,
    if_match: IfMatch,
) -> Result<Data<Agent>, ApiError> {
    let command = DeleteAgent { agent_id, seen: if_match.seen() };
    let deleted = api.agents.delete_agent(caller.origin, command).await;
    deleted.map(|agent| Data::new(agent.into())).map_err(|error| if_match.refusal(error))
}

/// `POST /api/agents/{id}/clone`
pub(crate) async fn copy(
    State(api): State<Api>,
    caller: Caller,
    AgentAt(agent_id): AgentAt,
    wish: Wish<Where>,
) -> Result<Created<Tagged<Data<Agent>>>, ApiError> {
    let Where { workspace } = wish.read(usable(&api, &caller, agent_id)).await?;
    caller.within(workspace.as_deref())?;
    let command = CloneAgent { agent_id, workspace: workspace.map(Into::into) };
    let made = api.agents.clone_agent(caller.origin, command).await?;
    Ok(Created(shown(made)))
}

/// Whether it is the caller's.
async fn own(api: &Api, caller: &Caller, agent: AgentId) -> Result<(), QueryError> {
    api.agents.agent(&caller.origin, agent).await.map(drop)
}

/// Whether the caller may use it.
async fn usable(api: &Api, caller: &Caller, agent: AgentId) -> Result<(), QueryError> {
    let found = api.agents.directory().usable(agent, caller.user.id).await?;
    found.map(drop).ok_or(QueryError::AgentNotFound)
}

fn shown(details: AgentDetails) -> Tagged<Data<Agent>> {
    Tagged(Tag::of(details.id, details.version), Data::new(details.into()))
}
