//! By which index entities are changed.

use perme8_events::{sql::Db, testing::on_both_engines};

use super::*;
use crate::testing::{COMPANY, ELSEWHERE, look_at_few, people_with_values, plan};

/// Whatever the engine has seen of the table before, one of the many entities by now is changed by its id.
async fn one_of_many_is_changed_by_its_id(db: &Db) {
    let people = people_with_values(db, 6_000).await;
    let row = |id: &EntityId| WrittenRow {
        id: *id,
        entity_type: "Person",
        key: None,
        properties: "{}".to_owned(),
        gone: None,
        version: 1,
    };
    let rows: Vec<WrittenRow<'_>> = people[..1].iter().map(row).collect();
    let query = db.query(sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", updated_sqlite!()),
        postgres: concat!("EXPLAIN ", updated_postgres!())
    ));
    let plan = plan(query.bind(COMPANY).bind(db.clock().now()).bind(Json(rows))).await;
    let by_id = match db.engine_name() {
        "SQLite" => "SEARCH erm_entities USING INDEX sqlite_autoindex_erm_entities_1 (id=?",
        _ => "Index Cond: (id = ANY",
    };
    assert!(plan.contains(by_id), "{plan}");
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn entities_are_changed_by_their_ids(test: TestDb) {
        one_of_many_is_changed_by_its_id(&test.db).await;
    }

    async fn they_are_so_when_the_engine_knows_of_few(test: TestDb) {
        look_at_few(&test.db, COMPANY).await;
        one_of_many_is_changed_by_its_id(&test.db).await;
    }

    async fn they_are_so_when_the_engine_knows_of_few_elsewhere(test: TestDb) {
        look_at_few(&test.db, ELSEWHERE).await;
        one_of_many_is_changed_by_its_id(&test.db).await;
    }
}
