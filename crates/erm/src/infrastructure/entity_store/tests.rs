//! By which index entities are changed.

use perme8_events::sql::Db;

use super::*;
use crate::testing::{COMPANY, people_with_values, plan, planned_alike};

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

planned_alike!(entities_are_changed_by_their_ids: one_of_many_is_changed_by_its_id);
