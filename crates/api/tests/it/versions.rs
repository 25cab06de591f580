//! What documents said before.

use expect_test::expect;
use serde_json::{Value, json};

use crate::{
    client::{get, post},
    office::Office,
};

const VERSIONS: &str = "/api/workspaces/acme/documents/plans/versions";

impl Office {
    /// Ben's document "plans" said one thing after another.
    async fn of_two_minds() -> Self {
        let office = Self::open().await;
        let body = json!({"title": "Plans", "content": "We come.\n", "visibility": "public"});
        let created = office.write(&office.ben, body).await.json();
        let hash = &created["data"]["content_hash"];
        let body = json!({"content": "We go.\n", "content_hash": hash});
        office.change(&office.ben, "plans", body).await;
        office
    }
}

fn numbers(list: &Value) -> Vec<i64> {
    let entries = list["data"].as_array().expect("it is a list").iter();
    entries.map(|entry| entry["number"].as_i64().expect("it is a number")).collect()
}

#[tokio::test]
async fn versions_are_listed_shown_and_compared() {
    let office = Office::of_two_minds().await;
    let list = office.ask(&office.gus, get(VERSIONS)).await.json();
    assert_eq!(numbers(&list), [2, 1]);
    let version = office.ask(&office.gus, get(format!("{VERSIONS}/1"))).await;
    expect![[r#"200 {"data":{"number":1,"content_hash":"f474d489771f67ed7cf3fb3be7e06734b05b4238599d33225fdbc02c78272051","authors":["ID"],"at":"2026-01-05T09:00:00Z","content":"We come.\n"}}"#]].assert_eq(&version.to_string());
    let difference = office.ask(&office.gus, get(format!("{VERSIONS}/2/diff"))).await;
    expect![[r#"200 {"data":{"from":1,"to":2,"lines":[{"change":"removed","parts":[{"text":"We ","changed":false},{"text":"come","changed":true},{"text":".","changed":false}]},{"change":"added","parts":[{"text":"We ","changed":false},{"text":"go","changed":true},{"text":".","changed":false}]}]}}"#]].assert_eq(&difference.to_string());
    let difference = office.ask(&office.gus, get(format!("{VERSIONS}/1/diff?against=2"))).await;
    expect![[r#"200 {"data":{"from":2,"to":1,"lines":[{"change":"removed","parts":[{"text":"We ","changed":false},{"text":"go","changed":true},{"text":".","changed":false}]},{"change":"added","parts":[{"text":"We ","changed":false},{"text":"come","changed":true},{"text":".","changed":false}]}]}}"#]].assert_eq(&difference.to_string());
    for missing in ["3", "x", "3/diff", "1/diff?against=3", "1/diff?against=x"] {
        let answer = office.ask(&office.gus, get(format!("{VERSIONS}/{missing}"))).await.json();
        assert_eq!(answer["code"], "version_not_found", "{missing}");
    }
}

#[tokio::test]
async fn a_version_is_restored_by_who_may_edit_and_has_seen_what_is_there() {
    let office = Office::of_two_minds().await;
    let restore = format!("{VERSIONS}/1/restore");
    let refused = office.ask(&office.gus, post(restore.clone())).await;
    expect![[r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#]]
        .assert_eq(&refused.to_string());
    let seen = office.see(&office.ben, "plans").await;
    let tag = seen.header("etag").to_owned();
    let restored =
        office.ask(&office.ben, post(restore.clone()).header("if-match", tag.as_str())).await;
    expect![[r#"200 {"data":{"title":"Plans","slug":"plans","content":"We come.\n","content_hash":"f474d489771f67ed7cf3fb3be7e06734b05b4238599d33225fdbc02c78272051","visibility":"public","owner":"ben@example.com","workspace_slug":"acme"}}"#]].assert_eq(&restored.to_string());
    let late = office
        .ask(&office.ben, post(restore.clone()).header("if-match", tag.as_str()))
        .await
        .json();
    assert_eq!(late["code"], "version_mismatch");
    let list = office.ask(&office.gus, get(VERSIONS)).await.json();
    assert_eq!(numbers(&list), [3, 2, 1]);
    office.change(&office.ben, "plans", json!({"visibility": "private"})).await;
    let hidden = office.ask(&office.gus, get(VERSIONS)).await.json();
    assert_eq!(hidden["code"], "document_not_found");
}
