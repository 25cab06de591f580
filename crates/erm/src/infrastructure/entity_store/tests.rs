//! By which index entities are changed.

use perme8_events::testing::on_both_engines;

use super::*;
use crate::testing::{COMPANY, people_with_values, plan};

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn entities_are_changed_by_their_ids(test: TestDb) {
        let people = people_with_values(&test.db, 2_000).await;
        let row = |id: &EntityId| WrittenRow {
            id: *id,
            entity_type: "Person",
            key: None,
            properties: "{}".to_owned(),
            gone: None,
            version: 1,
        };
        let rows: Vec<WrittenRow<'_>> = people[..1].iter().map(row).collect();
        let query = test.db.query(sql!(
            sqlite: concat!("EXPLAIN QUERY PLAN ", updated_sqlite!()),
            postgres: concat!("EXPLAIN ", updated_postgres!())
        ));
        let now = test.db.clock().now();
        let plan = plan(query.bind(COMPANY).bind(now).bind(Json(rows))).await;
        let by_id = match test.db.engine_name() {
            "SQLite" => "SEARCH erm_entities USING INDEX sqlite_autoindex_erm_entities_1 (id=?",
            _ => "Index Cond: (id = ANY",
        };
        assert!(plan.contains(by_id), "{plan}");
    }
}
