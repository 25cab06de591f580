//! Entities that go, and come back.

use std::time::Duration;

use perme8_events::{Origin, Transaction as _};

use super::*;
use crate::application::purge_deleted::PurgeDeleted;

/// A day.
const DAY: Duration = Duration::from_hours(24);

/// Ada, who knows herself three times, and was deleted with that.
async fn with_gone_edges(tx: &mut Tx) -> EntityId {
    let ada = added(tx, person(None, json!({ "name": "Ada" }))).await;
    for _ in 0..3 {
        led(tx, edge("KNOWS", (ada, ada), json!({}))).await;
    }
    delete(ada).execute(tx, &member()).await.unwrap();
    drop(tx.take_events());
    ada
}

/// Restores an entity where there is room for so many edges: how many came back, and whether more could.
async fn restored(tx: &mut Tx, id: EntityId, edges: u64) -> Result<(u64, bool), WriteError> {
    let quota = Quota { edges, ..ROOM };
    let restored = restore(id).execute(tx, &member(), quota).await?;
    Ok((restored.edges_restored, restored.has_more_edges))
}

#[tokio::test]
async fn an_entity_goes_with_its_edges_and_comes_back_with_them() {
    let mut tx = with_people().await;
    let ada = added(&mut tx, person(Some("crm:1"), json!({ "name": "Ada" }))).await;
    let ben = added(&mut tx, person(None, json!({ "name": "Ben" }))).await;
    let acme = added(&mut tx, of_type("Company", json!({ "name": "Acme" }))).await;
    for (name, ends) in [("KNOWS", (ada, ben)), ("KNOWS", (ada, ada)), ("EMPLOYS", (acme, ada))] {
        led(&mut tx, edge(name, ends, json!({}))).await;
    }
    let deleted = delete(ada).execute(&mut tx, &member()).await;
    counted(
        &mut tx,
        deleted,
        &expect![[r#"
        Ok((Person 102 "crm:1" {"name":"Ada"} version 2 gone, 3))
        erm.entity_deleted {"entity_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_type":"Person","edges_deleted":3}
    "#]],
    );
    let restored = restore(ada).execute(&mut tx, &member(), ROOM).await.map(counted_back);
    counted(
        &mut tx,
        restored,
        &expect![[r#"
        Ok((Person 102 "crm:1" {"name":"Ada"} version 3, 3))
        erm.entity_restored {"entity_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_type":"Person","edges_restored":3}
    "#]],
    );
    let there = restore(ada).execute(&mut tx, &member(), ROOM).await.map(counted_back);
    counted(
        &mut tx,
        there,
        &expect![[r#"
        Ok((Person 102 "crm:1" {"name":"Ada"} version 3, 0))
    "#]],
    );
    assert!(tx.state.edges.iter().all(crate::domain::edge::Edge::is_live));
}

#[tokio::test]
async fn only_what_lives_and_was_seen_is_deleted() {
    let mut tx = with_people().await;
    let ada = added(&mut tx, person(None, json!({ "name": "Ada" }))).await;
    let mut refusals = Refusals::none();
    refusals.add(DeleteEntity { seen: Some(2), ..delete(ada) }.execute(&mut tx, &member()).await);
    refusals.add(delete(ada).execute(&mut tx, &acting(GUEST)).await);
    refusals.add(delete(id(99)).execute(&mut tx, &member()).await);
    DeleteEntity { seen: Some(1), ..delete(ada) }.execute(&mut tx, &member()).await.unwrap();
    drop(tx.take_events());
    refusals.add(delete(ada).execute(&mut tx, &member()).await);
    refusals.are(
        &tx,
        &expect![[r#"
        it has changed since: look at it again
        guests write no entities and edges
        there is no such entity or edge
        there is no such entity or edge
    "#]],
    );
}

#[tokio::test]
async fn what_may_not_be_there_any_more_does_not_come_back() {
    let mut tx = with_people().await;
    let wish = person(Some("crm:1"), json!({ "name": "Ada", "email": "ada@example.com" }));
    let ada = added(&mut tx, wish).await;
    delete(ada).execute(&mut tx, &member()).await.unwrap();
    drop(tx.take_events());
    let mut refusals = Refusals::none();
    let mut tried = async |tx: &mut Tx, quota: Quota| {
        refusals.add(restore(ada).execute(tx, &member(), quota).await);
    };
    tried(&mut tx, Quota { entities: 0, ..ROOM }).await;
    let same_key = added(&mut tx, person(Some("crm:1"), json!({ "name": "Eve" }))).await;
    tried(&mut tx, ROOM).await;
    delete(same_key).execute(&mut tx, &member()).await.unwrap();
    let address = json!({ "name": "Eve", "email": "ada@example.com" });
    let same_address = added(&mut tx, person(None, address)).await;
    tried(&mut tx, ROOM).await;
    delete(same_address).execute(&mut tx, &member()).await.unwrap();
    types(&mut tx, json!([{ "name": "Person" }]), json!([])).await;
    tried(&mut tx, ROOM).await;
    types(&mut tx, json!([{ "name": "Robot" }]), json!([])).await;
    tried(&mut tx, ROOM).await;
    refusals.add(restore(id(99)).execute(&mut tx, &member(), ROOM).await);
    refusals.add(restore(ada).execute(&mut tx, &acting(GUEST), ROOM).await);
    refusals.are(
        &tx,
        &expect![[r#"
        the workspace has no room for more than 0 entities
        another entity of this type has this external key
        email has already been taken
        email is not defined; name is not defined
        type Person is not defined in the schema
        there is no such entity or edge
        guests write no entities and edges
    "#]],
    );
}

#[tokio::test]
async fn an_edge_comes_back_when_both_of_its_ends_are_there_again() {
    let mut tx = with_people().await;
    let ada = added(&mut tx, person(None, json!({ "name": "Ada" }))).await;
    let ben = added(&mut tx, person(None, json!({ "name": "Ben" }))).await;
    led(&mut tx, edge("KNOWS", (ada, ben), json!({}))).await;
    for (entity, edges) in [(ada, 1), (ben, 0)] {
        let deleted = delete(entity).execute(&mut tx, &member()).await.unwrap();
        assert_eq!(deleted.1, edges);
    }
    for (entity, edges) in [(ada, 0), (ben, 1)] {
        let restored = restore(entity).execute(&mut tx, &member(), ROOM).await.unwrap();
        assert_eq!(restored.edges_restored, edges, "{entity}");
    }
}

#[tokio::test]
async fn an_edge_that_may_not_be_there_any_more_stays_deleted() {
    let mut tx = with_people().await;
    let ada = added(&mut tx, person(None, json!({ "name": "Ada" }))).await;
    let acme = added(&mut tx, of_type("Company", json!({ "name": "Acme" }))).await;
    let initech = added(&mut tx, of_type("Company", json!({ "name": "Initech" }))).await;
    led(&mut tx, edge("EMPLOYS", (acme, ada), json!({ "contract": 1 }))).await;
    let by_itself = led(&mut tx, edge("KNOWS", (acme, ada), json!({}))).await;
    DeleteEdge { workspace: COMPANY.into(), id: by_itself, seen: None }
        .execute(&mut tx, &member())
        .await
        .unwrap();
    delete(acme).execute(&mut tx, &member()).await.unwrap();
    // Somebody else employs her since.
    led(&mut tx, edge("EMPLOYS", (initech, ada), json!({}))).await;
    let restored = restore(acme).execute(&mut tx, &member(), ROOM).await.map(counted_back);
    counted(
        &mut tx,
        restored,
        &expect![[r#"
        Ok((Company 103 {"name":"Acme"} version 3, 0))
        erm.entity_restored {"entity_id":"00000000-0000-0000-0000-000000000103","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_type":"Company","edges_restored":0}
    "#]],
    );
    assert_eq!(tx.state.edges.iter().filter(|edge| edge.is_live()).count(), 1);
}

#[tokio::test]
async fn edges_come_back_as_far_as_there_is_room() {
    let mut tx = with_people().await;
    let ada = with_gone_edges(&mut tx).await;
    assert_eq!(restored(&mut tx, ada, 2).await.unwrap(), (2, true));
    drop(tx.take_events());
    // Who restores her until no more are left comes to an end.
    let mut refusals = Refusals::none();
    refusals.add(restored(&mut tx, ada, 2).await);
    refusals.are(
        &tx,
        &expect![[r#"
        the workspace has no room for more than 2 edges
    "#]],
    );
    assert_eq!(restored(&mut tx, ada, 3).await.unwrap(), (1, false));
    // There is nothing left that would need room.
    assert_eq!(restored(&mut tx, ada, 3).await.unwrap(), (0, false));
}

#[tokio::test]
async fn an_entity_comes_back_without_edges_where_there_is_no_room_for_any() {
    let mut tx = with_people().await;
    let ada = with_gone_edges(&mut tx).await;
    assert_eq!(restored(&mut tx, ada, 0).await.unwrap(), (0, true));
    assert!(tx.state.entities.iter().all(crate::domain::entity::Entity::is_live));
}

#[tokio::test]
async fn edges_that_wait_for_room_are_forgotten_by_their_own_time() {
    let mut tx = with_people().await;
    let ada = with_gone_edges(&mut tx).await;
    let gone_at = tx.now();
    tx = tx.at(gone_at + DAY * 29);
    assert_eq!(restored(&mut tx, ada, 2).await.unwrap(), (2, true));
    let by_system = Origin::system("erm.test");
    for (days, forgotten) in [(30, 0), (31, 1)] {
        tx = tx.at(gone_at + DAY * days).from_origin(by_system.clone());
        let purged = PurgeDeleted { limit: 10 }.execute(&mut tx, DAY * 30).await.unwrap();
        assert_eq!(purged, forgotten, "after {days} days");
    }
    assert_eq!(restored(&mut tx, ada, 3).await.unwrap(), (0, false));
    assert_eq!(tx.state.edges.len(), 2);
}
