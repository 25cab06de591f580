//! By which index edges are found.

use perme8_events::{sql, sql::Db};

use super::*;
use crate::testing::{COMPANY, Shape, plan, planned_alike, plant};

/// Whatever the engine has seen of the table before, of the many edges by now those that went with an entity are found by that.
async fn those_that_went_are_found_by_their_entity(db: &Db) {
    let shape = Shape::ScaleFree { nodes: 500, edges: 2_000 };
    let planted = plant(db, COMPANY, shape, 1).await.unwrap();
    let query = db.query(sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", edges_gone_with!("+workspace_id = $1")),
        postgres: concat!("EXPLAIN ", edges_gone_with!("(workspace_id = $1) IS TRUE"))
    ));
    let query = query.bind(COMPANY).bind(planted.entity(0));
    let plan = plan(query.bind(i64::from(MOST_EDGES)).bind(i64::from(MOST_BYTES))).await;
    assert!(plan.contains("erm_edges_deleted_with"), "{plan}");
    let of_all = ["erm_edges_newest", "erm_edges_of_type", "Seq Scan", "SCAN erm_"];
    assert!(!of_all.iter().any(|index| plan.contains(index)), "{plan}");
}

planned_alike!(edges_that_went_with_an_entity_are_found_by_that_alone: those_that_went_are_found_by_their_entity);
