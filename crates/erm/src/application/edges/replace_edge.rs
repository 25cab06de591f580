//! Changing what is known of an edge; where it leads is for good.

use std::sync::Arc;

use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::{Graphs, Holder},
        read_models::items::EdgeDetails,
        writing::{
            WriteError, conforming, definition, is_seen, live_edge, merged, unique::UniqueValues,
        },
    },
    domain::{
        edge::Edge, policy::Action, properties::Properties, references::EdgeId,
        schema::SchemaDefinition,
    },
};

/// Replaces all properties of an edge; what changes nothing is no event.
///
/// Emits [`EdgeUpdated`](crate::EdgeUpdated).
#[derive(Debug, Clone)]
pub struct ReplaceEdge {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EdgeId,
    /// All that is known of it from now on.
    pub properties: Properties,
    /// The version that was seen; if it has changed since, nothing is changed.
    pub seen: Option<i64>,
}

/// Changes some properties of an edge, as RFC 7396 merges a patch; what changes nothing is no event.
///
/// Emits [`EdgeUpdated`](crate::EdgeUpdated).
#[derive(Debug, Clone)]
pub struct MergeEdge {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EdgeId,
    /// The properties that are others from now on; `null` removes one.
    pub patch: Properties,
    /// The version that was seen; if it has changed since, nothing is changed.
    pub seen: Option<i64>,
}

impl ReplaceEdge {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<EdgeDetails, WriteError> {
        let Self { workspace: _, id, properties, seen } = self;
        let (definition, edge) = granted(tx, acting, *id, *seen).await?;
        replace(tx, acting, &definition, edge, properties.clone()).await
    }
}

impl MergeEdge {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<EdgeDetails, WriteError> {
        let Self { workspace: _, id, patch, seen } = self;
        let (definition, edge) = granted(tx, acting, *id, *seen).await?;
        let properties = merged(edge.properties.clone(), patch);
        replace(tx, acting, &definition, edge, properties).await
    }
}

/// The schema and the edge, if this person may change it and it still is what was seen.
async fn granted(
    tx: &mut impl Graphs,
    acting: &Acting,
    id: EdgeId,
    seen: Option<i64>,
) -> Result<(Arc<SchemaDefinition>, Edge), WriteError> {
    acting.enter(tx, Action::Write).await?;
    let definition = definition(tx, acting).await?;
    let edge = live_edge(tx, acting.workspace_id(), id).await?;
    is_seen(seen, edge.version)?;
    Ok((definition, edge))
}

/// An edge with these properties instead, if it may have them.
async fn replace(
    tx: &mut impl Graphs,
    acting: &Acting,
    definition: &SchemaDefinition,
    edge: Edge,
    properties: Properties,
) -> Result<EdgeDetails, WriteError> {
    let name = &edge.edge_type;
    let Some(edge_type) = definition.edge_type(name.as_str()) else {
        return Err(WriteError::UnknownType { name: name.clone() });
    };
    let (checked, unique) = conforming(name, &edge_type.properties, properties)?;
    let workspace_id = acting.workspace_id();
    let values = UniqueValues::gather(tx, workspace_id, Holder::Edge, &unique).await?;
    values.check(edge.id.uuid(), &unique)?;
    let edge = match edge.replace(checked, acting.user_id, tx.now()) {
        Some(replaced) => tx.save(replaced).await?,
        None => edge,
    };
    Ok(edge.into())
}
