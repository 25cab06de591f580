//! Edges, which lead from one entity to another.

use chrono::{DateTime, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    events::{
        edges::{EdgeCreated, EdgeDeleted, EdgeRestored, EdgeUpdated},
        items::PropertyChanges,
    },
    names::TypeName,
    properties::{Checked, IndexedValue, Properties},
    references::{EdgeId, EntityId},
};

/// An edge of a workspace.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the field's standard terms")]
pub(crate) struct Edge {
    pub(crate) id: EdgeId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) edge_type: TypeName,
    pub(crate) source_id: EntityId,
    pub(crate) target_id: EntityId,
    pub(crate) properties: Properties,
    /// Under what it is found from now on; nothing when it was loaded.
    pub(crate) values: Vec<IndexedValue>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) deleted_at: Option<DateTime<Utc>>,
    /// The entity with which it went, and comes back.
    pub(crate) deleted_with: Option<EntityId>,
    /// Whether it counts as it is stored: neither new nor deleted.
    pub(crate) was_live: bool,
    pub(crate) version: i64,
}

/// Where an edge leads, and what is said of it.
#[derive(Debug, Clone)]
pub(crate) struct NewEdge {
    pub(crate) id: EdgeId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) edge_type: TypeName,
    pub(crate) source_id: EntityId,
    pub(crate) target_id: EntityId,
    pub(crate) checked: Checked,
    pub(crate) now: DateTime<Utc>,
}

impl Aggregate for Edge {
    const TYPE: &'static str = "edge";
    type Id = EdgeId;

    fn id(&self) -> EdgeId {
        self.id
    }
}

impl Edge {
    /// As it begins, without a word.
    pub(crate) fn begin(new: NewEdge) -> Self {
        let NewEdge { id, workspace_id, edge_type, source_id, target_id, checked, now } = new;
        let Checked { properties, values } = checked;
        Self {
            id,
            workspace_id,
            edge_type,
            source_id,
            target_id,
            properties,
            values,
            created_at: now,
            updated_at: now,
            deleted_at: None,
            deleted_with: None,
            was_live: false,
            version: 0,
        }
    }

    pub(crate) fn create(new: NewEdge, by: UserId) -> Unsaved<Self> {
        let edge = Self::begin(new);
        let event = EdgeCreated {
            edge_id: edge.id,
            workspace_id: edge.workspace_id,
            user_id: by,
            edge_type: edge.edge_type.clone(),
            source_id: edge.source_id,
            target_id: edge.target_id,
            properties: edge.properties.clone(),
        };
        Unsaved::new(edge).record(event)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// With these properties instead, if they are others.
    pub(crate) fn replace(
        &self,
        checked: Checked,
        by: UserId,
        now: DateTime<Utc>,
    ) -> Option<Unsaved<Self>> {
        let Checked { properties, values } = checked;
        if properties == self.properties {
            return None;
        }
        let event = EdgeUpdated {
            edge_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            edge_type: self.edge_type.clone(),
            source_id: self.source_id,
            target_id: self.target_id,
            changes: PropertyChanges::between(&self.properties, &properties),
        };
        let replaced = Self { properties, values, updated_at: now, ..self.clone() };
        Some(Unsaved::new(replaced).record(event))
    }

    /// Gone until it is restored.
    pub(crate) fn delete(self, by: UserId, now: DateTime<Utc>) -> Unsaved<Self> {
        let event = EdgeDeleted {
            edge_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            edge_type: self.edge_type.clone(),
            source_id: self.source_id,
            target_id: self.target_id,
        };
        let deleted = Self { deleted_at: Some(now), deleted_with: None, updated_at: now, ..self };
        Unsaved::new(deleted).record(event)
    }

    /// There again, without a word; `values` are those of its properties.
    pub(crate) fn restored(self, values: Vec<IndexedValue>, now: DateTime<Utc>) -> Self {
        Self { values, deleted_at: None, deleted_with: None, updated_at: now, ..self }
    }

    /// There again, and tells of it.
    pub(crate) fn restore(
        self,
        values: Vec<IndexedValue>,
        by: UserId,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let event = EdgeRestored {
            edge_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            edge_type: self.edge_type.clone(),
            source_id: self.source_id,
            target_id: self.target_id,
        };
        Unsaved::new(self.restored(values, now)).record(event)
    }

    /// Gone with its other end from now on, and for as long as that one: it can come back as long as that one can.
    pub(crate) fn handed_on(self, to: EntityId, gone_since: DateTime<Utc>) -> Self {
        Self { deleted_with: Some(to), deleted_at: Some(gone_since), ..self }
    }

    /// Gone by itself from now on: it comes back with nobody.
    pub(crate) fn let_go(self) -> Self {
        Self { deleted_with: None, ..self }
    }

    /// The end that is not this entity; this entity if it leads from it to itself.
    pub(crate) fn other_end(&self, entity: EntityId) -> EntityId {
        if self.source_id == entity { self.target_id } else { self.source_id }
    }
}
