//! Edges, how they go and come back with the entities at their ends, and what is asked about them.

use perme8_events::testing::promises;
use serde_json::json;

use super::graphs::{
    Ports, conforming, edge, holders, is_conflict, new_edge, person, sorted, type_name, usage,
};
use crate::{
    application::ports::items::Holder,
    domain::{
        bulk::Batch,
        claims::{End, OnlyEdge, UniqueValue},
        edge::Edge,
        knowledge::relation::RelationType,
        names::PropertyName,
        references::EntityId,
        values::{Key, PropertyType},
    },
    testing::{ADMIN, COMPANY, ELSEWHERE, MEMBER, Tables, id},
};

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    edges_come_back_as_they_were_saved
    edges_that_are_written_at_once_come_back_one_by_one
    an_edge_changes_one_version_after_another
    a_value_of_an_edge_is_found_while_it_has_it_and_lives
    the_edges_at_an_end_are_found_by_their_type
    edges_go_with_the_entities_at_their_ends
    edges_come_back_with_the_entity_with_which_they_went
    an_edge_that_goes_by_itself_does_not_come_back_with_an_entity
    living_edges_are_counted
    the_relation_between_two_is_the_first_of_its_type_and_direction
}

const SINCE: &str = "2024-01-15T01:00:00+01:00";

/// Three people who know nobody yet.
async fn three<T: Ports>(tx: &mut T) -> [EntityId; 3] {
    let mut ids = Vec::new();
    for name in ["Ada", "Ben", "Cleo"] {
        ids.push(person(tx, COMPANY, json!({ "name": name })).await.unwrap().id);
    }
    ids.try_into().expect("three were added")
}

async fn knows<T: Ports>(tx: &mut T, source: EntityId, target: EntityId) -> Edge {
    edge(tx, COMPANY, "KNOWS", (source, target), json!({ "since": SINCE })).await
}

async fn loaded<T: Ports>(tx: &mut T, edge: &Edge) -> Edge {
    tx.edges(edge.workspace_id, &[edge.id]).await.unwrap().pop().expect("it was written")
}

/// The values of an edge that is still as it was written.
fn values() -> Vec<crate::domain::properties::IndexedValue> {
    conforming("KNOWS", json!({ "since": SINCE })).values
}

async fn edges_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let [ada, ben, _] = three(tx).await;
    let edge = knows(tx, ada, ben).await;
    assert_eq!((edge.version, edge.was_live), (1, true));
    assert_eq!(loaded(tx, &edge).await, edge);
    assert_eq!(tx.edges(ELSEWHERE, &[edge.id]).await.unwrap(), []);
    assert_eq!(tx.edges(COMPANY, &[id(99)]).await.unwrap(), []);
    assert_eq!(tx.edges(COMPANY, &[]).await.unwrap(), []);
}

async fn edges_that_are_written_at_once_come_back_one_by_one<T: Ports>(tx: &mut T) {
    let [ada, ben, cleo] = three(tx).await;
    let new = |ends| Edge::begin(new_edge(tx, COMPANY, "KNOWS", ends, json!({ "since": SINCE })));
    // The same again, and to itself: both are edges of their own.
    let items = [(ada, ben), (ada, ben), (cleo, cleo)].map(new).into();
    let batch = Batch { id: tx.new_id(), workspace_id: COMPANY, items };
    let edges = tx.save(batch.create(MEMBER)).await.unwrap().items;
    let ids: Vec<_> = edges.iter().map(|edge| edge.id).collect();
    let found = tx.edges(COMPANY, &[ids[2], id(99), ids[0], ids[1]]).await.unwrap();
    assert_eq!(sorted(found), sorted(edges));
    assert_eq!(usage(tx, COMPANY).await, (3, 3));
}

async fn an_edge_changes_one_version_after_another<T: Ports>(tx: &mut T) {
    let [ada, ben, _] = three(tx).await;
    let (first, now) = (knows(tx, ada, ben).await, tx.now());
    let forgotten = || first.replace(conforming("KNOWS", json!({})), ADMIN, now).unwrap();
    let second = tx.save(forgotten()).await.unwrap();
    assert_eq!((second.version, loaded(tx, &second).await), (2, second.clone()));
    let third = tx.save(second.delete(ADMIN, now)).await.unwrap();
    assert_eq!((third.version, third.deleted_at, third.deleted_with), (3, Some(now), None));
    assert_eq!(loaded(tx, &third).await, third);
    let fourth = tx.save(third.restore(Vec::new(), ADMIN, now)).await.unwrap();
    assert_eq!((fourth.version, fourth.deleted_at), (4, None));
    assert_eq!(loaded(tx, &fourth).await, fourth);
    assert!(is_conflict(tx.save(forgotten()).await));
}

