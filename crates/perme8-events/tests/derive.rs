//! What `#[derive(DomainEvent)]` says of an event.

use expect_test::{Expect, expect};
use perme8_events::{DomainEvent, EventData, EventDescriptor, UpcastError, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Emitted when somebody registers. The account is not
/// confirmed yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(operators, user = "user_id"))]
struct UserRegistered {
    #[event(aggregate_id)]
    user_id: UserId,
    email: String,
}

/// Emitted when somebody who has an account is invited,
/// e.g. by an admin.
///
/// People without one get a mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    name = "identity.member_invited",
    version = 2,
    upcast(v1 = unchanged),
    aggregate = "workspace_member",
    id = "{workspace_id}:{user_id}",
    audience(managers, user = "user_id")
)]
struct MemberInvited {
    #[event(workspace_id)]
    workspace_id: WorkspaceId,
    user_id: UserId,
}

#[expect(clippy::unnecessary_wraps, reason = "an upcaster may refuse")]
fn unchanged(data: EventData) -> Result<EventData, UpcastError> {
    Ok(data)
}

/// Emitted when a question is answered, in a workspace or outside of any.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "agent_query", audience(workspace, user = "asked_by", user = "answered_by"))]
struct QueryCompleted {
    #[event(aggregate_id)]
    query: u64,
    #[event(workspace_id)]
    workspace_id: Option<WorkspaceId>,
    asked_by: Option<UserId>,
    answered_by: UserId,
}

/// Names that an expansion could stumble upon.
mod stumbling_blocks {
    #![expect(dead_code, reason = "they only stand in the way")]

    struct Option;
    struct String;
    struct Audience;
    struct WorkspaceId;
    trait DomainEvent {}
    trait Into {}
    mod perme8_events {}
    mod core {}
    mod std {}

    /// Emitted when a word that Rust keeps for itself is used.
    #[derive(
        Debug,
        Clone,
        ::serde::Serialize,
        ::serde::Deserialize,
        ::schemars::JsonSchema,
        ::perme8_events::DomainEvent,
    )]
    #[event(aggregate = "word", id = "{type}", audience(workspace))]
    pub(crate) struct Stumbled {
        pub(crate) r#type: u8,
        #[event(workspace_id)]
        pub(crate) r#where: ::perme8_events::WorkspaceId,
    }
}

fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}

fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId::new(Uuid::from_u128(n))
}

/// Everything that is derived for `event`.
fn check<E: DomainEvent>(event: &E, expected: &Expect) {
    let EventDescriptor { event_type, version, aggregate_type, rust_name, summary, .. } =
        EventDescriptor::of::<E>();
    let mut lines = vec![
        format!("{event_type} v{version} ({rust_name}): {summary}"),
        format!("of {aggregate_type} {}", event.aggregate_id()),
    ];
    lines.extend(event.workspace_id().map(|id| format!("in {id}")));
    lines.extend(event.audience().scopes().iter().map(|scope| format!("for {scope}")));
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn an_event_takes_its_type_from_the_crate_and_its_id_from_the_marked_field() {
    let event = UserRegistered { user_id: user(2), email: "ada@example.com".to_owned() };
    check(
        &event,
        &expect![[r"
        perme8_events.user_registered v1 (UserRegistered): Emitted when somebody registers.
        of user 00000000-0000-0000-0000-000000000002
        for user:00000000-0000-0000-0000-000000000002
        for operators
    "]],
    );
}

#[test]
fn an_event_of_several_ids_is_in_a_workspace_and_for_its_managers() {
    let event = MemberInvited { workspace_id: workspace(1), user_id: user(2) };
    check(
        &event,
        &expect![[r"
        identity.member_invited v2 (MemberInvited): Emitted when somebody who has an account is invited, e.g. by an admin.
        of workspace_member 00000000-0000-0000-0000-000000000001:00000000-0000-0000-0000-000000000002
        in 00000000-0000-0000-0000-000000000001
        for managers:00000000-0000-0000-0000-000000000001
        for user:00000000-0000-0000-0000-000000000002
    "]],
    );
}

#[test]
fn what_is_optional_counts_where_it_is_given() {
    let outside =
        QueryCompleted { query: 42, workspace_id: None, asked_by: None, answered_by: user(2) };
    check(
        &outside,
        &expect![[r"
        perme8_events.query_completed v1 (QueryCompleted): Emitted when a question is answered, in a workspace or outside of any.
        of agent_query 42
        for user:00000000-0000-0000-0000-000000000002
    "]],
    );
    let inside =
        QueryCompleted { workspace_id: Some(workspace(1)), asked_by: Some(user(3)), ..outside };
    check(
        &inside,
        &expect![[r"
        perme8_events.query_completed v1 (QueryCompleted): Emitted when a question is answered, in a workspace or outside of any.
        of agent_query 42
        in 00000000-0000-0000-0000-000000000001
        for workspace:00000000-0000-0000-0000-000000000001
        for user:00000000-0000-0000-0000-000000000003
        for user:00000000-0000-0000-0000-000000000002
    "]],
    );
}

#[test]
fn names_in_scope_do_not_change_what_is_derived() {
    check(
        &stumbling_blocks::Stumbled { r#type: 7, r#where: workspace(1) },
        &expect![[r"
        perme8_events.stumbled v1 (Stumbled): Emitted when a word that Rust keeps for itself is used.
        of word 7
        in 00000000-0000-0000-0000-000000000001
        for workspace:00000000-0000-0000-0000-000000000001
    "]],
    );
}

#[test]
fn events_survive_json() {
    fn check<E: DomainEvent + PartialEq>(event: &E) {
        let json = serde_json::to_string(event).unwrap();
        assert_eq!(&serde_json::from_str::<E>(&json).unwrap(), event, "{json}");
    }
    check(&UserRegistered { user_id: user(2), email: "ada@example.com".to_owned() });
    check(&MemberInvited { workspace_id: workspace(1), user_id: user(2) });
    check(&QueryCompleted {
        query: 42,
        workspace_id: None,
        asked_by: Some(user(3)),
        answered_by: user(2),
    });
}
