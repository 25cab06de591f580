//! Events that could not read what their earlier versions wrote.

use perme8_events::{DomainEvent, EventData, UpcastError};

fn unchanged(data: EventData) -> Result<EventData, UpcastError> {
    Ok(data)
}

/// Forgets the versions before it.
#[derive(DomainEvent)]
#[event(aggregate = "project", version = 3, audience(operators))]
struct NoUpcasters {
    #[event(aggregate_id)]
    project_id: u8,
}

/// Has a hole in its chain.
#[derive(DomainEvent)]
#[event(aggregate = "project", version = 3, upcast(v1 = unchanged), audience(operators))]
struct MissingLink {
    #[event(aggregate_id)]
    project_id: u8,
}

/// Upcasts what nobody has written.
#[derive(DomainEvent)]
#[event(aggregate = "project", version = 2, upcast(v1 = unchanged, v2 = unchanged), audience(operators))]
struct FromTheFuture {
    #[event(aggregate_id)]
    project_id: u8,
}

/// Upcasts one version twice.
#[derive(DomainEvent)]
#[event(aggregate = "project", version = 2, upcast(v1 = unchanged, v1 = unchanged), audience(operators))]
struct UpcastTwice {
    #[event(aggregate_id)]
    project_id: u8,
}

/// Names no versions.
#[derive(DomainEvent)]
#[event(aggregate = "project", version = 2, upcast(first = unchanged, unchanged), audience(operators))]
struct UpcastFromWhere {
    #[event(aggregate_id)]
    project_id: u8,
}

fn main() {}
