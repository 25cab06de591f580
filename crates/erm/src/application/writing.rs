//! How entities and edges are written: what is wanted is checked against the schema first, and then against what is there.

use std::sync::Arc;

use perme8_events::{StorageError, WorkspaceId};

use crate::{
    application::{
        acting::{Acting, from_not_acting},
        ports::{
            Schemas,
            items::{Edges, Entities},
        },
    },
    domain::{
        claims::{End, UniqueValue},
        edge::Edge,
        entity::Entity,
        names::{InvalidTypeName, TypeName},
        properties::{Checked, Properties, PropertyError, check},
        quota::{Counted, Room},
        references::{EdgeId, EntityId},
        schema::{PropertyDefinition, SchemaDefinition},
    },
};

pub(crate) mod edges;
pub(crate) mod entities;
pub(crate) mod unique;

/// Why an entity or an edge stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or a guest.
    #[error("guests write no entities and edges")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The workspace has no schema.
    #[error("the workspace has no schema: write one first")]
    NoSchema,
    /// Nothing can be called so.
    #[error(transparent)]
    InvalidType(#[from] InvalidTypeName),
    /// The schema knows no such type.
    #[error("type {name} is not defined in the schema")]
    UnknownType {
        /// Which.
        name: TypeName,
    },
    /// The workspace has no such entity or edge.
    #[error("there is no such entity or edge")]
    NotFound,
    /// Somebody changed it since it was seen.
    #[error("it has changed since: look at it again")]
    OtherVersion,
    /// The properties are not as the schema wants them.
    #[error("{}", shown(.0))]
    Invalid(Vec<PropertyError>),
    /// There is no entity where an edge is to begin or end.
    #[error("{0} entity not found")]
    EndMissing(End),
    /// An edge of this type cannot begin or end there.
    #[error("{message}")]
    Endpoint {
        /// Which end of it.
        end: End,
        /// Why, for people.
        message: String,
    },
    /// Another entity of the type is called so elsewhere.
    #[error("another entity of this type has this external key")]
    KeyTaken,
    /// The workspace is full.
    #[error("the workspace has no room for more than {limit} {of}")]
    QuotaExceeded {
        /// What there are too many of.
        of: Counted,
        /// How many there may be.
        limit: u64,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting!(WriteError);

/// All errors, one after another.
fn shown(errors: &[PropertyError]) -> String {
    let errors = errors.iter().map(|error| format!("{} {}", error.field, error.message));
    errors.collect::<Vec<_>>().join("; ")
}

impl WriteError {
    /// An edge cannot begin, or end, at an entity.
    fn endpoint(end: End, why: &str) -> Self {
        Self::Endpoint { end, message: format!("{end} entity {why}") }
    }

    fn full(room: &Room) -> Self {
        Self::QuotaExceeded { of: room.of, limit: room.limit }
    }
}

/// Whether somebody saw the version that it has.
pub(crate) fn is_seen(seen: Option<i64>, version: i64) -> Result<(), WriteError> {
    if seen.is_none_or(|seen| seen == version) { Ok(()) } else { Err(WriteError::OtherVersion) }
}

/// The types of the workspace.
pub(crate) async fn definition(
    tx: &mut impl Schemas,
    acting: &Acting,
) -> Result<Arc<SchemaDefinition>, WriteError> {
    Ok(acting.schema(tx).await?.ok_or(WriteError::NoSchema)?.definition)
}

/// A live entity of a workspace.
pub(crate) async fn live_entity(
    tx: &mut impl Entities,
    workspace: WorkspaceId,
    id: EntityId,
) -> Result<Entity, WriteError> {
    let found = tx.entities(workspace, &[id]).await?.pop();
    found.filter(Entity::is_live).ok_or(WriteError::NotFound)
}

/// A live edge of a workspace.
pub(crate) async fn live_edge(
    tx: &mut impl Edges,
    workspace: WorkspaceId,
    id: EdgeId,
) -> Result<Edge, WriteError> {
    let found = tx.edges(workspace, &[id]).await?.pop();
    found.filter(Edge::is_live).ok_or(WriteError::NotFound)
}

/// Properties that conform, and those of their values that no other may have.
pub(crate) fn conforming(
    name: &TypeName,
    definitions: &[PropertyDefinition],
    properties: Properties,
) -> Result<(Checked, Vec<UniqueValue>), WriteError> {
    let checked = check(definitions, properties).map_err(WriteError::Invalid)?;
    let unique = UniqueValue::among(name, &checked.values);
    Ok((checked, unique))
}

/// Properties after a patch, as RFC 7396 merges objects: `null` removes, the rest replaces; whole values, since none has parts.
pub(crate) fn merged(mut properties: Properties, patch: &Properties) -> Properties {
    for (name, value) in patch {
        if value.is_null() {
            properties.remove(name);
        } else {
            properties.insert(name.clone(), value.clone());
        }
    }
    properties
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_replaces_what_it_names_and_removes_what_it_says_is_null() {
        let object = |value: serde_json::Value| value.as_object().cloned().unwrap();
        let before = object(json!({ "name": "Ada", "age": 36 }));
        let patch = object(json!({ "age": null, "city": "London", "zip": null }));
        let after = object(json!({ "name": "Ada", "city": "London" }));
        assert_eq!(merged(before, &patch), after);
    }
}
