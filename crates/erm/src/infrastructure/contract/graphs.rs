//! Entities and edges that are written for the promises of the others.

use std::fmt;

use perme8_events::{StorageError, WorkspaceId};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    application::{
        clearance::Remains,
        knowledge::ports::Relations,
        ports::items::{Graphs, Holder},
        purge_deleted::Deleted,
    },
    domain::{
        bulk::Batch,
        claims::{KeyOfType, UniqueValue},
        edge::{Edge, NewEdge},
        entity::{Entity, NewEntity},
        names::{ExternalKey, PropertyName, TypeName},
        properties::{Checked, check},
        references::EntityId,
        schema::PropertyDefinition,
        values::Key,
    },
    testing::{MEMBER, people, properties},
};

/// Every port of graphs at once.
pub(super) trait Ports: Graphs + Deleted + Remains + Relations {}

impl<T: Graphs + Deleted + Remains + Relations> Ports for T {}

pub(super) fn type_name(name: &str) -> TypeName {
    TypeName::parse(name).unwrap()
}

/// What conforms to a type of the schema of people.
pub(super) fn conforming(name: &str, object: Value) -> Checked {
    let schema = people();
    let entity = schema.entity_type(name).map(|of| of.properties.clone());
    let edge = schema.edge_type(name).map(|of| of.properties.clone());
    let definitions: Vec<PropertyDefinition> = entity.or(edge).unwrap_or_default();
    check(&definitions, properties(object)).unwrap()
}

/// An entity that nobody has written yet.
pub(super) fn new_entity<T: Ports>(
    tx: &mut T,
    workspace_id: WorkspaceId,
    (name, key): (&str, Option<&str>),
    object: Value,
) -> NewEntity {
    NewEntity {
        id: tx.new_id(),
        workspace_id,
        entity_type: type_name(name),
        external_key: key.map(|key| ExternalKey::parse(key).unwrap()),
        checked: conforming(name, object),
        now: tx.now(),
    }
}

/// A person without a key, written.
pub(super) async fn person<T: Ports>(
    tx: &mut T,
    workspace: WorkspaceId,
    object: Value,
) -> Result<Entity, StorageError> {
    let new = new_entity(tx, workspace, ("Person", None), object);
    tx.save(Entity::create(new, MEMBER)).await
}

/// People without a key, written at once.
pub(super) async fn crowd<T: Ports>(
    tx: &mut T,
    workspace_id: WorkspaceId,
    objects: impl IntoIterator<Item = Value>,
) -> Vec<Entity> {
    let new = |object| Entity::begin(new_entity(tx, workspace_id, ("Person", None), object));
    let items = objects.into_iter().map(new).collect();
    let batch = Batch { id: tx.new_id(), workspace_id, items };
    tx.save(batch.create(MEMBER)).await.unwrap().items
}

/// An edge that nobody has written yet.
pub(super) fn new_edge<T: Ports>(
    tx: &mut T,
    workspace_id: WorkspaceId,
    name: &str,
    (source_id, target_id): (EntityId, EntityId),
    object: Value,
) -> NewEdge {
    NewEdge {
        id: tx.new_id(),
        workspace_id,
        edge_type: type_name(name),
        source_id,
        target_id,
        checked: conforming(name, object),
        now: tx.now(),
    }
}

/// An edge, written.
pub(super) async fn edge<T: Ports>(
    tx: &mut T,
    workspace: WorkspaceId,
    name: &str,
    ends: (EntityId, EntityId),
    object: Value,
) -> Edge {
    let new = new_edge(tx, workspace, name, ends, object);
    tx.save(Edge::create(new, MEMBER)).await.unwrap()
}

/// A text of a property of a type, as an index knows it.
pub(super) fn value(name: &str, property: &str, text: &str) -> UniqueValue {
    let property = PropertyName::parse(property).unwrap();
    UniqueValue { item_type: type_name(name), property, key: Key::of_text(text) }
}

/// Who of these has one of these values.
pub(super) async fn holders<T: Ports>(
    tx: &mut T,
    workspace: WorkspaceId,
    holder: Holder,
    values: &[UniqueValue],
) -> Vec<(UniqueValue, Uuid)> {
    sorted(tx.holders_of_values(workspace, holder, values).await.unwrap())
}

/// Who of people is called so elsewhere.
pub(super) async fn named<T: Ports>(
    tx: &mut T,
    workspace: WorkspaceId,
    keys: &[&str],
) -> Vec<EntityId> {
    let key = |key: &&str| KeyOfType {
        entity_type: type_name("Person"),
        key: ExternalKey::parse(key).unwrap(),
    };
    let keys: Vec<KeyOfType> = keys.iter().map(key).collect();
    let mut found = tx.entities_by_keys(workspace, &keys).await.unwrap();
    found.sort();
    found.into_iter().map(|(_, id)| id).collect()
}

/// How many entities and edges there are.
pub(super) async fn usage<T: Ports>(tx: &mut T, workspace: WorkspaceId) -> (u64, u64) {
    let usage = tx.usage(workspace).await.unwrap();
    (usage.entities, usage.edges)
}

/// In an order of its own, since nobody promises one.
pub(super) fn sorted<I: fmt::Debug>(items: Vec<I>) -> Vec<I> {
    let mut items = items;
    items.sort_by_key(|item| format!("{item:?}"));
    items
}

pub(super) fn is_conflict<R>(result: Result<R, StorageError>) -> bool {
    result.is_err_and(|error| error.is_conflict())
}
