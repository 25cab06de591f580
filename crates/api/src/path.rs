//! What an address names. What cannot be a name is the name of nothing: 404.

use std::convert::Infallible;

use agents::AgentQueryId;
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use chat::{ChatSessionId, MessageId};
use documents::DocumentRef;
use identity::{AgentId, ApiKeyId, InvitationId, MemberRef, Secret, SessionId, WorkspaceRef};
use mail::MailId;
use notifications::NotificationId;
use perme8_events::{JobId, Position, WorkspaceId};
use projects::ProjectRef;

use crate::{error::ApiError, state::Api};

/// No token is longer.
const LONGEST_TOKEN: usize = 128;

/// The workspace at `{slug}`.
#[derive(Debug)]
pub(crate) struct WorkspaceAt(pub(crate) WorkspaceRef);

/// The project at `{project}` of the workspace at `{slug}`.
#[derive(Debug)]
pub(crate) struct ProjectAt(pub(crate) ProjectRef);

/// The document at `{document}` of the workspace at `{slug}`.
#[derive(Debug)]
pub(crate) struct DocumentAt(pub(crate) DocumentRef);

/// The agent at `{id}`.
#[derive(Debug)]
pub(crate) struct AgentAt(pub(crate) AgentId);

/// What somebody asked an agent, at `{id}`.
#[derive(Debug)]
pub(crate) struct AgentQueryAt(pub(crate) AgentQueryId);

/// The version at `{version}` of the document at `{document}`.
#[derive(Debug)]
pub(crate) struct VersionAt {
    pub(crate) document: DocumentRef,
    pub(crate) number: i64,
}

/// The member at `{member}`: an id or an e-mail address.
#[derive(Debug)]
pub(crate) struct MemberAt(pub(crate) MemberRef);

/// The invitation at `{id}`.
#[derive(Debug)]
pub(crate) struct InvitationAt(pub(crate) InvitationId);

/// The session at `{id}`.
#[derive(Debug)]
pub(crate) struct SessionAt(pub(crate) SessionId);

/// The conversation at `{id}`.
#[derive(Debug)]
pub(crate) struct ChatSessionAt(pub(crate) ChatSessionId);

/// The message at `{message}` of the conversation at `{id}`.
#[derive(Debug)]
pub(crate) struct MessageAt {
    pub(crate) session: ChatSessionId,
    pub(crate) message: MessageId,
}

/// The API key at `{id}`.
#[derive(Debug)]
pub(crate) struct ApiKeyAt(pub(crate) ApiKeyId);

/// The notification at `{id}`.
#[derive(Debug)]
pub(crate) struct NotificationAt(pub(crate) NotificationId);

/// The durable handler at `{handler}`.
#[derive(Debug)]
pub(crate) struct HandlerAt(pub(crate) String);

/// The work queue at `{queue}`.
#[derive(Debug)]
pub(crate) struct QueueAt(pub(crate) String);

/// The schedule at `{schedule}`.
#[derive(Debug)]
pub(crate) struct ScheduleAt(pub(crate) String);

/// The job at `{id}`.
#[derive(Debug)]
pub(crate) struct JobAt(pub(crate) JobId);

/// The dead letter at `{handler}` and `{position}`.
#[derive(Debug)]
pub(crate) struct DeadLetterAt {
    pub(crate) handler: String,
    pub(crate) position: Position,
}

impl FromRequestParts<Api> for WorkspaceAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let slug = slug(parts).await.ok_or(ApiError::workspace_not_found())?;
        Ok(Self(WorkspaceRef::Slug(slug)))
    }
}

impl FromRequestParts<Api> for ProjectAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let WorkspaceAt(workspace) = WorkspaceAt::from_request_parts(parts, api).await?;
        let slug = named(parts, "project", word).await.ok_or(ApiError::project_not_found())?;
        Ok(Self(ProjectRef { workspace, slug }))
    }
}

impl FromRequestParts<Api> for DocumentAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let WorkspaceAt(workspace) = WorkspaceAt::from_request_parts(parts, api).await?;
        let slug = named(parts, "document", word).await.ok_or(ApiError::document_not_found())?;
        Ok(Self(DocumentRef { workspace, slug }))
    }
}

