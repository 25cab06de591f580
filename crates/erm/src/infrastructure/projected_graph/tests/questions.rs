//! What is told of the graph to whom, on both engines alike.

use std::collections::HashMap;

use async_trait::async_trait;
use documents::{DocumentCreated, DocumentId, DocumentMoved};
use perme8_events::{
    Origin, StorageError, Transaction as _, UserId, WorkspaceId, sql,
    sql::UnitOfWork,
    testing::{TestDb, on_both_engines},
};
use sqlx::types::Json;
use uuid::Uuid;

use super::{NOTES, ROADMAP, World, document, moved, project};
use crate::{
    GraphLimit,
    application::{
        graph::{Among, Beside, BesidePage, Graph as _},
        ports::{DocumentView, Things},
    },
    domain::{
        graph::{
            sweep::{Hop, Place, Way},
            terms::Direction,
        },
        projected::{EdgeKind, edge, node},
    },
    infrastructure::projected_graph::{WorkspaceGraph, reading::ProjectedGraph},
    testing::{COMPANY, ELSEWHERE, MEMBER, OWNER, STRANGER, analyse, id, plan},
};

/// Every document is everybody's, but for some that were hidden a moment ago.
#[derive(Debug)]
struct Hidden(Vec<DocumentId>);

#[async_trait]
impl Things for Hidden {
    async fn documents(&self, ids: &[DocumentId]) -> Result<Vec<DocumentView>, StorageError> {
        let view = |&id: &DocumentId| DocumentView {
            id,
            owner_id: MEMBER,
            title: "Notes".to_owned(),
            slug: "notes".to_owned(),
            is_public: !self.0.contains(&id),
        };
        Ok(ids.iter().map(view).collect())
    }

    async fn names(&self, _: &[UserId]) -> Result<HashMap<UserId, String>, StorageError> {
        Ok(HashMap::new())
    }
}

/// How `SQLite` says that it looks at the key of a table.
const BY_ID: &str = "USING PRIMARY KEY (id=? AND generation=?";

/// A workspace has so many documents, all of them by its member.
async fn fill(test: &TestDb, workspace: WorkspaceId, documents: i64) {
    let insert = |stmt| async move {
        let uow = UnitOfWork::new(test.db.clone());
        let filled = uow.run(Origin::system("tests"), async |tx| {
            let now = tx.now();
            tx.query(stmt).bind(workspace).bind(MEMBER).bind(now).bind(documents).exec().await
        });
        filled.await.unwrap();
    };
    insert(sql!(
        sqlite: "INSERT INTO erm_graph_nodes
                   (generation, workspace_id, id, node_type, private_to, is_trashed, is_archived, created_at, updated_at, version)
                 WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < $4)
                 SELECT 1, $1, iif(n = 1, $2, randomblob(16)), iif(n = 1, 'member', 'document'), NULL, false, false, $3, $3, 1 FROM number",
        postgres: "INSERT INTO erm_graph_nodes
                     (generation, workspace_id, id, node_type, private_to, is_trashed, is_archived, created_at, updated_at, version)
                   SELECT 1, $1, CASE n WHEN 1 THEN $2 ELSE gen_random_uuid() END, CASE n WHEN 1 THEN 'member' ELSE 'document' END,
                     NULL, false, false, $3, $3, 1
                   FROM generate_series(1, $4) AS n"
    ))
    .await;
    insert(sql!(
        sqlite: "INSERT INTO erm_graph_edges (generation, workspace_id, id, edge_type, source_id, target_id, created_at)
                 SELECT 1, $1, randomblob(16), 'authored', $2, id, $3 FROM erm_graph_nodes WHERE workspace_id = $1 AND id <> $2 LIMIT $4",
        postgres: "INSERT INTO erm_graph_edges (generation, workspace_id, id, edge_type, source_id, target_id, created_at)
                   SELECT 1, $1, gen_random_uuid(), 'authored', $2, id, $3 FROM erm_graph_nodes WHERE workspace_id = $1 AND id <> $2 LIMIT $4"
    ))
    .await;
}

/// Whatever the engine has seen of the tables before, lists of many things by now are read in the order of an index.
async fn many_are_listed_in_the_order_of_an_index(test: &TestDb) {
    fill(test, COMPANY, 2_000).await;
    let nodes = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", page_of_nodes!()),
        postgres: concat!("EXPLAIN ", page_of_nodes!())
    );
    let edges = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", page_of_edges!(listed_edges_sqlite!())),
        postgres: concat!("EXPLAIN ", page_of_edges!(listed_edges_postgres!()))
    );
    let model = test.db.read_model(WorkspaceGraph::NAME).await.unwrap();
    let asked = |stmt| model.query(stmt).bind(COMPANY).bind(OWNER).bind(None::<&str>);
    let plans = [
        ("erm_graph_nodes_newest", plan(asked(nodes).bind(100_i64).bind(0_i64)).await),
        ("erm_graph_edges_newest", plan(asked(edges).bind(100_i64).bind(0_i64)).await),
    ];
    for (index, plan) in plans {
        let reads =
            format!("{} {index}", if plan.contains("USING") { "USING INDEX" } else { "using" });
        assert!(plan.contains(&reads), "{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{plan}");
    }
}