async fn a_value_of_an_edge_is_found_while_it_has_it_and_lives<T: Ports>(tx: &mut T) {
    let [ada, ben, _] = three(tx).await;
    let moment = |text: &str| UniqueValue {
        item_type: type_name("KNOWS"),
        property: PropertyName::parse("since").unwrap(),
        key: Key::of_value(&json!(text), PropertyType::Datetime).unwrap(),
    };
    let asked = [moment("2024-01-15T00:00:00Z"), moment("2024-01-15T00:00:01Z")];
    let (edge, now) = (knows(tx, ada, ben).await, tx.now());
    let of = |place: usize| vec![(asked[place].clone(), edge.id.uuid())];
    assert_eq!(holders(tx, COMPANY, Holder::Edge, &asked).await, of(0));
    assert_eq!(holders(tx, COMPANY, Holder::Entity, &asked).await, []);
    assert_eq!(holders(tx, ELSEWHERE, Holder::Edge, &asked).await, []);
    let later = conforming("KNOWS", json!({ "since": "2024-01-15T00:00:01Z" }));
    let later = tx.save(edge.replace(later, MEMBER, now).unwrap()).await.unwrap();
    assert_eq!(holders(tx, COMPANY, Holder::Edge, &asked).await, of(1));
    let gone = tx.save(later.delete(MEMBER, now)).await.unwrap();
    assert_eq!(holders(tx, COMPANY, Holder::Edge, &asked).await, []);
    tx.save(gone.restore(values(), MEMBER, now)).await.unwrap();
    assert_eq!(holders(tx, COMPANY, Holder::Edge, &asked).await, of(0));
}

async fn the_edges_at_an_end_are_found_by_their_type<T: Ports>(tx: &mut T) {
    let [ada, ben, cleo] = three(tx).await;
    let only = |name, end, entity| OnlyEdge { edge_type: type_name(name), end, entity };
    let (one, other) = (knows(tx, ada, ben).await, knows(tx, cleo, cleo).await);
    let employs = edge(tx, COMPANY, "EMPLOYS", (ada, cleo), json!({ "contract": 1 })).await;
    let asked = [
        only("KNOWS", End::Source, ada),
        only("KNOWS", End::Target, ada),
        only("KNOWS", End::Target, ben),
        only("EMPLOYS", End::Target, ben),
        only("EMPLOYS", End::Target, cleo),
        only("KNOWS", End::Source, cleo),
        only("KNOWS", End::Target, cleo),
    ];
    let expected = [(0, one.id), (2, one.id), (4, employs.id), (5, other.id), (6, other.id)];
    let expected = expected.map(|(place, edge)| (asked[place].clone(), edge)).into();
    let found = tx.only_edges(COMPANY, &asked).await.unwrap();
    assert_eq!(sorted(found), sorted(expected));
    assert_eq!(tx.only_edges(ELSEWHERE, &asked).await.unwrap(), []);
    assert_eq!(tx.only_edges(COMPANY, &[]).await.unwrap(), []);
    let now = tx.now();
    tx.save(one.delete(MEMBER, now)).await.unwrap();
    assert_eq!(tx.only_edges(COMPANY, &asked[..3]).await.unwrap(), []);
}

async fn edges_go_with_the_entities_at_their_ends<T: Ports>(tx: &mut T) {
    let [ada, ben, cleo] = three(tx).await;
    let (out, back) = (knows(tx, ada, ben).await, knows(tx, ben, ada).await);
    let (own, far) = (knows(tx, ada, ada).await, knows(tx, ben, cleo).await);
    let now = tx.now();
    let alone = knows(tx, ada, cleo).await;
    let alone = tx.save(alone.delete(MEMBER, now)).await.unwrap();
    assert_eq!(tx.delete_edges_at(ELSEWHERE, &[ada, ben, cleo]).await.unwrap(), 0);
    assert_eq!(tx.delete_edges_at(COMPANY, &[id(99)]).await.unwrap(), 0);
    assert_eq!(tx.delete_edges_at(COMPANY, &[ada]).await.unwrap(), 3);
    for edge in [out, back, own] {
        let gone = loaded(tx, &edge).await;
        assert_eq!((gone.deleted_at, gone.deleted_with), (Some(now), Some(ada)));
        assert_eq!((gone.version, gone.properties, gone.was_live), (2, edge.properties, false));
    }
    assert_eq!(loaded(tx, &alone).await, alone);
    assert_eq!(loaded(tx, &far).await, far);
    assert_eq!(tx.delete_edges_at(COMPANY, &[ada]).await.unwrap(), 0);
    // Of an edge whose both ends go at once it is the source with which it went.
    assert_eq!(tx.delete_edges_at(COMPANY, &[cleo, ben]).await.unwrap(), 1);
    assert_eq!(loaded(tx, &far).await.deleted_with, Some(ben));
    let since = conforming("KNOWS", json!({ "since": SINCE })).values.remove(0);
    let since =
        UniqueValue { item_type: type_name("KNOWS"), property: since.property, key: since.key };
    assert_eq!(holders(tx, COMPANY, Holder::Edge, &[since]).await, []);
    assert_eq!(usage(tx, COMPANY).await, (3, 0));
}