impl FromRequestParts<Api> for AgentAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::agent_not_found())
    }
}

impl FromRequestParts<Api> for AgentQueryAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::agent_query_not_found())
    }
}

impl FromRequestParts<Api> for VersionAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let DocumentAt(document) = DocumentAt::from_request_parts(parts, api).await?;
        // What is no number is one that no version has: only whoever sees the document is told so.
        let number = named(parts, "version", |text| text.parse().ok()).await.unwrap_or_default();
        Ok(Self { document, number })
    }
}

impl FromRequestParts<Api> for MemberAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let member = named(parts, "member", word).await.ok_or(ApiError::member_not_found())?;
        Ok(Self(member.into()))
    }
}

impl FromRequestParts<Api> for InvitationAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::invitation_not_found())
    }
}

/// The token at `{token}`, if it has the form of one.
#[derive(Debug)]
pub(crate) struct TokenAt(pub(crate) Option<Secret>);

/// The mail at `{id}`.
#[derive(Debug)]
pub(crate) struct MailAt(pub(crate) MailId);

impl FromRequestParts<Api> for TokenAt {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Infallible> {
        let token = named(parts, "token", |text| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            (text.len() <= LONGEST_TOKEN && text.chars().all(fits)).then(|| Secret::from(text))
        });
        Ok(Self(token.await))
    }
}

impl FromRequestParts<Api> for MailAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::route_not_found())
    }
}

impl FromRequestParts<Api> for SessionAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::session_not_found())
    }
}

impl FromRequestParts<Api> for ChatSessionAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::chat_session_not_found())
    }
}

impl FromRequestParts<Api> for MessageAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let ChatSessionAt(session) = ChatSessionAt::from_request_parts(parts, api).await?;
        let message = named(parts, "message", |text| text.parse().ok()).await;
        Ok(Self { session, message: message.ok_or(ApiError::message_not_found())? })
    }
}

impl FromRequestParts<Api> for ApiKeyAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::api_key_not_found())
    }
}

impl FromRequestParts<Api> for NotificationAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::notification_not_found())
    }
}

impl FromRequestParts<Api> for HandlerAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let handler = named(parts, "handler", word).await;
        handler.map(Self).ok_or(ApiError::handler_not_found())
    }
}

impl FromRequestParts<Api> for QueueAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let queue = named(parts, "queue", word).await;
        queue.map(Self).ok_or(ApiError::queue_not_found())
    }
}

impl FromRequestParts<Api> for ScheduleAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let schedule = named(parts, "schedule", word).await;
        schedule.map(Self).ok_or(ApiError::schedule_not_found())
    }
}

impl FromRequestParts<Api> for JobAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = named(parts, "id", |text| text.parse().ok()).await;
        id.map(Self).ok_or(ApiError::job_not_found())
    }
}

impl FromRequestParts<Api> for DeadLetterAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let handler = named(parts, "handler", word).await;
        let position = named(parts, "position", |text| text.parse().ok()).await;
        let named = handler.zip(position).ok_or(ApiError::dead_letter_not_found())?;
        Ok(Self { handler: named.0, position: named.1 })
    }
}

/// The name of the workspace at `{slug}`, if it can be one.
pub(crate) async fn slug(parts: &mut Parts) -> Option<String> {
    named(parts, "slug", word).await
}

/// The workspace at `{workspace_id}`, if that can be the id of one.
pub(crate) async fn workspace_id(parts: &mut Parts) -> Option<WorkspaceId> {
    if let Some(id) = named(parts, "workspace_id", erm::parse_id).await {
        return Some(id);
    }
    // Where another segment is no UTF-8, none has a name; this one has its place all the same.
    parts.uri.path().strip_prefix("/api/v1/workspaces/")?.split('/').next().and_then(erm::parse_id)
}

/// The segment of this name, unless it is no UTF-8 or does not parse.
pub(crate) async fn named<T>(
    parts: &mut Parts,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let segments = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let (_, text) = segments.iter().find(|(key, _)| *key == name)?;
    parse(text)
}

/// A text without control characters: PostgreSQL would not even look for some of them.
fn word(text: &str) -> Option<String> {
    (!text.chars().any(char::is_control)).then(|| text.to_owned())
}
