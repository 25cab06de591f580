//! By which indexes values are found anew.

use perme8_events::sql::Db;

use super::*;
use crate::{
    domain::{
        names::{PropertyName, TypeName},
        values::PropertyType,
    },
    testing::{COMPANY, people_with_values, plan, planned_alike},
};

/// What was a text and is a moment from now on.
fn since() -> Retyped {
    Retyped {
        holder: Holder::Entity,
        item_type: TypeName::parse("Person").unwrap(),
        property: PropertyName::parse("since").unwrap(),
        property_type: PropertyType::Datetime,
    }
}

async fn plan_of_stale(db: &Db) -> String {
    let stmt = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", stale_sqlite!()),
        postgres: concat!("EXPLAIN ", stale_postgres!())
    );
    plan(db.query(stmt).bind(COMPANY).bind(Json(RetypedRow::all(&[since()])))).await
}

async fn plan_of_counted(db: &Db) -> String {
    let stmt = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", counted_sqlite!()),
        postgres: concat!("EXPLAIN ", counted_postgres!())
    );
    let query = db.query(stmt).bind(COMPANY).bind(Json(RetypedRow::all(&[since()])));
    plan(query.bind(50_001_i64)).await
}

async fn plan_of_misplaced(db: &Db) -> String {
    let stmt = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", misplaced_sqlite!("erm_entities")),
        postgres: concat!("EXPLAIN ", misplaced_postgres!("erm_entities"))
    );
    let (low, high) = since().old_keys();
    let query = db.query(stmt).bind(COMPANY).bind("entity").bind("Person").bind("since");
    let query = query.bind(low.as_slice()).bind(Uuid::nil()).bind(high.as_slice());
    plan(query.bind(i64::from(AT_ONCE))).await
}

async fn plan_of_replaced(db: &Db, keys: &[(Uuid, Key)]) -> String {
    let stmt = sql!(
        sqlite: concat!("EXPLAIN QUERY PLAN ", replaced_sqlite!()),
        postgres: concat!("EXPLAIN ", replaced_postgres!())
    );
    plan(db.query(stmt).bind(COMPANY).bind("since").bind(Json(KeyRow::all(keys)))).await
}

/// Whatever the engine has seen of the tables before, values of which there are many by now are read by the indexes alone.
async fn many_are_found_by_indexes(db: &Db) {
    let people = people_with_values(db, 2_000).await;
    let keys: Vec<(Uuid, Key)> =
        people.iter().take(250).map(|person| (person.uuid(), Key::of_text("another"))).collect();
    let stale = plan_of_stale(db).await;
    let counted = plan_of_counted(db).await;
    let misplaced = plan_of_misplaced(db).await;
    let replaced = plan_of_replaced(db, &keys).await;
    let [by_key, of_whom, by_item, in_place] = match db.engine_name() {
        "SQLite" => [
            "USING PRIMARY KEY (workspace_id=? AND holder=? AND item_type=? AND property=? AND ",
            "SEARCH item USING INDEX sqlite_autoindex_erm_entities_1 (id=?)",
            "erm_values_item (item_id=? AND property=?)",
            "SEARCH erm_values USING",
        ],
        _ => [
            "erm_values_pkey",
            "Index Scan using erm_entities_pkey on erm_entities",
            "Index Scan using erm_values_item on erm_values",
            "Tid Scan on erm_values held",
        ],
    };
    for (plan, by) in [
        (&stale, by_key),
        (&counted, by_key),
        (&misplaced, by_key),
        (&misplaced, of_whom),
        (&replaced, by_item),
        (&replaced, in_place),
    ] {
        assert!(plan.contains(by), "{plan}");
    }
    for plan in [&stale, &counted, &misplaced, &replaced] {
        let reads_all = ["SCAN erm_", "SCAN held", "SCAN item", "Seq Scan on erm_"];
        assert!(!reads_all.iter().any(|reads| plan.contains(reads)), "{plan}");
    }
}

planned_alike!(values_are_found_anew_by_their_keys_and_by_whose_they_are: many_are_found_by_indexes);
