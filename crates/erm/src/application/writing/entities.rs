//! What is wanted of entities, and whether there is room for it.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId};

use super::{WriteError, conforming, unique::UniqueValues};
use crate::{
    application::ports::items::{Entities, Holder},
    domain::{
        claims::{Claims, KeyOfType, UniqueValue},
        entity::NewEntity,
        names::{ExternalKey, TypeName},
        properties::{Checked, Properties, PropertyError},
        quota::{Counted, Quota, Room},
        references::EntityId,
        schema::SchemaDefinition,
    },
};

/// An entity as it is to be, checked against the schema.
#[derive(Debug)]
pub(crate) struct WantedEntity {
    pub(crate) entity_type: TypeName,
    pub(crate) key: Option<KeyOfType>,
    pub(crate) checked: Checked,
    pub(crate) unique: Vec<UniqueValue>,
}

impl WantedEntity {
    /// One of a type that the schema knows, whose properties conform.
    pub(crate) fn check(
        definition: &SchemaDefinition,
        name: TypeName,
        key: Option<ExternalKey>,
        properties: Properties,
    ) -> Result<Self, WriteError> {
        let Some(entity_type) = definition.entity_type(name.as_str()) else {
            return Err(WriteError::UnknownType { name });
        };
        let (checked, unique) = conforming(&name, &entity_type.properties, properties)?;
        let key = key.map(|key| KeyOfType { entity_type: name.clone(), key });
        Ok(Self { entity_type: name, key, checked, unique })
    }

    /// The entity that begins so.
    pub(crate) fn begin(self, id: EntityId, at: (WorkspaceId, DateTime<Utc>)) -> NewEntity {
        let Self { entity_type, key, checked, unique: _ } = self;
        let (workspace_id, now) = at;
        let external_key = key.map(|KeyOfType { key, .. }| key);
        NewEntity { id, workspace_id, entity_type, external_key, checked, now }
    }
}

/// What an entity is called elsewhere, if it can be called so.
pub(crate) fn external_key(text: &str) -> Result<ExternalKey, WriteError> {
    ExternalKey::parse(text).map_err(|error| {
        WriteError::Invalid(vec![PropertyError::new("external_key", "format", error.to_string())])
    })
}

/// What there is of entities, as it is while one after another is written.
#[derive(Debug)]
pub(crate) struct EntityHoldings {
    values: UniqueValues,
    keys: Claims<KeyOfType>,
    room: Room,
}

impl EntityHoldings {
    /// As far as these entities ask for it.
    pub(crate) async fn gather(
        tx: &mut impl Entities,
        workspace: WorkspaceId,
        quota: Quota,
        wanted: impl IntoIterator<Item = &WantedEntity>,
    ) -> Result<Self, StorageError> {
        let (mut values, mut keys) = (Vec::new(), Vec::new());
        for WantedEntity { key, unique, .. } in wanted {
            values.extend(unique);
            keys.extend(key.clone());
        }
        let values = UniqueValues::gather(tx, workspace, Holder::Entity, values).await?;
        let keys = tx.entities_by_keys(workspace, &keys).await?;
        let room = Room::left(Counted::Entities, quota, tx.usage(workspace).await?);
        let keys = keys.into_iter().map(|(key, entity)| (key, entity.uuid()));
        Ok(Self { values, keys: Claims::held(keys), room })
    }

    /// Who is called so elsewhere.
    pub(crate) fn named(&self, key: &KeyOfType) -> Option<EntityId> {
        self.keys.holder(key).map(EntityId::new)
    }

    /// One more is there from now on, if it may be.
    pub(crate) fn admit(&mut self, id: EntityId, wanted: &WantedEntity) -> Result<(), WriteError> {
        let WantedEntity { key, unique, .. } = wanted;
        // Whoever is called so is the one that is meant, with the same unique values.
        if key.as_ref().is_some_and(|key| self.keys.is_taken(key, id.uuid())) {
            return Err(WriteError::KeyTaken);
        }
        self.values.check(id.uuid(), unique)?;
        if !self.room.has_room() {
            return Err(WriteError::full(&self.room));
        }
        self.room.take();
        self.values.take(id.uuid(), unique);
        self.keys.take(id.uuid(), key.clone());
        Ok(())
    }

    /// One that is there has these properties from now on, if it may have them.
    pub(crate) fn change(&mut self, id: EntityId, wanted: &WantedEntity) -> Result<(), WriteError> {
        self.values.change(id.uuid(), &wanted.unique)
    }
}
