//! Listing edges.

use crate::{
    application::listing::ListPlace,
    domain::{filter::Filter, references::EntityId},
};

/// Which edges somebody wants to see.
#[derive(Debug, Clone)]
pub struct ListEdges {
    /// Only those of this type.
    pub edge_type: Option<String>,
    /// Only those that begin here.
    pub source_id: Option<EntityId>,
    /// Only those that end here.
    pub target_id: Option<EntityId>,
    /// Only those whose properties fulfil all of this; needs a type.
    pub filters: Vec<Filter>,
    /// By what they are ordered, as entities are.
    pub sort: Option<String>,
    /// Whether those are shown, too, that are deleted.
    pub include_deleted: bool,
    /// At most so many; taken as 1 to 500.
    pub limit: u16,
    /// Which part of them.
    pub place: ListPlace,
}
