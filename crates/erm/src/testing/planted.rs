//! Graphs that are there without having been written one by one.

use perme8_events::{
    Id, Origin, StorageError, WorkspaceId, sql,
    sql::{Db, UnitOfWork},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    Depth, Direction, EntityId,
    application::graph::Graph as _,
    domain::{
        graph::{
            Ask, Budget, Walk as _,
            reach::{Course, Reach},
        },
        references::EdgeId,
    },
    infrastructure::stored_graph::StoredGraph,
    testing::Shape,
};
#[cfg(test)]
use crate::{
    domain::values::Key,
    testing::{COMPANY, id},
};

/// So many rows are written by one statement.
const ROWS: usize = 5_000;

/// The types of edges, one after the other.
const EDGE_TYPES: [&str; 3] = ["KNOWS", "EMPLOYS", "CITES"];
/// The types of entities, one after the other.
const ENTITY_TYPES: [&str; 2] = ["Person", "Company"];

/// A graph that stands in a database; no event tells of it, and no quota counts it.
#[derive(Debug, Clone)]
pub struct Planted {
    db: Db,
    workspace: WorkspaceId,
}

/// The entity of a number.
fn entity_id(workspace: WorkspaceId, number: u32) -> EntityId {
    nth(workspace, 1, number.into())
}

/// As ids are that were given one after the other in each workspace.
fn nth<A>(workspace: WorkspaceId, kind: u64, number: u64) -> Id<A> {
    let (_, of_workspace) = workspace.uuid().as_u64_pair();
    Id::new(Uuid::from_u64_pair(kind << 56 | of_workspace << 32 >> 8, number))
}

/// Puts a graph of this shape into a workspace where there is none.
///
/// # Errors
///
/// The storage fails.
pub async fn plant(
    db: &Db,
    workspace: WorkspaceId,
    shape: Shape,
    seed: u64,
) -> Result<Planted, StorageError> {
    plant_telling(db, workspace, shape, seed, |_, _| ()).await
}

/// The same, which says on the way how many entities and edges are there, and of how many.
///
/// # Errors
///
/// The storage fails.
pub async fn plant_telling(
    db: &Db,
    workspace: WorkspaceId,
    shape: Shape,
    seed: u64,
    tell: impl FnMut(usize, usize),
) -> Result<Planted, StorageError> {
    let entities: Vec<EntityRow<'_>> = (0..shape.nodes())
        .zip(ENTITY_TYPES.iter().cycle())
        .map(|(number, name)| (entity_id(workspace, number), *name, number))
        .collect();
    let edges: Vec<EdgeRow<'_>> = (0..)
        .zip(shape.edges(seed))
        .zip(EDGE_TYPES.iter().cycle())
        .map(|((number, (from, to)), name)| {
            (nth(workspace, 2, number), *name, entity_id(workspace, from), entity_id(workspace, to))
        })
        .collect();
    put(db, workspace, &entities, &edges, tell).await?;
    Ok(Planted { db: db.clone(), workspace })
}

/// An entity, its type, and the number that it knows of itself.
type EntityRow<'t> = (EntityId, &'t str, u32);
/// An edge, its type, and from where to where it leads.
type EdgeRow<'t> = (EdgeId, &'t str, EntityId, EntityId);

