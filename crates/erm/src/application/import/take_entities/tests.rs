//! Entities of a file, taken over in memory.

use expect_test::expect;
use perme8_events::testing::FakeTx;
use serde_json::{Value, json};

use super::*;
use crate::{
    application::put_schema::PutSchema,
    domain::schema::draft::SchemaDraft,
    testing::{COMPANY, GUEST, MEMBER, OWNER, Tables, acting, company, id},
};

const ROOM: Quota = Quota { entities: 10, edges: 10 };

/// The company knows people, of whom no two have the same address.
async fn with_people() -> FakeTx<Tables> {
    let mut tx = company();
    let person = json!([{ "name": "Person", "properties": [
        { "name": "name", "type": "string", "required": true },
        { "name": "email", "type": "string", "unique": true },
    ] }]);
    let draft = SchemaDraft::from_json(Some(person), None);
    let put = PutSchema { workspace: COMPANY.into(), draft, version: None };
    put.execute(&mut tx, &acting(OWNER)).await.unwrap();
    drop(tx.take_events());
    tx
}

/// A line each, from 1 on.
fn lines(entities: &[Value]) -> Vec<Numbered<EntityLine>> {
    let numbered = (1..).zip(entities).map(|(line, entity)| {
        let mut entity = entity.clone();
        entity["type"] = "Person".into();
        Numbered { line, item: serde_json::from_value(entity).unwrap() }
    });
    numbered.collect()
}

fn person(key: &str, name: &str, email: &str) -> Value {
    json!({ "external_key": key, "properties": { "name": name, "email": email } })
}

/// What became of each line, and what is known of people then.
async fn taken(tx: &mut FakeTx<Tables>, entities: &[Value], quota: Quota) -> String {
    let (workspace, lines) = (COMPANY.into(), lines(entities));
    let take = TakeEntities { workspace, lines: &lines, rehearsal: None };
    told(tx, &take, quota).await
}

async fn told(tx: &mut FakeTx<Tables>, take: &TakeEntities<'_>, quota: Quota) -> String {
    let Taken { done, failed, full } = take.execute(tx, &acting(MEMBER), quota).await.unwrap();
    let mut told: Vec<String> = Vec::new();
    for (place, entity) in done {
        told.push(match entity {
            TakenEntity::Created(_) => format!("{place} created"),
            TakenEntity::Updated(_) => format!("{place} updated"),
        });
    }
    for BulkFailure { index, errors } in failed {
        let errors = errors.into_iter().map(|error| error.field.unwrap_or(error.message));
        told.push(format!("{index} failed: {}", errors.collect::<Vec<_>>().join(", ")));
    }
    told.extend(full.map(|place| format!("{place} has no room")));
    let people = tx.state.entities.iter();
    let person = |one: &Entity| format!("{} {}", Value::from(one.properties.clone()), one.version);
    let mut people: Vec<String> = people.map(person).collect();
    people.sort_unstable();
    told.extend(people);
    let transcript = tx.transcript();
    let events = transcript.lines().filter_map(|line| line.split(' ').next());
    told.extend(events.map(str::to_owned));
    drop(tx.take_events());
    told.join("\n")
}

