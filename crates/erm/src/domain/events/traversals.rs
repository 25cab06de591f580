//! What is told of walks through graphs.

use perme8_events::{DomainEvent, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::references::TraversalId;

/// Emitted when somebody has walked through a graph, of as many walks as the host is configured to tell; by itself of none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "traversal", audience(operators))]
pub struct TraversalExecuted {
    /// Which walk.
    #[event(aggregate_id)]
    pub traversal_id: TraversalId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who asked.
    pub user_id: UserId,
    /// What was asked.
    pub kind: TraversalKind,
    /// How many steps away at most.
    pub depth: u8,
    /// How many entities were met.
    pub visited: u64,
    /// How many milliseconds it took.
    pub duration_ms: u64,
}

/// What is asked of a graph by walking through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum TraversalKind {
    /// Who is one step away.
    Neighbours,
    /// What is some steps away.
    Traverse,
    /// How one gets from here to there.
    Paths,
}
