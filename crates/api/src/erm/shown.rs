//! What answers of graphs say beside the data.

use erm::{Cursor, GraphLimit};
use serde::Serialize;

use super::asked::Part;

/// How many there are in all, and which of them these are.
#[derive(Debug, Serialize)]
pub(crate) struct Counted {
    total: u64,
    limit: GraphLimit,
    offset: u64,
}

/// The same of a list that goes on behind its parts.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    counted: Counted,
    /// Nowhere after the last one.
    next: Option<Cursor>,
}

/// How many edges were deleted with an entity.
#[derive(Debug, Serialize)]
pub(crate) struct EdgesDeleted {
    pub(crate) edges_deleted: u64,
}

/// How many edges came back with an entity.
#[derive(Debug, Serialize)]
pub(crate) struct EdgesRestored {
    pub(crate) edges_restored: u64,
}

impl Listed {
    pub(crate) fn of(total: u64, part: Part, next: Option<Cursor>) -> Self {
        Self { counted: Counted::of(total, part), next }
    }
}

impl Counted {
    pub(crate) fn of(total: u64, Part { limit, offset }: Part) -> Self {
        Self { total, limit, offset }
    }
}
