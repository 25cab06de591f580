//! Edges, one by one, over the tables in memory.

use expect_test::{Expect, expect};
use perme8_events::{Save as _, Transaction as _, testing::FakeTx};
use serde_json::{Value, json};

use super::{
    create_edge::CreateEdge,
    delete_edge::DeleteEdge,
    replace_edge::{MergeEdge, ReplaceEdge},
    restore_edge::RestoreEdge,
};
use crate::{
    application::{
        acting::Acting,
        entities::{create_entity::CreateEntity, delete_entity::DeleteEntity},
        ports::{Schemas as _, Workspaces as _},
        read_models::items::EdgeDetails,
        writing::WriteError,
    },
    domain::{
        quota::Quota,
        references::{EdgeId, EntityId},
        schema::{Writing, draft::SchemaDraft},
    },
    testing::{
        COMPANY, GUEST, MEMBER, OWNER, ROOM, Said, Tables, acting, added, archived, company, edge,
        id, led, person, properties, with_people,
    },
};

type Tx = FakeTx<Tables>;
type Written = Result<EdgeDetails, WriteError>;

/// People, and who employs one of them.
struct Office {
    tx: Tx,
    ada: EntityId,
    ben: EntityId,
    acme: EntityId,
}

fn company_named(name: &str) -> CreateEntity {
    let entity_type = "Company".to_owned();
    CreateEntity { entity_type, ..person(None, json!({ "name": name })) }
}

async fn office() -> Office {
    let mut tx = with_people().await;
    let ada = added(&mut tx, person(None, json!({ "name": "Ada" }))).await;
    let ben = added(&mut tx, person(None, json!({ "name": "Ben" }))).await;
    let acme = added(&mut tx, company_named("Acme")).await;
    Office { tx, ada, ben, acme }
}

fn replace(id: EdgeId, object: Value) -> ReplaceEdge {
    ReplaceEdge { workspace: COMPANY.into(), id, properties: properties(object), seen: None }
}

fn merge(id: EdgeId, patch: Value) -> MergeEdge {
    MergeEdge { workspace: COMPANY.into(), id, patch: properties(patch), seen: None }
}

fn delete(id: EdgeId) -> DeleteEdge {
    DeleteEdge { workspace: COMPANY.into(), id, seen: None }
}

fn restore(id: EdgeId) -> RestoreEdge {
    RestoreEdge { workspace: COMPANY.into(), id, seen: None }
}

async fn delete_entity(tx: &mut Tx, id: EntityId) {
    let delete = DeleteEntity { workspace: COMPANY.into(), id, seen: None };
    delete.execute(tx, &member()).await.unwrap();
    drop(tx.take_events());
}

fn member() -> Acting {
    acting(MEMBER)
}

/// What was written, and what is told of it.
fn written(tx: &mut Tx, outcome: Written, expected: &Expect) {
    expected.assert_eq(&tx.report(&outcome.map(Said::from)));
    drop(tx.take_events());
}

/// Why nothing was written, one wish after another, of which nothing is told.
fn refused(tx: &Tx, outcomes: impl IntoIterator<Item = Written>, expected: &Expect) {
    let error = |outcome: Written| format!("{}\n", outcome.expect_err("it is refused"));
    expected.assert_eq(&outcomes.into_iter().map(error).collect::<String>());
    assert_eq!(tx.transcript(), "");
}

