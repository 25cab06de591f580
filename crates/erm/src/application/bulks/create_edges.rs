//! Adding many edges at once.

use identity::WorkspaceRef;

use super::{BulkError, BulkMode, BulkOutcome, Failures, ItemError, check_size, id};
use crate::{
    application::{
        acting::Acting,
        ports::items::Graphs,
        read_models::items::EdgeDetails,
        writing::{
            WriteError,
            edges::{EdgeHoldings, WantedEdge},
        },
    },
    domain::{
        bulk::Batch,
        edge::Edge,
        names::TypeName,
        policy::Action,
        properties::Properties,
        quota::Quota,
        references::{EntityId, GraphEntity},
    },
};

/// Adds 1 to 1,000 edges, as if one after another.
///
/// Emits [`BulkEdgesCreated`](crate::BulkEdgesCreated).
#[derive(Debug, Clone)]
pub struct CreateEdges {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which; instead of one that could not be read, what is wrong with it.
    pub items: Vec<Result<NewEdge, ItemError>>,
    /// What becomes of the others when one cannot be added.
    pub mode: BulkMode,
}

/// An edge that is to be added.
#[derive(Debug, Clone)]
pub struct NewEdge {
    /// What kind of edge it is.
    pub edge_type: String,
    /// From which entity, a UUID.
    pub source_id: String,
    /// To which entity, a UUID.
    pub target_id: String,
    /// What is known of it.
    pub properties: Properties,
}

impl CreateEdges {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<BulkOutcome<EdgeDetails>, BulkError> {
        let Self { workspace: _, items, mode } = self;
        acting.may(Action::Write)?;
        check_size(items)?;
        acting.enter(tx, Action::Write).await?;
        let (workspace_id, now) = (acting.workspace_id(), tx.now());
        let schema = acting.schema(tx).await?.ok_or(BulkError::NoSchema)?;
        let mut failures = Failures::default();
        let mut wanted = Vec::new();
        for (index, item) in failures.readable(items) {
            let checked = item.name_and_ends(index, &mut failures)?.map(|(name, ends)| {
                WantedEdge::check(&schema.definition, name, ends, item.properties.clone())
            });
            if let Some(checked) = checked {
                wanted.extend(failures.sort(index, checked)?.map(|one| (index, one)));
            }
        }
        let asked = wanted.iter().map(|(_, wanted)| wanted);
        let mut holdings = EdgeHoldings::gather(tx, workspace_id, quota, asked).await?;
        let mut edges = Vec::new();
        for (index, wanted) in wanted {
            let id = tx.new_id();
            let admitted = holdings.admit(id, &wanted);
            if failures.sort(index, admitted)?.is_some() {
                edges.push(Edge::begin(wanted.begin(id, (workspace_id, now))));
            }
        }
        if failures.forbid(*mode) || edges.is_empty() {
            return failures.only(*mode);
        }
        let batch = Batch { id: tx.new_id(), workspace_id, items: edges };
        let batch = tx.save(batch.create(acting.user_id)).await?;
        let done = batch.items.into_iter().map(EdgeDetails::from).collect();
        Ok(BulkOutcome { done, failed: failures.in_order() })
    }
}

/// What kind of edge one is, and from where to where it leads.
type NameAndEnds = (TypeName, (EntityId, EntityId));

impl NewEdge {
    /// What kind of edge it is and where it leads; what is none is noted.
    fn name_and_ends(
        &self,
        index: usize,
        failures: &mut Failures,
    ) -> Result<Option<NameAndEnds>, BulkError> {
        let Self { edge_type, source_id, target_id, properties: _ } = self;
        let name = TypeName::parse(edge_type).map_err(WriteError::from);
        let Some(name) = failures.sort(index, name)? else { return Ok(None) };
        let source = id::<GraphEntity>("source_id", source_id);
        let target = id::<GraphEntity>("target_id", target_id);
        Ok(match (source, target) {
            (Ok(source), Ok(target)) => Some((name, (source, target))),
            (source, target) => {
                failures.note(index, source.err().into_iter().chain(target.err()).collect());
                None
            }
        })
    }
}
