//! What is deleted, and what comes back with what.

use chrono::TimeDelta;
use perme8_events::{StorageError, testing::promises};
use serde_json::json;

use crate::{
    application::ports::items::{Edges, Entities, Holder, MOST_EDGES},
    domain::{
        bulk::Batch,
        claims::UniqueValue,
        edge::{Edge, NewEdge},
        entity::{Entity, NewEntity},
        names::{PropertyName, TypeName},
        properties::{Checked, IndexedValue},
        quota::Usage,
        references::EntityId,
        values::Key,
    },
    testing::{COMPANY, ELSEWHERE, MEMBER, Tables},
};

/// Every port at once.
trait Ports: Entities + Edges {}

impl<T: Entities + Edges> Ports for T {}

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    those_that_are_deleted_by_their_ids_are_not_found_and_not_counted
    what_is_deleted_already_is_not_deleted_by_its_id
    an_edge_is_gone_since_when_and_with_whom_it_is_said
    whether_edges_went_with_an_entity_is_told_without_them
    some_edges_that_went_with_an_entity_come_at_once
}

fn name(text: &str) -> TypeName {
    TypeName::parse(text).unwrap()
}

fn checked(value: &str) -> Checked {
    let properties = json!({ "name": value }).as_object().cloned().unwrap();
    let property = PropertyName::parse("name").unwrap();
    let values = vec![IndexedValue { property, key: Key::of_text(value), unique: true }];
    Checked { properties, values }
}

async fn person<T: Ports>(tx: &mut T, called: &str) -> Entity {
    let (id, now) = (tx.new_id(), tx.now());
    let (entity_type, checked) = (name("Person"), checked(called));
    let new =
        NewEntity { id, workspace_id: COMPANY, entity_type, external_key: None, checked, now };
    tx.save(Entity::create(new, MEMBER)).await.unwrap()
}

async fn edges<T: Ports>(tx: &mut T, many: usize, text: &str, between: [EntityId; 2]) -> Vec<Edge> {
    let [source_id, target_id] = between;
    let mut items = Vec::with_capacity(many);
    for _ in 0..many {
        let (id, now, workspace_id) = (tx.new_id(), tx.now(), COMPANY);
        let (edge_type, checked) = (name("KNOWS"), checked(text));
        let new = NewEdge { id, workspace_id, edge_type, source_id, target_id, checked, now };
        items.push(Edge::begin(new));
    }
    let batch = Batch { id: tx.new_id(), workspace_id: COMPANY, items };
    tx.save(batch.create(MEMBER)).await.unwrap().items
}

async fn delete<T: Ports>(tx: &mut T, items: Vec<EntityId>) -> Result<(), StorageError> {
    let batch = Batch { id: tx.new_id(), workspace_id: COMPANY, items };
    tx.save(batch.delete(0, MEMBER)).await.map(drop)
}

async fn those_that_are_deleted_by_their_ids_are_not_found_and_not_counted<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "Ada").await, person(tx, "Ben").await);
    delete(tx, vec![ada.id]).await.unwrap();
    let both = [ada.id, ben.id];
    assert_eq!(tx.live_entities(COMPANY, &both).await.unwrap(), [(ben.id, name("Person"))]);
    let now = tx.now();
    assert_eq!(tx.deleted_entities(COMPANY, &both).await.unwrap(), [(ada.id, now)]);
    assert_eq!(tx.deleted_entities(ELSEWHERE, &both).await.unwrap(), []);
    assert_eq!(tx.usage(COMPANY).await.unwrap(), Usage { entities: 1, edges: 0 });
    let asked = |entity: &Entity, called: &str| {
        let values = checked(called).values;
        (UniqueValue::among(&entity.entity_type, &values), entity.id.uuid())
    };
    let ((gone, _), (held, holder)) = (asked(&ada, "Ada"), asked(&ben, "Ben"));
    let found = tx.holders_of_values(COMPANY, Holder::Entity, &[gone, held.clone()].concat()).await;
    assert_eq!(found.unwrap(), [(held[0].clone(), holder)]);
    let buried = tx.entities(COMPANY, &[ada.id]).await.unwrap().pop().unwrap();
    assert_eq!((buried.properties, buried.version), (ada.properties, 2));
}

