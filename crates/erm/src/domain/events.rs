//! What happens to the graphs of workspaces.

use perme8_events::catalogue;

use crate::domain::events::{
    bulks::{BulkEdgesCreated, BulkEntitiesCreated, BulkEntitiesDeleted, BulkEntitiesUpdated},
    edges::{EdgeCreated, EdgeDeleted, EdgeRestored, EdgeUpdated},
    entities::{EntityCreated, EntityDeleted, EntityPurged, EntityRestored, EntityUpdated},
    schema::{SchemaCreated, SchemaUpdated},
    traversals::TraversalExecuted,
};

pub(crate) mod bulks;
pub(crate) mod edges;
pub(crate) mod entities;
pub(crate) mod items;
pub(crate) mod schema;
pub(crate) mod traversals;

catalogue! {
    /// Every event of erm.
    pub EVENTS:
    SchemaCreated, SchemaUpdated,
    EntityCreated, EntityUpdated, EntityDeleted, EntityRestored, EntityPurged,
    EdgeCreated, EdgeUpdated, EdgeDeleted, EdgeRestored,
    BulkEntitiesCreated, BulkEntitiesUpdated, BulkEntitiesDeleted, BulkEdgesCreated,
    TraversalExecuted,
}