async fn edges_come_back_with_the_entity_with_which_they_went<T: Ports>(tx: &mut T) {
    let [ada, ben, cleo] = three(tx).await;
    let (one, other) = (knows(tx, ada, ben).await, knows(tx, cleo, ada).await);
    let now = tx.now();
    tx.delete_edges_at(COMPANY, &[ada]).await.unwrap();
    assert_eq!(tx.edges_gone_with(COMPANY, ben).await.unwrap(), []);
    assert_eq!(tx.edges_gone_with(ELSEWHERE, ada).await.unwrap(), []);
    let gone = tx.edges_gone_with(COMPANY, ada).await.unwrap();
    let ids: Vec<_> = gone.iter().map(|edge| edge.id).collect();
    assert_eq!(sorted(ids), sorted(vec![one.id, other.id]));
    let [first, second] = <[Edge; 2]>::try_from(gone).unwrap();
    let waiting = Edge { deleted_with: Some(cleo), ..second.clone() };
    let back = vec![first.clone().restored(values(), now), waiting.clone()];
    tx.write_edges_of_restored(back).await.unwrap();
    tx.write_edges_of_restored(Vec::new()).await.unwrap();
    let back = loaded(tx, &first).await;
    assert_eq!((back.deleted_at, back.deleted_with, back.version), (None, None, 3));
    let waits = Edge { version: 3, updated_at: now, ..waiting };
    assert_eq!(tx.edges_gone_with(COMPANY, cleo).await.unwrap(), [waits]);
    assert_eq!(tx.edges_gone_with(COMPANY, ada).await.unwrap(), []);
    assert_eq!(usage(tx, COMPANY).await, (3, 1));
    // What was loaded before is stale by now.
    assert!(is_conflict(tx.write_edges_of_restored(vec![first]).await));
}

async fn an_edge_that_goes_by_itself_does_not_come_back_with_an_entity<T: Ports>(tx: &mut T) {
    let [ada, ben, _] = three(tx).await;
    let edge = knows(tx, ada, ben).await;
    let now = tx.now();
    tx.delete_edges_at(COMPANY, &[ada]).await.unwrap();
    let edge = loaded(tx, &edge).await.restore(values(), MEMBER, now);
    let edge = tx.save(edge).await.unwrap();
    tx.save(edge.delete(MEMBER, now)).await.unwrap();
    assert_eq!(tx.edges_gone_with(COMPANY, ada).await.unwrap(), []);
}

async fn living_edges_are_counted<T: Ports>(tx: &mut T) {
    let [ada, ben, cleo] = three(tx).await;
    let (one, other) = (knows(tx, ada, ben).await, knows(tx, ada, cleo).await);
    edge(tx, ELSEWHERE, "KNOWS", (ada, ben), json!({})).await;
    assert_eq!((usage(tx, COMPANY).await, usage(tx, ELSEWHERE).await), ((3, 2), (0, 1)));
    let now = tx.now();
    let one = one.replace(conforming("KNOWS", json!({})), MEMBER, now).unwrap();
    let one = tx.save(one).await.unwrap();
    let gone = tx.save(other.delete(MEMBER, now)).await.unwrap();
    assert_eq!(usage(tx, COMPANY).await, (3, 1));
    tx.save(gone.restore(values(), MEMBER, now)).await.unwrap();
    assert_eq!(usage(tx, COMPANY).await, (3, 2));
    tx.delete_edges_at(COMPANY, &[ben]).await.unwrap();
    assert_eq!(loaded(tx, &one).await.deleted_with, Some(ben));
    assert_eq!((usage(tx, COMPANY).await, usage(tx, ELSEWHERE).await), ((3, 1), (0, 1)));
}

async fn the_relation_between_two_is_the_first_of_its_type_and_direction<T: Ports>(tx: &mut T) {
    let [ada, ben, cleo] = three(tx).await;
    let mut relate = async |workspace, relation: RelationType, ends| {
        edge(tx, workspace, relation.as_str(), ends, json!({})).await
    };
    let (part_of, depends_on) = (RelationType::PartOf, RelationType::DependsOn);
    relate(COMPANY, depends_on, (ada, ben)).await;
    relate(COMPANY, part_of, (ben, ada)).await;
    relate(ELSEWHERE, part_of, (ada, cleo)).await;
    let first = relate(COMPANY, part_of, (ada, ben)).await;
    let second = relate(COMPANY, part_of, (ada, ben)).await;
    let now = tx.now();
    let relation = tx.relation_between(COMPANY, ada, part_of, ben).await.unwrap();
    assert_eq!(relation, Some((first.id, now)));
    assert_eq!(tx.relation_between(COMPANY, ada, part_of, cleo).await.unwrap(), None);
    assert_eq!(tx.relation_between(COMPANY, ben, depends_on, ada).await.unwrap(), None);
    tx.save(first.delete(MEMBER, now)).await.unwrap();
    let relation = tx.relation_between(COMPANY, ada, part_of, ben).await.unwrap();
    assert_eq!(relation, Some((second.id, now)));
    tx.save(second.delete(MEMBER, now)).await.unwrap();
    assert_eq!(tx.relation_between(COMPANY, ada, part_of, ben).await.unwrap(), None);
}
