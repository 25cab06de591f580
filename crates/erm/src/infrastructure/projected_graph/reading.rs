//! The projected graph, as one person sees it.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use documents::DocumentId;
use perme8_events::{
    Id, StorageError, UserId, WorkspaceId, sql,
    sql::{Db, Query, ReadModel},
};
use serde_json::Value;
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use super::{
    WorkspaceGraph,
    rows::{EdgeRow, NodeRow},
};
use crate::{
    application::{
        graph::{Among, Beside, BesidePage, Graph, Weighed},
        ports::{DocumentView, Things},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::{
            sweep::{FRONTIER, Hop, Link, Place, Way},
            terms::Direction,
        },
        projected::{NodeKind, node},
        references::{EdgeId, EntityId},
    },
    infrastructure::most,
};

/// The things of a workspace that a person sees.
///
/// The rows say who sees what as far as events have told. That is not everything: of a document it is asked once more.
#[derive(Debug)]
pub(crate) struct ProjectedGraph<'a> {
    pub(super) rows: ReadModel<'a>,
    things: &'a dyn Things,
    workspace: WorkspaceId,
    viewer: UserId,
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

    /// A question whose `$1` is the generation, of this workspace (`$2`) and for this viewer (`$3`).
    pub(super) fn asked<'q>(&self, query: Query<'q>) -> Query<'q> {
        query.bind(self.workspace).bind(self.viewer)
    }

    /// The edges of a hop, as far as events have told.
    async fn told(&self, hop: &Hop<'_>) -> Result<Vec<LinkRow>, StorageError> {
        let Hop { from, way, edge_types, after, rows } = *hop;
        let stmt = match way {
            Way::Out => sql!(
                sqlite: seen_hop_sqlite!("source_id", "target_id", node_sqlite!("far", "edge.target_id")),
                postgres: seen_hop_postgres!("source_id", "target_id", node_postgres!("far", "edge.target_id"))
            ),
            Way::In => sql!(
                sqlite: seen_hop_sqlite!("target_id", "source_id", node_sqlite!("far", "edge.source_id")),
                postgres: seen_hop_postgres!("target_id", "source_id", node_postgres!("far", "edge.source_id"))
            ),
        };
        // Before every place is that of no type.
        let (edge_type, far, id) = after.map_or(("", Uuid::nil(), Uuid::nil()), |place| {
            (&*place.edge_type, place.far.uuid(), place.id.uuid())
        });
        let rows = i64::try_from(rows).map_err(StorageError::new)?;
        let query = self.asked(self.rows.query(stmt)).bind(Json(from)).bind(edge_type);
        query.bind(far).bind(id).bind(rows).bind(Json(edge_types)).all().await
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
        let mut seen = HashMap::with_capacity(ids.len());
        for some in Vec::from_iter(ids).chunks(FRONTIER) {
            let found = self.things.documents(some).await?.into_iter();
            let found = found.filter(|document| document.is_seen_by(self.viewer));
            seen.extend(found.map(|document| (node(document.id), document)));
        }
        Ok(seen)
    }

    /// These nodes, of which the types are known, without documents that were hidden a moment ago.
    async fn seen(&self, nodes: Vec<(EntityId, String)>) -> Result<Vec<EntityId>, StorageError> {
        let documents = self.documents(nodes.iter().map(|(id, of)| (*id, &**of))).await?;
        let seen = nodes.into_iter().filter(|(id, node_type)| {
            node_type != NodeKind::Document.as_str() || documents.contains_key(id)
        });
        Ok(seen.map(|(id, _)| id).collect())
    }

    /// What is known of these nodes, without documents that were hidden a moment ago.
    pub(super) async fn known(
        &self,
        rows: Vec<NodeRow>,
    ) -> Result<Vec<EntityDetails>, StorageError> {
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
    pub(super) async fn between_seen(
        &self,
        rows: Vec<EdgeRow>,
    ) -> Result<Vec<EdgeDetails>, StorageError> {
        let documents = self.documents(rows.iter().flat_map(EdgeRow::ends)).await?;
        let is_seen = |(id, node_type): (EntityId, &str)| {
            node_type != NodeKind::Document.as_str() || documents.contains_key(&id)
        };
        let seen = rows.into_iter().filter(|row| row.ends().into_iter().all(is_seen));
        Ok(seen.map(EdgeDetails::from).collect())
    }
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
                "SELECT node.id, node.node_type FROM ",
                these_nodes_sqlite!(),
                " AND (json_array_length($5) = 0 OR node.node_type IN (SELECT value FROM json_each($5)))"
            ),
            postgres: concat!(
                "SELECT node.id, node.node_type FROM ",
                these_nodes_postgres!(),
                " AND (jsonb_array_length($5::jsonb) = 0
                       OR node.node_type = ANY (ARRAY(SELECT jsonb_array_elements_text($5::jsonb))))"
            )
        );
        let rows: Vec<(EntityId, String)> =
            self.asked(self.rows.query(those)).bind(Json(nodes)).bind(Json(types)).all().await?;
        self.seen(rows).await
    }

    // Whoever looks at a page is told how many are seen in all, and of each document it is asked whether it is seen: so all of
    // them are looked at, by one statement, but nothing is told of those that are on other pages. Where there are too many,
    // nobody is told anything, so nothing is asked either. Few edges stand beside each other, so as many count as looked at.
    async fn beside(&self, beside: &Beside<'_>) -> Result<BesidePage, StorageError> {
        let Beside { node, direction, edge_types, entity_types, limit, offset, nodes, .. } =
            *beside;
        let those = sql!(sqlite: beside_seen_sqlite!(), postgres: beside_seen_postgres!());
        let query = self.asked(self.rows.query(those)).bind(node);
        let query = query.bind(direction != Direction::In).bind(direction != Direction::Out);
        let query = query.bind(Json(edge_types)).bind(Json(entity_types));
        let query = query.bind(most(nodes.saturating_add(1)));
        let rows: Vec<(EntityId, String)> = query.all().await?;
        let looked_at = rows.len();
        if looked_at > nodes {
            return Ok(BesidePage { nodes: Vec::new(), total: looked_at, looked_at });
        }
        let seen = self.seen(rows).await?;
        let total = seen.len();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let nodes = seen.into_iter().skip(offset).take(limit.get().into()).collect();
        Ok(BesidePage { nodes, total, looked_at })
    }

    // What is known of a thing is short, whatever it is, and of an edge there is nothing to know: there is room for all of it.
    async fn nodes(
        &self,
        ids: &[EntityId],
        _: usize,
    ) -> Result<Vec<Weighed<EntityDetails>>, StorageError> {
        let these = sql!(
            sqlite: concat!(select_nodes!(these_nodes_sqlite!()), " ORDER BY node.id"),
            postgres: concat!(select_nodes!(these_nodes_postgres!()), " ORDER BY node.id")
        );
        let rows: Vec<NodeRow> = self.asked(self.rows.query(these)).bind(Json(ids)).all().await?;
        Ok(self.known(rows).await?.into_iter().map(weighed_node).collect())
    }

    async fn edges(
        &self,
        ids: &[EdgeId],
        _: usize,
    ) -> Result<Vec<Weighed<EdgeDetails>>, StorageError> {
        let these = sql!(sqlite: these_edges_sqlite!(), postgres: these_edges_postgres!());
        let rows: Vec<EdgeRow> = self.asked(self.rows.query(these)).bind(Json(ids)).all().await?;
        Ok(self.between_seen(rows).await?.into_iter().map(weighed_edge).collect())
    }

    async fn among(&self, among: &Among<'_>) -> Result<Vec<Weighed<EdgeDetails>>, StorageError> {
        let Among { nodes, edge_types, limit, room: _ } = *among;
        let these = sql!(sqlite: among_seen_sqlite!(), postgres: among_seen_postgres!());
        let query = self.asked(self.rows.query(these)).bind(Json(nodes)).bind(Json(edge_types));
        let limit = most(limit);
        let rows: Vec<EdgeRow> = query.bind(limit).all().await?;
        Ok(self.between_seen(rows).await?.into_iter().map(weighed_edge).collect())
    }
}

/// What is known of a node, and how much that is.
fn weighed_node(item: EntityDetails) -> Weighed<EntityDetails> {
    let of = |(name, value): (&String, &Value)| name.len() + value.as_str().map_or(5, str::len);
    Weighed { bytes: item.properties.iter().map(of).sum(), item }
}

/// An edge, of which nothing is known but that it is there.
fn weighed_edge(item: EdgeDetails) -> Weighed<EdgeDetails> {
    Weighed { item, bytes: 0 }
}
