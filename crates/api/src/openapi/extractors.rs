//! What the extractors of this crate take out of requests.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{
    answering::Manner,
    audit::Accepted,
    auth::{Caller, SessionCaller},
    body::{Body, Wish},
    chat::sending::IdempotencyKey,
    committed::Since,
    edge::Edge,
    erm::{
        asked::Asked as AskedOfGraph,
        path::{GraphAt, ItemAt, KeyAt, SchemaAt, SchemaVersionAt, WaysAt},
        sent::Sent,
    },
    etag::IfMatch,
    fields::FromFields,
    follower::Follower,
    operator::Operator,
    path::{
        AgentAt, AgentQueryAt, ApiKeyAt, ChatSessionAt, DeadLetterAt, DocumentAt, HandlerAt,
        InvitationAt, JobAt, MemberAt, MessageAt, NotificationAt, ProjectAt, QueueAt, ScheduleAt,
        SessionAt, TokenAt, VersionAt, WorkspaceAt,
    },
    query::Query,
    socket::handshake::{Handshake, Ticket},
    streams::{After, Resume},
};

use super::{
    described::Taken,
    sketch::{Asked, Sketch, Who},
};

/// What a segment of an address can be.
fn text() -> Value {
    json!({ "type": "string" })
}

fn id() -> Value {
    json!({ "type": "string", "format": "uuid" })
}

fn number() -> Value {
    json!({ "type": "integer", "format": "int64" })
}

/// Which segments of an address each of them takes.
macro_rules! segments {
    ($($At:ident$(<$A:ident>)? { $($name:literal: $kind:ident),* })*) => {$(
        impl$(<$A>)? Taken for $At$(<$A>)? {
            fn sketch(on: &mut Sketch<'_>) {
                $(on.segment($name, $kind());)*
            }
        }
    )*};
}

segments! {
    WorkspaceAt { "slug": text }
    ProjectAt { "slug": text, "project": text }
    DocumentAt { "slug": text, "document": text }
    VersionAt { "slug": text, "document": text, "version": number }
    MemberAt { "member": text }
    AgentAt { "id": id }
    AgentQueryAt { "id": id }
    InvitationAt { "id": id }
    SessionAt { "id": id }
    ChatSessionAt { "id": id }
    MessageAt { "id": id, "message": id }
    ApiKeyAt { "id": id }
    NotificationAt { "id": id }
    TokenAt { "token": text }
    HandlerAt { "handler": text }
    QueueAt { "queue": text }
    ScheduleAt { "schedule": text }
    JobAt { "id": id }
    DeadLetterAt { "handler": text, "position": number }
    GraphAt { "workspace_id": id }
    SchemaAt { "workspace_id": id }
    SchemaVersionAt { "workspace_id": id, "version": number }
    ItemAt<A> { "workspace_id": id, "id": id }
    WaysAt<A> { "workspace_id": id, "id": id, "target_id": id }
    KeyAt { "workspace_id": id, "type": text, "key": text }
}

impl Taken for Caller {
    fn sketch(on: &mut Sketch<'_>) {
        on.is_for(Who::Callers);
    }
}

impl Taken for SessionCaller {
    fn sketch(on: &mut Sketch<'_>) {
        on.is_for(Who::People);
    }
}

impl Taken for Operator {
    fn sketch(on: &mut Sketch<'_>) {
        on.is_for(Who::Operators);
        on.header("X-Operator", "who acts, a short name");
    }
}

impl Taken for Follower {
    fn sketch(on: &mut Sketch<'_>) {
        on.is_for(Who::Callers);
        on.is_for_operators = true;
    }
}

impl<W: Taken> Taken for Handshake<W> {
    fn sketch(on: &mut Sketch<'_>) {
        W::sketch(on);
        on.query::<Ticket>();
        on.takes_tickets = true;
        on.refuses(StatusCode::UPGRADE_REQUIRED);
    }
}

/// The address from which somebody asks, and the like: nothing that a client says.
impl Taken for Edge {
    fn sketch(_: &mut Sketch<'_>) {}
}

impl<T: FromFields> Taken for Body<T> {
    fn sketch(on: &mut Sketch<'_>) {
        on.fields::<T>();
    }
}

impl<T: FromFields> Taken for Wish<T> {
    fn sketch(on: &mut Sketch<'_>) {
        on.fields::<T>();
    }
}

impl Taken for Sent {
    fn sketch(on: &mut Sketch<'_>) {
        on.takes(Asked::Free);
    }
}

/// A file that is read while it comes.
impl Taken for axum::body::Body {
    fn sketch(on: &mut Sketch<'_>) {
        on.takes(Asked::File);
    }
}

impl<T: FromFields> Taken for Query<T> {
    fn sketch(on: &mut Sketch<'_>) {
        on.query::<T>();
    }
}

impl Taken for AskedOfGraph {
    fn sketch(on: &mut Sketch<'_>) {
        on.has_free_query = true;
        on.refuses(StatusCode::UNPROCESSABLE_ENTITY);
    }
}

impl<G> Taken for IfMatch<G> {
    fn sketch(on: &mut Sketch<'_>) {
        on.header("If-Match", "the `ETag` of what was seen");
        on.refuses(StatusCode::PRECONDITION_FAILED);
    }
}

impl Taken for Since {
    fn sketch(on: &mut Sketch<'_>) {
        on.header("X-Commit-Token", "what a command answered with: what it did is known then");
    }
}

impl Taken for Manner {
    fn sketch(on: &mut Sketch<'_>) {
        on.header("Accept", "`text/event-stream` to hear the answer piece by piece");
    }
}

impl Taken for Accepted {
    fn sketch(on: &mut Sketch<'_>) {
        on.header("Accept", "`text/csv` or `application/x-ndjson`, for a file");
    }
}

impl Taken for IdempotencyKey {
    fn sketch(on: &mut Sketch<'_>) {
        on.header("Idempotency-Key", "what makes sending it again harmless");
    }
}

impl Taken for Resume {
    fn sketch(on: &mut Sketch<'_>) {
        on.query::<After>();
        on.header("Last-Event-ID", "the position behind which the stream goes on");
    }
}
