//! Listing entities.

use crate::{application::listing::ListPlace, domain::filter::Filter};

/// Which entities somebody wants to see.
#[derive(Debug, Clone)]
pub struct ListEntities {
    /// Only those of this type.
    pub entity_type: Option<String>,
    /// Only those whose properties fulfil all of this; needs a type.
    pub filters: Vec<Filter>,
    /// By what they are ordered: `created_at` or a property of the type, the other way round behind a `-`; the newest come first
    /// if nothing is said.
    pub sort: Option<String>,
    /// Whether those are shown, too, that are deleted.
    pub include_deleted: bool,
    /// At most so many; taken as 1 to 500.
    pub limit: u16,
    /// Which part of them.
    pub place: ListPlace,
}
