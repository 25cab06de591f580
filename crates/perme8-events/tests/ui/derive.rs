//! Attributes that do not make an event.

use perme8_events::DomainEvent;

/// Has no aggregate id.
#[derive(DomainEvent)]
#[event(aggregate = "project", audience(operators))]
struct NoAggregateId {
    name: String,
}

/// Has two aggregate ids.
#[derive(DomainEvent)]
#[event(aggregate = "project", audience(operators))]
struct TwoAggregateIds {
    #[event(aggregate_id)]
    project_id: u8,
    #[event(aggregate_id)]
    name: u8,
}

/// Has an aggregate id on a field and another on the struct.
#[derive(DomainEvent)]
#[event(aggregate = "project", id = "{project_id}:{name}", audience(operators))]
struct AggregateIdTwice {
    #[event(aggregate_id)]
    project_id: u8,
    name: u8,
}

/// Composes its aggregate id of a field that it does not have.
#[derive(DomainEvent)]
#[event(aggregate = "project", id = "{project}:{name}", audience(operators))]
struct UnknownField {
    project_id: u8,
    name: u8,
}

/// Misspells attributes.
#[derive(DomainEvent)]
#[event(agregate = "project", audience(operator))]
struct UnknownAttributes {
    #[event(agregate_id)]
    project_id: u8,
}

/// Does not say who may see it.
#[derive(DomainEvent)]
#[event(aggregate = "project")]
struct NoAudience {
    #[event(aggregate_id)]
    project_id: u8,
}

/// Is for people of a workspace, but of which?
#[derive(DomainEvent)]
#[event(aggregate = "project", audience(workspace, managers, user = "usr_id"))]
struct AudienceUnknown {
    #[event(aggregate_id)]
    project_id: u8,
    workspace_id: u8,
    user_id: u8,
}

/// Belongs to two workspaces.
#[derive(DomainEvent)]
#[event(aggregate = "project", audience(workspace))]
struct TwoWorkspaces {
    #[event(aggregate_id)]
    project_id: u8,
    #[event(workspace_id)]
    from: u8,
    #[event(workspace_id)]
    to: u8,
}

/// Has names and a version that nothing on the wire has.
#[derive(DomainEvent)]
#[event(name = "ProjectCreated", aggregate = "Project", version = 0, audience(operators))]
struct BadNames {
    #[event(aggregate_id)]
    project_id: u8,
}

#[derive(DomainEvent)]
#[event(aggregate = "project", audience(operators))]
struct Undocumented {
    #[event(aggregate_id)]
    project_id: u8,
}

#[derive(DomainEvent)]
struct NothingSaid {
    name: String,
}

/// Has no fields.
#[derive(DomainEvent)]
#[event(aggregate = "project", audience(operators))]
struct Unit;

/// Has no names for its fields.
#[derive(DomainEvent)]
#[event(aggregate = "project", audience(operators))]
struct Tuple(u8);

/// Is not a struct.
#[derive(DomainEvent)]
#[event(aggregate = "project", audience(operators))]
enum Enum {
    Created { project_id: u8 },
}

/// Is many types.
#[derive(DomainEvent)]
#[event(aggregate = "project", audience(operators))]
struct Generic<T> {
    #[event(aggregate_id)]
    project_id: T,
}

/// Says wrongly whose something is.
#[derive(DomainEvent)]
#[event(aggregate = "user", audience(operators))]
struct Nobodys {
    #[event(aggregate_id)]
    user_id: u8,
    #[event(personal = "usr_id")]
    first_name: u8,
    #[event(personal = "last_name")]
    last_name: u8,
}

fn main() {}
