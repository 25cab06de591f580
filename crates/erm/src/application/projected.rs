//! Lists of the projected graph: what other contexts keep of a workspace, as nodes and edges.

use serde::Serialize;

use crate::domain::graph::terms::GraphLimit;

/// Asks for nodes or edges of the projected graph, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListProjected {
    /// Only those of this type: of nodes `project`, `document` or `member`, of edges `belongs_to` or `authored`.
    pub of_type: Option<String>,
    /// How many at most.
    pub limit: GraphLimit,
    /// So many are left out before.
    pub offset: u64,
}

/// Some nodes or edges of the projected graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectedPage<T> {
    /// Those of the page; fewer than fit if something was hidden a moment ago.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
}
