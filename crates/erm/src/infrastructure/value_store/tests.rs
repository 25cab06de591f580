//! By which index values are forgotten.

use perme8_events::testing::on_both_engines;

use super::*;
use crate::testing::{COMPANY, people_with_values, plan};

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn values_are_forgotten_by_whose_they_are(test: TestDb) {
        let people = people_with_values(&test.db, 2_000).await;
        let query = test.db.query(sql!(
            sqlite: concat!("EXPLAIN QUERY PLAN ", forgotten_sqlite!(ids_sqlite!())),
            postgres: concat!("EXPLAIN ", forgotten_postgres!(ids_postgres!()))
        ));
        let plan = plan(query.bind(COMPANY).bind(Json(&people[..1]))).await;
        let by_item = match test.db.engine_name() {
            "SQLite" => ["erm_values_item (item_id=?"; 2],
            _ => ["Index Scan on erm_values_item", "Tid Scan on erm_values"],
        };
        assert!(by_item.iter().all(|by| plan.contains(by)), "{plan}");
    }
}
