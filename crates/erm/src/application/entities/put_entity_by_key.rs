//! Writing an entity by what it is called elsewhere.

use identity::{Seen, WorkspaceRef};

use super::replace_entity::replace;
use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EntityDetails,
        writing::{
            WriteError, definition,
            entities::{EntityHoldings, WantedEntity, external_key},
            live_entity,
        },
    },
    domain::{
        entity::Entity, names::TypeName, policy::Action, properties::Properties, quota::Quota,
    },
};

/// Replaces all properties of the entity that is called so elsewhere, or adds it if there is none.
///
/// Emits [`EntityCreated`](crate::EntityCreated) or [`EntityUpdated`](crate::EntityUpdated).
#[derive(Debug, Clone)]
pub struct PutEntityByKey {
    /// Where.
    pub workspace: WorkspaceRef,
    /// What kind of entity it is.
    pub entity_type: String,
    /// What it is called elsewhere.
    pub external_key: String,
    /// All that is known of it from now on.
    pub properties: Properties,
    /// What was seen; if it has changed since, or there is another or none, nothing is written.
    pub seen: Option<Seen>,
}

impl PutEntityByKey {
    /// The entity, and whether it is new.
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<(EntityDetails, bool), WriteError> {
        let Self { workspace: _, entity_type, external_key: key, properties, seen } = self;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let name = TypeName::parse(entity_type)?;
        let key = external_key(key)?;
        let definition = definition(tx, acting).await?;
        let wanted = WantedEntity::check(&definition, name, Some(key), properties.clone())?;
        let mut holdings = EntityHoldings::gather(tx, workspace_id, quota, [&wanted]).await?;
        if let Some(known) = wanted.key.as_ref().and_then(|key| holdings.named(key)) {
            let entity = live_entity(tx, workspace_id, known).await?;
            if seen.is_some_and(|seen| !seen.is(entity.id, entity.version)) {
                return Err(WriteError::OtherVersion);
            }
            let properties = wanted.checked.properties;
            let replaced = replace(tx, acting, &definition, entity, properties).await?;
            return Ok((replaced, false));
        }
        if seen.is_some() {
            return Err(WriteError::OtherVersion);
        }
        let id = tx.new_id();
        holdings.admit(id, &wanted)?;
        let created = Entity::create(wanted.begin(id, (workspace_id, now)), acting.user_id);
        Ok((tx.save(created).await?.into(), true))
    }
}
