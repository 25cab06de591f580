//! Walks over real tables: what they find, and by which index.

use std::collections::BTreeSet;

use perme8_events::{
    Origin,
    sql::{Db, UnitOfWork},
    testing::on_both_engines,
};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};

use super::*;
use crate::{
    Depth, GraphLimit,
    application::clearance::Remains as _,
    domain::graph::{
        oracle::{Asked, Picture, asked, pictures},
        sweep::{Place, ROWS},
    },
    testing::{COMPANY, ELSEWHERE, Shape, id, look_at_few, plan, plant, put},
};

async fn plan_of_hop(db: &Db, from: &[EntityId], way: Way) -> String {
    let stmt = match way {
        Way::Out => sql!(
            sqlite: concat!("EXPLAIN QUERY PLAN ", hop_sqlite!("source_id", "target_id")),
            postgres: concat!("EXPLAIN ", hop_postgres!("source_id", "target_id"))
        ),
        Way::In => sql!(
            sqlite: concat!("EXPLAIN QUERY PLAN ", hop_sqlite!("target_id", "source_id")),
            postgres: concat!("EXPLAIN ", hop_postgres!("target_id", "source_id"))
        ),
    };
    let query = db.query(stmt).bind(COMPANY).bind(Json(from)).bind("").bind(Uuid::nil());
    plan(query.bind(Uuid::nil()).bind(most(ROWS)).bind(Json([(); 0]))).await
}

async fn plan_of_beside(db: &Db, node: EntityId) -> String {
    let stmt = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", beside_sqlite!()),
        postgres: concat!("EXPLAIN ", beside_postgres!())
    );
    let query = db.query(stmt).bind(COMPANY).bind(node).bind(true).bind(true);
    let query = query.bind(Json([(); 0])).bind(Json([(); 0])).bind(100_i64).bind(0_i64);
    plan(query.bind(500_001_i64).bind(100_001_i64)).await
}

async fn plan_of_among(db: &Db, nodes: &[EntityId]) -> String {
    let stmt = sql!(
        sqlite: concat!(
            "EXPLAIN QUERY PLAN ",
            edges_sqlite!(among_sqlite!())
        ),
        postgres: concat!(
            "EXPLAIN ",
            known_postgres!("erm_edges", these_postgres!("erm_edges", among_postgres!()))
        )
    );
    let query = db.query(stmt).bind(COMPANY).bind(Json(nodes)).bind(1_000_i64);
    plan(query.bind(Json([(); 0])).bind(1_000_i64)).await
}

async fn plan_of_known(db: &Db, nodes: &[EntityId]) -> String {
    let stmt = sql!(
        sqlite: concat!(
            "EXPLAIN QUERY PLAN ",
            entities_sqlite!(these_sqlite!("erm_entities"))
        ),
        postgres: concat!(
            "EXPLAIN ",
            known_postgres!("erm_entities", these_postgres!("erm_entities", ids_postgres!()))
        )
    );
    plan(db.query(stmt).bind(COMPANY).bind(Json(nodes)).bind(1_000_i64)).await
}

/// Whether neighbours are read by the ends of edges, too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Neighbours {
    ByEnds,
    /// As long as PostgreSQL knows only of edges elsewhere, it goes through those of the workspace for one node.
    Anyhow,
}

/// Whatever the engine has seen of the tables before, a graph that is large by now is read by the indexes alone.
async fn large_graphs_are_read_by_indexes(db: &Db, neighbours: Neighbours) {
    // Fewer edges PostgreSQL would rather read from one end to the other.
    let shape = Shape::ScaleFree { nodes: 2_000, edges: 20_000 };
    let planted = plant(db, COMPANY, shape, 1).await.unwrap();
    let nodes: Vec<EntityId> = (0..100).map(|number| planted.entity(number)).collect();
    let out = plan_of_hop(db, &nodes, Way::Out).await;
    let back = plan_of_hop(db, &nodes, Way::In).await;
    let beside = plan_of_beside(db, nodes[0]).await;
    let among = plan_of_among(db, &nodes).await;
    let known = plan_of_known(db, &nodes).await;
    assert!(![&out, &back].iter().any(|plan| plan.contains("TEMP B-TREE")), "{out} {back}");
    let (covering, by_id) = ("erm_edges USING COVERING INDEX", "sqlite_autoindex_erm_entities_1");
    for (plan, of_it, index, end) in [
        (&out, covering, "erm_edges_out", "source_id=?"),
        (&back, covering, "erm_edges_in", "target_id=?"),
        (&beside, covering, "erm_edges_out", "source_id=?"),
        (&beside, covering, "erm_edges_in", "target_id=?"),
        (&among, "item USING INDEX", "erm_edges_out", "source_id=?"),
    ] {
        if *plan == beside && neighbours == Neighbours::Anyhow {
            continue;
        }
        let by_index = match db.engine_name() {
            "SQLite" => format!("SEARCH {of_it} {index} (workspace_id=? AND {end}"),
            _ => format!("Index Only Scan using {index}"),
        };
        assert!(plan.contains(&by_index), "{plan}");
    }
    for plan in [&beside, &known] {
        let by_index = match db.engine_name() {
            "SQLite" => format!("USING INDEX {by_id} (id=?)"),
            _ => "Index Scan using erm_entities_pkey".to_owned(),
        };
        assert!(plan.contains(&by_index), "{plan}");
    }
    for plan in [&out, &back, &beside, &among, &known] {
        let reads_all = ["SCAN erm_", "SCAN item", "SCAN entity", "Seq Scan on erm_"];
        assert!(!reads_all.iter().any(|reads| plan.contains(reads)), "{plan}");
    }
}

