//! The documents of a workspace.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Ask, delete, get, patch, post},
    host::Person,
    office::Office,
};

pub(crate) const DOCUMENTS: &str = "/api/workspaces/acme/documents";

pub(crate) fn check(answer: &Answer, expected: &Expect) {
    expected.assert_eq(&answer.to_string());
}

impl Office {
    pub(crate) async fn change(&self, who: &Person, slug: &str, body: Value) -> Answer {
        self.ask(who, patch(format!("{DOCUMENTS}/{slug}")).json(body)).await
    }

    pub(crate) async fn see(&self, who: &Person, slug: &str) -> Answer {
        self.ask(who, get(format!("{DOCUMENTS}/{slug}"))).await
    }

    /// The slugs of a list.
    pub(crate) async fn list(&self, who: &Person, query: &str) -> Vec<String> {
        let answer = self.ask(who, get(format!("{DOCUMENTS}?{query}"))).await.json();
        let entries = answer["data"].as_array().expect("it is a list").iter();
        entries.map(|entry| entry["slug"].as_str().expect("it has one").to_owned()).collect()
    }
}

#[tokio::test]
async fn a_document_is_created_and_shown_as_clients_know_it() {
    let office = Office::open().await;
    let body =
        json!({"title": "Road Map", "content": "# Go\n", "visibility": "public", "slug": "x"});
    let created = office.write(&office.ben, body).await;
    check(
        &created,
        &expect![[
            r#"201 {"data":{"title":"Road Map","slug":"road-map","visibility":"public","owner":"ben@example.com","workspace_slug":"acme","content_hash":"13ad8e753213f8ac6d0e7917677a03eac600790d616194982eb3c3040ab07665"}}"#
        ]],
    );
    let seen = office.see(&office.gus, "road-map").await;
    assert_eq!(seen.header("etag"), created.header("etag"));
    check(
        &seen,
        &expect![[
            r##"200 {"data":{"title":"Road Map","slug":"road-map","content":"# Go\n","content_hash":"13ad8e753213f8ac6d0e7917677a03eac600790d616194982eb3c3040ab07665","visibility":"public","owner":"ben@example.com","workspace_slug":"acme"}}"##
        ]],
    );
    // What is no visibility is none.
    let private =
        office.write(&office.ada, json!({"title": "Diary", "visibility": "secret"})).await;
    check(
        &private,
        &expect![[
            r#"201 {"data":{"title":"Diary","slug":"diary","visibility":"private","owner":"ada@example.com","workspace_slug":"acme","content_hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}"#
        ]],
    );
    check(
        &office.see(&office.ada, "diary").await,
        &expect![[
            r#"200 {"data":{"title":"Diary","slug":"diary","content":null,"content_hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","visibility":"private","owner":"ada@example.com","workspace_slug":"acme"}}"#
        ]],
    );
    let workspace = office.ask(&office.gus, get("/api/workspaces/acme")).await;
    check(
        &workspace,
        &expect![[
            r#"200 {"data":{"name":"Acme","slug":"acme","documents":[{"title":"Road Map","slug":"road-map"}],"projects":[]}}"#
        ]],
    );
}

