//! Going from an entry to those that it relates to, and on from them.

use perme8_events::StorageError;

use crate::{
    application::{
        graph::{
            GraphError,
            traverse::{Subgraph, Traverse},
        },
        knowledge::read_models::EntryDetails,
        read_models::items::EdgeDetails,
    },
    domain::{
        graph::terms::{Depth, Direction, GraphLimit},
        knowledge::{
            ENTRY,
            relation::{RelationType, UnknownRelationType},
        },
        references::{EdgeId, EntityId},
    },
};

/// So many steps are gone where nobody says how many, and at most.
const STEPS: i64 = 2;
const MOST_STEPS: i64 = 5;

/// Asks for the entries that are near one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraverseEntries {
    /// Where to begin.
    pub start: EntityId,
    /// Only along relations of this type; of any without it.
    pub relation_type: Option<String>,
    /// How many relations away at most; 2 if nothing is said, and taken as 1 to 5.
    pub depth: Option<i64>,
}

/// What is near an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachedEntries {
    /// Where it began.
    pub start: EntryDetails,
    /// The others, the nearest first: 500 at most.
    pub entries: Vec<EntryDetails>,
    /// Every relation among all of them.
    pub relations: Vec<ReachedRelation>,
}

/// A relation among entries that were reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReachedRelation {
    /// Which.
    pub id: EdgeId,
    /// Of what type.
    pub relation_type: RelationType,
    /// From this entry.
    pub from: EntityId,
    /// To this one.
    pub to: EntityId,
}

/// Why nobody went anywhere.
#[derive(Debug, thiserror::Error)]
pub enum TraverseEntriesError {
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person asks.
    #[error("only members look at entries")]
    Forbidden,
    /// There is no such type of relations.
    #[error(transparent)]
    RelationType(#[from] UnknownRelationType),
    /// There is no entry to begin at.
    #[error("there is no entry to begin at")]
    StartNotFound,
    /// The walk would touch more than it may.
    #[error("too much is near that entry; ask for less")]
    TooLarge,
    /// The walk took longer than it may.
    #[error("the walk took too long")]
    TimedOut,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<GraphError> for TraverseEntriesError {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::WorkspaceNotFound => Self::WorkspaceNotFound,
            GraphError::Forbidden => Self::Forbidden,
            GraphError::StartNotFound | GraphError::TargetNotFound => Self::StartNotFound,
            GraphError::TooLarge { .. } => Self::TooLarge,
            GraphError::TimedOut => Self::TimedOut,
            GraphError::InvalidType(_) => Self::RelationType(UnknownRelationType),
            GraphError::Storage(error) => Self::Storage(error),
        }
    }
}

impl TraverseEntries {
    /// The walk through the graph that finds them.
    pub(crate) fn walk(self) -> Result<Traverse, UnknownRelationType> {
        let Self { start, relation_type, depth } = self;
        let types = match relation_type {
            Some(one) => vec![one.parse()?],
            None => RelationType::ALL.to_vec(),
        };
        let depth = depth.unwrap_or(STEPS).clamp(1, MOST_STEPS);
        Ok(Traverse {
            depth: Depth::of(depth).unwrap_or_default(),
            direction: Direction::Both,
            edge_types: types.iter().map(|one| one.as_str().to_owned()).collect(),
            entity_types: vec![ENTRY.to_owned()],
            limit: GraphLimit::ALL,
            ..Traverse::from(start)
        })
    }
}

impl ReachedEntries {
    /// What a walk has found; none when it began at no entry.
    pub(crate) fn of(Subgraph { nodes, edges }: Subgraph) -> Option<Self> {
        let mut nodes = nodes.into_iter();
        let start = EntryDetails::of(nodes.next()?)?;
        let entries = nodes.filter_map(EntryDetails::of).collect();
        let relation = |edge: EdgeDetails| {
            let EdgeDetails { id, edge_type, source_id, target_id, .. } = edge;
            let relation_type = edge_type.parse().ok()?;
            Some(ReachedRelation { id, relation_type, from: source_id, to: target_id })
        };
        Some(Self { start, entries, relations: edges.into_iter().filter_map(relation).collect() })
    }
}
