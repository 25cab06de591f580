//! What is wanted of edges, and whether they can lead there.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId};

use super::{WriteError, conforming, unique::UniqueValues};
use crate::{
    application::ports::items::{Edges, Entities, Holder},
    domain::{
        claims::{Claims, End, OnlyEdge, UniqueValue},
        edge::NewEdge,
        names::TypeName,
        properties::{Checked, Properties},
        quota::{Counted, Quota, Room},
        references::{EdgeId, EntityId},
        schema::{EdgeType, SchemaDefinition},
    },
};

/// An edge as it is to be, checked against the schema.
#[derive(Debug)]
pub(crate) struct WantedEdge<'s> {
    edge_type: &'s EdgeType,
    pub(crate) source_id: EntityId,
    pub(crate) target_id: EntityId,
    pub(crate) checked: Checked,
    pub(crate) unique: Vec<UniqueValue>,
    only: Vec<OnlyEdge>,
}

impl<'s> WantedEdge<'s> {
    /// One of a type that the schema knows, whose properties conform.
    pub(crate) fn check(
        definition: &'s SchemaDefinition,
        name: TypeName,
        (source_id, target_id): (EntityId, EntityId),
        properties: Properties,
    ) -> Result<Self, WriteError> {
        let Some(edge_type) = definition.edge_type(name.as_str()) else {
            return Err(WriteError::UnknownType { name });
        };
        let (checked, unique) = conforming(&name, &edge_type.properties, properties)?;
        let only = OnlyEdge::of(edge_type, source_id, target_id);
        Ok(Self { edge_type, source_id, target_id, checked, unique, only })
    }

    /// The edge that begins so.
    pub(crate) fn begin(self, id: EdgeId, at: (WorkspaceId, DateTime<Utc>)) -> NewEdge {
        let Self { edge_type, source_id, target_id, checked, unique: _, only: _ } = self;
        let (workspace_id, now) = at;
        let edge_type = edge_type.name.clone();
        NewEdge { id, workspace_id, edge_type, source_id, target_id, checked, now }
    }
}

/// What there is of edges and of the entities at which they begin and end, as it is while one after another is written.
#[derive(Debug)]
pub(crate) struct EdgeHoldings {
    values: UniqueValues,
    only: Claims<OnlyEdge>,
    ends: HashMap<EntityId, TypeName>,
    room: Room,
}

impl EdgeHoldings {
    /// As far as these edges ask for it.
    pub(crate) async fn gather<'w, 's: 'w>(
        tx: &mut (impl Edges + Entities),
        workspace: WorkspaceId,
        quota: Quota,
        wanted: impl IntoIterator<Item = &'w WantedEdge<'s>>,
    ) -> Result<Self, StorageError> {
        let (mut values, mut only, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for edge in wanted {
            values.extend(&edge.unique);
            only.extend_from_slice(&edge.only);
            ends.extend([edge.source_id, edge.target_id]);
        }
        ends.sort_unstable();
        ends.dedup();
        let values = UniqueValues::gather(tx, workspace, Holder::Edge, values).await?;
        let only = tx.only_edges(workspace, &only).await?;
        let ends = tx.live_entities(workspace, &ends).await?.into_iter().collect();
        let room = Room::left(Counted::Edges, quota, tx.usage(workspace).await?);
        let only = only.into_iter().map(|(only, edge)| (only, edge.uuid()));
        Ok(Self { values, only: Claims::held(only), ends, room })
    }

    /// This entity is there, too, from now on.
    pub(crate) fn restored(&mut self, entity: EntityId, entity_type: TypeName) {
        self.ends.insert(entity, entity_type);
    }

    /// Whether an edge could begin or end at this entity.
    pub(crate) fn is_there(&self, entity: EntityId) -> bool {
        self.ends.contains_key(&entity)
    }

    /// One more is there from now on, if it may be.
    pub(crate) fn admit(&mut self, id: EdgeId, wanted: &WantedEdge<'_>) -> Result<(), WriteError> {
        let WantedEdge { edge_type, source_id, target_id, checked: _, unique, only } = wanted;
        self.values.check(id.uuid(), unique)?;
        self.may_be_at(edge_type, &edge_type.sources, End::Source, *source_id)?;
        self.may_be_at(edge_type, &edge_type.targets, End::Target, *target_id)?;
        if let Some(taken) = only.iter().find(|only| self.only.is_taken(only, id.uuid())) {
            let why = format!("already has its only edge of type {}", edge_type.name);
            return Err(WriteError::endpoint(taken.end, &why));
        }
        if !self.room.has_room() {
            return Err(WriteError::full(&self.room));
        }
        self.room.take();
        self.values.take(id.uuid(), unique);
        self.only.take(id.uuid(), only.iter().cloned());
        Ok(())
    }

    /// Whether an edge of this type may begin, or end, at this entity.
    fn may_be_at(
        &self,
        EdgeType { name, .. }: &EdgeType,
        allowed: &[TypeName],
        end: End,
        entity: EntityId,
    ) -> Result<(), WriteError> {
        let of = self.ends.get(&entity).ok_or(WriteError::EndMissing(end))?;
        if allowed.is_empty() || allowed.contains(of) {
            return Ok(());
        }
        let why = format!("of type {of} is no end of edges of type {name}");
        Err(WriteError::endpoint(end, &why))
    }
}