#[tokio::test]
async fn a_document_of_a_project_names_it() {
    let office = Office::open().await;
    office.begin(&office.ada, json!({"name": "Mill"})).await;
    let within = "/api/workspaces/acme/projects/mill/documents";
    let body = json!({"title": "Gears", "visibility": "public"});
    check(
        &office.ask(&office.ben, post(within).json(body)).await,
        &expect![[
            r#"201 {"data":{"title":"Gears","slug":"gears","visibility":"public","owner":"ben@example.com","workspace_slug":"acme","content_hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","project_slug":"mill"}}"#
        ]],
    );
    let body = json!({"title": "Wheels", "project_slug": "mill"});
    office.write(&office.ben, body).await;
    check(
        &office.see(&office.ben, "wheels").await,
        &expect![[
            r#"200 {"data":{"title":"Wheels","slug":"wheels","content":null,"content_hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","visibility":"private","owner":"ben@example.com","workspace_slug":"acme","project_slug":"mill"}}"#
        ]],
    );
    let project = office.ask(&office.gus, get("/api/workspaces/acme/projects/mill")).await;
    check(
        &project,
        &expect![[
            r#"200 {"data":{"name":"Mill","slug":"mill","description":null,"workspace_slug":"acme","documents":[{"title":"Gears","slug":"gears"}]}}"#
        ]],
    );
    let workspace = office.ask(&office.ben, get("/api/workspaces/acme")).await.json();
    assert_eq!(workspace["data"]["documents"], json!([]));
    let moved = office.change(&office.ben, "gears", json!({"project_slug": null})).await.json();
    assert_eq!(moved["data"].get("project_slug"), None);
    let nowhere = post("/api/workspaces/acme/projects/loom/documents").json(json!({"title": "X"}));
    check(
        &office.ask(&office.ben, nowhere).await,
        &expect![[
            r#"404 {"code":"project_not_found","error":"Project not found","request_id":"r-1"}"#
        ]],
    );
    let nowhere = office.change(&office.ben, "gears", json!({"project_slug": "loom"})).await;
    check(
        &nowhere,
        &expect![[
            r#"404 {"code":"project_not_found","error":"Project not found","request_id":"r-1"}"#
        ]],
    );
    office.ask(&office.ada, post("/api/workspaces/acme/projects/mill/archive")).await;
    check(
        &office.change(&office.ben, "wheels", json!({"title": "Late"})).await,
        &expect![[
            r#"409 {"code":"project_archived","error":"The project is archived","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn what_cannot_be_created_is_refused_in_a_fixed_order() {
    let office = Office::open().await;
    check(
        &office.write(&office.gus, json!({})).await,
        &expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
    check(
        &office.write(&office.ben, json!({})).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"title":["can't be blank"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &office.write(&office.ben, json!({"title": 1, "content": 2})).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"content":["must be a text"],"title":["must be a text"]},"request_id":"r-1"}"#
        ]],
    );
    let long = "x".repeat(1024 * 1024 + 1);
    check(
        &office.write(&office.ben, json!({"title": "X", "content": long})).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"content":["a text has at most 1048576 bytes"]},"request_id":"r-1"}"#
        ]],
    );
    let nowhere = post("/api/workspaces/nowhere/documents").json(json!({}));
    check(
        &office.ask(&office.ada, nowhere).await,
        &expect![[
            r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
        ]],
    );
    check(
        &office.see(&office.ada, "missing").await,
        &expect![[
            r#"404 {"code":"document_not_found","error":"Document not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn a_text_is_written_over_the_one_that_was_seen() {
    let office = Office::open().await;
    let created = office
        .write(
            &office.ben,
            json!({"title": "Plans", "content": "We come.", "visibility": "public"}),
        )
        .await;
    let hash = created.text_at("/data/content_hash");
    let change = async |body: Value| office.change(&office.ben, "plans", body).await;
    check(
        &change(json!({"content": "We go."})).await,
        &expect![[
            r#"422 {"code":"content_hash_required","error":"content_hash is required when updating content","request_id":"r-1"}"#
        ]],
    );
    check(
        &change(json!({"content": "We go.", "content_hash": null})).await,
        &expect![[
            r#"422 {"code":"content_hash_required","error":"content_hash is required when updating content","request_id":"r-1"}"#
        ]],
    );
    let changed = change(json!({"content": "We go.", "content_hash": hash})).await;
    check(
        &changed,
        &expect![[
            r#"200 {"data":{"title":"Plans","slug":"plans","content":"We go.","content_hash":"ef33d21d23bea4939a175d8582d39214f259cc7b9ce6ec502f9ebc67157c7c2e","visibility":"public","owner":"ben@example.com","workspace_slug":"acme"}}"#
        ]],
    );
    // All of it or nothing.
    let late = json!({"title": "Late", "content": "We stay.", "content_hash": hash});
    check(
        &change(late).await,
        &expect![[
            r#"409 {"code":"content_conflict","data":{"content":"We go.","content_hash":"ef33d21d23bea4939a175d8582d39214f259cc7b9ce6ec502f9ebc67157c7c2e"},"error":"content_conflict","message":"The content has changed since: look at it again","request_id":"r-1"}"#
        ]],
    );
    assert_eq!(office.see(&office.ben, "plans").await.text, changed.text);
    let hash = changed.text_at("/data/content_hash");
    let emptied = change(json!({"content": null, "content_hash": hash})).await.json();
    assert_eq!(emptied["data"]["content"], "");
    let refused = office
        .change(&office.gus, "plans", json!({"content": "Mine.", "content_hash": hash}))
        .await;
    check(
        &refused,
        &expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
    check(
        &change(json!({})).await,
        &expect![[
            r#"200 {"data":{"title":"Plans","slug":"plans","content":"","content_hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","visibility":"public","owner":"ben@example.com","workspace_slug":"acme"}}"#
        ]],
    );
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_seen() {
    let office = Office::open().await;
    let body = json!({"title": "Plans", "visibility": "public"});
    let created = office.write(&office.ben, body).await;
    let tag = created.header("etag").to_owned();
    let at = format!("{DOCUMENTS}/plans");
    let change = async |seen: Option<&str>, body: Value| {
        let ask = patch(&*at).json(body);
        let ask = match seen {
            Some(tag) => ask.header("if-match", tag),
            None => ask,
        };
        office.ask(&office.ben, ask).await
    };
    let changed = change(Some(&tag), json!({"title": "Goals", "version": 1})).await;
    assert_eq!((changed.status.as_u16(), changed.text_at("/data/slug").as_str()), (200, "plans"));
    assert_ne!(changed.header("etag"), tag);
    check(
        &change(Some(&tag), json!({"title": "Late"})).await,
        &expect![[
            r#"412 {"code":"version_mismatch","error":"It has changed since: look at it again","request_id":"r-1"}"#
        ]],
    );
    check(
        &change(None, json!({"title": "Late", "version": 1})).await,
        &expect![[
            r#"409 {"code":"version_conflict","error":"It has changed since: look at it again","request_id":"r-1"}"#
        ]],
    );
    let other = changed.header("etag");
    assert_eq!(change(Some(other), json!({"title": "Late", "version": 1})).await.status, 412);
    // What it says is part of what was seen.
    let hash = changed.text_at("/data/content_hash");
    assert_eq!(change(None, json!({"content": "X", "content_hash": hash})).await.status, 200);
    for stale in [&tag, other, "\"2\""] {
        assert_eq!(change(Some(stale), json!({"title": "Late"})).await.status, 412, "{stale}");
        for ask in [delete(&*at), delete(format!("{at}?purge=true")), post(format!("{at}/restore"))]
        {
            let answer = office.ask(&office.ben, ask.header("if-match", stale)).await;
            assert_eq!(answer.status, 412, "{stale}");
        }
    }
    assert_eq!(change(None, json!({"title": "New", "version": 2})).await.status, 200);
}

#[tokio::test]
async fn a_private_document_is_there_for_its_owner_alone() {
    let office = Office::open().await;
    office.write(&office.ben, json!({"title": "Diary", "content": "Dear diary,"})).await;
    for other in [&office.ada, &office.gus] {
        check(
            &office.see(other, "diary").await,
            &expect![[
                r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
            ]],
        );
        check(
            &office.change(other, "diary", json!({"is_pinned": true})).await,
            &expect![[
                r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
            ]],
        );
        let asks: [fn(String) -> Ask; 2] = [delete, |at| post(format!("{at}/restore"))];
        for ask in asks {
            let answer = office.ask(other, ask(format!("{DOCUMENTS}/diary"))).await;
            check(
                &answer,
                &expect![[
                    r#"404 {"code":"document_not_found","error":"Document not found","request_id":"r-1"}"#
                ]],
            );
        }
        assert_eq!(office.list(other, "").await, Vec::<String>::new());
    }
    assert_eq!(office.list(&office.ben, "").await, ["diary"]);
}

#[tokio::test]
async fn a_document_goes_into_the_trash_and_comes_back() {
    let office = Office::open().await;
    for title in ["Plans", "Goals"] {
        office.write(&office.ben, json!({"title": title, "visibility": "public"})).await;
    }
    let at = format!("{DOCUMENTS}/plans");
    let of_ben = async |ask: Ask| office.ask(&office.ben, ask).await;
    check(
        &office.ask(&office.gus, delete(&*at)).await,
        &expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
    assert_eq!(of_ben(delete(&*at)).await.status, 204);
    for ask in [get(&*at), patch(&*at).json(json!({})), delete(&*at)] {
        check(
            &of_ben(ask).await,
            &expect![[
                r#"404 {"code":"document_not_found","error":"Document not found","request_id":"r-1"}"#
            ]],
        );
    }
    assert_eq!(office.list(&office.ben, "").await, ["goals"]);
    assert_eq!(office.list(&office.ben, "trashed=true").await, ["plans"]);
    assert_eq!(office.list(&office.gus, "trashed=true").await, Vec::<String>::new());
    check(
        &of_ben(post(format!("{at}/restore"))).await,
        &expect![[
            r#"200 {"data":{"title":"Plans","slug":"plans","content":null,"content_hash":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","visibility":"public","owner":"ben@example.com","workspace_slug":"acme"}}"#
        ]],
    );
    assert_eq!(of_ben(delete(format!("{at}?purge=true"))).await.status, 204);
    assert_eq!(of_ben(post(format!("{at}/restore"))).await.status, 404);
    // Whoever may not put it there hears that first.
    assert_eq!(of_ben(delete(format!("{at}?purge=perhaps"))).await.status, 404);
    let perhaps = || delete(format!("{DOCUMENTS}/goals?purge=perhaps"));
    assert_eq!(office.ask(&office.gus, perhaps()).await.status, 403);
    check(
        &of_ben(perhaps()).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"purge":["must be true or false"]},"request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_change_is_told_to_whoever_may_make_it() {
    let office = Office::open().await;
    office.write(&office.ben, json!({"title": "Plans", "visibility": "public"})).await;
    let by_ada = async |body: Value| office.change(&office.ada, "plans", body).await.status;
    assert_eq!(by_ada(json!({"is_pinned": "maybe"})).await, 422);
    assert_eq!(by_ada(json!({"is_pinned": "maybe", "title": "Mine"})).await, 403);
    assert_eq!(by_ada(json!({"title": 7})).await, 403);
    let by_ben = office.change(&office.ben, "plans", json!({"title": 7})).await;
    assert_eq!(by_ben.status, 422);
}

#[tokio::test]
async fn what_is_no_visibility_is_none() {
    let office = Office::open().await;
    for visibility in [json!(true), json!(7), json!(null), json!(["public"]), json!("Public")] {
        let body = json!({"title": "Plans", "visibility": visibility});
        let created = office.write(&office.ben, body).await;
        assert_eq!(created.text_at("/data/visibility"), "private", "{visibility}");
    }
    office.write(&office.ben, json!({"title": "Goals", "visibility": "public"})).await;
    let same = office.change(&office.ben, "goals", json!({"visibility": true})).await;
    assert_eq!(same.text_at("/data/visibility"), "public");
}
