//! Walks over real tables: what they find, and by which index.

use perme8_events::{sql::Db, testing::on_both_engines};

use super::*;
use crate::{
    Depth,
    testing::{COMPANY, ELSEWHERE, Shape, plant},
};

/// A line of a plan, on either engine the last column.
struct PlanRow(String);

impl<'r, R: sqlx::Row> FromRow<'r, R> for PlanRow
where
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    usize: sqlx::ColumnIndex<R>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        row.try_get(row.len() - 1).map(Self)
    }
}

async fn plan(db: &Db, from: &[EntityId], way: Way) -> String {
    let stmt = match way {
        Way::Out => hop!(@ "EXPLAIN QUERY PLAN ", "EXPLAIN ", "source_id", "target_id", "", ""),
        Way::In => hop!(@ "EXPLAIN QUERY PLAN ", "EXPLAIN ", "target_id", "source_id", "", ""),
    };
    let query = db.query(stmt).bind(COMPANY).bind(Json(from)).bind("").bind(Uuid::nil());
    let lines: Vec<PlanRow> = query.bind(Uuid::nil()).bind(10_000_i64).all().await.unwrap();
    lines.into_iter().map(|line| line.0 + "\n").collect()
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn a_hop_reads_nothing_but_the_index_of_edges_by_their_ends(test: TestDb) {
        let shape = Shape::ScaleFree { nodes: 500, edges: 2_000 };
        let planted = plant(&test.db, COMPANY, shape, 1).await.unwrap();
        let from: Vec<EntityId> = (0..100).map(|number| planted.entity(number)).collect();
        for (way, index) in [(Way::Out, "erm_edges_out"), (Way::In, "erm_edges_in")] {
            let plan = plan(&test.db, &from, way).await;
            let by_index = match test.db.engine_name() {
                "SQLite" => format!("SEARCH erm_edges USING COVERING INDEX {index} (workspace_id=?"),
                _ => format!("Index Only Scan using {index}"),
            };
            assert!(plan.contains(&by_index), "{plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{plan}");
        }
    }

    async fn hops_and_recursion_reach_the_same(test: TestDb) {
        for (number, shape) in (0..).zip([
            Shape::ScaleFree { nodes: 300, edges: 900 },
            Shape::SmallWorld { nodes: 200, each: 3, anywhere: 10 },
            Shape::Grid { width: 20, height: 10 },
        ]) {
            let workspace = crate::testing::id(100 + number);
            let planted = plant(&test.db, workspace, shape, 2).await.unwrap();
            let other = plant(&test.db, crate::testing::id(200 + number), shape, 3).await.unwrap();
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
                let place = |link: &Link| crate::domain::graph::sweep::Place {
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
        let known = graph.nodes(&nodes).await.unwrap();
        let said = known.iter().map(|node| serde_json::to_string(&(&node.entity_type, &node.properties)).unwrap());
        assert_eq!(said.collect::<Vec<_>>(), [r#"["Company",{"number":3}]"#, r#"["Person",{"number":4}]"#]);
        let hop = Hop { from: &nodes[..1], way: Way::Out, edge_types: &[], after: None, rows: 10 };
        let links = graph.hop(&hop).await.unwrap();
        let ids: Vec<EdgeId> = links.iter().map(|link| link.id).collect();
        let edges = graph.edges(&ids).await.unwrap();
        assert_eq!(edges.len(), 1);
        assert_eq!((edges[0].source_id, edges[0].target_id), (links[0].source, links[0].target));
        let elsewhere = StoredGraph::new(test.db.clone(), ELSEWHERE);
        assert_eq!(elsewhere.those_of(&nodes, &[]).await.unwrap(), []);
        assert_eq!(elsewhere.nodes(&nodes).await.unwrap(), []);
        assert_eq!(elsewhere.edges(&ids).await.unwrap(), []);
    }
}
