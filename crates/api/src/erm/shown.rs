//! What answers of graphs say beside the data.

use erm::{Cursor, GraphLimit};
use schemars::JsonSchema;
use serde::Serialize;

use super::asked::Part;

/// How many there are in all, and which of them these are.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Counted {
    total: u64,
    limit: GraphLimit,
    offset: u64,
}

/// What is said beside a part of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Listed {
    /// It goes on behind its parts.
    InPages {
        #[serde(flatten)]
        counted: Counted,
        /// Nowhere after the last one.
        next: Option<Cursor>,
    },
    /// Its parts are known by how many come before them.
    InParts(Counted),
}

/// How many edges were deleted with an entity.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EdgesDeleted {
    pub(crate) edges_deleted: u64,
}

/// How many edges came back with an entity, and whether more do when it is restored once more.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EdgesRestored {
    pub(crate) edges_restored: u64,
    pub(crate) has_more_edges: bool,
}

impl Listed {
    pub(crate) fn of(total: u64, part: Part, next: Option<Cursor>) -> Self {
        Self::InPages { counted: Counted::of(total, part), next }
    }
}

impl Counted {
    pub(crate) fn of(total: u64, Part { limit, offset }: Part) -> Self {
        Self { total, limit, offset }
    }
}
