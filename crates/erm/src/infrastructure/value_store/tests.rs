//! By which index values are forgotten.

use perme8_events::sql::Db;

use super::*;
use crate::testing::{COMPANY, people_with_values, plan, planned_alike};

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

planned_alike!(values_are_forgotten_by_whose_they_are: few_of_many_are_forgotten_by_whose_they_are);
