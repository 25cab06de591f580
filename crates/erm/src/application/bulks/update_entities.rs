//! Changing what is known of many entities at once.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use identity::WorkspaceRef;

use super::{BulkError, BulkMode, BulkOutcome, Failures, ItemError, check_size, id};
use crate::{
    application::{
        acting::Acting,
        ports::items::{Graphs, Holder},
        read_models::items::EntityDetails,
        writing::{WriteError, entities::WantedEntity, is_seen, unique::UniqueValues},
    },
    domain::{
        bulk::Batch,
        claims::UniqueValue,
        entity::Entity,
        policy::Action,
        properties::Properties,
        references::{BulkOperation, EntityId, GraphEntity},
        schema::SchemaDefinition,
    },
};

/// So many are loaded at once: what is known of all of them could be more than memory is there for.
const LOADED: usize = 64;

/// Replaces all properties of each of 1 to 1,000 entities, as if of one after another.
///
/// Emits [`BulkEntitiesUpdated`](crate::BulkEntitiesUpdated).
#[derive(Debug, Clone)]
pub struct UpdateEntities {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which; instead of one that could not be read, what is wrong with it.
    pub items: Vec<Result<EntityUpdate, ItemError>>,
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
    /// The version that was seen; if it has changed since, it is not changed.
    pub seen: Option<i64>,
}

impl UpdateEntities {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<BulkOutcome<EntityDetails>, BulkError> {
        let Self { workspace: _, items, mode } = self;
        acting.may(Action::Write)?;
        check_size(items)?;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let schema = acting.schema(tx).await?.ok_or(BulkError::NoSchema)?;
        let mut failures = Failures::default();
        let mut wanted = Vec::new();
        for some in named(items, &mut failures).chunks(LOADED) {
            let ids: Vec<EntityId> = some.iter().map(|(_, id, _)| *id).collect();
            let found = tx.entities(workspace_id, &ids).await?.into_iter();
            let mut found: HashMap<EntityId, Entity> =
                found.filter(Entity::is_live).map(|entity| (entity.id, entity)).collect();
            for (index, id, item) in some {
                let update = found.remove(id).ok_or(WriteError::NotFound);
                let update = update.and_then(|entity| item.of(entity, &schema.definition, now));
                wanted.extend(failures.sort(*index, update)?.map(|update| (*index, update)));
            }
        }
        let asked = wanted.iter().flat_map(|(_, update)| &update.unique);
        let mut values = UniqueValues::gather(tx, workspace_id, Holder::Entity, asked).await?;
        let mut updates = Vec::new();
        for (index, update) in wanted {
            let changed = values.change(update.entity.id.uuid(), &update.unique);
            updates.extend(failures.sort(index, changed)?.map(|()| update));
        }
        if failures.forbid(*mode) || updates.is_empty() {
            return failures.only(*mode);
        }
        let done = save(tx, acting, updates).await?;
        Ok(BulkOutcome { done, failed: failures.in_order() })
    }
}

/// What is to be changed, each once; what is none, or was named before, is noted.
fn named<'i>(
    items: &'i [Result<EntityUpdate, ItemError>],
    failures: &mut Failures,
) -> Vec<(usize, EntityId, &'i EntityUpdate)> {
    let (mut named, mut known) = (Vec::new(), BTreeSet::new());
    for (index, item) in failures.readable(items) {
        match id::<GraphEntity>("id", &item.id) {
            Ok(id) if known.insert(id) => named.push((index, id, item)),
            Ok(_) => failures.note(index, vec![ItemError::about("id", "unique", "is named twice")]),
            Err(error) => failures.note(index, vec![error]),
        }
    }
    named
}

/// An entity as it is to be.
struct Update {
    entity: Entity,
    unique: Vec<UniqueValue>,
    /// Whether it is another than before.
    is_other: bool,
}

impl EntityUpdate {
    /// What becomes of this entity, if it is what was seen and may become that.
    fn of(
        &self,
        entity: Entity,
        definition: &SchemaDefinition,
        now: DateTime<Utc>,
    ) -> Result<Update, WriteError> {
        let Self { id: _, properties, seen } = self;
        is_seen(*seen, entity.version)?;
        let name = entity.entity_type.clone();
        let wanted = WantedEntity::check(definition, name, None, properties.clone())?;
        let (entity, is_other) = entity.replaced(wanted.checked, now);
        Ok(Update { entity, unique: wanted.unique, is_other })
    }
}

/// Writes what is another; gives all, as they are then.
async fn save(
    tx: &mut impl Graphs,
    acting: &Acting,
    updates: Vec<Update>,
) -> Result<Vec<EntityDetails>, BulkError> {
    let order: Vec<EntityId> = updates.iter().map(|update| update.entity.id).collect();
    let (others, same): (Vec<_>, Vec<_>) = updates.into_iter().partition(|update| update.is_other);
    let mut entities: Vec<Entity> = same.into_iter().map(|update| update.entity).collect();
    if !others.is_empty() {
        let (id, workspace_id) = (tx.new_id::<BulkOperation>(), acting.workspace_id());
        let items = others.into_iter().map(|update| update.entity).collect();
        let batch = Batch { id, workspace_id, items };
        entities.extend(tx.save(batch.update(acting.user_id)).await?.items);
    }
    let mut entities: HashMap<EntityId, Entity> =
        entities.into_iter().map(|entity| (entity.id, entity)).collect();
    Ok(order.iter().filter_map(|id| entities.remove(id)).map(EntityDetails::from).collect())
}
