//! Lists of documents, page by page.

use std::time::Duration;

use expect_test::expect;
use serde_json::json;

use crate::{
    client::{delete, get},
    documents::{DOCUMENTS, check},
    office::Office,
};

#[tokio::test]
async fn documents_come_in_pages_those_that_are_pinned_first() {
    let office = Office::open().await;
    for title in ["One", "Two", "Three"] {
        office.write(&office.ben, json!({"title": title, "visibility": "public"})).await;
        office.host.test.clock.advance(Duration::from_secs(1));
    }
    office.change(&office.ada, "one", json!({"is_pinned": true})).await;
    let mut seen = Vec::new();
    let mut query = "limit=1".to_owned();
    loop {
        let page = office.ask(&office.gus, get(format!("{DOCUMENTS}?{query}"))).await;
        seen.push(page.text_at("/data/0/slug"));
        match page.json()["meta"]["next"].as_str() {
            Some(next) => query = format!("limit=1&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, ["one", "three", "two"]);
    assert_eq!(office.list(&office.gus, "pinned=false").await, ["three", "two"]);
    check(
        &office.ask(&office.gus, get(format!("{DOCUMENTS}?pinned=true"))).await,
        &expect![[
            r#"200 {"data":[{"title":"One","slug":"one","visibility":"public","is_pinned":true,"owner":"ben@example.com","owner_id":"ID","workspace_slug":"acme","trashed_at":null,"created_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:03Z","version":2}],"meta":{"next":null}}"#
        ]],
    );
    let wrong = get(format!("{DOCUMENTS}?limit=0&pinned=maybe&trashed=maybe&after=x"));
    check(
        &office.ask(&office.gus, wrong).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"after":["must be what meta.next said"],"limit":["must be a number, 1 to 100"],"pinned":["must be true or false"],"trashed":["must be true or false"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &office.ask(&office.gus, get(format!("{DOCUMENTS}?project=loom"))).await,
        &expect![[
            r#"404 {"code":"project_not_found","error":"Project not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn an_owner_whose_account_is_gone_is_an_id() {
    let office = Office::open().await;
    office.write(&office.ben, json!({"title": "Plans", "visibility": "public"})).await;
    assert_eq!(office.see(&office.gus, "plans").await.text_at("/data/owner"), "ben@example.com");
    assert_eq!(office.ask(&office.ben, delete("/api/me")).await.status, 204);
    // Until it is handed over.
    let ben = office.ben.id.to_string();
    assert_eq!(office.see(&office.gus, "plans").await.text_at("/data/owner"), ben);
    let listed = office.ask(&office.gus, get(DOCUMENTS)).await;
    assert_eq!(listed.text_at("/data/0/owner"), ben);
}
