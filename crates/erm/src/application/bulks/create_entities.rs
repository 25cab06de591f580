//! Adding many entities at once.

use identity::WorkspaceRef;

use super::{BulkError, BulkMode, BulkOutcome, Failures, ItemError, check_size};
use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EntityDetails,
        writing::{
            WriteError,
            entities::{EntityHoldings, WantedEntity, external_key},
        },
    },
    domain::{
        bulk::Batch, entity::Entity, names::TypeName, policy::Action, properties::Properties,
        quota::Quota, schema::SchemaDefinition,
    },
};

/// Adds 1 to 1,000 entities, as if one after another.
///
/// Emits [`BulkEntitiesCreated`](crate::BulkEntitiesCreated).
#[derive(Debug, Clone)]
pub struct CreateEntities {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which; instead of one that could not be read, what is wrong with it.
    pub items: Vec<Result<NewEntity, ItemError>>,
    /// What becomes of the others when one cannot be added.
    pub mode: BulkMode,
}

/// An entity that is to be added.
#[derive(Debug, Clone)]
pub struct NewEntity {
    /// What kind of entity it is.
    pub entity_type: String,
    /// What it is called elsewhere; once among the entities of the type.
    pub external_key: Option<String>,
    /// What is known of it.
    pub properties: Properties,
}

impl CreateEntities {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<BulkOutcome<EntityDetails>, BulkError> {
        let Self { workspace: _, items, mode } = self;
        acting.may(Action::Write)?;
        check_size(items)?;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let schema = acting.schema(tx).await?.ok_or(BulkError::NoSchema)?;
        let mut failures = Failures::default();
        let mut wanted = Vec::new();
        for (index, item) in failures.readable(items) {
            let checked = item.check(&schema.definition);
            wanted.extend(failures.sort(index, checked)?.map(|one| (index, one)));
        }
        let asked = wanted.iter().map(|(_, wanted)| wanted);
        let mut holdings = EntityHoldings::gather(tx, workspace_id, quota, asked).await?;
        let mut entities = Vec::new();
        for (index, wanted) in wanted {
            let id = tx.new_id();
            let admitted = holdings.admit(id, &wanted);
            if failures.sort(index, admitted)?.is_some() {
                entities.push(Entity::begin(wanted.begin(id, (workspace_id, now))));
            }
        }
        if failures.forbid(*mode) || entities.is_empty() {
            return failures.only(*mode);
        }
        let batch = Batch { id: tx.new_id(), workspace_id, items: entities };
        let batch = tx.save(batch.create(acting.user_id)).await?;
        let done = batch.items.into_iter().map(EntityDetails::from).collect();
        Ok(BulkOutcome { done, failed: failures.in_order() })
    }
}

impl NewEntity {
    fn check(&self, definition: &SchemaDefinition) -> Result<WantedEntity, WriteError> {
        let Self { entity_type, external_key: key, properties } = self;
        let name = TypeName::parse(entity_type)?;
        let key = key.as_deref().map(external_key).transpose()?;
        WantedEntity::check(definition, name, key, properties.clone())
    }
}
