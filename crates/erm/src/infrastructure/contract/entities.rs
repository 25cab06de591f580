//! Entities, the values under which they are found, and how many there are.

use perme8_events::testing::promises;
use serde_json::{Value, json};

use super::graphs::{
    Ports, conforming, crowd, holders, is_conflict, named, new_entity, person, sorted, usage, value,
};
use crate::{
    application::ports::items::Holder,
    domain::{bulk::Batch, entity::Entity, references::EntityId},
    testing::{ADMIN, COMPANY, ELSEWHERE, MEMBER, Tables, id},
};

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    entities_come_back_as_they_were_saved
    entities_that_are_written_at_once_come_back_one_by_one
    an_entity_changes_one_version_after_another
    of_many_that_change_at_once_each_has_its_version
    deleted_entities_are_there_and_do_not_live
    a_key_names_one_living_entity_of_a_type
    a_key_is_free_again_when_its_entity_is_deleted
    a_value_is_found_while_its_entity_has_it_and_lives
    a_value_is_that_of_a_property_of_a_type_of_a_workspace
    long_values_are_told_apart
    living_entities_are_counted
}

/// Everything that JSON can say of a person.
fn ada() -> Value {
    json!({ "name": "Ünïcode \"quoted\"\\\n\u{1f600}", "email": "ada@example.com", "age": i64::MAX })
}

async fn loaded<T: Ports>(tx: &mut T, entity: &Entity) -> Option<Entity> {
    tx.entities(entity.workspace_id, &[entity.id]).await.unwrap().pop()
}

async fn entities_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let new = new_entity(tx, COMPANY, ("Person", Some("crm:Ünï")), ada());
    let entity = tx.save(Entity::create(new, MEMBER)).await.unwrap();
    assert_eq!((entity.version, entity.was_live), (1, true));
    assert_eq!(loaded(tx, &entity).await.as_ref(), Some(&entity));
    assert_eq!(tx.entities(ELSEWHERE, &[entity.id]).await.unwrap(), []);
    assert_eq!(tx.entities(COMPANY, &[id(99)]).await.unwrap(), []);
    assert_eq!(tx.entities(COMPANY, &[]).await.unwrap(), []);
}

async fn entities_that_are_written_at_once_come_back_one_by_one<T: Ports>(tx: &mut T) {
    let crowd = crowd(tx, COMPANY, (0..3).map(|age| json!({ "name": "Ada", "age": age }))).await;
    let ids: Vec<_> = crowd.iter().map(|entity| entity.id).collect();
    let found = tx.entities(COMPANY, &[ids[2], ids[0], id(99), ids[1]]).await.unwrap();
    assert_eq!(sorted(found), sorted(crowd));
}

async fn an_entity_changes_one_version_after_another<T: Ports>(tx: &mut T) {
    let first = person(tx, COMPANY, ada()).await.unwrap();
    let now = tx.now();
    let renamed = |name: &str| {
        let checked = conforming("Person", json!({ "name": name }));
        first.replace(checked, ADMIN, now).expect("it is another name")
    };
    let second = tx.save(renamed("Grace")).await.unwrap();
    assert_eq!(second.version, 2);
    assert_eq!(loaded(tx, &second).await.as_ref(), Some(&second));
    let third = tx.save(second.delete(0, ADMIN, now)).await.unwrap();
    assert_eq!((third.version, third.deleted_at), (3, Some(now)));
    assert_eq!(loaded(tx, &third).await.as_ref(), Some(&third));
    let fourth = tx.save(third.restore(Vec::new(), 0, ADMIN, now)).await.unwrap();
    assert_eq!((fourth.version, fourth.deleted_at), (4, None));
    assert_eq!(loaded(tx, &fourth).await, Some(fourth));
    assert!(is_conflict(tx.save(renamed("Eve")).await));
}

