//! Many entities or edges at once, over the tables in memory.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use perme8_events::testing::FakeTx;
use serde_json::{Value, json};

use super::{
    BulkError, BulkMode, BulkOutcome,
    create_edges::{CreateEdges, NewEdge},
    create_entities::{CreateEntities, NewEntity},
    delete_entities::DeleteEntities,
    update_entities::{EntityUpdate, UpdateEntities},
};
use crate::{
    application::{acting::Acting, entities::delete_entity::DeleteEntity, ports::Workspaces as _},
    domain::{bulk::LARGEST, quota::Quota, references::EntityId},
    testing::{
        COMPANY, GUEST, MEMBER, ROOM, Said, Tables, acting, added, archived, company, edge, led,
        person, properties, with_people,
    },
};

mod edges;

type Tx = FakeTx<Tables>;
use BulkMode::{Atomic, Partial};

fn entity(name: &str, object: Value) -> NewEntity {
    NewEntity { entity_type: name.to_owned(), external_key: None, properties: properties(object) }
}

fn named(name: impl Into<String>) -> NewEntity {
    entity("Person", json!({ "name": name.into() }))
}

fn create(items: impl IntoIterator<Item = NewEntity>, mode: BulkMode) -> CreateEntities {
    CreateEntities { workspace: COMPANY.into(), items: items.into_iter().map(Ok).collect(), mode }
}

fn update<const N: usize>(items: [(String, Value); N], mode: BulkMode) -> UpdateEntities {
    let items = items
        .map(|(id, object)| Ok(EntityUpdate { id, properties: properties(object), seen: None }));
    UpdateEntities { workspace: COMPANY.into(), items: items.into(), mode }
}

fn delete<const N: usize>(ids: [String; N], mode: BulkMode) -> DeleteEntities {
    DeleteEntities { workspace: COMPANY.into(), ids: ids.map(Ok).into(), mode }
}

fn link(name: &str, source: &impl ToString, target: &impl ToString, object: Value) -> NewEdge {
    let (source_id, target_id) = (source.to_string(), target.to_string());
    NewEdge { edge_type: name.to_owned(), source_id, target_id, properties: properties(object) }
}

fn links(items: impl IntoIterator<Item = NewEdge>, mode: BulkMode) -> CreateEdges {
    CreateEdges { workspace: COMPANY.into(), items: items.into_iter().map(Ok).collect(), mode }
}

fn member() -> Acting {
    acting(MEMBER)
}

/// What was written, what was not and why, and what is told of it.
fn check<T: Into<Said>>(
    tx: &mut Tx,
    outcome: Result<BulkOutcome<T>, BulkError>,
    expected: &Expect,
) {
    let BulkOutcome { done, failed } = outcome.unwrap();
    let mut lines: Vec<String> =
        done.into_iter().map(|item| format!("{:?}", item.into())).collect();
    lines.extend(failed.into_iter().map(|failure| serde_json::to_string(&failure).unwrap()));
    expected.assert_eq(&format!("{}\n{}", lines.join("\n"), tx.transcript()));
    drop(tx.take_events());
}

/// Fifty people, of whom the one in this place is none.
fn fifty(odd: usize) -> Vec<NewEntity> {
    let mut people: Vec<_> = (0..50).map(|number| named(format!("Person {number}"))).collect();
    people[odd] = entity("Person", json!({ "age": -1 }));
    people
}

/// What is told, once, of how many with how many ids.
fn told(tx: &mut Tx, event_type: &str) -> (usize, Vec<Value>) {
    let transcript = tx.transcript();
    drop(tx.take_events());
    let [line] = transcript.lines().collect::<Vec<_>>()[..] else { panic!("{transcript}") };
    let (named, data) = line.split_once(' ').unwrap();
    assert_eq!(named, event_type);
    let data: Value = serde_json::from_str(data).unwrap();
    let count = usize::try_from(data["count"].as_u64().unwrap()).unwrap();
    let ids = data.get("entity_ids").or(data.get("edge_ids")).unwrap();
    (count, ids.as_array().unwrap().clone())
}

#[tokio::test]
async fn of_fifty_of_which_one_is_wrong_none_is_written() {
    let mut tx = with_people().await;
    let outcome = create(fifty(17), Atomic).execute(&mut tx, &member(), ROOM).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
        {"index":17,"errors":[{"field":"name","message":"is required","constraint":"required"},{"field":"age","message":"must be at least 0","constraint":"min"}]}
    "#]],
    );
    assert_eq!((tx.state.entities.len(), tx.state.values.len()), (0, 0));
}

