//! Adding an entity.

use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EntityDetails,
        writing::{
            WriteError, definition,
            entities::{EntityHoldings, WantedEntity, external_key},
        },
    },
    domain::{
        entity::Entity, names::TypeName, policy::Action, properties::Properties, quota::Quota,
    },
};

/// Adds an entity of a type of the schema.
///
/// Emits [`EntityCreated`](crate::EntityCreated).
#[derive(Debug, Clone)]
pub struct CreateEntity {
    /// Where.
    pub workspace: WorkspaceRef,
    /// What kind of entity it is.
    pub entity_type: String,
    /// What it is called elsewhere; once among the entities of the type.
    pub external_key: Option<String>,
    /// What is known of it.
    pub properties: Properties,
}

impl CreateEntity {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<EntityDetails, WriteError> {
        let Self { workspace: _, entity_type, external_key: key, properties } = self;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let name = TypeName::parse(entity_type)?;
        let key = key.as_deref().map(external_key).transpose()?;
        let definition = definition(tx, acting).await?;
        let wanted = WantedEntity::check(&definition, name, key, properties.clone())?;
        let mut holdings = EntityHoldings::gather(tx, workspace_id, quota, [&wanted]).await?;
        let id = tx.new_id();
        holdings.admit(id, &wanted)?;
        let created = Entity::create(wanted.begin(id, (workspace_id, now)), acting.user_id);
        Ok(tx.save(created).await?.into())
    }
}