async fn of_many_that_change_at_once_each_has_its_version<T: Ports>(tx: &mut T) {
    let crowd = crowd(tx, COMPANY, (0..3).map(|age| json!({ "name": "Ada", "age": age }))).await;
    let now = tx.now();
    let older = |entity: &Entity| {
        let older = conforming("Person", json!({ "name": "Ada", "age": 40 }));
        entity.clone().replaced(older, now).0
    };
    let one = tx.save(crowd[0].replace(conforming("Person", ada()), MEMBER, now).unwrap()).await;
    let items: Vec<Entity> = [&one.unwrap(), &crowd[1]].into_iter().map(older).collect();
    let batch = Batch { id: tx.new_id(), workspace_id: COMPANY, items };
    let batch = tx.save(batch.update(MEMBER)).await.unwrap();
    assert_eq!(batch.items.iter().map(|entity| entity.version).collect::<Vec<_>>(), [3, 2]);
    for entity in &batch.items {
        assert_eq!(loaded(tx, entity).await.as_ref(), Some(entity));
    }
    let stale = [&crowd[2], &crowd[1]].into_iter().map(older).collect();
    let stale = Batch { id: tx.new_id(), workspace_id: COMPANY, items: stale };
    assert!(is_conflict(tx.save(stale.update(MEMBER)).await));
}

async fn deleted_entities_are_there_and_do_not_live<T: Ports>(tx: &mut T) {
    let ada = person(tx, COMPANY, ada()).await.unwrap();
    let grace = person(tx, COMPANY, json!({ "name": "Grace" })).await.unwrap();
    let foreign = person(tx, ELSEWHERE, json!({ "name": "Eve" })).await.unwrap();
    let now = tx.now();
    let ada = tx.save(ada.delete(0, MEMBER, now)).await.unwrap();
    let ids = [ada.id, grace.id, foreign.id];
    let there = tx.entities(COMPANY, &ids).await.unwrap();
    assert_eq!(sorted(there), sorted(vec![ada, grace.clone()]));
    let live = tx.live_entities(COMPANY, &ids).await.unwrap();
    assert_eq!(live, [(grace.id, grace.entity_type)]);
}

async fn a_key_names_one_living_entity_of_a_type<T: Ports>(tx: &mut T) {
    let mut write = async |workspace, name, key| {
        let new = new_entity(tx, workspace, (name, Some(key)), json!({ "name": "Ada" }));
        tx.save(Entity::create(new, MEMBER)).await
    };
    let one = write(COMPANY, "Person", "crm:1").await.unwrap();
    let two = write(COMPANY, "Person", "crm:2").await.unwrap();
    write(COMPANY, "Company", "crm:1").await.unwrap();
    let foreign = write(ELSEWHERE, "Person", "crm:1").await.unwrap();
    assert_eq!(named(tx, COMPANY, &["crm:2", "crm:1", "CRM:1", "crm:3"]).await, [one.id, two.id]);
    assert_eq!(named(tx, ELSEWHERE, &["crm:1", "crm:2"]).await, [foreign.id]);
    assert_eq!(named(tx, COMPANY, &[]).await, []);
    let another = new_entity(tx, COMPANY, ("Person", Some("crm:1")), json!({ "name": "Eve" }));
    assert!(is_conflict(tx.save(Entity::create(another, MEMBER)).await));
}

async fn a_key_is_free_again_when_its_entity_is_deleted<T: Ports>(tx: &mut T) {
    let new = new_entity(tx, COMPANY, ("Person", Some("crm:1")), json!({ "name": "Ada" }));
    let first = tx.save(Entity::create(new, MEMBER)).await.unwrap();
    let now = tx.now();
    let first = tx.save(first.delete(0, MEMBER, now)).await.unwrap();
    assert_eq!(named(tx, COMPANY, &["crm:1"]).await, []);
    let new = new_entity(tx, COMPANY, ("Person", Some("crm:1")), json!({ "name": "Eve" }));
    let second = tx.save(Entity::create(new, MEMBER)).await.unwrap();
    assert_eq!(named(tx, COMPANY, &["crm:1"]).await, [second.id]);
    assert!(is_conflict(tx.save(first.restore(Vec::new(), 0, MEMBER, now)).await));
}

