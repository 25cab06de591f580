//! The projected graph, as one person sees it.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use documents::DocumentId;
use perme8_events::{
    Id, StorageError, UserId, WorkspaceId, sql,
    sql::{Db, Query, ReadModel, Stmt},
};
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use super::{
    WorkspaceGraph,
    rows::{EdgeRow, NodeRow, from_edges, seen, select_edges, select_nodes},
};
use crate::{
    application::{
        graph::Graph,
        ports::{DocumentView, Things},
        projected::{ListProjected, ProjectedPage},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::sweep::{Hop, Link, Place, Way},
        projected::{NodeKind, node},
        references::{EdgeId, EntityId},
    },
};

/// The things of a workspace that a person sees.
///
/// The rows say who sees what as far as events have told. That is not everything: of a document it is asked once more.
#[derive(Debug)]
pub(crate) struct ProjectedGraph<'a> {
    rows: ReadModel<'a>,
    things: &'a dyn Things,
    workspace: WorkspaceId,
    viewer: UserId,
}

/// The edges of one hop, from the index of this end; each leads to a node that the viewer sees.
///
/// As in the graph that the workspace wrote, each node is looked up by itself and nothing is sorted.
macro_rules! hop {
    ($near:literal, $far:literal) => {
        hop!(@ $near, $far, "", "")
    };
    ($near:literal, $far:literal, of_types) => {
        hop!(@ $near, $far,
            "AND edge.edge_type IN (SELECT value FROM json_each($9))",
            "AND edge.edge_type = ANY (ARRAY(SELECT jsonb_array_elements_text($9::jsonb)))"
        )
    };
    (@ $near:literal, $far:literal, $of_types_sqlite:literal, $of_types_postgres:literal) => {
        sql!(
            sqlite: concat!(
                "SELECT edge.id, edge.edge_type, edge.source_id, edge.target_id, far.node_type AS far_type
                 FROM erm_graph_edges AS edge CROSS JOIN erm_graph_nodes AS far
                   ON far.generation = $1 AND far.workspace_id = $2 AND far.id = edge.", $far,
                " WHERE edge.generation = $1 AND edge.workspace_id = $2
                   AND edge.", $near, " IN (SELECT unhex(value, '-') FROM json_each($4))
                   AND (edge.edge_type, edge.", $far, ", edge.id) > ($5, $6, $7) AND ", seen!("far"), $of_types_sqlite,
                " ORDER BY edge.", $near, ", edge.edge_type, edge.", $far, ", edge.id LIMIT $8"
            ),
            postgres: concat!(
                "SELECT link.id, link.edge_type, link.source_id, link.target_id, link.far_type
                 FROM (SELECT node::uuid AS id FROM jsonb_array_elements_text($4::jsonb) AS node ORDER BY 1) AS near
                 CROSS JOIN LATERAL
                   (SELECT edge.id, edge.edge_type, edge.source_id, edge.target_id, far.node_type AS far_type
                    FROM erm_graph_edges AS edge JOIN erm_graph_nodes AS far
                      ON far.generation = $1 AND far.workspace_id = $2 AND far.id = edge.", $far,
                "   WHERE edge.generation = $1 AND edge.workspace_id = $2 AND edge.", $near, " = near.id
                      AND (edge.edge_type, edge.", $far, ", edge.id) > ($5, $6, $7) AND ", seen!("far"), $of_types_postgres,
                "   ORDER BY edge.edge_type, edge.", $far, ", edge.id LIMIT $8) AS link
                 ORDER BY near.id, link.edge_type, link.", $far, ", link.id LIMIT $8"
            )
        )
    };
}

/// An edge of a hop.
#[derive(FromRow)]
struct LinkRow {
    id: EdgeId,
    edge_type: String,
    source_id: EntityId,
    target_id: EntityId,
    far_type: String,
}

impl LinkRow {
    fn link(&self) -> Link {
        let (id, edge_type) = (self.id, self.edge_type.clone());
        Link { id, edge_type, source: self.source_id, target: self.target_id }
    }
}

impl<'a> ProjectedGraph<'a> {
    /// The graph of a workspace, as this member sees it.
    pub(crate) async fn open(
        db: &'a Db,
        things: &'a dyn Things,
        workspace: WorkspaceId,
        viewer: UserId,
    ) -> Result<Self, StorageError> {
        let rows = db.read_model(WorkspaceGraph::NAME).await?;
        Ok(Self { rows, things, workspace, viewer })
    }

    /// A page of the nodes, the newest first, and how many there are.
    pub(crate) async fn list_nodes(
        &self,
        asked: &ListProjected,
    ) -> Result<ProjectedPage<EntityDetails>, StorageError> {
        let ListProjected { of_type, limit, offset } = asked;
        let count = sql!(concat!(
            "SELECT count(*) FROM erm_graph_nodes AS node
             WHERE node.generation = $1 AND node.workspace_id = $2 AND ",
            seen!("node"),
            " AND node.node_type = coalesce($4, node.node_type)"
        ));
        let total: i64 = self.query(count).bind(of_type.as_deref()).scalar().await?;
        let page = sql!(select_nodes!(
            " AND node.node_type = coalesce($4, node.node_type)
             ORDER BY node.created_at DESC, node.id DESC LIMIT $5 OFFSET $6"
        ));
        let query = self.query(page).bind(of_type.as_deref()).bind(i64::from(limit.get()));
        let rows: Vec<NodeRow> = query.bind(past(*offset)).all().await?;
        Ok(ProjectedPage { items: self.known(rows).await?, total: total.unsigned_abs() })
    }

    /// A page of the edges, the newest first, and how many there are.
    pub(crate) async fn list_edges(
        &self,
        asked: &ListProjected,
    ) -> Result<ProjectedPage<EdgeDetails>, StorageError> {
        let ListProjected { of_type, limit, offset } = asked;
        let count = sql!(concat!(
            "SELECT count(*) ",
            from_edges!(),
            " AND edge.edge_type = coalesce($4, edge.edge_type)"
        ));
        let total: i64 = self.query(count).bind(of_type.as_deref()).scalar().await?;
        let page = sql!(select_edges!(
            " AND edge.edge_type = coalesce($4, edge.edge_type)
             ORDER BY edge.created_at DESC, edge.id DESC LIMIT $5 OFFSET $6"
        ));
        let query = self.query(page).bind(of_type.as_deref()).bind(i64::from(limit.get()));
        let rows: Vec<EdgeRow> = query.bind(past(*offset)).all().await?;
        Ok(ProjectedPage { items: self.between_seen(rows).await?, total: total.unsigned_abs() })
    }

    /// A statement whose `$1` is the generation, `$2` the workspace and `$3` the viewer.
    fn query(&self, stmt: &'static Stmt) -> Query<'_> {
        self.rows.query(stmt).bind(self.workspace).bind(self.viewer)
    }

    /// The edges of a hop, as far as events have told.
    async fn told(&self, hop: &Hop<'_>) -> Result<Vec<LinkRow>, StorageError> {
        let Hop { from, way, edge_types, after, rows } = *hop;
        let stmt = match (way, edge_types.is_empty()) {
            (Way::Out, true) => hop!("source_id", "target_id"),
            (Way::Out, false) => hop!("source_id", "target_id", of_types),
            (Way::In, true) => hop!("target_id", "source_id"),
            (Way::In, false) => hop!("target_id", "source_id", of_types),
        };
        // Before every place is that of no type.
        let (edge_type, far, id) = after.map_or(("", Uuid::nil(), Uuid::nil()), |place| {
            (&*place.edge_type, place.far.uuid(), place.id.uuid())
        });
        let rows = i64::try_from(rows).map_err(StorageError::new)?;
        let query = self.query(stmt).bind(Json(from));
        let query = query.bind(edge_type).bind(far).bind(id).bind(rows);
        let query = if edge_types.is_empty() { query } else { query.bind(Json(edge_types)) };
        query.all().await
    }

    /// Those of these edges that do not lead to documents that were hidden a moment ago.
    async fn leading_to_seen(
        &self,
        rows: Vec<LinkRow>,
        way: Way,
    ) -> Result<Vec<Link>, StorageError> {
        let rows: Vec<(Link, String)> =
            rows.into_iter().map(|row| (row.link(), row.far_type)).collect();
        let far = rows.iter().map(|(link, of)| (link.ends(way).1, &**of));
        let documents = self.documents(far).await?;
        let is_seen = |(link, of): &(Link, String)| {
            of != NodeKind::Document.as_str() || documents.contains_key(&link.ends(way).1)
        };
        Ok(rows.into_iter().filter(is_seen).map(|(link, _)| link).collect())
    }

    /// The documents among these things that the viewer sees at this moment.
    async fn documents(
        &self,
        things: impl Iterator<Item = (EntityId, &str)> + Send,
    ) -> Result<HashMap<EntityId, DocumentView>, StorageError> {
        let is_document = |node_type: &str| node_type == NodeKind::Document.as_str();
        let documents = things.filter(|(_, node_type)| is_document(node_type));
        let ids: BTreeSet<DocumentId> = documents.map(|(id, _)| Id::new(id.uuid())).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.things.documents(&Vec::from_iter(ids)).await?.into_iter();
        let seen = found.filter(|document| document.is_seen_by(self.viewer));
        Ok(seen.map(|document| (node(document.id), document)).collect())
    }

    /// What is known of these nodes, without documents that were hidden a moment ago.
    async fn known(&self, rows: Vec<NodeRow>) -> Result<Vec<EntityDetails>, StorageError> {
        let types = rows.iter().map(|row| (row.id, &*row.node_type));
        let documents = self.documents(types).await?;
        let members = rows.iter().filter(|row| row.is(NodeKind::Member));
        let members: Vec<UserId> = members.map(|row| UserId::new(row.id.uuid())).collect();
        let names = match &*members {
            [] => HashMap::new(),
            members => self.things.names(members).await?,
        };
        let known = rows.into_iter().filter_map(|row| {
            let document = documents.get(&row.id);
            let is_seen = document.is_some() || !row.is(NodeKind::Document);
            let name = names.get(&UserId::new(row.id.uuid()));
            is_seen.then(|| row.details(document, name))
        });
        Ok(known.collect())
    }

    /// What is known of these edges, without those of documents that were hidden a moment ago.
    async fn between_seen(&self, rows: Vec<EdgeRow>) -> Result<Vec<EdgeDetails>, StorageError> {
        let documents = self.documents(rows.iter().flat_map(EdgeRow::ends)).await?;
        let is_seen = |(id, node_type): (EntityId, &str)| {
            node_type != NodeKind::Document.as_str() || documents.contains_key(&id)
        };
        let seen = rows.into_iter().filter(|row| row.ends().into_iter().all(is_seen));
        Ok(seen.map(EdgeDetails::from).collect())
    }
}

/// So many rows are passed over; more than there can be is as many as can be said.
fn past(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

#[async_trait]
impl Graph for ProjectedGraph<'_> {
    async fn hop(&self, hop: &Hop<'_>) -> Result<Vec<Link>, StorageError> {
        let (way, rows) = (hop.way, hop.rows);
        let (mut from, mut after, mut links) = (hop.from, hop.after.cloned(), Vec::new());
        // In the place of what was hidden a moment ago comes what is behind it.
        while !from.is_empty() && links.len() < rows {
            let near = if after.is_some() { &from[..1] } else { from };
            let wanted = rows - links.len();
            let some = Hop { from: near, after: after.as_ref(), rows: wanted, ..*hop };
            let found = self.told(&some).await?;
            let last = found.last().filter(|_| found.len() >= wanted).map(LinkRow::link);
            links.extend(self.leading_to_seen(found, way).await?);
            (from, after) = match last {
                Some(link) => {
                    let (at, far) = link.ends(way);
                    let done = near.binary_search(&at).unwrap_or_default();
                    (&from[done..], Some(Place { edge_type: link.edge_type, far, id: link.id }))
                }
                None => (&from[near.len()..], None),
            };
        }
        Ok(links)
    }

    async fn those_of(
        &self,
        nodes: &[EntityId],
        types: &[String],
    ) -> Result<Vec<EntityId>, StorageError> {
        let those = sql!(
            sqlite: concat!(
                "SELECT node.id, node.node_type FROM erm_graph_nodes AS node
                 WHERE node.generation = $1 AND node.workspace_id = $2
                   AND node.id IN (SELECT unhex(value, '-') FROM json_each($4)) AND ",
                seen!("node"),
                " AND (json_array_length($5) = 0 OR node.node_type IN (SELECT value FROM json_each($5)))"
            ),
            postgres: concat!(
                "SELECT node.id, node.node_type FROM erm_graph_nodes AS node
                 WHERE node.generation = $1 AND node.workspace_id = $2
                   AND node.id IN (SELECT jsonb_array_elements_text($4::jsonb)::uuid) AND ",
                seen!("node"),
                " AND (jsonb_array_length($5::jsonb) = 0
                       OR node.node_type IN (SELECT jsonb_array_elements_text($5::jsonb)))"
            )
        );
        let rows: Vec<(EntityId, String)> =
            self.query(those).bind(Json(nodes)).bind(Json(types)).all().await?;
        let documents = self.documents(rows.iter().map(|(id, of)| (*id, &**of))).await?;
        let seen = rows.into_iter().filter(|(id, node_type)| {
            node_type != NodeKind::Document.as_str() || documents.contains_key(id)
        });
        Ok(seen.map(|(id, _)| id).collect())
    }

    async fn nodes(&self, ids: &[EntityId]) -> Result<Vec<EntityDetails>, StorageError> {
        let these = sql!(
            sqlite: select_nodes!(" AND node.id IN (SELECT unhex(value, '-') FROM json_each($4))"),
            postgres: select_nodes!(" AND node.id IN (SELECT jsonb_array_elements_text($4::jsonb)::uuid)")
        );
        let rows: Vec<NodeRow> = self.query(these).bind(Json(ids)).all().await?;
        self.known(rows).await
    }

    async fn edges(&self, ids: &[EdgeId]) -> Result<Vec<EdgeDetails>, StorageError> {
        let these = sql!(
            sqlite: select_edges!(" AND edge.id IN (SELECT unhex(value, '-') FROM json_each($4))"),
            postgres: select_edges!(" AND edge.id IN (SELECT jsonb_array_elements_text($4::jsonb)::uuid)")
        );
        let rows: Vec<EdgeRow> = self.query(these).bind(Json(ids)).all().await?;
        self.between_seen(rows).await
    }
}
