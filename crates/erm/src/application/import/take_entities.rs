//! Taking over entities of a file.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use identity::WorkspaceRef;
use perme8_events::StorageError;

use super::{batch::Numbered, rehearsal::Rehearsal};
use crate::{
    application::{
        acting::Acting,
        bulks::{BulkError, BulkFailure, Failures},
        ports::items::Graphs,
        writing::{
            WriteError,
            entities::{EntityHoldings, WantedEntity, external_key},
        },
    },
    domain::{
        bulk::Batch,
        entity::Entity,
        lines::EntityLine,
        names::TypeName,
        quota::Quota,
        references::{BulkOperation, EntityId},
        schema::SchemaDefinition,
    },
};

/// So many entities that are there already are in memory at a time.
const AT_ONCE: usize = 100;

/// Adds the entities of a batch, as if one after another, and replaces all properties of those whose external keys are there
/// already.
#[derive(Debug)]
pub(crate) struct TakeEntities<'a> {
    pub(crate) workspace: WorkspaceRef,
    pub(crate) lines: &'a [Numbered<EntityLine>],
    /// What would have been written before, if nothing is to be written.
    pub(crate) rehearsal: Option<&'a Rehearsal>,
}

/// What became of the entities or the edges of a batch.
#[derive(Debug)]
pub(crate) struct Taken<T> {
    /// Those that were taken over, each with its place in the batch.
    pub(crate) done: Vec<(usize, T)>,
    /// Those that were not.
    pub(crate) failed: Vec<BulkFailure>,
    /// The place of the first one for which there was no room; nothing behind it was looked at.
    pub(crate) full: Option<usize>,
}

/// An entity that was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakenEntity {
    /// It is new.
    Created(EntityId),
    /// It was there already.
    Updated(EntityId),
}

impl TakeEntities<'_> {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<Taken<TakenEntity>, BulkError> {
        let Self { workspace: _, lines, rehearsal } = *self;
        Rehearsal::enter(rehearsal, tx, acting).await?;
        let workspace_id = acting.workspace_id();
        let definition = Rehearsal::types_of(rehearsal, tx, acting).await?;
        let quota = rehearsal.map_or(quota, |planned| planned.left_of(quota));
        let mut failures = Failures::default();
        let mut wanted = Vec::new();
        for (place, Numbered { item, .. }) in lines.iter().enumerate() {
            let checked = failures.sort(place, item.check(&definition))?;
            wanted.extend(checked.map(|one| (place, one)));
        }
        let asked = wanted.iter().map(|(_, wanted)| wanted);
        let mut holdings = EntityHoldings::gather(tx, workspace_id, quota, asked).await?;
        let (mut pending, mut done, mut full) = (Pending::default(), Vec::new(), None);
        let mut wanted = wanted.into_iter();
        'batch: loop {
            let some: Vec<_> = wanted.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let keys = some.iter().filter_map(|(_, wanted)| wanted.key.as_ref());
            let known: Vec<EntityId> = keys.filter_map(|key| holdings.named(key)).collect();
            let known = pending.without(known);
            let known = tx.entities(workspace_id, &known).await?.into_iter();
            let known: HashMap<EntityId, Entity> = known.map(|one| (one.id, one)).collect();
            for (place, wanted) in some {
                let there = wanted.key.as_ref().and_then(|key| holdings.named(key));
                let id = there.unwrap_or_else(|| tx.new_id());
                let admitted = match there {
                    Some(id) => holdings.change(id, &wanted),
                    None => holdings.admit(id, &wanted),
                };
                if let Err(WriteError::QuotaExceeded { .. }) = admitted {
                    full = Some(place);
                    break 'batch;
                }
                if failures.sort(place, admitted)?.is_none() {
                    continue;
                }
                if there.is_some() {
                    pending.replace(id, known.get(&id), wanted, tx.now());
                    done.push((place, TakenEntity::Updated(id)));
                } else {
                    pending.begin(Entity::begin(wanted.begin(id, (workspace_id, tx.now()))));
                    done.push((place, TakenEntity::Created(id)));
                }
            }
        }
        if rehearsal.is_none() {
            pending.save(tx, acting).await?;
        }
        let failed = failures.in_order();
        Ok(Taken { done, failed, full }.until_full())
    }
}

impl<T> Taken<T> {
    /// Without what is wrong with those behind the first one for which there was no room.
    pub(super) fn until_full(mut self) -> Self {
        if let Some(full) = self.full {
            self.failed.retain(|failure| failure.index < full);
        }
        self
    }
}

impl EntityLine {
    fn check(&self, definition: &SchemaDefinition) -> Result<WantedEntity, WriteError> {
        let Self { id: _, entity_type, external_key: key, properties } = self;
        let name = TypeName::parse(entity_type)?;
        let key = key.as_deref().map(external_key).transpose()?;
        WantedEntity::check(definition, name, key, properties.clone())
    }
}

/// What is to be written, as it is after all lines so far.
#[derive(Debug, Default)]
struct Pending {
    created: Vec<Entity>,
    replaced: Vec<Entity>,
    places: HashMap<EntityId, Place>,
}

/// Where an entity stands among what is to be written.
#[derive(Debug, Clone, Copy)]
enum Place {
    Created(usize),
    Replaced(usize),
}

impl Pending {
    /// Those of these that are to be read: none is to be written, and each is named once.
    fn without(&self, mut ids: Vec<EntityId>) -> Vec<EntityId> {
        ids.retain(|id| !self.places.contains_key(id));
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn begin(&mut self, entity: Entity) {
        self.places.insert(entity.id, Place::Created(self.created.len()));
        self.created.push(entity);
    }

    /// An entity of a line before, or one that is `known`, has these properties instead.
    fn replace(
        &mut self,
        id: EntityId,
        known: Option<&Entity>,
        WantedEntity { checked, .. }: WantedEntity,
        now: DateTime<Utc>,
    ) {
        let before = match self.places.get(&id) {
            Some(Place::Created(place)) => self.created.get_mut(*place),
            Some(Place::Replaced(place)) => self.replaced.get_mut(*place),
            None => None,
        };
        if let Some(before) = before {
            *before = before.clone().replaced(checked, now).0;
        } else if let Some(known) = known
            && let (replaced, true) = known.clone().replaced(checked, now)
        {
            self.places.insert(id, Place::Replaced(self.replaced.len()));
            self.replaced.push(replaced);
        }
    }

    async fn save(self, tx: &mut impl Graphs, acting: &Acting) -> Result<(), StorageError> {
        let workspace_id = acting.workspace_id();
        let Self { created, replaced, places: _ } = self;
        if !created.is_empty() {
            let id = tx.new_id::<BulkOperation>();
            let batch = Batch { id, workspace_id, items: created };
            tx.save(batch.create(acting.user_id)).await?;
        }
        if !replaced.is_empty() {
            let id = tx.new_id::<BulkOperation>();
            let batch = Batch { id, workspace_id, items: replaced };
            tx.save(batch.update(acting.user_id)).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
