//! Leading an edge from one entity to another.

use identity::WorkspaceRef;

use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EdgeDetails,
        writing::{
            WriteError, definition,
            edges::{EdgeHoldings, WantedEdge},
        },
    },
    domain::{
        edge::Edge, names::TypeName, policy::Action, properties::Properties, quota::Quota,
        references::EntityId,
    },
};

/// Leads an edge of a type of the schema from one entity to another.
///
/// Emits [`EdgeCreated`](crate::EdgeCreated).
#[derive(Debug, Clone)]
pub struct CreateEdge {
    /// Where.
    pub workspace: WorkspaceRef,
    /// What kind of edge it is.
    pub edge_type: String,
    /// From which entity.
    pub source_id: EntityId,
    /// To which entity; to itself, too.
    pub target_id: EntityId,
    /// What is known of it.
    pub properties: Properties,
}

impl CreateEdge {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<EdgeDetails, WriteError> {
        let Self { workspace: _, edge_type, source_id, target_id, properties } = self;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let name = TypeName::parse(edge_type)?;
        let definition = definition(tx, acting).await?;
        let ends = (*source_id, *target_id);
        let wanted = WantedEdge::check(&definition, name, ends, properties.clone())?;
        let mut holdings = EdgeHoldings::gather(tx, workspace_id, quota, [&wanted]).await?;
        let id = tx.new_id();
        holdings.admit(id, &wanted)?;
        let created = Edge::create(wanted.begin(id, (workspace_id, now)), acting.user_id);
        Ok(tx.save(created).await?.into())
    }
}