#[tokio::test]
async fn a_member_leads_an_edge() {
    let Office { mut tx, ada, acme, .. } = office().await;
    let employs = edge("EMPLOYS", (acme, ada), json!({ "contract": 1 }));
    let created = employs.execute(&mut tx, &member(), ROOM).await;
    written(
        &mut tx,
        created,
        &expect![[r#"
        Ok(EMPLOYS 105 104 -> 102 {"contract":1} version 1)
        erm.edge_created {"edge_id":"00000000-0000-0000-0000-000000000105","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","edge_type":"EMPLOYS","source_id":"00000000-0000-0000-0000-000000000104","target_id":"00000000-0000-0000-0000-000000000102","properties":{"contract":1}}
    "#]],
    );
    // The same again is another edge, and one may lead back to where it begins.
    for ends in [(ada, acme), (ada, acme), (ada, ada)] {
        let knows = edge("KNOWS", ends, json!({}));
        knows.execute(&mut tx, &member(), ROOM).await.unwrap();
    }
    assert_eq!(tx.state.edges.len(), 4);
}

#[tokio::test]
async fn what_is_no_edge_is_not_led() {
    let Office { mut tx, ada, ben, acme } = office().await;
    led(&mut tx, edge("EMPLOYS", (acme, ada), json!({ "contract": 1 }))).await;
    let gone = added(&mut tx, company_named("Initech")).await;
    delete_entity(&mut tx, gone).await;
    let mut outcomes = Vec::new();
    for command in [
        edge("1", (acme, ben), json!({})),
        edge("OWNS", (acme, ben), json!({})),
        edge("EMPLOYS", (acme, ben), json!({ "contract": "2", "zip": 1 })),
        edge("EMPLOYS", (acme, ben), json!({ "contract": 1 })),
        edge("EMPLOYS", (id(99), ben), json!({})),
        edge("EMPLOYS", (gone, ben), json!({})),
        edge("EMPLOYS", (acme, id(99)), json!({})),
        edge("EMPLOYS", (ada, ben), json!({})),
        edge("EMPLOYS", (acme, acme), json!({})),
        edge("EMPLOYS", (acme, ada), json!({})),
    ] {
        outcomes.push(command.execute(&mut tx, &member(), ROOM).await);
    }
    let full = Quota { edges: 1, ..ROOM };
    outcomes.push(edge("KNOWS", (ada, ben), json!({})).execute(&mut tx, &member(), full).await);
    assert_eq!(tx.state.edges.len(), 1);
    refused(
        &tx,
        outcomes,
        &expect![[r#"
        invalid type name "1": up to 100 letters, digits and underscores, of which the first is a letter
        type OWNS is not defined in the schema
        zip is not defined; contract must be an integer
        contract has already been taken
        Source entity not found
        Source entity not found
        Target entity not found
        Source entity of type Person is no end of edges of type EMPLOYS
        Target entity of type Company is no end of edges of type EMPLOYS
        Target entity already has its only edge of type EMPLOYS
        the workspace has no room for more than 1 edges
    "#]],
    );
}

#[tokio::test]
async fn who_may_not_write_and_where_nobody_can_no_edge_is_led() {
    let Office { mut tx, ada, ben, .. } = office().await;
    let knows = |name| -> CreateEdge { edge(name, (ada, ben), json!({})) };
    let mut outcomes = vec![
        knows("KNOWS").execute(&mut tx, &acting(GUEST), ROOM).await,
        knows("KNOWS").execute(&mut tx, &archived(member()), ROOM).await,
    ];
    tx.remember_gone(COMPANY).await.unwrap();
    outcomes.push(knows("KNOWS").execute(&mut tx, &member(), ROOM).await);
    let mut tx = company();
    outcomes.push(knows("KNOWS").execute(&mut tx, &member(), ROOM).await);
    outcomes.push(knows("1").execute(&mut tx, &member(), ROOM).await);
    refused(
        &tx,
        outcomes,
        &expect![[r#"
        guests write no entities and edges
        the workspace is archived: restore it first
        there is no such workspace
        the workspace has no schema: write one first
        invalid type name "1": up to 100 letters, digits and underscores, of which the first is a letter
    "#]],
    );
}

#[tokio::test]
async fn the_properties_of_an_edge_are_replaced_or_merged() {
    let Office { mut tx, ada, acme, .. } = office().await;
    let employs = led(&mut tx, edge("EMPLOYS", (acme, ada), json!({ "contract": 1 }))).await;
    let replaced = replace(employs, json!({ "contract": 2 })).execute(&mut tx, &member()).await;
    written(
        &mut tx,
        replaced,
        &expect![[r#"
        Ok(EMPLOYS 105 104 -> 102 {"contract":2} version 2)
        erm.edge_updated {"edge_id":"00000000-0000-0000-0000-000000000105","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","edge_type":"EMPLOYS","source_id":"00000000-0000-0000-0000-000000000104","target_id":"00000000-0000-0000-0000-000000000102","changes":{"contract":{"from":1,"to":2}}}
    "#]],
    );
    let same = ReplaceEdge { seen: Some(2), ..replace(employs, json!({ "contract": 2 })) };
    let same = same.execute(&mut tx, &member()).await;
    written(
        &mut tx,
        same,
        &expect![[r#"
        Ok(EMPLOYS 105 104 -> 102 {"contract":2} version 2)
    "#]],
    );
    let merged = merge(employs, json!({ "contract": null })).execute(&mut tx, &member()).await;
    written(
        &mut tx,
        merged,
        &expect![[r#"
        Ok(EMPLOYS 105 104 -> 102 {} version 3)
        erm.edge_updated {"edge_id":"00000000-0000-0000-0000-000000000105","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","edge_type":"EMPLOYS","source_id":"00000000-0000-0000-0000-000000000104","target_id":"00000000-0000-0000-0000-000000000102","changes":{"contract":{"from":2,"to":null}}}
    "#]],
    );
}

#[tokio::test]
async fn an_edge_stays_as_it_is_when_the_change_cannot_be() {
    let Office { mut tx, ada, ben, acme } = office().await;
    let employs = led(&mut tx, edge("EMPLOYS", (acme, ada), json!({ "contract": 1 }))).await;
    led(&mut tx, edge("EMPLOYS", (acme, ben), json!({ "contract": 2 }))).await;
    let gone = led(&mut tx, edge("KNOWS", (ada, ben), json!({}))).await;
    delete(gone).execute(&mut tx, &member()).await.unwrap();
    drop(tx.take_events());
    let stale = ReplaceEdge { seen: Some(2), ..replace(employs, json!({})) };
    let mut outcomes = Vec::new();
    for command in [
        stale,
        replace(gone, json!({})),
        replace(id(99), json!({})),
        replace(employs, json!({ "contract": 1.5 })),
        replace(employs, json!({ "contract": 2 })),
    ] {
        outcomes.push(command.execute(&mut tx, &member()).await);
    }
    outcomes.push(merge(employs, json!({ "contract": 2 })).execute(&mut tx, &member()).await);
    outcomes.push(merge(employs, json!({})).execute(&mut tx, &acting(GUEST)).await);
    let schema = tx.schema_of(COMPANY).await.unwrap().expect("there is one");
    let others = SchemaDraft::from_json(None, Some(json!([{ "name": "KNOWS" }]))).check().unwrap();
    let writing = Writing { by: OWNER, now: tx.now() };
    let replaced = schema.replace(others, None, writing).unwrap().expect("nothing was seen");
    tx.save(replaced).await.unwrap();
    drop(tx.take_events());
    outcomes.push(merge(employs, json!({})).execute(&mut tx, &member()).await);
    refused(
        &tx,
        outcomes,
        &expect![[r#"
        it has changed since: look at it again
        there is no such entity or edge
        there is no such entity or edge
        contract must be an integer
        contract has already been taken
        contract has already been taken
        guests write no entities and edges
        type EMPLOYS is not defined in the schema
    "#]],
    );
}

#[tokio::test]
async fn an_edge_goes_and_comes_back() {
    let Office { mut tx, ada, acme, .. } = office().await;
    let employs = led(&mut tx, edge("EMPLOYS", (acme, ada), json!({ "contract": 1 }))).await;
    let stale = DeleteEdge { seen: Some(2), ..delete(employs) };
    let outcomes = [
        stale.execute(&mut tx, &member()).await,
        delete(employs).execute(&mut tx, &acting(GUEST)).await,
        delete(id(99)).execute(&mut tx, &member()).await,
    ];
    refused(
        &tx,
        outcomes,
        &expect![[r#"
        it has changed since: look at it again
        guests write no entities and edges
        there is no such entity or edge
    "#]],
    );
    let deleted = delete(employs).execute(&mut tx, &member()).await;
    written(
        &mut tx,
        deleted,
        &expect![[r#"
        Ok(EMPLOYS 105 104 -> 102 {"contract":1} version 2 gone)
        erm.edge_deleted {"edge_id":"00000000-0000-0000-0000-000000000105","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","edge_type":"EMPLOYS","source_id":"00000000-0000-0000-0000-000000000104","target_id":"00000000-0000-0000-0000-000000000102"}
    "#]],
    );
    let again = delete(employs).execute(&mut tx, &member()).await;
    assert!(matches!(again, Err(WriteError::NotFound)), "{again:?}");
    let restored = restore(employs).execute(&mut tx, &member(), ROOM).await;
    written(
        &mut tx,
        restored,
        &expect![[r#"
        Ok(EMPLOYS 105 104 -> 102 {"contract":1} version 3)
        erm.edge_restored {"edge_id":"00000000-0000-0000-0000-000000000105","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","edge_type":"EMPLOYS","source_id":"00000000-0000-0000-0000-000000000104","target_id":"00000000-0000-0000-0000-000000000102"}
    "#]],
    );
    let there = restore(employs).execute(&mut tx, &member(), ROOM).await;
    written(
        &mut tx,
        there,
        &expect![[r#"
        Ok(EMPLOYS 105 104 -> 102 {"contract":1} version 3)
    "#]],
    );
}

#[tokio::test]
async fn an_edge_that_could_not_be_led_today_does_not_come_back() {
    let Office { mut tx, ada, ben, acme } = office().await;
    let employs = led(&mut tx, edge("EMPLOYS", (acme, ada), json!({ "contract": 1 }))).await;
    delete(employs).execute(&mut tx, &member()).await.unwrap();
    drop(tx.take_events());
    let full = Quota { edges: 0, ..ROOM };
    let mut outcomes = vec![restore(employs).execute(&mut tx, &member(), full).await];
    let other = led(&mut tx, edge("EMPLOYS", (acme, ben), json!({ "contract": 1 }))).await;
    outcomes.push(restore(employs).execute(&mut tx, &member(), ROOM).await);
    delete(other).execute(&mut tx, &member()).await.unwrap();
    led(&mut tx, edge("EMPLOYS", (acme, ada), json!({}))).await;
    outcomes.push(restore(employs).execute(&mut tx, &member(), ROOM).await);
    delete_entity(&mut tx, ada).await;
    outcomes.push(restore(employs).execute(&mut tx, &member(), ROOM).await);
    outcomes.push(restore(id(99)).execute(&mut tx, &member(), ROOM).await);
    outcomes.push(restore(employs).execute(&mut tx, &acting(GUEST), ROOM).await);
    refused(
        &tx,
        outcomes,
        &expect![[r#"
        the workspace has no room for more than 0 edges
        contract has already been taken
        Target entity already has its only edge of type EMPLOYS
        Target entity not found
        there is no such entity or edge
        guests write no entities and edges
    "#]],
    );
}
