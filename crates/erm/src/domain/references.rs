//! The ids of what this context keeps.

use perme8_events::Id;

/// Marks the ids of entities, the nodes of a graph.
#[derive(Debug)]
pub enum GraphEntity {}

/// Identifies an entity.
pub type EntityId = Id<GraphEntity>;

/// Marks the ids of edges, which lead from one entity to another.
#[derive(Debug)]
pub enum GraphEdge {}

/// Identifies an edge.
pub type EdgeId = Id<GraphEdge>;

/// Marks the ids of schemas.
#[derive(Debug)]
pub enum WorkspaceSchema {}

/// Identifies the schema of a workspace.
pub type SchemaId = Id<WorkspaceSchema>;

/// Marks the ids of what is done to many entities or edges at once.
#[derive(Debug)]
pub enum BulkOperation {}

/// Identifies what was done to many entities or edges at once.
pub type BulkOperationId = Id<BulkOperation>;

/// Marks the ids of walks through a graph.
#[derive(Debug)]
pub enum GraphTraversal {}

/// Identifies a walk through a graph.
pub type TraversalId = Id<GraphTraversal>;
