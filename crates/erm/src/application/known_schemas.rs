//! Schemas that were read before, so that nobody compiles their patterns anew for each entity that is written.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use perme8_events::{StorageError, WorkspaceId};

use crate::{
    application::{
        acting::Acting,
        ports::{Edition, Schemas},
    },
    domain::schema::{PropertyDefinition, SchemaDefinition},
};

/// How much is known at once, in kilobytes, roughly.
const MOST: usize = 64 << 10;
/// How much a pattern takes at most, compiled and with what it remembers.
const PATTERN: usize = 512;

/// A schema, as far as it is asked when something is written.
#[derive(Debug, Clone)]
pub(crate) struct KnownSchema {
    edition: Edition,
    /// What types there are; their patterns are compiled once.
    pub(crate) definition: Arc<SchemaDefinition>,
}

/// The schemas that were used last; every clone knows the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownSchemas(Arc<Mutex<Known>>);

/// What is known, and in which order it was used.
#[derive(Debug, Default)]
struct Known {
    of: HashMap<WorkspaceId, Kept>,
    /// The one that was used longest ago comes first.
    by_use: BTreeMap<u64, WorkspaceId>,
    /// So often one was used.
    uses: u64,
    /// How much all take together, in kilobytes.
    size: usize,
}

/// A schema that is known, how much it takes, and which use of all was its last.
#[derive(Debug)]
struct Kept {
    schema: KnownSchema,
    size: usize,
    used: u64,
}

impl Known {
    /// It is known no more.
    fn take(&mut self, workspace: WorkspaceId) -> Option<(KnownSchema, usize)> {
        let Kept { schema, size, used } = self.of.remove(&workspace)?;
        self.by_use.remove(&used);
        self.size -= size;
        Some((schema, size))
    }

    /// It is the one that was used last; that of the workspace must have been taken before.
    fn put(&mut self, workspace: WorkspaceId, schema: KnownSchema, size: usize) {
        self.uses += 1;
        let used = self.uses;
        self.by_use.insert(used, workspace);
        self.of.insert(workspace, Kept { schema, size, used });
        self.size += size;
    }
}

impl KnownSchemas {
    /// That of a workspace, if it still is this edition of it.
    fn find(&self, workspace: WorkspaceId, edition: Edition) -> Option<KnownSchema> {
        let mut known = self.lock();
        let (schema, size) = known.take(workspace)?;
        if schema.edition != edition {
            return None;
        }
        known.put(workspace, schema.clone(), size);
        Some(schema)
    }

