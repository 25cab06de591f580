//! Changing what is known of many entities at once.

use std::collections::HashMap;

use identity::WorkspaceRef;

use super::{BulkError, BulkMode, BulkOutcome, Failures, check_size, ids};
use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EntityDetails,
        writing::{
            WriteError,
            entities::{EntityHoldings, WantedEntity},
        },
    },
    domain::{
        bulk::Batch,
        entity::Entity,
        policy::Action,
        properties::Properties,
        quota::Quota,
        references::{BulkOperation, EntityId},
    },
};

/// Replaces all properties of each of 1 to 1,000 entities, as if of one after another.
#[derive(Debug, Clone)]
pub struct UpdateEntities {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub items: Vec<EntityUpdate>,
    /// What becomes of the others when one cannot be changed.
    pub mode: BulkMode,
}

/// An entity that is to be changed.
#[derive(Debug, Clone)]
pub struct EntityUpdate {
    /// Which, a UUID.
    pub id: String,
    /// All that is known of it from now on.
    pub properties: Properties,
}

impl UpdateEntities {
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
        let schema = tx.schema_of(workspace_id).await?.ok_or(BulkError::NoSchema)?;
        let mut failures = Failures::default();
        let named = ids(&mut failures, items.iter().map(|item| item.id.as_str()));
        let all: Vec<EntityId> = named.iter().map(|(_, id)| *id).collect();
        let found = tx.entities(workspace_id, &all).await?;
        let mut found: HashMap<EntityId, Entity> =
            found.into_iter().filter(Entity::is_live).map(|entity| (entity.id, entity)).collect();
        let mut wanted = Vec::new();
        for (index, id) in named {
            let properties = items[index].properties.clone();
            let checked = found.remove(&id).ok_or(WriteError::NotFound).and_then(|entity| {
                let name = entity.entity_type.clone();
                Ok((WantedEntity::check(&schema.definition, name, None, properties)?, entity))
            });
            wanted.extend(failures.sort(index, checked)?.map(|one| (index, one)));
        }
        let asked = wanted.iter().map(|(_, (wanted, _))| wanted);
        let mut holdings = EntityHoldings::gather(tx, workspace_id, quota, asked).await?;
        let mut updated = Vec::new();
        for (index, (wanted, entity)) in wanted {
            let changed = holdings.change(entity.id, &wanted);
            if failures.sort(index, changed)?.is_some() {
                updated.push(Update { new: entity.replaced(wanted.checked, now), old: entity });
            }
        }
        if failures.forbid(*mode) {
            return Ok(failures.only());
        }
        let done = save(tx, acting, updated).await?;
        Ok(BulkOutcome { done, failed: failures.in_order() })
    }
}

/// An entity as it was, and as it is if it is another.
struct Update {
    old: Entity,
    new: Option<Entity>,
}

/// Writes what is another; gives all, as they are then.
async fn save(
    tx: &mut impl Graphs,
    acting: &Acting,
    updates: Vec<Update>,
) -> Result<Vec<EntityDetails>, BulkError> {
    let items: Vec<Entity> = updates.iter().filter_map(|update| update.new.clone()).collect();
    let mut saved = HashMap::new();
    if !items.is_empty() {
        let id = tx.new_id::<BulkOperation>();
        let batch = Batch { id, workspace_id: acting.workspace_id(), items };
        let batch = tx.save(batch.update(acting.user_id)).await?;
        saved.extend(batch.items.into_iter().map(|entity| (entity.id, entity)));
    }
    let now = |Update { old, new: _ }: Update| saved.remove(&old.id).unwrap_or(old).into();
    Ok(updates.into_iter().map(now).collect())
}
