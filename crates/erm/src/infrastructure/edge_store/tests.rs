//! By which index edges are found.

use perme8_events::{sql, testing::on_both_engines};

use super::*;
use crate::testing::{COMPANY, Shape, plan, plant};

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn edges_that_went_with_an_entity_are_found_by_that_alone(test: TestDb) {
        let planted = plant(&test.db, COMPANY, Shape::ScaleFree { nodes: 500, edges: 2_000 }, 1).await.unwrap();
        let query = test.db.query(sql!(
            sqlite: concat!("EXPLAIN QUERY PLAN ", edges_gone_with!("+workspace_id")),
            postgres: concat!("EXPLAIN ", edges_gone_with!("workspace_id"))
        ));
        let query = query.bind(COMPANY).bind(planted.entity(0));
        let plan = plan(query.bind(i64::from(MOST_EDGES)).bind(i64::from(MOST_BYTES))).await;
        assert!(plan.contains("erm_edges_deleted_with"), "{plan}");
    }
}