/// Whatever the engine has seen of the tables before, of many things by now each is looked up by its id.
async fn one_of_many_is_looked_up_by_its_id(test: &TestDb) {
    fill(test, COMPANY, 2_000).await;
    let hop = sql!(
        sqlite: concat!(
            "EXPLAIN QUERY PLAN ",
            seen_hop_sqlite!("source_id", "target_id", node_sqlite!("far", "edge.target_id"))
        ),
        postgres: concat!(
            "EXPLAIN ",
            seen_hop_postgres!("source_id", "target_id", node_postgres!("far", "edge.target_id"))
        )
    );
    let among = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", among_seen_sqlite!()),
        postgres: concat!("EXPLAIN ", among_seen_postgres!())
    );
    let edges = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", these_edges_sqlite!()),
        postgres: concat!("EXPLAIN ", these_edges_postgres!())
    );
    let model = test.db.read_model(WorkspaceGraph::NAME).await.unwrap();
    let asked = |stmt| model.query(stmt).bind(COMPANY).bind(OWNER).bind(Json([node(MEMBER)]));
    let (no_type, nil) = (Json([(); 0]), Uuid::nil());
    let hop = asked(hop).bind("").bind(nil).bind(nil).bind(100_i64).bind(no_type);
    let among = asked(among).bind(Json([(); 0])).bind(100_i64);
    let plans = [
        (plan(hop).await, "erm_graph_edges_out"),
        (plan(among).await, "erm_graph_edges_out"),
        (plan(asked(edges)).await, "erm_graph_edges_pkey"),
    ];
    for (plan, index) in plans {
        let (node, edge) = match test.db.engine_name() {
            "SQLite" if index.ends_with("_pkey") => (BY_ID, BY_ID.to_owned()),
            "SQLite" => {
                (BY_ID, format!("INDEX {index} (generation=? AND workspace_id=? AND source_id=?"))
            }
            _ => ("Index Scan using erm_graph_nodes_pkey", format!("using {index}")),
        };
        assert!(plan.contains(node) && plan.contains(&edge), "{plan}");
    }
}