/// Puts entities and edges into a workspace, and says on the way how many are there, and of how many.
pub(crate) async fn put(
    db: &Db,
    workspace: WorkspaceId,
    entities: &[EntityRow<'_>],
    edges: &[EdgeRow<'_>],
    mut tell: impl FnMut(usize, usize),
) -> Result<(), StorageError> {
    let (uow, now) = (UnitOfWork::new(db.clone()), db.clock().now());
    let origin = || Origin::system("erm.plant");
    let (mut there, all) = (0, entities.len() + edges.len());
    for some in entities.chunks(ROWS) {
        let insert = sql!(
            sqlite:
                r#"INSERT INTO erm_entities
                   (id, workspace_id, entity_type, external_key, properties, created_at, updated_at, deleted_at, version)
                   SELECT unhex(value ->> 0, '-'), $1, value ->> 1, NULL, '{"number":' || (value ->> 2) || '}', $3, $3, NULL, 1
                   FROM json_each($2)"#,
            postgres:
                r#"INSERT INTO erm_entities
                   (id, workspace_id, entity_type, external_key, properties, created_at, updated_at, deleted_at, version)
                   SELECT (value ->> 0)::uuid, $1, value ->> 1, NULL, '{"number":' || (value ->> 2) || '}', $3, $3, NULL, 1
                   FROM jsonb_array_elements($2::jsonb)"#
        );
        uow.run(origin(), async |tx| {
            tx.query(insert).bind(workspace).bind(Json(some)).bind(now).exec().await
        })
        .await?;
        there += some.len();
        tell(there, all);
    }
    for some in edges.chunks(ROWS) {
        let insert = sql!(
            sqlite:
                "INSERT INTO erm_edges
                 (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, deleted_at, deleted_with, version)
                 SELECT unhex(value ->> 0, '-'), $1, value ->> 1, unhex(value ->> 2, '-'), unhex(value ->> 3, '-'), '{}', $3, $3,
                   NULL, NULL, 1
                 FROM json_each($2)",
            postgres:
                "INSERT INTO erm_edges
                 (id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, deleted_at, deleted_with, version)
                 SELECT (value ->> 0)::uuid, $1, value ->> 1, (value ->> 2)::uuid, (value ->> 3)::uuid, '{}', $3, $3, NULL, NULL, 1
                 FROM jsonb_array_elements($2::jsonb)"
        );
        uow.run(origin(), async |tx| {
            tx.query(insert).bind(workspace).bind(Json(some)).bind(now).exec().await
        })
        .await?;
        there += some.len();
        tell(there, all);
    }
    Ok(())
}

impl Planted {
    /// The entity of a number.
    #[must_use]
    pub fn entity(&self, number: u32) -> EntityId {
        entity_id(self.workspace, number)
    }

    /// How many entities are within some steps from one, that one among them: hop by hop, without what is known of them.
    ///
    /// # Errors
    ///
    /// The storage fails.
    ///
    /// # Panics
    ///
    /// There are millions.
    pub async fn count_by_hops(
        &self,
        start: EntityId,
        depth: Depth,
    ) -> Result<usize, StorageError> {
        let graph = StoredGraph::new(self.db.clone(), self.workspace);
        let course = Course {
            start,
            depth: depth.get(),
            direction: Direction::Both,
            edge_types: Vec::new(),
            is_picky: false,
            limit: usize::MAX,
        };
        let mut walk = Reach::new(course, Budget::of(10_000_000));
        while let Some(Ask::Hop(hop)) = walk.ask() {
            let links = graph.hop(&hop).await?;
            walk.found(&links).expect("no budget is spent so fast");
        }
        Ok(walk.visited())
    }

    /// The same by one statement, which asks itself for the next step.
    ///
    /// # Errors
    ///
    /// The storage fails.
    pub async fn count_by_recursion(
        &self,
        start: EntityId,
        depth: Depth,
    ) -> Result<usize, StorageError> {
        let query = self.db.query(sql!(
            sqlite:
                "WITH RECURSIVE reached (id, depth) AS (
                   SELECT $2, 0
                   UNION
                   SELECT edge.target_id, reached.depth + 1 FROM reached CROSS JOIN erm_edges AS edge
                     ON edge.workspace_id = $1 AND edge.source_id = reached.id AND edge.deleted_at IS NULL
                     WHERE reached.depth < $3
                   UNION
                   SELECT edge.source_id, reached.depth + 1 FROM reached CROSS JOIN erm_edges AS edge
                     ON edge.workspace_id = $1 AND edge.target_id = reached.id AND edge.deleted_at IS NULL
                     WHERE reached.depth < $3)
                 SELECT COUNT(DISTINCT id) FROM reached",
            postgres:
                "WITH RECURSIVE reached (id, depth) AS (
                   SELECT $2::uuid, 0::bigint
                   UNION
                   SELECT step.id, reached.depth + 1 FROM reached CROSS JOIN LATERAL
                     (SELECT edge.target_id AS id FROM erm_edges AS edge
                      WHERE edge.workspace_id = $1 AND edge.source_id = reached.id AND edge.deleted_at IS NULL
                      UNION ALL
                      SELECT edge.source_id FROM erm_edges AS edge
                      WHERE edge.workspace_id = $1 AND edge.target_id = reached.id AND edge.deleted_at IS NULL) AS step
                     WHERE reached.depth < $3)
                 SELECT COUNT(DISTINCT id) FROM reached"
        ));
        let query = query.bind(self.workspace).bind(start).bind(i64::from(depth.get()));
        let count: i64 = query.scalar().await?;
        usize::try_from(count).map_err(StorageError::new)
    }
}