/// Some pictures, and what is asked of each, always the same.
fn drawn(count: usize) -> impl Iterator<Item = (Picture, Asked)> {
    let (mut chance, strategy) = (TestRunner::deterministic(), (pictures(), asked()));
    std::iter::repeat_with(move || strategy.new_tree(&mut chance).unwrap().current()).take(count)
}

/// Puts a picture into the company, with an edge that is deleted, and one of another workspace.
async fn hang(db: &Db, picture: &Picture) {
    let (entities, edges) = picture.rows();
    let (deleted, elsewhere) = (id(0xD000), id(0xD001));
    let (first, last) = (picture.node(0), picture.node(entities.len() - 1));
    put(db, COMPANY, &entities, &edges, |_, _| ()).await.unwrap();
    put(db, COMPANY, &[], &[(deleted, "A", first, last)], |_, _| ()).await.unwrap();
    put(db, ELSEWHERE, &[], &[(elsewhere, "A", first, last)], |_, _| ()).await.unwrap();
    let delete = sql!("UPDATE erm_edges SET deleted_at = created_at WHERE id = $1");
    let uow = UnitOfWork::new(db.clone());
    uow.run(Origin::system("tests"), async |tx| tx.query(delete).bind(deleted).exec().await)
        .await
        .unwrap();
}

async fn take_down(db: &Db) {
    let uow = UnitOfWork::new(db.clone());
    let cleared = uow.run(Origin::system("tests"), async |tx| {
        tx.clear(COMPANY, 1_000).await?;
        tx.clear(ELSEWHERE, 1_000).await
    });
    assert_eq!(cleared.await.unwrap(), 1);
}

