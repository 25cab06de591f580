//! Entities, one by one, over the tables in memory.

use std::fmt::{self, Write as _};

use expect_test::{Expect, expect};
use perme8_events::{Save as _, testing::FakeTx};
use serde_json::{Value, json};

use super::{
    create_entity::CreateEntity,
    delete_entity::DeleteEntity,
    put_entity_by_key::PutEntityByKey,
    replace_entity::{MergeEntity, ReplaceEntity},
    restore_entity::RestoreEntity,
};
use crate::{
    application::{
        acting::Acting,
        edges::delete_edge::DeleteEdge,
        ports::{Schemas as _, Workspaces as _},
        read_models::items::{EntityDetails, RestoredEntity},
        writing::WriteError,
    },
    domain::{
        quota::Quota,
        references::EntityId,
        schema::{Writing, draft::SchemaDraft},
    },
    testing::{
        COMPANY, GUEST, MEMBER, OWNER, ROOM, Said, Tables, acting, added, archived, company, edge,
        id, led, person, properties, with_people,
    },
};

mod returning;

type Tx = FakeTx<Tables>;
type Written = Result<EntityDetails, WriteError>;

fn of_type(name: &str, object: Value) -> CreateEntity {
    CreateEntity { entity_type: name.to_owned(), ..person(None, object) }
}

fn replace(id: EntityId, object: Value) -> ReplaceEntity {
    ReplaceEntity { workspace: COMPANY.into(), id, properties: properties(object), seen: None }
}

fn merge(id: EntityId, patch: Value) -> MergeEntity {
    MergeEntity { workspace: COMPANY.into(), id, patch: properties(patch), seen: None }
}

fn put(key: &str, object: Value) -> PutEntityByKey {
    PutEntityByKey {
        workspace: COMPANY.into(),
        entity_type: "Person".to_owned(),
        external_key: key.to_owned(),
        properties: properties(object),
        seen: None,
    }
}

fn delete(id: EntityId) -> DeleteEntity {
    DeleteEntity { workspace: COMPANY.into(), id, seen: None }
}

fn restore(id: EntityId) -> RestoreEntity {
    RestoreEntity { workspace: COMPANY.into(), id, seen: None }
}

/// The entity, and how many edges came back with it, which are all that can.
fn counted_back(restored: RestoredEntity) -> (EntityDetails, u64) {
    assert!(!restored.has_more_edges);
    (restored.entity, restored.edges_restored)
}

fn member() -> Acting {
    acting(MEMBER)
}

/// What was written, and what is told of it.
fn written(tx: &mut Tx, outcome: Written, expected: &Expect) {
    expected.assert_eq(&tx.report(&outcome.map(Said::from)));
    drop(tx.take_events());
}

/// The same, with how many edges went or came with it, or whether it is new.
fn counted<C: fmt::Debug>(
    tx: &mut Tx,
    outcome: Result<(EntityDetails, C), WriteError>,
    expected: &Expect,
) {
    expected.assert_eq(&tx.report(&outcome.map(|(entity, count)| (Said::from(entity), count))));
    drop(tx.take_events());
}

/// Why nothing was written, one wish after another, of which nothing is told.
struct Refusals(String);

impl Refusals {
    fn none() -> Self {
        Self(String::new())
    }

    fn add<R: fmt::Debug>(&mut self, outcome: Result<R, WriteError>) {
        writeln!(self.0, "{}", outcome.expect_err("it is refused")).unwrap();
    }

    fn are(self, tx: &Tx, expected: &Expect) {
        expected.assert_eq(&self.0);
        assert_eq!(tx.transcript(), "");
    }
}

/// Other types from now on.
async fn types(tx: &mut Tx, entity_types: Value, edge_types: Value) {
    let definition = SchemaDraft::from_json(Some(entity_types), Some(edge_types)).check().unwrap();
    let schema = tx.schema_of(COMPANY).await.unwrap().expect("there is one");
    let writing = Writing { by: OWNER, now: schema.updated_at };
    let replaced = schema.replace(definition, None, writing).unwrap().expect("nothing was seen");
    tx.save(replaced).await.unwrap();
    drop(tx.take_events());
}