#[tokio::test]
async fn of_fifty_of_which_one_is_wrong_the_others_are_written_and_told_of_at_once() {
    let mut tx = with_people().await;
    let outcome = create(fifty(17), Partial).execute(&mut tx, &member(), ROOM).await.unwrap();
    let failed: Vec<usize> = outcome.failed.iter().map(|failure| failure.index).collect();
    assert_eq!((outcome.done.len(), failed), (49, vec![17]));
    let names = outcome.done.iter().map(|entity| entity.properties["name"].clone());
    let expected = (0..50).filter(|number| *number != 17);
    assert!(names.eq(expected.map(|number| json!(format!("Person {number}")))));
    let (count, ids) = told(&mut tx, "erm.bulk_entities_created");
    assert_eq!(count, 49);
    assert!(ids.into_iter().eq(outcome.done.iter().map(|entity| json!(entity.id))));
    assert_eq!(tx.state.entities.len(), 49);
}

#[tokio::test]
async fn each_is_looked_at_as_if_those_before_it_were_there() {
    let items = || {
        let address = json!({ "name": "Ada", "email": "ada@example.com" });
        let with_key = |name| NewEntity { external_key: Some("crm:1".to_owned()), ..named(name) };
        [
            entity("Person", address.clone()),
            entity("Person", address),
            with_key("Ben"),
            with_key("Cleo"),
            entity("1", json!({})),
            entity("Robot", json!({})),
            NewEntity { external_key: Some(String::new()), ..named("Dan") },
            entity("Person", json!({ "age": "old", "zip": 1 })),
            named("Eve"),
        ]
    };
    let two = Quota { entities: 2, ..ROOM };
    let mut tx = with_people().await;
    let outcome = create(items(), Atomic).execute(&mut tx, &member(), two).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
            {"index":1,"errors":[{"field":"email","message":"has already been taken","constraint":"unique"}]}
            {"index":3,"errors":[{"field":"external_key","message":"another entity of this type has this external key","constraint":"unique"}]}
            {"index":4,"errors":[{"field":"type","message":"invalid type name \"1\": up to 100 letters, digits and underscores, of which the first is a letter","constraint":"type"}]}
            {"index":5,"errors":[{"field":"type","message":"type Robot is not defined in the schema","constraint":"type"}]}
            {"index":6,"errors":[{"field":"external_key","message":"invalid external key \"\": 1 to 255 characters, none of which is a control character","constraint":"format"}]}
            {"index":7,"errors":[{"field":"zip","message":"is not defined","constraint":"unknown"},{"field":"name","message":"is required","constraint":"required"},{"field":"age","message":"must be an integer","constraint":"type"}]}
            {"index":8,"errors":[{"message":"the workspace has no room for more than 2 entities","constraint":"quota"}]}
        "#]],
    );
    assert_eq!(tx.state.entities.len(), 0);
    let outcome = create(items(), Partial).execute(&mut tx, &member(), two).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
            Person 107 {"email":"ada@example.com","name":"Ada"} version 1
            Person 109 "crm:1" {"name":"Ben"} version 1
            {"index":1,"errors":[{"field":"email","message":"has already been taken","constraint":"unique"}]}
            {"index":3,"errors":[{"field":"external_key","message":"another entity of this type has this external key","constraint":"unique"}]}
            {"index":4,"errors":[{"field":"type","message":"invalid type name \"1\": up to 100 letters, digits and underscores, of which the first is a letter","constraint":"type"}]}
            {"index":5,"errors":[{"field":"type","message":"type Robot is not defined in the schema","constraint":"type"}]}
            {"index":6,"errors":[{"field":"external_key","message":"invalid external key \"\": 1 to 255 characters, none of which is a control character","constraint":"format"}]}
            {"index":7,"errors":[{"field":"zip","message":"is not defined","constraint":"unknown"},{"field":"name","message":"is required","constraint":"required"},{"field":"age","message":"must be an integer","constraint":"type"}]}
            {"index":8,"errors":[{"message":"the workspace has no room for more than 2 entities","constraint":"quota"}]}
            erm.bulk_entities_created {"bulk_operation_id":"00000000-0000-0000-0000-00000000010c","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_ids":["00000000-0000-0000-0000-000000000107","00000000-0000-0000-0000-000000000109"],"count":2}
        "#]],
    );
    // Nothing is told when none is written.
    let outcome = create(items(), Partial).execute(&mut tx, &member(), two).await.unwrap();
    assert_eq!((outcome.done.len(), outcome.failed.len()), (0, 9));
    assert_eq!(tx.transcript(), "");
}

