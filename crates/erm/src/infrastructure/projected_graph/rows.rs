//! Rows of the projected graph, and the nodes and edges that they are.

use chrono::{DateTime, Utc};
use perme8_events::WorkspaceId;
use serde_json::{Map, Value, json};
use sqlx::FromRow;

use crate::{
    application::{
        ports::DocumentView,
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        projected::NodeKind,
        references::{EdgeId, EntityId},
    },
};

/// A row of `erm_graph_nodes`.
#[derive(FromRow)]
pub(super) struct NodeRow {
    pub(super) id: EntityId,
    workspace_id: WorkspaceId,
    pub(super) node_type: String,
    is_archived: bool,
    name: Option<String>,
    slug: Option<String>,
    role: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: i64,
}

impl NodeRow {
    /// Whether it is one of these.
    pub(super) fn is(&self, node_type: NodeKind) -> bool {
        self.node_type == node_type.as_str()
    }

    /// The node with what else is known of it: of a document what it is called, of a member the name.
    pub(super) fn details(
        self,
        document: Option<&DocumentView>,
        member: Option<&String>,
    ) -> EntityDetails {
        let Self { id, workspace_id, node_type, is_archived, name, slug, role, .. } = self;
        let mut properties = Map::new();
        let mut say = |key: &str, value: Value| drop(properties.insert(key.to_owned(), value));
        if let Some(DocumentView { title, slug, is_public, .. }) = document {
            say("title", json!(title));
            say("slug", json!(slug));
            say("is_public", json!(is_public));
        }
        if let Some(name) = name.as_ref().or(member) {
            say("name", json!(name));
        }
        if let Some(slug) = slug {
            say("slug", json!(slug));
            say("is_archived", json!(is_archived));
        }
        if let Some(role) = role {
            say("role", json!(role));
        }
        EntityDetails {
            id,
            workspace_id,
            entity_type: node_type,
            external_key: None,
            properties,
            created_at: self.created_at,
            updated_at: self.updated_at,
            deleted_at: None,
            version: self.version,
        }
    }
}

/// A row of `erm_graph_edges`, and what is at its ends.
#[derive(FromRow)]
pub(super) struct EdgeRow {
    id: EdgeId,
    workspace_id: WorkspaceId,
    edge_type: String,
    source_id: EntityId,
    target_id: EntityId,
    created_at: DateTime<Utc>,
    source_type: String,
    target_type: String,
}

impl EdgeRow {
    /// What is at its ends.
    pub(super) fn ends(&self) -> [(EntityId, &str); 2] {
        [(self.source_id, &self.source_type), (self.target_id, &self.target_type)]
    }
}

impl From<EdgeRow> for EdgeDetails {
    fn from(row: EdgeRow) -> Self {
        Self {
            id: row.id,
            workspace_id: row.workspace_id,
            edge_type: row.edge_type,
            source_id: row.source_id,
            target_id: row.target_id,
            properties: Map::new(),
            created_at: row.created_at,
            // Such an edge is never another: there is a new one instead.
            updated_at: row.created_at,
            deleted_at: None,
            version: 1,
        }
    }
}
