//! Bringing back an entity, and the edges that went with it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::RestoredEntity,
        writing::{
            WriteError, definition,
            edges::{EdgeHoldings, WantedEdge},
            entities::{EntityHoldings, WantedEntity},
            is_seen,
        },
    },
    domain::{
        edge::Edge, entity::Entity, policy::Action, quota::Quota, references::EntityId,
        schema::SchemaDefinition,
    },
};

/// So many steps are gone at once; each brings back up to a thousand edges. What is left then waits until the entity is
/// restored once more, so that nobody else has to wait for all of it.
const STEPS: usize = 10;

/// Brings back a deleted entity, if it conforms to the schema of today, and with it the edges that went with it and can be
/// there again.
///
/// An edge whose other end is deleted comes back with that one; one that may not be there any more stays deleted, and comes
/// back by itself alone. Of very many edges only the first come back at once, and of those for which there is no room none:
/// to restore the entity again, which is there then, brings back more of them. While there is room for none of them that is
/// refused ([`WriteError::QuotaExceeded`]), so whoever does it until none is left comes to an end.
///
/// Those that are left are not kept for longer because the entity is there again: each is forgotten when its own retention is
/// over, which began when it was deleted, as it is told of it.
///
/// Emits [`EntityRestored`](crate::EntityRestored).
#[derive(Debug, Clone)]
pub struct RestoreEntity {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EntityId,
    /// The version that was seen; if it has changed since, nothing comes back.
    pub seen: Option<i64>,
}

impl RestoreEntity {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<RestoredEntity, WriteError> {
        let Self { workspace: _, id, seen } = self;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let definition = definition(tx, acting).await?;
        let found = tx.entities(workspace_id, &[*id]).await?.pop();
        let entity = found.ok_or(WriteError::NotFound)?;
        is_seen(*seen, entity.version)?;
        if entity.is_live() {
            let edges = edges_back(tx, &entity, &definition, quota).await?.or_refusal()?;
            if edges.count > 0 {
                tx.emit(entity.restoration(edges.count, acting.user_id));
            }
            return Ok(edges.with(entity));
        }
        let (name, key) = (entity.entity_type.clone(), entity.external_key.clone());
        let wanted = WantedEntity::check(&definition, name, key, entity.properties.clone())?;
        let mut holdings = EntityHoldings::gather(tx, workspace_id, quota, [&wanted]).await?;
        holdings.admit(*id, &wanted)?;
        let edges = edges_back(tx, &entity, &definition, quota).await?;
        let values = wanted.checked.values;
        let restored = entity.restore(values, edges.count, acting.user_id, now);
        Ok(edges.with(tx.save(restored).await?))
    }
}

/// The edges that came back with an entity.
struct EdgesBack {
    /// So many.
    count: u64,
    left: Left,
}

/// Whether more edges that went with an entity could come back.
enum Left {
    Nothing,
    /// The next time.
    Waiting,
    /// Once this stands in the way no more.
    WithoutRoom(WriteError),
}

impl EdgesBack {
    /// Refuses if there is room for none, as it has to be where the entity is there anyway: nothing would change, however often
    /// somebody asked.
    fn or_refusal(self) -> Result<Self, WriteError> {
        match self {
            Self { count: 0, left: Left::WithoutRoom(refusal) } => Err(refusal),
            edges => Ok(edges),
        }
    }

    fn with(self, entity: Entity) -> RestoredEntity {
        let Self { count: edges_restored, left } = self;
        let has_more_edges = !matches!(left, Left::Nothing);
        RestoredEntity { entity: entity.into(), edges_restored, has_more_edges }
    }
}

/// Brings back the edges that went with an entity, as if that were there already.
async fn edges_back(
    tx: &mut impl Graphs,
    entity: &Entity,
    definition: &SchemaDefinition,
    quota: Quota,
) -> Result<EdgesBack, WriteError> {
    let mut count = 0;
    for _ in 0..STEPS {
        let gone = tx.edges_gone_with(entity.workspace_id, entity.id).await?;
        if gone.is_empty() {
            return Ok(EdgesBack { count, left: Left::Nothing });
        }
        let Decided { changed, restored, full } =
            decide(tx, entity, gone, definition, quota).await?;
        tx.write_edges_of_restored(changed).await?;
        count += restored;
        if let Some(refusal) = full {
            return Ok(EdgesBack { count, left: Left::WithoutRoom(refusal) });
        }
    }
    let are_left = tx.has_edges_gone_with(entity.workspace_id, entity.id).await?;
    Ok(EdgesBack { count, left: if are_left { Left::Waiting } else { Left::Nothing } })
}

/// What becomes of some edges that went with an entity.
struct Decided {
    /// Those that come back, those that wait for their other end from now on, and those that stay deleted by themselves.
    changed: Vec<Edge>,
    /// How many come back.
    restored: u64,
    /// Why there was no room for one, which waits on as those behind it do.
    full: Option<WriteError>,
}

async fn decide(
    tx: &mut impl Graphs,
    entity: &Entity,
    gone: Vec<Edge>,
    definition: &SchemaDefinition,
    quota: Quota,
) -> Result<Decided, WriteError> {
    let (workspace_id, now) = (entity.workspace_id, tx.now());
    let with_wish = |edge: Edge| (wanted(&edge, definition), edge);
    let gone: Vec<(Option<WantedEdge<'_>>, Edge)> = gone.into_iter().map(with_wish).collect();
    let fitting = gone.iter().filter_map(|(wanted, _)| wanted.as_ref());
    let mut holdings = EdgeHoldings::gather(tx, workspace_id, quota, fitting).await?;
    holdings.restored(entity.id, entity.entity_type.clone());
    let others = gone.iter().map(|(_, edge)| edge.other_end(entity.id));
    let missing: Vec<EntityId> = others.filter(|other| !holdings.is_there(*other)).collect();
    let deleted: HashMap<EntityId, DateTime<Utc>> =
        tx.deleted_entities(workspace_id, &missing).await?.into_iter().collect();
    let mut decided = Decided { changed: Vec::new(), restored: 0, full: None };
    for (wanted, edge) in gone {
        let other = edge.other_end(entity.id);
        let admitted = wanted.map(|wanted| (holdings.admit(edge.id, &wanted), wanted));
        decided.changed.push(match (admitted, deleted.get(&other)) {
            (_, Some(since)) => edge.handed_on(other, *since),
            (Some((Ok(()), wanted)), None) => {
                decided.restored += 1;
                edge.restored(wanted.checked.values, now)
            }
            (Some((Err(full @ WriteError::QuotaExceeded { .. }), _)), None) => {
                decided.full = Some(full);
                break;
            }
            (Some((Err(_), _)) | None, None) => edge.let_go(),
        });
    }
    Ok(decided)
}

/// An edge as it would be there again, if the schema of today knows such edges.
fn wanted<'s>(edge: &Edge, definition: &'s SchemaDefinition) -> Option<WantedEdge<'s>> {
    let ends = (edge.source_id, edge.target_id);
    let (name, properties) = (edge.edge_type.clone(), edge.properties.clone());
    WantedEdge::check(definition, name, ends, properties).ok()
}