async fn what_is_deleted_already_is_not_deleted_by_its_id<T: Ports>(tx: &mut T) {
    let ada = person(tx, "Ada").await;
    delete(tx, vec![ada.id]).await.unwrap();
    let again = delete(tx, vec![ada.id]).await;
    assert!(again.is_err_and(|error| error.is_conflict()));
}

async fn an_edge_is_gone_since_when_and_with_whom_it_is_said<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "Ada").await, person(tx, "Ben").await);
    edges(tx, 1, "", [ada.id, ben.id]).await;
    assert_eq!(tx.delete_edges_at(COMPANY, &[ada.id]).await.unwrap(), 1);
    let edge = tx.edges_gone_with(COMPANY, ada.id).await.unwrap().pop().unwrap();
    let earlier = tx.now() - TimeDelta::milliseconds(86_400_001);
    let (id, handed_on) = (edge.id, edge.handed_on(ben.id, earlier));
    tx.write_edges_of_restored(vec![handed_on]).await.unwrap();
    assert_eq!(tx.edges_gone_with(COMPANY, ada.id).await.unwrap(), []);
    assert_eq!(tx.edges_gone_with(ELSEWHERE, ben.id).await.unwrap(), []);
    let edge = tx.edges_gone_with(COMPANY, ben.id).await.unwrap().pop().unwrap();
    assert_eq!((edge.id, edge.deleted_at, edge.version), (id, Some(earlier), 3));
    tx.write_edges_of_restored(vec![edge.let_go()]).await.unwrap();
    assert_eq!(tx.edges_gone_with(COMPANY, ben.id).await.unwrap(), []);
    let edge = tx.edges(COMPANY, &[id]).await.unwrap().pop().unwrap();
    assert_eq!((edge.deleted_at, edge.deleted_with), (Some(earlier), None));
}

async fn whether_edges_went_with_an_entity_is_told_without_them<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "Ada").await, person(tx, "Ben").await);
    edges(tx, 2, "", [ada.id, ben.id]).await;
    assert!(!tx.has_edges_gone_with(COMPANY, ada.id).await.unwrap());
    tx.delete_edges_at(COMPANY, &[ada.id]).await.unwrap();
    assert!(tx.has_edges_gone_with(COMPANY, ada.id).await.unwrap());
    assert!(!tx.has_edges_gone_with(COMPANY, ben.id).await.unwrap());
    assert!(!tx.has_edges_gone_with(ELSEWHERE, ada.id).await.unwrap());
    for is_left in [true, false] {
        let mut gone = tx.edges_gone_with(COMPANY, ada.id).await.unwrap();
        gone.truncate(1);
        let free = gone.into_iter().map(Edge::let_go).collect();
        tx.write_edges_of_restored(free).await.unwrap();
        assert_eq!(tx.has_edges_gone_with(COMPANY, ada.id).await.unwrap(), is_left);
    }
}

async fn some_edges_that_went_with_an_entity_come_at_once<T: Ports>(tx: &mut T) {
    let (ada, ben) = (person(tx, "Ada").await, person(tx, "Ben").await);
    let between = [ada.id, ben.id];
    let large = edges(tx, 20, &"x".repeat(250_000), between).await;
    edges(tx, MOST_EDGES as usize, "", between).await;
    tx.delete_edges_at(COMPANY, &[ben.id]).await.unwrap();
    let first = tx.edges_gone_with(COMPANY, ben.id).await.unwrap();
    // With the seventeenth they are more than four MiB.
    assert_eq!(first.len(), 17);
    assert!(first.iter().map(|edge| edge.id).eq(large.iter().take(17).map(|edge| edge.id)));
    let back = first.into_iter().map(Edge::let_go).collect();
    tx.write_edges_of_restored(back).await.unwrap();
    let next = tx.edges_gone_with(COMPANY, ben.id).await.unwrap();
    assert_eq!(next.len(), MOST_EDGES as usize);
}
