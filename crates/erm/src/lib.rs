#![doc = include_str!("../README.md")]

mod application;
mod domain;
mod facade;
mod infrastructure;

#[cfg(test)]
mod testing;

// Facade: api, the host and tests.
pub use facade::Erm;
pub use infrastructure::MIGRATIONS;

// Ports that a host may implement, and their implementation on identity.
pub use application::ports::{Members, Membership};
pub use infrastructure::identity_gateway::IdentityGateway;

// Language: for every layer of other contexts.
pub use domain::references::{
    BulkOperation, BulkOperationId, EdgeId, EntityId, GraphEdge, GraphEntity, GraphTraversal,
    SchemaId, TraversalId, WorkspaceSchema,
};