#[tokio::test]
async fn from_one_to_a_thousand_are_written_at_once_by_who_may_write() {
    let mut tx = company();
    let mut said = String::new();
    let mut refused = async |tx: &mut Tx, acting: Acting, count: usize| {
        let people = (0..count).map(|_| named("Ada"));
        let outcome = create(people, Partial).execute(tx, &acting, ROOM).await;
        writeln!(said, "{}", outcome.expect_err("it is refused")).unwrap();
    };
    // Whether there is a schema is looked at last.
    for count in [0, LARGEST + 1, LARGEST] {
        refused(&mut tx, member(), count).await;
    }
    for acting in [acting(GUEST), archived(member())] {
        refused(&mut tx, acting, 0).await;
    }
    tx.remember_gone(COMPANY).await.unwrap();
    refused(&mut tx, member(), 1).await;
    expect![[r#"
        at least one item must be named
        at most 1000 items are written at once
        the workspace has no schema: write one first
        guests write no entities and edges
        the workspace is archived: restore it first
        there is no such workspace
    "#]]
    .assert_eq(&said);
    let nobody = String::new;
    let refused = [
        update([], Atomic).execute(&mut tx, &member()).await.is_err(),
        update([(nobody(), json!({}))], Atomic).execute(&mut tx, &acting(GUEST)).await.is_err(),
        delete([], Atomic).execute(&mut tx, &member()).await.is_err(),
        delete([nobody()], Atomic).execute(&mut tx, &acting(GUEST)).await.is_err(),
        links([], Atomic).execute(&mut tx, &member(), ROOM).await.is_err(),
        links([link("KNOWS", &"", &"", json!({}))], Atomic)
            .execute(&mut tx, &acting(GUEST), ROOM)
            .await
            .is_err(),
    ];
    assert_eq!((refused, tx.transcript().as_str()), ([true; 6], ""));
}

/// Ada with an address, Ben, and Eve who is gone.
async fn three(tx: &mut Tx) -> [EntityId; 3] {
    let address = json!({ "name": "Ada", "email": "ada@example.com" });
    let ada = added(tx, person(None, address)).await;
    let ben = added(tx, person(None, json!({ "name": "Ben" }))).await;
    let eve = added(tx, person(None, json!({ "name": "Eve" }))).await;
    let delete = DeleteEntity { workspace: COMPANY.into(), id: eve, seen: None };
    delete.execute(tx, &member()).await.unwrap();
    drop(tx.take_events());
    [ada, ben, eve]
}

#[tokio::test]
async fn many_change_at_once() {
    let mut tx = with_people().await;
    let [ada, ben, _] = three(&mut tx).await.map(|id| id.to_string());
    // One after another: the address is free when Ben takes it.
    let changes = [
        (ada.clone(), json!({ "name": "Ada", "age": 36 })),
        (ben.clone(), json!({ "name": "Ben", "email": "ada@example.com" })),
    ];
    let outcome = update(changes.clone(), Atomic).execute(&mut tx, &member()).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
        Person 102 {"age":36,"name":"Ada"} version 2
        Person 103 {"email":"ada@example.com","name":"Ben"} version 2
        erm.bulk_entities_updated {"bulk_operation_id":"00000000-0000-0000-0000-000000000105","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_ids":["00000000-0000-0000-0000-000000000102","00000000-0000-0000-0000-000000000103"],"count":2}
    "#]],
    );
    // Of what stays as it is, nothing is told.
    let [first, _] = changes.clone();
    let some = [(ben, json!({ "name": "Benjamin" })), first];
    let outcome = update(some, Atomic).execute(&mut tx, &member()).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
        Person 103 {"name":"Benjamin"} version 3
        Person 102 {"age":36,"name":"Ada"} version 2
        erm.bulk_entities_updated {"bulk_operation_id":"00000000-0000-0000-0000-000000000106","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_ids":["00000000-0000-0000-0000-000000000103"],"count":1}
    "#]],
    );
    let [first, _] = changes;
    let outcome = update([first], Atomic).execute(&mut tx, &member()).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
        Person 102 {"age":36,"name":"Ada"} version 2
    "#]],
    );
}

