//! Changing what is known of an entity.

use std::sync::Arc;

use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::{Graphs, Holder},
        read_models::items::EntityDetails,
        writing::{
            WriteError, definition, entities::WantedEntity, is_seen, live_entity, merged,
            unique::UniqueValues,
        },
    },
    domain::{
        entity::Entity, policy::Action, properties::Properties, references::EntityId,
        schema::SchemaDefinition,
    },
};

/// Replaces all properties of an entity; what changes nothing is no event.
///
/// Emits [`EntityUpdated`](crate::EntityUpdated).
#[derive(Debug, Clone)]
pub struct ReplaceEntity {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EntityId,
    /// All that is known of it from now on.
    pub properties: Properties,
    /// The version that was seen; if it has changed since, nothing is changed.
    pub seen: Option<i64>,
}

/// Changes some properties of an entity, as RFC 7396 merges a patch; what changes nothing is no event.
///
/// Emits [`EntityUpdated`](crate::EntityUpdated).
#[derive(Debug, Clone)]
pub struct MergeEntity {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EntityId,
    /// The properties that are others from now on; `null` removes one.
    pub patch: Properties,
    /// The version that was seen; if it has changed since, nothing is changed.
    pub seen: Option<i64>,
}

impl ReplaceEntity {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<EntityDetails, WriteError> {
        let Self { workspace: _, id, properties, seen } = self;
        let (definition, entity) = granted(tx, acting, *id, *seen).await?;
        replace(tx, acting, &definition, entity, properties.clone()).await
    }
}

impl MergeEntity {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<EntityDetails, WriteError> {
        let Self { workspace: _, id, patch, seen } = self;
        let (definition, entity) = granted(tx, acting, *id, *seen).await?;
        let properties = merged(entity.properties.clone(), patch);
        replace(tx, acting, &definition, entity, properties).await
    }
}

/// The schema and the entity, if this person may change it and it still is what was seen.
async fn granted(
    tx: &mut impl Graphs,
    acting: &Acting,
    id: EntityId,
    seen: Option<i64>,
) -> Result<(Arc<SchemaDefinition>, Entity), WriteError> {
    acting.enter(tx, Action::Write).await?;
    let definition = definition(tx, acting).await?;
    let entity = live_entity(tx, acting.workspace_id(), id).await?;
    is_seen(seen, entity.version)?;
    Ok((definition, entity))
}

/// An entity with these properties instead, if it may have them.
pub(crate) async fn replace(
    tx: &mut impl Graphs,
    acting: &Acting,
    definition: &SchemaDefinition,
    entity: Entity,
    properties: Properties,
) -> Result<EntityDetails, WriteError> {
    let wanted = WantedEntity::check(definition, entity.entity_type.clone(), None, properties)?;
    let (workspace_id, unique) = (acting.workspace_id(), &wanted.unique);
    let values = UniqueValues::gather(tx, workspace_id, Holder::Entity, unique).await?;
    values.check(entity.id.uuid(), unique)?;
    let entity = match entity.replace(wanted.checked, acting.user_id, tx.now()) {
        Some(replaced) => tx.save(replaced).await?,
        None => entity,
    };
    Ok(entity.into())
}
