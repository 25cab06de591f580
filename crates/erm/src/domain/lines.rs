//! Graphs as files: what stands in them, one thing after another.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::properties::Properties;

pub(crate) mod graphml;
pub(crate) mod json_lines;

/// Nothing that stands in a file is longer, in bytes.
pub(crate) const LONGEST: usize = 1 << 20;

/// How a graph is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileFormat {
    /// A JSON document a line: the schema, then entities, then edges.
    #[default]
    JsonLines,
    /// An XML document, as <http://graphml.graphdrawing.org> describes it.
    GraphMl,
}

impl FileFormat {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::JsonLines, Self::GraphMl];

    /// What it is called, behind the dot of a file, too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::GraphMl => "graphml",
        }
    }

    /// What HTTP calls it.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/x-ndjson",
            Self::GraphMl => "application/graphml+xml",
        }
    }

    /// The format that is called so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }
}

/// One thing that stands in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Line {
    Schema(SchemaLine),
    Entity(EntityLine),
    Edge(EdgeLine),
}

/// The types that the graph knows, unchecked.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SchemaLine {
    #[serde(default)]
    pub(crate) entity_types: Option<Value>,
    #[serde(default)]
    pub(crate) edge_types: Option<Value>,
}

/// An entity; its id is what edges of the same file call it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EntityLine {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(rename = "type")]
    pub(crate) entity_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) external_key: Option<String>,
    #[serde(default)]
    pub(crate) properties: Properties,
}

/// An edge between entities that stand before it in the file, or are there already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EdgeLine {
    #[serde(rename = "type")]
    pub(crate) edge_type: String,
    pub(crate) source_id: String,
    pub(crate) target_id: String,
    #[serde(default)]
    pub(crate) properties: Properties,
}