#[tokio::test]
async fn what_is_there_already_is_replaced_even_if_its_values_are_unique() {
    let mut tx = with_people().await;
    let file = [person("1", "Ada", "a@x"), person("2", "Ben", "b@x")];
    expect![[r#"
        0 created
        1 created
        {"email":"a@x","name":"Ada"} 1
        {"email":"b@x","name":"Ben"} 1
        erm.bulk_entities_created"#]]
    .assert_eq(&taken(&mut tx, &file, ROOM).await);
    expect![[r#"
        0 updated
        1 updated
        {"email":"a@x","name":"Ada"} 1
        {"email":"b@x","name":"Ben"} 1"#]]
    .assert_eq(&taken(&mut tx, &file, ROOM).await);
    // They swap their addresses by way of none.
    let file = [
        json!({ "external_key": "1", "properties": { "name": "Ada" } }),
        person("2", "Ben", "a@x"),
        person("1", "Ada", "b@x"),
        person("3", "Eve", "a@x"),
    ];
    expect![[r#"
        0 updated
        1 updated
        2 updated
        3 failed: email
        {"email":"a@x","name":"Ben"} 2
        {"email":"b@x","name":"Ada"} 2
        erm.bulk_entities_updated"#]]
    .assert_eq(&taken(&mut tx, &file, ROOM).await);
}

#[tokio::test]
async fn a_key_that_stands_twice_in_the_file_is_one_entity() {
    let mut tx = with_people().await;
    let file =
        [person("1", "Ada", "a@x"), person("1", "Ada King", "a@x"), person("2", "Eve", "a@x")];
    expect![[r#"
        0 created
        1 updated
        2 failed: email
        {"email":"a@x","name":"Ada King"} 1
        erm.bulk_entities_created"#]]
    .assert_eq(&taken(&mut tx, &file, ROOM).await);
}

#[tokio::test]
async fn many_are_replaced_in_parts() {
    let mut tx = with_people().await;
    let quota = Quota { entities: 1000, ..ROOM };
    let file = |name: &str| -> Vec<Value> {
        let person = |number: u32| person(&number.to_string(), name, &format!("{number}@x"));
        (0..250).chain(0..250).map(person).collect()
    };
    for (name, created, version) in [("Ada", 250, 1), ("Eve", 0, 2)] {
        let lines = lines(&file(name));
        let take = TakeEntities { workspace: COMPANY.into(), lines: &lines, rehearsal: None };
        let taken = take.execute(&mut tx, &acting(MEMBER), quota).await.unwrap();
        let is_new = |(_, one): &&(usize, TakenEntity)| matches!(one, TakenEntity::Created(_));
        assert_eq!(taken.done.iter().filter(is_new).count(), created);
        assert_eq!((taken.done.len(), taken.failed.len()), (500, 0));
        assert_eq!(tx.state.entities.len(), 250);
        let is_so = |one: &Entity| one.version == version && one.properties["name"] == name;
        assert!(tx.state.entities.iter().all(is_so));
    }
}

#[tokio::test]
async fn where_there_is_no_room_it_ends() {
    let mut tx = with_people().await;
    let file = [
        person("1", "Ada", "a@x"),
        json!({ "properties": {} }),
        person("2", "Ben", "b@x"),
        person("1", "Ada King", "a@x"),
        json!({ "properties": {} }),
    ];
    let quota = Quota { entities: 1, ..ROOM };
    expect![[r#"
        0 created
        1 failed: name
        2 has no room
        {"email":"a@x","name":"Ada"} 1
        erm.bulk_entities_created"#]]
    .assert_eq(&taken(&mut tx, &file, quota).await);
}

#[tokio::test]
async fn what_is_only_looked_at_is_told_and_not_written() {
    let mut tx = with_people().await;
    taken(&mut tx, &[person("1", "Ada", "a@x")], ROOM).await;
    let definition = tx.state.schemas[0].definition.clone();
    let mut rehearsal = Rehearsal::of(definition);
    let there = (1..=8).map(|number| (id(number), TypeName::stored("Person".into())));
    rehearsal.entities.extend(there);
    let file = [
        person("1", "Ada King", "a@x"),
        person("2", "Eve", "a@x"),
        person("2", "Ben", "b@x"),
        json!({ "properties": { "name": "Joe" } }),
    ];
    let lines = lines(&file);
    let workspace = COMPANY.into();
    let take = TakeEntities { workspace, lines: &lines, rehearsal: Some(&rehearsal) };
    expect![[r#"
        0 updated
        2 created
        1 failed: email
        3 has no room
        {"email":"a@x","name":"Ada"} 1"#]]
    .assert_eq(&told(&mut tx, &take, ROOM).await);
}

#[tokio::test]
async fn whoever_only_looks_waits_for_no_turn() {
    let mut tx = with_people().await;
    let (rehearsal, by) = (Rehearsal::of(tx.state.schemas[0].definition.clone()), acting(MEMBER));
    let lines = lines(&[person("1", "Ada", "a@x")]);
    let take =
        TakeEntities { workspace: COMPANY.into(), lines: &lines, rehearsal: Some(&rehearsal) };
    let looked = tx.look(async |tx| take.execute(tx, &by, ROOM).await).await.unwrap();
    assert_eq!(looked.done.len(), 1);
    let take = TakeEntities { rehearsal: None, ..take };
    let refused = tx.look(async |tx| take.execute(tx, &by, ROOM).await).await;
    let Err(BulkError::Storage(refused)) = refused else { panic!("{refused:?}") };
    assert!(refused.is_only_looking(), "{refused:?}");
}

#[tokio::test]
async fn guests_take_nothing_over_and_nothing_is_taken_over_without_a_schema() {
    let (workspace, lines) = (COMPANY.into(), lines(&[person("1", "Ada", "a@x")]));
    let take = TakeEntities { workspace, lines: &lines, rehearsal: None };
    let outcome = take.execute(&mut with_people().await, &acting(GUEST), ROOM).await;
    assert!(matches!(outcome, Err(BulkError::Forbidden)), "{outcome:?}");
    let outcome = take.execute(&mut company(), &acting(MEMBER), ROOM).await;
    assert!(matches!(outcome, Err(BulkError::NoSchema)), "{outcome:?}");
}
