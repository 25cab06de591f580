//! People, companies, and who employs and knows whom: the schema of most tests of entities and edges.

use std::fmt;

use perme8_events::{Id, Save as _, Transaction as _, testing::FakeTx};
use serde_json::{Value, json};

use super::{COMPANY, MEMBER, OWNER, Tables, acting, company};
use crate::{
    application::{
        edges::create_edge::CreateEdge,
        entities::create_entity::CreateEntity,
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        properties::Properties,
        quota::Quota,
        references::{EdgeId, EntityId},
        schema::{Schema, SchemaDefinition, Writing, draft::SchemaDraft},
    },
};

/// There is room for whatever a test writes.
pub(crate) const ROOM: Quota = Quota { entities: 100, edges: 100 };

/// E-mail addresses and contracts are unique, and nobody is employed twice.
pub(crate) fn people() -> SchemaDefinition {
    let entity_types = json!([
        { "name": "Person", "properties": [
            { "name": "name", "type": "string", "required": true },
            { "name": "email", "type": "string", "unique": true },
            { "name": "age", "type": "integer", "constraints": { "min": 0 } },
        ] },
        { "name": "Company", "properties": [
            { "name": "name", "type": "string", "required": true },
            { "name": "email", "type": "string", "unique": true },
        ] },
    ]);
    let edge_types = json!([
        { "name": "EMPLOYS", "sources": ["Company"], "targets": ["Person"], "cardinality": "one_to_many",
          "properties": [{ "name": "contract", "type": "integer", "unique": true }] },
        { "name": "KNOWS", "properties": [{ "name": "since", "type": "datetime" }] },
    ]);
    let draft = SchemaDraft::from_json(Some(entity_types), Some(edge_types));
    draft.check().expect("it is a schema")
}

/// A transaction over a company with that schema.
pub(crate) async fn with_people() -> FakeTx<Tables> {
    let mut tx = company();
    let writing = Writing { by: OWNER, now: tx.now() };
    let schema = Schema::create(tx.new_id(), COMPANY, people(), writing);
    tx.save(schema).await.expect("there is none yet");
    drop(tx.take_events());
    tx
}

/// An object, as properties.
pub(crate) fn properties(object: Value) -> Properties {
    serde_json::from_value(object).expect("it is an object")
}

/// The wish for a person.
pub(crate) fn person(external_key: Option<&str>, object: Value) -> CreateEntity {
    CreateEntity {
        workspace: COMPANY.into(),
        entity_type: "Person".to_owned(),
        external_key: external_key.map(str::to_owned),
        properties: properties(object),
    }
}

/// The wish for an edge.
pub(crate) fn edge(name: &str, ends: (EntityId, EntityId), object: Value) -> CreateEdge {
    CreateEdge {
        workspace: COMPANY.into(),
        edge_type: name.to_owned(),
        source_id: ends.0,
        target_id: ends.1,
        properties: properties(object),
    }
}

/// Adds an entity, and tells nobody.
pub(crate) async fn added(tx: &mut FakeTx<Tables>, command: CreateEntity) -> EntityId {
    let created = command.execute(tx, &acting(MEMBER), ROOM).await.expect("it can be there");
    drop(tx.take_events());
    created.id
}

/// Adds an edge, and tells nobody.
pub(crate) async fn led(tx: &mut FakeTx<Tables>, command: CreateEdge) -> EdgeId {
    let created = command.execute(tx, &acting(MEMBER), ROOM).await.expect("it can be there");
    drop(tx.take_events());
    created.id
}

/// An entity or an edge, in one line of a transcript.
pub(crate) struct Said(String);

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The last digits of an id.
fn short<A>(id: Id<A>) -> String {
    format!("{:x}", id.uuid().as_u128())
}

impl From<EntityDetails> for Said {
    fn from(entity: EntityDetails) -> Self {
        let EntityDetails {
            id, entity_type, external_key, properties, deleted_at, version, ..
        } = entity;
        let key = external_key.map(|key| format!(" {key:?}")).unwrap_or_default();
        let gone = if deleted_at.is_some() { " gone" } else { "" };
        let properties = Value::Object(properties);
        Self(format!("{entity_type} {}{key} {properties} version {version}{gone}", short(id)))
    }
}

impl From<EdgeDetails> for Said {
    fn from(edge: EdgeDetails) -> Self {
        let EdgeDetails {
            id,
            edge_type,
            source_id,
            target_id,
            properties,
            deleted_at,
            version,
            ..
        } = edge;
        let ends = format!("{} -> {}", short(source_id), short(target_id));
        let gone = if deleted_at.is_some() { " gone" } else { "" };
        let properties = Value::Object(properties);
        Self(format!("{edge_type} {} {ends} {properties} version {version}{gone}", short(id)))
    }
}
