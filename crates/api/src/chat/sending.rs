//! Saying something in a conversation, and not wanting to hear more of the answer.

use std::{convert::Infallible, fmt};

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderName, HeaderValue, request::Parts},
};
use chat::{
    CancelAnswer, Exchange, Hearing, MessageId, MessageStatus, NamedDocument, QueryError,
    SendMessage,
};
use identity::{AgentId, KeyScope};
use llm::ModelName;
use perme8_events::StorageError;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::messages::Message;
use crate::{
    answering::{Listener, Manner, News, Telling},
    auth::Caller,
    body::Wish,
    error::ApiError,
    fields::{Fields, FromFields},
    path::ChatSessionAt,
    query::Query,
    response::{As, Data, Either, EventStream},
    state::Api,
};

/// What makes sending something again harmless.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The body of something that is said.
pub(crate) struct Said {
    content: String,
    agent: Option<AgentId>,
    model: Option<ModelName>,
    /// The slug of a document to answer from, and of its workspace.
    document: Option<String>,
    workspace: Option<String>,
}

/// Leaves out what people say.
impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said").field("model", &self.model).finish_non_exhaustive()
    }
}

impl FromFields for Said {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let content = fields.text("content");
        let agent = fields.optional_parsed("agent_id", "must be the id of an agent");
        let model = fields.optional_parsed("model", "must be the name of a model");
        let (document, workspace) = fields.inside("context", |context| {
            (context.optional_text("document"), context.optional_text("workspace"))
        });
        Some(Self { content: content?, agent, model, document, workspace })
    }
}

/// What was said, and what was answered.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ChatExchange")]
pub(crate) struct Exchanged {
    message: Message,
    answer: Message,
}

/// The same, for somebody who hears the answer piece by piece.
struct Told {
    message: Message,
    answer: Message,
    hearing: Hearing,
}

impl Telling for Told {
    fn started(&self) -> Value {
        json!({ "message": self.message, "answer": self.answer })
    }

    async fn next(&mut self) -> Result<Option<News>, StorageError> {
        let answer = match self.hearing.next().await {
            Ok(Some(chat::Said::Piece(text))) => return Ok(Some(News::Piece(text))),
            Ok(Some(chat::Said::Ended(answer))) => answer,
            Ok(None)
            | Err(
                QueryError::Forbidden | QueryError::WorkspaceNotFound | QueryError::SessionNotFound,
            ) => {
                return Ok(Some(News::Ended("closing", json!({ "reason": "gone" }))));
            }
            Err(QueryError::Storage(error)) => return Err(error),
        };
        let kind = match answer.status {
            MessageStatus::Pending | MessageStatus::Streaming | MessageStatus::Complete => "done",
            MessageStatus::Cancelled => "cancelled",
            MessageStatus::Failed => "failed",
        };
        let code = answer.reason.clone();
        let mut said = json!({ "answer": Message::from(answer) });
        if kind == "failed" {
            said["error"] = remedy(code.as_deref()).into();
            said["code"] = json!(code);
        }
        Ok(Some(News::Ended(kind, said)))
    }
}

/// What helps when an answer has failed for this reason. The key is what keeps a message from being said twice.
fn remedy(code: Option<&str>) -> &'static str {
    match code {
        Some("llm_not_configured") => {
            "There is no language model any more: the operator of the host can say when there is one"
        }
        Some("llm_model_not_allowed") => {
            "The model may not be asked any more: choose another one, and send the message again with its Idempotency-Key"
        }
        Some("llm_refused") => {
            "The provider of the model refused: choose another model or wait, and send the message again with its Idempotency-Key"
        }
        Some("llm_storage") => {
            "The answer could not be kept: send the message again with its Idempotency-Key in some minutes"
        }
        Some(_) | None => {
            "There is no more of the answer: send the message again with its Idempotency-Key"
        }
    }
}

/// `POST /api/chat/sessions/{id}/messages`
pub(crate) async fn send(
    State(api): State<Api>,
    caller: Caller,
    ChatSessionAt(session): ChatSessionAt,
    manner: Manner,
    idempotency_key: IdempotencyKey,
    wish: Wish<Said>,
) -> Result<As<Either<Data<Exchanged>, EventStream>>, ApiError> {
    let granted = async { caller.chat(&api).session(&caller.origin, session).await.map(drop) };
    let Said { content, agent, model, document, workspace } = wish.read(granted).await?;
    if agent.is_some() {
        caller.needs(KeyScope::AgentsQuery)?;
    }
    if document.is_some() {
        caller.needs(KeyScope::DocumentsRead)?;
        caller.within(workspace.as_deref())?;
    }
    let document =
        document.map(|slug| NamedDocument { workspace: workspace.map(Into::into), slug });
    let idempotency_key = idempotency_key.read()?;
    let command = SendMessage { session, content, agent, model, document, idempotency_key };
    let origin = caller.origin.clone();
    match manner {
        Manner::Whole => {
            let Exchange { message, answer: _, hearing } =
                caller.chat(&api).send_message(origin, command).await?;
            let answer = hearing.end().await?.ok_or(ApiError::message_not_found())?;
            let exchanged = Exchanged { message: message.into(), answer: answer.into() };
            Ok(As::of(Data::new(exchanged)))
        }
        Manner::Pieces => {
            let listener = Listener::of(&api, &caller).await?;
            let exchange = caller.chat(&api).send_message(origin, command).await?;
            let Exchange { message, answer, hearing } = exchange;
            let (message, answer) = (message.into(), answer.into());
            Ok(As::of(listener.hear(Told { message, answer, hearing })))
        }
    }
}

/// By what a client knows a message of its own, if it says so.
#[derive(Debug)]
pub(crate) struct IdempotencyKey(Option<HeaderValue>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(IDEMPOTENCY_KEY).cloned()))
    }
}

impl IdempotencyKey {
    /// The key that the client has sent; one that is no text is none of ours.
    fn read(self) -> Result<Option<String>, ApiError> {
        let Some(value) = self.0 else { return Ok(None) };
        let key = value.to_str().map_err(|_| {
            ApiError::invalid_field("idempotency_key", "must be visible ASCII characters")
        })?;
        Ok(Some(key.to_owned()))
    }
}

/// What somebody does not want to hear more of.
#[derive(Debug)]
pub(crate) struct Unwanted {
    answer: Option<MessageId>,
}

impl FromFields for Unwanted {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let answer = fields.optional_parsed("answer_id", "must be the id of a message");
        Some(Self { answer })
    }
}

/// `POST /api/chat/sessions/{id}/cancel`
pub(crate) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    ChatSessionAt(session): ChatSessionAt,
    Query(Unwanted { answer }): Query<Unwanted>,
) -> Result<Data<Message>, ApiError> {
    let cancelled =
        caller.chat(&api).cancel_answer(caller.origin, CancelAnswer { session, answer }).await?;
    Ok(Data::new(cancelled.into()))
}