#[tokio::test]
async fn what_cannot_change_keeps_the_others_from_it_or_not() {
    let mut tx = with_people().await;
    let [ada, ben, eve] = three(&mut tx).await.map(|id| id.to_string());
    let changes = [
        (eve, json!({ "name": "Eve" })),
        ("nobody".to_owned(), json!({ "name": "Eve" })),
        (ben.clone(), json!({ "name": "Ben", "email": "ada@example.com" })),
        (ada.clone(), json!({ "name": "Ada L.", "email": "ada@example.com" })),
        (ada, json!({ "name": "Ada" })),
    ];
    let outcome = update(changes.clone(), Atomic).execute(&mut tx, &member()).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
            {"index":0,"errors":[{"message":"not_found"}]}
            {"index":1,"errors":[{"field":"id","message":"must be a UUID","constraint":"type"}]}
            {"index":2,"errors":[{"field":"email","message":"has already been taken","constraint":"unique"}]}
            {"index":4,"errors":[{"field":"id","message":"is named twice","constraint":"unique"}]}
        "#]],
    );
    let outcome = update(changes, Partial).execute(&mut tx, &member()).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
            Person 102 {"email":"ada@example.com","name":"Ada L."} version 2
            {"index":0,"errors":[{"message":"not_found"}]}
            {"index":1,"errors":[{"field":"id","message":"must be a UUID","constraint":"type"}]}
            {"index":2,"errors":[{"field":"email","message":"has already been taken","constraint":"unique"}]}
            {"index":4,"errors":[{"field":"id","message":"is named twice","constraint":"unique"}]}
            erm.bulk_entities_updated {"bulk_operation_id":"00000000-0000-0000-0000-000000000105","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_ids":["00000000-0000-0000-0000-000000000102"],"count":1}
        "#]],
    );
    let bad = update([(ben, json!({}))], Partial).execute(&mut tx, &member()).await;
    check(
        &mut tx,
        bad,
        &expect![[r#"
        {"index":0,"errors":[{"field":"name","message":"is required","constraint":"required"}]}
    "#]],
    );
}

#[tokio::test]
async fn many_go_at_once_with_the_edges_at_them() {
    let ids = |ids: [EntityId; 3]| ids.map(|id| id.to_string());
    for mode in [Atomic, Partial] {
        let mut tx = with_people().await;
        let [ada, ben, eve] = three(&mut tx).await;
        led(&mut tx, edge("KNOWS", (ada, ben), json!({}))).await;
        led(&mut tx, edge("KNOWS", (ben, ben), json!({}))).await;
        let outcome = delete(ids([ben, eve, ada]), mode).execute(&mut tx, &member()).await.unwrap();
        assert_eq!(outcome.done, [ben, ada]);
        let failed: Vec<usize> = outcome.failed.iter().map(|failure| failure.index).collect();
        assert_eq!(failed, if mode == Atomic { vec![] } else { vec![1] });
        expect![[r#"
            erm.bulk_entities_deleted {"bulk_operation_id":"00000000-0000-0000-0000-000000000107","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_ids":["00000000-0000-0000-0000-000000000103","00000000-0000-0000-0000-000000000102"],"count":2,"edges_deleted":2}
        "#]]
        .assert_eq(&tx.transcript());
        drop(tx.take_events());
        let outcome = delete(ids([ben, eve, ada]), mode).execute(&mut tx, &member()).await.unwrap();
        assert_eq!(outcome.done, []);
        assert_eq!(tx.transcript(), "");
    }
}

#[tokio::test]
async fn what_is_no_id_keeps_the_others_from_going_or_not() {
    let mut tx = with_people().await;
    let [ada, ben, _] = three(&mut tx).await;
    let ids = [ada.to_string(), "nobody".to_owned(), ada.to_string(), ben.to_string()];
    let outcome = delete(ids.clone(), Atomic).execute(&mut tx, &member()).await.unwrap();
    assert_eq!((outcome.done, tx.transcript().as_str()), (vec![], ""));
    expect![[
        r#"[{"index":1,"errors":[{"field":"id","message":"must be a UUID","constraint":"type"}]}]"#
    ]]
    .assert_eq(&serde_json::to_string(&outcome.failed).unwrap());
    let outcome = delete(ids, Partial).execute(&mut tx, &member()).await.unwrap();
    assert_eq!((outcome.done, outcome.failed.len()), (vec![ada, ben], 1));
    assert_eq!(told(&mut tx, "erm.bulk_entities_deleted").0, 2);
}