/// The engine knows of few things, which are elsewhere.
async fn look_at_few_elsewhere(test: &TestDb) {
    fill(test, ELSEWHERE, 40).await;
    analyse(&test.db).await;
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn what_is_behind_takes_the_place_of_what_was_hidden(test: TestDb) {
        let world = World::new(test).await;
        let documents: [DocumentId; 5] = [0x21, 0x22, 0x23, 0x24, 0x25].map(id);
        for document_id in documents {
            world.follow(&DocumentCreated { document_id, ..document(None, true) }).await;
        }
        world.follow(&project(ROADMAP, OWNER)).await;
        let hidden = Hidden(vec![documents[0], documents[2], documents[3]]);
        let graph = ProjectedGraph::open(&world.test.db, &hidden, COMPANY, OWNER).await.unwrap();
        let people = [node(OWNER), node(MEMBER)];
        let mut found = Vec::new();
        for rows in 1..=4 {
            let hop = Hop { from: &people, way: Way::Out, edge_types: &[], after: None, rows };
            let links = graph.hop(&hop).await.unwrap();
            found.push(links.iter().map(|link| link.target).collect::<Vec<_>>());
        }
        let seen = [node(ROADMAP), node(documents[1]), node(documents[4])];
        assert_eq!(found, [&seen[..1], &seen[..2], &seen, &seen]);
        // The same, one by one.
        let of = ["authored".to_owned()];
        let place = |far, id| Place { edge_type: "authored".to_owned(), far, id };
        let after = place(seen[1], edge(COMPANY, EdgeKind::Authored, node(MEMBER), seen[1]));
        let hop = Hop { from: &people[1..], way: Way::Out, edge_types: &of, after: Some(&after), rows: 1 };
        let links = graph.hop(&hop).await.unwrap();
        assert_eq!(links.iter().map(|link| link.target).collect::<Vec<_>>(), [seen[2]]);
        let hop = Hop { from: &seen, way: Way::In, edge_types: &of, after: None, rows: 2 };
        assert_eq!(graph.hop(&hop).await.unwrap().len(), 2);
    }

    async fn neighbours_are_those_of_whom_something_is_told(test: TestDb) {
        let world = World::new(test).await;
        let documents: [DocumentId; 3] = [0x21, 0x22, 0x23].map(id);
        for document_id in documents {
            world.follow(&DocumentCreated { document_id, ..document(None, true) }).await;
        }
        world.follow(&project(ROADMAP, MEMBER)).await;
        world.follow(&DocumentMoved { document_id: documents[0], ..moved(Some(ROADMAP)) }).await;
        // One was hidden a moment ago, and of another the author has left.
        world.follow(&DocumentCreated { user_id: STRANGER, ..document(None, true) }).await;
        let hidden = Hidden(vec![documents[1]]);
        let ask = async |viewer, node, edge_types: &[String], limit: i64, offset| {
            let graph = ProjectedGraph::open(&world.test.db, &hidden, COMPANY, viewer).await.unwrap();
            let (direction, limit) = (Direction::Both, GraphLimit::of(limit).unwrap());
            let entity_types: &[String] = &[];
            let (nodes, edges) = (4, 20);
            let beside =
                Beside { node, direction, edge_types, entity_types, limit, offset, nodes, edges };
            // Of one more than may be looked at nobody is told.
            let refused = graph.beside(&Beside { nodes: 0, ..beside }).await.unwrap();
            assert_eq!((refused.nodes.len(), refused.total), (0, refused.looked_at));
            let BesidePage { nodes, total, looked_at } = graph.beside(&beside).await.unwrap();
            assert_eq!(refused.looked_at, looked_at.min(1));
            let known = graph.nodes(&nodes, usize::MAX).await.unwrap();
            assert_eq!(known.iter().map(|node| node.item.id).collect::<Vec<_>>(), nodes);
            (nodes, total)
        };
        let (first, last) = (node(documents[0]), node(documents[2]));
        assert_eq!(ask(OWNER, node(MEMBER), &[], 100, 0).await, (vec![node(ROADMAP), first, last], 3));
        assert_eq!(ask(OWNER, node(MEMBER), &[], 1, 1).await, (vec![first], 3));
        assert_eq!(ask(OWNER, node(MEMBER), &[], 1, 3).await, (vec![], 3));
        assert_eq!(ask(MEMBER, node(MEMBER), &[], 1, 2).await, (vec![node(documents[1])], 4));
        let of = [EdgeKind::BelongsTo.as_str().to_owned()];
        assert_eq!(ask(OWNER, first, &of, 100, 0).await, (vec![node(ROADMAP)], 1));
        assert_eq!(ask(OWNER, node(NOTES), &[], 100, 0).await, (vec![], 0));
    }

    async fn lists_are_read_in_the_order_of_an_index(test: TestDb) {
        many_are_listed_in_the_order_of_an_index(&test).await;
    }

    async fn they_are_so_when_the_engine_knows_of_few_things(test: TestDb) {
        look_at_few_elsewhere(&test).await;
        many_are_listed_in_the_order_of_an_index(&test).await;
    }

    async fn nodes_are_looked_up_by_their_ids_however_many_there_are(test: TestDb) {
        one_of_many_is_looked_up_by_its_id(&test).await;
    }

    async fn they_are_looked_up_so_when_the_engine_knows_of_few_things(test: TestDb) {
        look_at_few_elsewhere(&test).await;
        one_of_many_is_looked_up_by_its_id(&test).await;
    }

    async fn edges_among_nodes_are_those_between_what_is_seen(test: TestDb) {
        let world = World::new(test).await;
        world.follow(&project(ROADMAP, MEMBER)).await;
        world.follow(&document(Some(ROADMAP), true)).await;
        let all = [node(MEMBER), node(ROADMAP), node(NOTES)];
        let among = Among { nodes: &all, edge_types: &[], limit: 10, room: usize::MAX };
        for (hidden, viewer, count) in [(vec![], OWNER, 3), (vec![NOTES], OWNER, 1), (vec![NOTES], MEMBER, 3)] {
            let hidden = Hidden(hidden);
            let graph = ProjectedGraph::open(&world.test.db, &hidden, COMPANY, viewer).await.unwrap();
            assert_eq!(graph.among(&among).await.unwrap().len(), count);
            let few = Among { nodes: &all[..2], ..among };
            assert_eq!(graph.among(&few).await.unwrap().len(), 1);
            let of = [EdgeKind::Authored.as_str().to_owned()];
            let authored = Among { edge_types: &of, ..among };
            assert_eq!(graph.among(&authored).await.unwrap().len(), count.min(2));
        }
    }
}
