//! Bringing back an entity, and the edges that went with it.

use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EntityDetails,
        writing::{
            WriteError, definition,
            edges::{EdgeHoldings, WantedEdge},
            entities::{EntityHoldings, WantedEntity},
        },
    },
    domain::{
        edge::Edge, policy::Action, quota::Quota, references::EntityId, schema::SchemaDefinition,
    },
};

/// Brings back a deleted entity, if it conforms to the schema of today, and with it the edges that went with it and can be
/// there again.
///
/// An edge whose other end is deleted comes back with that one; one that may not be there any more stays deleted.
#[derive(Debug, Clone)]
pub struct RestoreEntity {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EntityId,
}

impl RestoreEntity {
    /// The entity, and how many edges came back with it. One that is there already stays as it is.
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<(EntityDetails, u64), WriteError> {
        let Self { workspace: _, id } = self;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let definition = definition(tx, workspace_id).await?;
        let found = tx.entities(workspace_id, &[*id]).await?.pop();
        let entity = found.ok_or(WriteError::NotFound)?;
        if entity.is_live() {
            return Ok((entity.into(), 0));
        }
        let (name, key) = (entity.entity_type.clone(), entity.external_key.clone());
        let wanted = WantedEntity::check(&definition, name, key, entity.properties.clone())?;
        let mut holdings = EntityHoldings::gather(tx, workspace_id, quota, [&wanted]).await?;
        holdings.admit(*id, &wanted)?;
        let gone = tx.edges_gone_with(workspace_id, *id).await?;
        let edges = Returning::of(gone, *id, &definition);
        let (edges, count) = edges.decide(tx, acting, quota, &wanted).await?;
        let restored = entity.restore(wanted.checked.values, count, acting.user_id, now);
        let restored = tx.save(restored).await?;
        tx.write_edges_of_restored(edges).await?;
        Ok((restored.into(), count))
    }
}

/// The edges that went with an entity, as far as the schema of today knows them.
struct Returning {
    entity: EntityId,
    edges: Vec<(Edge, WantedEdge)>,
}

impl Returning {
    fn of(gone: Vec<Edge>, entity: EntityId, definition: &SchemaDefinition) -> Self {
        let wanted = |edge: Edge| {
            let ends = (edge.source_id, edge.target_id);
            let (name, properties) = (edge.edge_type.clone(), edge.properties.clone());
            let wanted = WantedEdge::check(definition, name, ends, properties).ok()?;
            Some((edge, wanted))
        };
        Self { entity, edges: gone.into_iter().filter_map(wanted).collect() }
    }

    /// The edges that change: those that come back, which are so many, and those that wait for their other end.
    async fn decide(
        self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
        restored: &WantedEntity,
    ) -> Result<(Vec<Edge>, u64), WriteError> {
        let Self { entity, edges } = self;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let wanted = edges.iter().map(|(_, wanted)| wanted);
        let mut holdings = EdgeHoldings::gather(tx, workspace_id, quota, wanted).await?;
        holdings.restored(entity, restored.entity_type.clone());
        let (mut changed, mut count) = (Vec::new(), 0);
        for (edge, wanted) in edges {
            let other = edge.other_end(entity);
            if !holdings.is_there(other) {
                changed.push(Edge { deleted_with: Some(other), ..edge });
            } else if holdings.admit(edge.id, &wanted).is_ok() {
                changed.push(edge.restored(wanted.checked.values, now));
                count += 1;
            }
        }
        Ok((changed, count))
    }
}