/// So many people of the company, of each of whom it is known, as a text, since when.
#[cfg(test)]
pub(crate) async fn people_with_values(db: &Db, count: u32) -> Vec<EntityId> {
    let people: Vec<EntityId> = (1..=count).map(|number| id(number.into())).collect();
    let rows: Vec<EntityRow<'_>> =
        (1..=count).zip(&people).map(|(number, person)| (*person, "Person", number)).collect();
    put(db, COMPANY, &rows, &[], |_, _| ()).await.unwrap();
    let insert = sql!(
        "INSERT INTO erm_values (workspace_id, holder, item_type, property, key, item_id)
         SELECT workspace_id, 'entity', entity_type, 'since', $2, id FROM erm_entities WHERE workspace_id = $1"
    );
    let (uow, key) = (UnitOfWork::new(db.clone()), Key::of_text("2024-01-15T00:00:00Z"));
    let inserted = uow.run(Origin::system("tests"), async |tx| {
        tx.query(insert).bind(COMPANY).bind(key.as_bytes()).exec().await
    });
    inserted.await.unwrap();
    people
}

/// Has an engine look at the tables when there is little in them: 40 people in a workspace, the first two of whom have 20 values
/// each, and 40 edges from the one to the other. What comes later it does not know of.
#[cfg(test)]
pub(crate) async fn look_at_few(db: &Db, workspace: WorkspaceId) {
    let people: Vec<EntityId> = (0..40).map(|number| id(0xFFFE_0000 + number)).collect();
    let rows: Vec<EntityRow<'_>> =
        (0..).zip(&people).map(|(number, person)| (*person, "Person", number)).collect();
    let edge = |number: u128| (id(0xFFFF_0000 + number), "KNOWS", people[0], people[1]);
    let edges: Vec<EdgeRow<'_>> = (0..40).map(edge).collect();
    put(db, workspace, &rows, &edges, |_, _| ()).await.unwrap();
    let insert = sql!(
        "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20)
         INSERT INTO erm_values (workspace_id, holder, item_type, property, key, item_id)
         SELECT workspace_id, 'entity', entity_type, 'p' || CAST(n AS text), $2, id FROM erm_entities CROSS JOIN number
         WHERE workspace_id = $1 AND id <= $3"
    );
    let (uow, key) = (UnitOfWork::new(db.clone()), Key::of_text("2024-01-15T00:00:00Z"));
    let inserted = uow.run(Origin::system("tests"), async |tx| {
        tx.query(insert).bind(workspace).bind(key.as_bytes()).bind(people[1]).exec().await
    });
    inserted.await.unwrap();
    analyse(db).await;
}

/// Has an engine look at the tables.
#[cfg(test)]
pub(crate) async fn analyse(db: &Db) {
    let analyse = sql!(
        sqlite: "ANALYZE",
        postgres: "ANALYZE erm_entities, erm_edges, erm_values, erm_graph_nodes, erm_graph_edges"
    );
    let uow = UnitOfWork::new(db.clone());
    uow.run(Origin::system("tests"), async |tx| tx.query(analyse).exec().await).await.unwrap();
}