    /// Keeps that of a workspace, and forgets those for which there is no more room; one that is too large by itself is not kept.
    fn keep(&self, workspace: WorkspaceId, schema: KnownSchema) {
        let mut known = self.lock();
        known.take(workspace);
        let own = size(&schema.definition);
        if own > MOST {
            return;
        }
        while known.size + own > MOST
            && let Some((_, oldest)) = known.by_use.pop_first()
        {
            known.take(oldest);
        }
        known.put(workspace, schema, own);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Whoever panicked left it whole: nothing in the middle of a change panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How much a schema takes, in kilobytes: each thing that it says less than one, but for patterns; and one for itself, since there
/// is a place for it even if it says nothing.
fn size(SchemaDefinition { entity_types, edge_types }: &SchemaDefinition) -> usize {
    let of = |properties: &[PropertyDefinition]| {
        let sizes = properties.iter().map(|of| {
            let values = of.constraints.one_of.as_ref().map_or(0, Vec::len);
            let pattern = of.constraints.pattern.as_ref().map_or(0, |_| PATTERN);
            1 + values + pattern
        });
        1 + sizes.sum::<usize>()
    };
    let entities = entity_types.iter().map(|name| of(&name.properties));
    let ends = |count: usize| count.div_ceil(8);
    let edges = edge_types
        .iter()
        .map(|name| of(&name.properties) + ends(name.sources.len() + name.targets.len()));
    1 + entities.chain(edges).sum::<usize>()
}

impl Acting {
    /// The schema of the workspace. It stays that until the transaction ends for those whose turn it is, and of one that is known
    /// only the edition is read.
    pub(crate) async fn schema(
        &self,
        tx: &mut impl Schemas,
    ) -> Result<Option<KnownSchema>, StorageError> {
        let workspace = self.workspace_id();
        let Some(edition) = tx.edition_of(workspace).await? else { return Ok(None) };
        if let Some(known) = self.schemas.find(workspace, edition) {
            return Ok(Some(known));
        }
        let Some(schema) = tx.schema_of(workspace).await? else { return Ok(None) };
        let schema =
            KnownSchema { edition: Edition::of(&schema), definition: Arc::new(schema.definition) };
        self.schemas.keep(workspace, schema.clone());
        Ok(Some(schema))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use perme8_events::{Save as _, Transaction as _, testing::FakeTx};
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        domain::schema::{Schema, Writing, draft::SchemaDraft},
        testing::{COMPANY, ELSEWHERE, MEMBER, OWNER, Tables, acting, company, with_people},
    };

    fn definition(types: usize, patterns: usize) -> Arc<SchemaDefinition> {
        let property = |n| json!({ "name": format!("p{n}"), "type": "string", "constraints": { "pattern": "a" } });
        let properties: Vec<Value> = (0..patterns).map(property).collect();
        let types =
            (0..types).map(|n| json!({ "name": format!("T{n}"), "properties": properties }));
        let draft = SchemaDraft::from_json(Some(types.collect()), None);
        Arc::new(draft.check().unwrap())
    }

    fn known(
        definition: &Arc<SchemaDefinition>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> KnownSchema {
        let edition = Edition { version: 1, written_at: now };
        KnownSchema { edition, definition: Arc::clone(definition) }
    }

    #[tokio::test]
    async fn a_schema_is_read_once_until_there_is_another() {
        let mut tx = with_people().await;
        let acting = acting(MEMBER);
        let schema = async |tx: &mut FakeTx<Tables>| acting.schema(tx).await.unwrap().unwrap();
        let first = schema(&mut tx).await;
        assert!(Arc::ptr_eq(&first.definition, &schema(&mut tx).await.definition));
        let stored = tx.schema_of(COMPANY).await.unwrap().unwrap();
        let writing = Writing { by: OWNER, now: tx.now() };
        let replaced = stored.replace((*definition(1, 0)).clone(), None, writing).unwrap().unwrap();
        tx.save(replaced).await.unwrap();
        let second = schema(&mut tx).await;
        assert_eq!(second.definition, definition(1, 0));
        assert!(Arc::ptr_eq(&second.definition, &schema(&mut tx).await.definition));
    }

    #[tokio::test]
    async fn what_was_undone_is_not_taken_for_what_was_written_afterwards() {
        let mut tx = company();
        let acting = acting(MEMBER);
        let write = async |tx: &mut FakeTx<Tables>, definition: &SchemaDefinition, now| {
            let schema = Schema::create(
                tx.new_id(),
                COMPANY,
                definition.clone(),
                Writing { by: OWNER, now },
            );
            tx.save(schema).await.unwrap();
            acting.schema(tx).await.unwrap().unwrap()
        };
        let now = tx.now();
        let undone = tx.savepoint(async |tx| {
            write(tx, &definition(1, 0), now).await;
            Err::<(), _>(StorageError::conflict())
        });
        undone.await.unwrap_err();
        assert!(acting.schema(&mut tx).await.unwrap().is_none());
        let other = write(&mut tx, &definition(2, 0), now + Duration::from_secs(1)).await;
        assert_eq!(other.definition, definition(2, 0));
    }

    #[test]
    fn those_that_were_used_last_are_kept() {
        let (schemas, now) = (KnownSchemas::default(), company().now());
        // Each takes half of the room.
        let large = definition(1, 64);
        let keep = |workspace| schemas.keep(workspace, known(&large, now));
        let knows = |workspace| {
            let edition = Edition { version: 1, written_at: now };
            schemas.find(workspace, edition).is_some()
        };
        let third = WorkspaceId::new(uuid::Uuid::from_u128(9));
        keep(COMPANY);
        keep(ELSEWHERE);
        assert_eq!(schemas.lock().of.len(), 1, "two halves and a little are more than the whole");
        schemas.keep(COMPANY, known(&definition(1, 60), now));
        assert!(knows(ELSEWHERE) && knows(COMPANY) && knows(ELSEWHERE));
        schemas.keep(third, known(&definition(1, 60), now));
        assert_eq!([COMPANY, ELSEWHERE, third].map(knows), [false, true, true]);
        schemas.keep(COMPANY, known(&definition(2, 70), now));
        assert_eq!([COMPANY, ELSEWHERE, third].map(knows), [false, true, true]);
        let there = schemas.lock();
        let sizes = there.of.values().map(|kept| size(&kept.schema.definition));
        assert_eq!(there.size, sizes.sum::<usize>());
    }

    #[test]
    fn schemas_that_say_nothing_take_room_as_well() {
        let (schemas, now) = (KnownSchemas::default(), company().now());
        let nothing = Arc::new(SchemaDefinition::default());
        let workspace = |number| WorkspaceId::new(uuid::Uuid::from_u128(number));
        for number in 0..=MOST as u128 {
            schemas.keep(workspace(number), known(&nothing, now));
        }
        let known = schemas.lock();
        assert_eq!((known.of.len(), known.by_use.len(), known.size), (MOST, MOST, MOST));
        assert!(!known.of.contains_key(&workspace(0)), "it was used longest ago");
    }
}
