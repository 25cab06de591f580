//! Many edges at once.

use super::*;

#[tokio::test]
async fn many_edges_are_led_at_once() {
    let mut tx = with_people().await;
    let [ada, ben, eve] = three(&mut tx).await;
    let acme = NewEntity { entity_type: "Company".to_owned(), ..named("Acme") };
    let acme = create([acme], Atomic).execute(&mut tx, &member(), ROOM).await.unwrap();
    let acme = acme.done[0].id;
    drop(tx.take_events());
    let items = || {
        [
            link("EMPLOYS", &acme, &ada, json!({ "contract": 1 })),
            link("EMPLOYS", &acme, &ada, json!({ "contract": 2 })),
            link("EMPLOYS", &acme, &ben, json!({ "contract": 1 })),
            link("EMPLOYS", &ada, &ben, json!({})),
            link("KNOWS", &ada, &eve, json!({})),
            link("KNOWS", &eve, &ada, json!({})),
            link("KNOWS", &"nobody", &"either", json!({})),
            link("1", &ada, &ben, json!({})),
            link("OWNS", &ada, &ben, json!({})),
            link("KNOWS", &ada, &ben, json!({ "since": "yesterday" })),
            link("KNOWS", &ada, &ben, json!({})),
            link("KNOWS", &ada, &ben, json!({})),
        ]
    };
    let two = Quota { edges: 2, ..ROOM };
    let outcome = links(items(), Atomic).execute(&mut tx, &member(), two).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
            {"index":1,"errors":[{"field":"target_id","message":"Target entity already has its only edge of type EMPLOYS","constraint":"endpoint"}]}
            {"index":2,"errors":[{"field":"contract","message":"has already been taken","constraint":"unique"}]}
            {"index":3,"errors":[{"field":"source_id","message":"Source entity of type Person is no end of edges of type EMPLOYS","constraint":"endpoint"}]}
            {"index":4,"errors":[{"field":"target_id","message":"target_not_found","constraint":"endpoint"}]}
            {"index":5,"errors":[{"field":"source_id","message":"source_not_found","constraint":"endpoint"}]}
            {"index":6,"errors":[{"field":"source_id","message":"must be a UUID","constraint":"type"},{"field":"target_id","message":"must be a UUID","constraint":"type"}]}
            {"index":7,"errors":[{"field":"type","message":"invalid type name \"1\": up to 100 letters, digits and underscores, of which the first is a letter","constraint":"type"}]}
            {"index":8,"errors":[{"field":"type","message":"type OWNS is not defined in the schema","constraint":"type"}]}
            {"index":9,"errors":[{"field":"since","message":"must be a datetime in ISO 8601 with an offset, such as 2024-01-15T00:00:00Z","constraint":"type"}]}
            {"index":11,"errors":[{"message":"the workspace has no room for more than 2 edges","constraint":"quota"}]}
        "#]],
    );
    assert_eq!(tx.state.edges.len(), 0);
    let outcome = links(items(), Partial).execute(&mut tx, &member(), two).await;
    check(
        &mut tx,
        outcome,
        &expect![[r#"
            EMPLOYS 10f 105 -> 102 {"contract":1} version 1
            KNOWS 115 102 -> 103 {} version 1
            {"index":1,"errors":[{"field":"target_id","message":"Target entity already has its only edge of type EMPLOYS","constraint":"endpoint"}]}
            {"index":2,"errors":[{"field":"contract","message":"has already been taken","constraint":"unique"}]}
            {"index":3,"errors":[{"field":"source_id","message":"Source entity of type Person is no end of edges of type EMPLOYS","constraint":"endpoint"}]}
            {"index":4,"errors":[{"field":"target_id","message":"target_not_found","constraint":"endpoint"}]}
            {"index":5,"errors":[{"field":"source_id","message":"source_not_found","constraint":"endpoint"}]}
            {"index":6,"errors":[{"field":"source_id","message":"must be a UUID","constraint":"type"},{"field":"target_id","message":"must be a UUID","constraint":"type"}]}
            {"index":7,"errors":[{"field":"type","message":"invalid type name \"1\": up to 100 letters, digits and underscores, of which the first is a letter","constraint":"type"}]}
            {"index":8,"errors":[{"field":"type","message":"type OWNS is not defined in the schema","constraint":"type"}]}
            {"index":9,"errors":[{"field":"since","message":"must be a datetime in ISO 8601 with an offset, such as 2024-01-15T00:00:00Z","constraint":"type"}]}
            {"index":11,"errors":[{"message":"the workspace has no room for more than 2 edges","constraint":"quota"}]}
            erm.bulk_edges_created {"bulk_operation_id":"00000000-0000-0000-0000-000000000117","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","edge_ids":["00000000-0000-0000-0000-00000000010f","00000000-0000-0000-0000-000000000115"],"count":2}
        "#]],
    );
    let fifty = (0..50).map(|_| link("KNOWS", &ada, &ben, json!({})));
    let outcome = links(fifty, Atomic).execute(&mut tx, &member(), ROOM).await.unwrap();
    let (count, ids) = told(&mut tx, "erm.bulk_edges_created");
    assert_eq!((count, outcome.failed.len()), (50, 0));
    assert!(ids.into_iter().eq(outcome.done.iter().map(|edge| json!(edge.id))));
}