#[tokio::test]
async fn a_member_adds_an_entity() {
    let mut tx = with_people().await;
    let ada = json!({ "name": "Ada", "email": "ada@example.com", "age": 36 });
    let created = person(Some("crm:1"), ada).execute(&mut tx, &member(), ROOM).await;
    written(
        &mut tx,
        created,
        &expect![[r#"
        Ok(Person 102 "crm:1" {"age":36,"email":"ada@example.com","name":"Ada"} version 1)
        erm.entity_created {"entity_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_type":"Person","external_key":"crm:1","properties":{"age":36,"email":"ada@example.com","name":"Ada"}}
    "#]],
    );
}

#[tokio::test]
async fn what_is_no_entity_is_not_added() {
    let mut tx = with_people().await;
    let taken = json!({ "name": "Ada", "email": "ada@example.com" });
    added(&mut tx, person(Some("crm:1"), taken.clone())).await;
    let mut refusals = Refusals::none();
    for command in [
        of_type("1", json!({})),
        of_type("Robot", json!({})),
        person(Some(""), json!({ "name": "Eve" })),
        person(None, json!({ "age": -1, "zip": 1 })),
        person(None, taken),
        person(Some("crm:1"), json!({ "name": "Eve" })),
    ] {
        refusals.add(command.execute(&mut tx, &member(), ROOM).await);
    }
    let full = Quota { entities: 1, ..ROOM };
    refusals.add(person(None, json!({ "name": "Eve" })).execute(&mut tx, &member(), full).await);
    assert_eq!(tx.state.entities.len(), 1);
    refusals.are(&tx, &expect![[r#"
        invalid type name "1": up to 100 letters, digits and underscores, of which the first is a letter
        type Robot is not defined in the schema
        external_key invalid external key "": 1 to 255 characters, none of which is a control character
        zip is not defined; name is required; age must be at least 0
        email has already been taken
        another entity of this type has this external key
        the workspace has no room for more than 1 entities
    "#]]);
    // The same key and the same address may be those of a company.
    let company = json!({ "name": "Ada & Sons", "email": "ada@example.com" });
    let company = of_type("Company", company);
    added(&mut tx, CreateEntity { external_key: Some("crm:1".to_owned()), ..company }).await;
}

#[tokio::test]
async fn who_may_not_write_and_where_nobody_can_nothing_is_added() {
    let ada = || person(None, json!({ "name": "Ada" }));
    let mut refusals = Refusals::none();
    let mut tx = with_people().await;
    refusals.add(ada().execute(&mut tx, &acting(GUEST), ROOM).await);
    refusals.add(ada().execute(&mut tx, &archived(member()), ROOM).await);
    tx.remember_gone(COMPANY).await.unwrap();
    refusals.add(ada().execute(&mut tx, &member(), ROOM).await);
    let mut tx = company();
    refusals.add(ada().execute(&mut tx, &member(), ROOM).await);
    // What can be no type is said even where there is none.
    refusals.add(of_type("1", json!({})).execute(&mut tx, &member(), ROOM).await);
    refusals.are(&tx, &expect![[r#"
        guests write no entities and edges
        the workspace is archived: restore it first
        there is no such workspace
        the workspace has no schema: write one first
        invalid type name "1": up to 100 letters, digits and underscores, of which the first is a letter
    "#]]);
}

#[tokio::test]
async fn all_properties_are_replaced() {
    let mut tx = with_people().await;
    let before = json!({ "name": "Ada", "email": "ada@example.com", "age": 36 });
    let ada = added(&mut tx, person(None, before)).await;
    let after = json!({ "name": "Ada L.", "email": "ada@example.com" });
    let replaced = replace(ada, after.clone()).execute(&mut tx, &member()).await;
    written(
        &mut tx,
        replaced,
        &expect![[r#"
        Ok(Person 102 {"email":"ada@example.com","name":"Ada L."} version 2)
        erm.entity_updated {"entity_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_type":"Person","changes":{"age":{"from":36,"to":null},"name":{"from":"Ada","to":"Ada L."}}}
    "#]],
    );
    let seen = ReplaceEntity { seen: Some(2), ..replace(ada, after) };
    let same = seen.execute(&mut tx, &member()).await;
    written(
        &mut tx,
        same,
        &expect![[r#"
        Ok(Person 102 {"email":"ada@example.com","name":"Ada L."} version 2)
    "#]],
    );
}

#[tokio::test]
async fn some_properties_are_replaced_and_others_removed() {
    let mut tx = with_people().await;
    let ada = added(&mut tx, person(Some("crm:1"), json!({ "name": "Ada", "age": 36 }))).await;
    let patch = json!({ "age": null, "email": "ada@example.com" });
    let merged = merge(ada, patch).execute(&mut tx, &member()).await;
    written(
        &mut tx,
        merged,
        &expect![[r#"
        Ok(Person 102 "crm:1" {"email":"ada@example.com","name":"Ada"} version 2)
        erm.entity_updated {"entity_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_type":"Person","changes":{"age":{"from":36,"to":null},"email":{"from":null,"to":"ada@example.com"}}}
    "#]],
    );
}

#[tokio::test]
async fn an_entity_stays_as_it_is_when_the_change_cannot_be() {
    let mut tx = with_people().await;
    let ada = added(&mut tx, person(None, json!({ "name": "Ada" }))).await;
    let ben = json!({ "name": "Ben", "email": "ben@example.com" });
    added(&mut tx, person(None, ben.clone())).await;
    let gone = added(&mut tx, person(None, json!({ "name": "Eve" }))).await;
    delete(gone).execute(&mut tx, &member()).await.unwrap();
    drop(tx.take_events());
    let mut refusals = Refusals::none();
    let stale = ReplaceEntity { seen: Some(2), ..replace(ada, json!({ "name": "Eve" })) };
    for command in [
        stale,
        replace(gone, json!({ "name": "Eve" })),
        replace(id(99), json!({ "name": "Eve" })),
        replace(ada, json!({})),
        replace(ada, ben),
    ] {
        refusals.add(command.execute(&mut tx, &member()).await);
    }
    for patch in [json!({ "name": null }), json!({ "email": "ben@example.com", "age": -1 })] {
        refusals.add(merge(ada, patch).execute(&mut tx, &member()).await);
    }
    let robots = json!([{ "name": "Robot" }]);
    types(&mut tx, robots, json!([])).await;
    refusals.add(merge(ada, json!({ "age": 36 })).execute(&mut tx, &member()).await);
    refusals.add(merge(ada, json!({})).execute(&mut tx, &acting(GUEST)).await);
    refusals.are(
        &tx,
        &expect![[r#"
        it has changed since: look at it again
        there is no such entity or edge
        there is no such entity or edge
        name is required
        email has already been taken
        name is required
        age must be at least 0
        type Person is not defined in the schema
        guests write no entities and edges
    "#]],
    );
}

#[tokio::test]
async fn what_is_put_by_a_key_is_added_once_and_replaced_then() {
    let mut tx = with_people().await;
    let ada = json!({ "name": "Ada", "email": "ada@example.com" });
    let created = put("crm:1", ada).execute(&mut tx, &member(), ROOM).await;
    counted(
        &mut tx,
        created,
        &expect![[r#"
        Ok((Person 102 "crm:1" {"email":"ada@example.com","name":"Ada"} version 1, true))
        erm.entity_created {"entity_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_type":"Person","external_key":"crm:1","properties":{"email":"ada@example.com","name":"Ada"}}
    "#]],
    );
    let ada = json!({ "name": "Ada L.", "email": "ada@example.com" });
    // There is no room for another one, and none is needed.
    let full = Quota { entities: 1, ..ROOM };
    let replaced = put("crm:1", ada.clone()).execute(&mut tx, &member(), full).await;
    counted(
        &mut tx,
        replaced,
        &expect![[r#"
        Ok((Person 102 "crm:1" {"email":"ada@example.com","name":"Ada L."} version 2, false))
        erm.entity_updated {"entity_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","entity_type":"Person","changes":{"name":{"from":"Ada","to":"Ada L."}}}
    "#]],
    );
    let same = put("crm:1", ada.clone()).execute(&mut tx, &member(), full).await;
    counted(
        &mut tx,
        same,
        &expect![[r#"
        Ok((Person 102 "crm:1" {"email":"ada@example.com","name":"Ada L."} version 2, false))
    "#]],
    );
    let mut refusals = Refusals::none();
    refusals.add(put("crm:2", ada).execute(&mut tx, &member(), ROOM).await);
    refusals.add(put("crm:2", json!({ "name": "Eve" })).execute(&mut tx, &member(), full).await);
    refusals.add(put("a\nb", json!({ "name": "Eve" })).execute(&mut tx, &member(), ROOM).await);
    refusals.are(&tx, &expect![[r#"
        email has already been taken
        the workspace has no room for more than 1 entities
        external_key invalid external key "a\nb": 1 to 255 characters, none of which is a control character
    "#]]);
}
