//! What happens to the graphs of workspaces.

use perme8_events::catalogue;

use crate::domain::events::schema::{SchemaCreated, SchemaUpdated};

pub(crate) mod schema;
pub(crate) mod traversals;

catalogue! {
    /// Every event of erm.
    pub EVENTS:
    SchemaCreated, SchemaUpdated,
}
