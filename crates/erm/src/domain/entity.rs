//! Entities, the nodes of a graph.

use chrono::{DateTime, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    events::{
        entities::{EntityCreated, EntityDeleted, EntityRestored, EntityUpdated},
        items::PropertyChanges,
    },
    names::{ExternalKey, TypeName},
    properties::{Checked, IndexedValue, Properties},
    references::EntityId,
};

/// An entity of a workspace.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the field's standard terms")]
pub(crate) struct Entity {
    pub(crate) id: EntityId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) entity_type: TypeName,
    /// What it is called elsewhere.
    pub(crate) external_key: Option<ExternalKey>,
    pub(crate) properties: Properties,
    /// Under what it is found from now on; nothing when it was loaded.
    pub(crate) values: Vec<IndexedValue>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    /// Whether it counts as it is stored: neither new nor deleted.
    pub(crate) was_live: bool,
    pub(crate) version: i64,
}

/// Where an entity begins, and what is said of it.
#[derive(Debug, Clone)]
pub(crate) struct NewEntity {
    pub(crate) id: EntityId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) entity_type: TypeName,
    pub(crate) external_key: Option<ExternalKey>,
    pub(crate) checked: Checked,
    pub(crate) now: DateTime<Utc>,
}

impl Aggregate for Entity {
    const TYPE: &'static str = "entity";
    type Id = EntityId;

    fn id(&self) -> EntityId {
        self.id
    }
}

impl Entity {
    /// As it begins, without a word.
    pub(crate) fn begin(new: NewEntity) -> Self {
        let NewEntity { id, workspace_id, entity_type, external_key, checked, now } = new;
        let Checked { properties, values } = checked;
        Self {
            id,
            workspace_id,
            entity_type,
            external_key,
            properties,
            values,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            was_live: false,
            version: 0,
        }
    }

    pub(crate) fn create(new: NewEntity, by: UserId) -> Unsaved<Self> {
        let entity = Self::begin(new);
        let event = EntityCreated {
            entity_id: entity.id,
            workspace_id: entity.workspace_id,
            user_id: by,
            entity_type: entity.entity_type.clone(),
            external_key: entity.external_key.clone(),
            properties: entity.properties.clone(),
        };
        Unsaved::new(entity).record(event)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// With these properties instead, without a word, and whether they are others.
    pub(crate) fn replaced(self, checked: Checked, now: DateTime<Utc>) -> (Self, bool) {
        let Checked { properties, values } = checked;
        if properties == self.properties {
            return (self, false);
        }
        (Self { properties, values, updated_at: now, ..self }, true)
    }

    /// With these properties instead, if they are others.
    pub(crate) fn replace(
        &self,
        checked: Checked,
        by: UserId,
        now: DateTime<Utc>,
    ) -> Option<Unsaved<Self>> {
        let (replaced, is_other) = self.clone().replaced(checked, now);
        if !is_other {
            return None;
        }
        let event = EntityUpdated {
            entity_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            entity_type: self.entity_type.clone(),
            changes: PropertyChanges::between(&self.properties, &replaced.properties),
        };
        Some(Unsaved::new(replaced).record(event))
    }

    /// Gone until it is restored, and with it so many edges.
    pub(crate) fn delete(
        self,
        edges_deleted: u64,
        by: UserId,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let event = EntityDeleted {
            entity_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            entity_type: self.entity_type.clone(),
            edges_deleted,
        };
        Unsaved::new(Self { deleted_at: Some(now), updated_at: now, ..self }).record(event)
    }

    /// There again, and with it so many edges; `values` are those of its properties.
    pub(crate) fn restore(
        self,
        values: Vec<IndexedValue>,
        edges_restored: u64,
        by: UserId,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let event = self.restoration(edges_restored, by);
        Unsaved::new(Self { values, deleted_at: None, updated_at: now, ..self }).record(event)
    }

    /// What is told when it comes back with so many edges, or only more of these do.
    pub(crate) fn restoration(&self, edges_restored: u64, by: UserId) -> EntityRestored {
        EntityRestored {
            entity_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            entity_type: self.entity_type.clone(),
            edges_restored,
        }
    }
}