async fn a_value_is_found_while_its_entity_has_it_and_lives<T: Ports>(tx: &mut T) {
    let email = |text| value("Person", "email", text);
    let asked = [email("ada@example.com"), email("eve@example.com"), email("ADA@example.com")];
    let ada = person(tx, COMPANY, ada()).await.unwrap();
    let (now, uuid) = (tx.now(), ada.id.uuid());
    let found = holders(tx, COMPANY, Holder::Entity, &asked).await;
    assert_eq!(found, [(asked[0].clone(), uuid)]);
    let moved = conforming("Person", json!({ "name": "Ada", "email": "eve@example.com" }));
    let ada = tx.save(ada.replace(moved.clone(), MEMBER, now).unwrap()).await.unwrap();
    let found = holders(tx, COMPANY, Holder::Entity, &asked).await;
    assert_eq!(found, [(asked[1].clone(), uuid)]);
    let ada = tx.save(ada.delete(0, MEMBER, now)).await.unwrap();
    assert_eq!(holders(tx, COMPANY, Holder::Entity, &asked).await, []);
    tx.save(ada.restore(moved.values, 0, MEMBER, now)).await.unwrap();
    let found = holders(tx, COMPANY, Holder::Entity, &asked).await;
    assert_eq!(found, [(asked[1].clone(), uuid)]);
    assert_eq!(holders(tx, COMPANY, Holder::Entity, &[]).await, []);
}

async fn a_value_is_that_of_a_property_of_a_type_of_a_workspace<T: Ports>(tx: &mut T) {
    let text = "ada@example.com";
    let ada = person(tx, COMPANY, json!({ "name": "Ada", "email": text })).await.unwrap();
    let foreign = person(tx, ELSEWHERE, json!({ "name": "Ada", "email": text })).await.unwrap();
    let asked = value("Person", "email", text);
    let all = [asked.clone(), value("Company", "email", text), value("Person", "name", text)];
    let of = |entity: &Entity| vec![(asked.clone(), entity.id.uuid())];
    assert_eq!(holders(tx, COMPANY, Holder::Entity, &all).await, of(&ada));
    assert_eq!(holders(tx, ELSEWHERE, Holder::Entity, &all).await, of(&foreign));
    assert_eq!(holders(tx, COMPANY, Holder::Edge, &all).await, []);
    // Who else has it is found, too, as long as nobody asks whether it is unique.
    let other = person(tx, COMPANY, json!({ "name": "Eve", "email": text })).await.unwrap();
    let both = sorted([of(&ada), of(&other)].concat());
    assert_eq!(holders(tx, COMPANY, Holder::Entity, &all).await, both);
}

async fn long_values_are_told_apart<T: Ports>(tx: &mut T) {
    let long = |end: &str| format!("{}{end}", "ü".repeat(2_000));
    let mut ids = Vec::new();
    for end in ["a", "b"] {
        let object = json!({ "name": long(end), "email": long(end) });
        ids.push(person(tx, COMPANY, object).await.unwrap().id.uuid());
    }
    let asked = ["b", "c"].map(|end| value("Person", "email", &long(end)));
    let found = holders(tx, COMPANY, Holder::Entity, &asked).await;
    assert_eq!(found, [(asked[0].clone(), ids[1])]);
}

async fn living_entities_are_counted<T: Ports>(tx: &mut T) {
    assert_eq!(usage(tx, COMPANY).await, (0, 0));
    let ada = person(tx, COMPANY, ada()).await.unwrap();
    let mut crowd = crowd(tx, COMPANY, (0..3).map(|_| json!({ "name": "Ada" }))).await;
    person(tx, ELSEWHERE, json!({ "name": "Eve" })).await.unwrap();
    assert_eq!((usage(tx, COMPANY).await, usage(tx, ELSEWHERE).await), ((4, 0), (1, 0)));
    let now = tx.now();
    let renamed = ada.replace(conforming("Person", json!({ "name": "Eve" })), MEMBER, now);
    let ada = tx.save(renamed.unwrap()).await.unwrap();
    assert_eq!(usage(tx, COMPANY).await, (4, 0));
    let ada = tx.save(ada.delete(0, MEMBER, now)).await.unwrap();
    let items: Vec<EntityId> = crowd.drain(..2).map(|entity| entity.id).collect();
    let batch = Batch { id: tx.new_id(), workspace_id: COMPANY, items };
    tx.save(batch.delete(0, MEMBER)).await.unwrap();
    assert_eq!(usage(tx, COMPANY).await, (1, 0));
    tx.save(ada.restore(Vec::new(), 0, MEMBER, now)).await.unwrap();
    assert_eq!((usage(tx, COMPANY).await, usage(tx, ELSEWHERE).await), ((2, 0), (1, 0)));
}
