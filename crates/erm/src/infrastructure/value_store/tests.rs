//! By which index values are forgotten.

use perme8_events::{sql::Db, testing::on_both_engines};

use super::*;
use crate::testing::{COMPANY, ELSEWHERE, look_at_few, people_with_values, plan};

/// Whatever the engine has seen of the table before, of the many values by now those of an item are found by that.
async fn few_of_many_are_forgotten_by_whose_they_are(db: &Db) {
    let people = people_with_values(db, 2_000).await;
    let query = db.query(sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", forgotten_sqlite!(ids_sqlite!())),
        postgres: concat!("EXPLAIN ", forgotten_postgres!(ids_postgres!()))
    ));
    let plan = plan(query.bind(COMPANY).bind(Json(&people[..1]))).await;
    let by_item = match db.engine_name() {
        "SQLite" => ["erm_values_item (item_id=?"; 2],
        _ => ["erm_values_item", "Tid Scan on erm_values"],
    };
    assert!(by_item.iter().all(|by| plan.contains(by)), "{plan}");
    assert!(!plan.contains("Seq Scan on erm_") && !plan.contains("SCAN erm_"), "{plan}");
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn values_are_forgotten_by_whose_they_are(test: TestDb) {
        few_of_many_are_forgotten_by_whose_they_are(&test.db).await;
    }

    async fn they_are_so_when_the_engine_knows_of_few(test: TestDb) {
        look_at_few(&test.db, COMPANY).await;
        few_of_many_are_forgotten_by_whose_they_are(&test.db).await;
    }

    async fn they_are_so_when_the_engine_knows_of_few_elsewhere(test: TestDb) {
        look_at_few(&test.db, ELSEWHERE).await;
        few_of_many_are_forgotten_by_whose_they_are(&test.db).await;
    }
}