/// What is asked of a graph is answered as by looking at the picture.
async fn compare(graph: &StoredGraph, picture: &Picture, asked: &Asked) {
    let Asked { target, depth, direction, edge_types, entity_types, limit } = asked;
    let all: Vec<EntityId> = picture.nodes().collect();
    for way in [Way::Out, Way::In] {
        let hop = Hop { from: &all, way, edge_types, after: None, rows: *limit };
        let found = graph.hop(&hop).await.unwrap();
        assert_eq!(found, picture.hop(&hop));
        if let Some(link) = found.last() {
            let (near, far) = link.ends(way);
            let after = Place { edge_type: link.edge_type.clone(), far, id: link.id };
            let hop = Hop { from: &[near], after: Some(&after), ..hop };
            assert_eq!(graph.hop(&hop).await.unwrap(), picture.hop(&hop));
        }
    }
    let wanted = all.iter().filter(|node| picture.is_of(**node, entity_types));
    let those = graph.those_of(&all, entity_types).await.unwrap();
    assert_eq!(BTreeSet::from_iter(those), wanted.copied().collect());
    let (node, offset) = (picture.node(*target), u64::from(*depth) - 1);
    let (limit, direction) = (GraphLimit::of(i64::try_from(*limit).unwrap()).unwrap(), *direction);
    let (nodes, edges) = (100_000, 500_000);
    let beside = Beside { node, direction, edge_types, entity_types, limit, offset, nodes, edges };
    let page = graph.beside(&beside).await.unwrap();
    let near = picture.beside(node, direction, edge_types, entity_types);
    assert_eq!(
        (page.total, page.looked_at),
        (near.len(), picture.edges_at(node, direction, edge_types))
    );
    let some = graph.beside(&Beside { nodes: 1, ..beside }).await.unwrap();
    assert_eq!((some.total, some.looked_at), (near.len().min(2), page.looked_at));
    let some = graph.beside(&Beside { edges: 1, ..beside }).await.unwrap();
    assert_eq!(some.looked_at > 1, page.looked_at > 1);
    assert!(some.looked_at <= page.looked_at.min(4));
    let near = near.into_iter().skip(usize::from(*depth) - 1).take(limit.get().into());
    assert_eq!(page.nodes, near.collect::<Vec<_>>());
    let some = &all[..all.len().min(*target + 1)];
    let among = Among { nodes: some, edge_types, limit: 100, room: 10_000 };
    let expected: Vec<EdgeId> =
        picture.among(some, edge_types).iter().map(|link| link.id).collect();
    let found = graph.among(&among).await.unwrap();
    assert_eq!(found.iter().map(|edge| edge.item.id).collect::<Vec<_>>(), expected);
    let some = graph.among(&Among { limit: 2, ..among }).await.unwrap();
    assert_eq!(some.len(), expected.len().min(2));
    assert!(some.iter().all(|edge| expected.contains(&edge.item.id)));
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn walks_read_the_indexes_of_edges_by_their_ends(test: TestDb) {
        large_graphs_are_read_by_indexes(&test.db, Neighbours::ByEnds).await;
    }

    async fn they_do_so_when_the_engine_knows_of_few_edges(test: TestDb) {
        look_at_few(&test.db, COMPANY).await;
        large_graphs_are_read_by_indexes(&test.db, Neighbours::ByEnds).await;
    }

    async fn they_do_so_when_the_engine_knows_of_few_edges_elsewhere(test: TestDb) {
        look_at_few(&test.db, ELSEWHERE).await;
        let neighbours = match test.db.engine_name() {
            "SQLite" => Neighbours::ByEnds,
            _ => Neighbours::Anyhow,
        };
        large_graphs_are_read_by_indexes(&test.db, neighbours).await;
    }

    async fn every_question_is_answered_as_by_looking_at_the_picture(test: TestDb) {
        let graph = StoredGraph::new(test.db.clone(), COMPANY);
        for (picture, asked) in drawn(40) {
            hang(&test.db, &picture).await;
            compare(&graph, &picture, &asked).await;
            take_down(&test.db).await;
        }
    }

    async fn no_more_is_read_than_there_is_room_for_and_one(test: TestDb) {
        let planted = plant(&test.db, COMPANY, Shape::Grid { width: 3, height: 3 }, 5).await.unwrap();
        let graph = StoredGraph::new(test.db.clone(), COMPANY);
        let nodes: Vec<EntityId> = (0..9).rev().map(|number| planted.entity(number)).collect();
        // Each of them knows its number, in 12 bytes.
        for (room, count) in [(0, 1), (11, 1), (12, 2), (23, 2), (24, 3), (1_000, 9), (usize::MAX, 9)] {
            let known = graph.nodes(&nodes, room).await.unwrap();
            assert_eq!(known.len(), count, "{room}");
            assert!(known.iter().all(|node| node.bytes == 12));
            assert!(known.is_sorted_by_key(|node| node.item.id));
        }
        let among = Among { nodes: &nodes, edge_types: &[], limit: 100, room: 3 };
        let edges = graph.among(&among).await.unwrap();
        assert_eq!(edges.iter().map(|edge| edge.bytes).collect::<Vec<_>>(), [2, 2]);
        let ids: Vec<EdgeId> = edges.iter().map(|edge| edge.item.id).collect();
        assert_eq!(graph.edges(&ids, 1).await.unwrap().len(), 1);
        assert_eq!(graph.edges(&ids, 2).await.unwrap(), edges);
    }

    async fn hops_and_recursion_reach_the_same(test: TestDb) {
        for (number, shape) in (0..).zip([
            Shape::ScaleFree { nodes: 300, edges: 900 },
            Shape::SmallWorld { nodes: 200, each: 3, anywhere: 10 },
            Shape::Grid { width: 20, height: 10 },
        ]) {
            let workspace = id(100 + number);
            let planted = plant(&test.db, workspace, shape, 2).await.unwrap();
            let other = plant(&test.db, id(200 + number), shape, 3).await.unwrap();
            for (start, depth) in [(0, 1), (7, 2), (90, 3), (150, 10)] {
                let (start, depth) = (planted.entity(start), Depth::of(depth).unwrap());
                let by_hops = planted.count_by_hops(start, depth).await.unwrap();
                assert_eq!(by_hops, planted.count_by_recursion(start, depth).await.unwrap());
                assert!(by_hops > 1, "{shape:?}");
                // Nothing of it is in another workspace.
                assert_eq!(other.count_by_hops(start, depth).await.unwrap(), 1);
            }
        }
    }

    async fn a_hop_is_as_long_as_it_is_asked_for_and_goes_on_behind_a_place(test: TestDb) {
        let planted = plant(&test.db, COMPANY, Shape::ScaleFree { nodes: 50, edges: 400 }, 4).await.unwrap();
        let graph = StoredGraph::new(test.db.clone(), COMPANY);
        let nodes: Vec<EntityId> = (0..50).map(|number| planted.entity(number)).collect();
        for way in [Way::Out, Way::In] {
            for types in [vec![], vec!["KNOWS".to_owned()], vec!["KNOWS".to_owned(), "CITES".to_owned()]] {
                let ask = |from, after, rows| Hop { from, way, edge_types: &types, after, rows };
                let all = graph.hop(&ask(&nodes, None, 10_000)).await.unwrap();
                assert_eq!(all.len(), [400, 134, 267][types.len()]);
                let order = |link: &Link| (link.ends(way).0, link.edge_type.clone(), link.ends(way).1, link.id);
                assert!(all.is_sorted_by_key(order));
                assert_eq!(graph.hop(&ask(&nodes, None, 7)).await.unwrap(), all[..7]);
                let near = all[0].ends(way).0;
                let place = |link: &Link| Place {
                    edge_type: link.edge_type.clone(), far: link.ends(way).1, id: link.id,
                };
                let of_it: Vec<_> = all.iter().filter(|link| link.ends(way).0 == near).cloned().collect();
                let behind = graph.hop(&ask(&[near], Some(&place(&of_it[0])), 10_000)).await.unwrap();
                assert_eq!(behind, of_it[1..]);
            }
        }
        let elsewhere = StoredGraph::new(test.db.clone(), ELSEWHERE);
        let hop = Hop { from: &nodes, way: Way::Out, edge_types: &[], after: None, rows: 10 };
        assert_eq!(elsewhere.hop(&hop).await.unwrap(), []);
    }

    async fn what_is_asked_for_is_known_in_its_workspace_alone(test: TestDb) {
        let planted = plant(&test.db, COMPANY, Shape::Grid { width: 4, height: 4 }, 5).await.unwrap();
        let nodes: Vec<EntityId> = [3, 4, 99].map(|number| planted.entity(number)).to_vec();
        let graph = StoredGraph::new(test.db.clone(), COMPANY);
        assert_eq!(graph.those_of(&nodes, &[]).await.unwrap(), nodes[..2]);
        assert_eq!(graph.those_of(&nodes, &["Person".to_owned()]).await.unwrap(), nodes[1..2]);
        let known = graph.nodes(&nodes, 1_000).await.unwrap();
        let said = known.iter().map(|Weighed { item: node, .. }| serde_json::to_string(&(&node.entity_type, &node.properties)).unwrap());
        assert_eq!(said.collect::<Vec<_>>(), [r#"["Company",{"number":3}]"#, r#"["Person",{"number":4}]"#]);
        let hop = Hop { from: &nodes[..1], way: Way::Out, edge_types: &[], after: None, rows: 10 };
        let links = graph.hop(&hop).await.unwrap();
        let ids: Vec<EdgeId> = links.iter().map(|link| link.id).collect();
        let edges = graph.edges(&ids, 1_000).await.unwrap();
        assert_eq!(edges.len(), 1);
        let edge = &edges[0].item;
        assert_eq!((edge.source_id, edge.target_id), (links[0].source, links[0].target));
        let elsewhere = StoredGraph::new(test.db.clone(), ELSEWHERE);
        assert_eq!(elsewhere.those_of(&nodes, &[]).await.unwrap(), []);
        assert_eq!(elsewhere.nodes(&nodes, 1_000).await.unwrap(), []);
        assert_eq!(elsewhere.edges(&ids, 1_000).await.unwrap(), []);
        let beside = Beside {
            node: nodes[0],
            direction: Direction::Both,
            edge_types: &[],
            entity_types: &[],
            limit: GraphLimit::ALL,
            offset: 0,
            nodes: 10,
            edges: 10,
        };
        assert_eq!(elsewhere.beside(&beside).await.unwrap(), BesidePage::default());
        let among = Among { nodes: &nodes, edge_types: &[], limit: 10, room: 1_000 };
        assert_eq!(elsewhere.among(&among).await.unwrap(), []);
    }
}
