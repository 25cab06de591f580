//! What a key may do and where, for as long as it may.

use expect_test::expect;
use identity::Role;
use serde_json::{Value, json};

use crate::{
    client::{delete, get, patch, post},
    host::{Host, Person},
    robot::{Robot, check, made, robot},
};

/// Ada's workspace Acme, of which Ben is an admin, and a key of his that reaches it.
async fn of_an_admin() -> (Host, Person, Person, Robot) {
    let host = Host::new().await;
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    host.workspace(&ada, "Acme").await;
    host.invite(&ada, "acme", "ben", Role::Admin).await;
    host.ask(post("/api/workspaces/acme/invitations/accept").bearer(&ben.token)).await;
    let body = json!({ "name": "Robot", "workspace_access": ["acme"] });
    let key = robot(&host, &ben, body).await;
    (host, ada, ben, key)
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_of_the_account() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let body = json!({ "name": "Robot", "permissions": ["workspaces:read"] });
    let reader = robot(&host, &ada, body).await;
    assert_eq!(host.ask(get("/api/workspaces").bearer(&reader.token)).await.status, 200);
    let create = || post("/api/workspaces").json(json!({ "name": "Acme" }));
    check(&host, create().bearer(&reader.token), expect![[r#"403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"workspaces:write"}"#]]).await;
    let everything = robot(&host, &ada, json!({ "name": "Robot" })).await;
    assert_eq!(host.ask(create().bearer(&everything.token)).await.status, 201);
    for ask in [get("/api/me"), get("/api/me/export"), delete("/api/sessions"), get("/welcome")] {
        check(&host, ask.bearer(&everything.token), expect![[r#"403 {"code":"session_required","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    }
}

#[tokio::test]
async fn a_key_knows_no_workspace_but_those_of_its_list() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    host.workspace(&ada, "Bolt").await;
    let nowhere = robot(&host, &ada, json!({ "name": "Robot" })).await;
    let body = json!({ "name": "Robot", "workspace_access": ["acme"] });
    let somewhere = robot(&host, &ada, body).await;
    for (key, lists) in [(&nowhere, json!([])), (&somewhere, json!(["acme"]))] {
        for uri in ["/api/workspaces", "/api/me/workspaces"] {
            let listed = host.ask(get(uri).bearer(&key.token)).await.json();
            let slugs = listed["data"].as_array().unwrap().iter().map(|one| one["slug"].clone());
            assert_eq!(slugs.collect::<Value>(), lists);
        }
    }
    assert_eq!(host.ask(get("/api/workspaces/acme").bearer(&somewhere.token)).await.status, 200);
    for slug in ["bolt", "nowhere", "%FF", "ACME"] {
        for ask in [
            get(format!("/api/workspaces/{slug}")),
            patch(format!("/api/workspaces/{slug}")),
            get(format!("/api/workspaces/{slug}/events")),
            delete(format!("/api/workspaces/{slug}/members/x")),
        ] {
            check(&host, ask.bearer(&somewhere.token), expect![[r#"403 {"code":"workspace_out_of_reach","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
        }
    }
}

#[tokio::test]
async fn a_key_reaches_a_workspace_as_long_as_its_owner_belongs_there() {
    let (host, ada, ben, key) = of_an_admin().await;
    let show = || get("/api/workspaces/acme").bearer(&key.token);
    assert_eq!(host.ask(show()).await.status, 200);
    // What a member may not, the key of that member may not either.
    let demoted = patch(format!("/api/workspaces/acme/members/{}", ben.id)).bearer(&ada.token);
    host.ask(demoted.json(json!({ "role": "guest" }))).await;
    let rename = patch("/api/workspaces/acme").bearer(&key.token).json(json!({ "name": "Mine" }));
    check(
        &host,
        rename,
        expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    )
    .await;
    host.ask(delete("/api/workspaces/acme/members/ben@example.com").bearer(&ada.token)).await;
    check(&host, show(), expect![[r#"403 {"code":"workspace_out_of_reach","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    let listed = host.ask(get("/api/api-keys").bearer(&ben.token)).await;
    assert_eq!(listed.json()["data"][0]["workspace_access"], json!([]));
}

#[tokio::test]
async fn a_key_gives_no_more_than_it_has() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let wide = robot(&host, &ada, json!({ "name": "Wide", "workspace_access": ["acme"] })).await;
    let body = json!({ "name": "Maker", "permissions": ["api_keys:write", "chat:*"] });
    let maker = robot(&host, &ada, body).await;
    let copied = made(&host, &maker.token, json!({ "name": "Copy" })).await;
    assert_eq!(copied.json()["data"]["permissions"], json!(["api_keys:write", "chat:*"]));
    for wider in [
        json!({ "name": "R", "permissions": null }),
        json!({ "name": "R", "permissions": ["agents:read"] }),
    ] {
        let ask = post("/api/api-keys").bearer(&maker.token).json(wider);
        check(&host, ask, expect![[r#"403 {"code":"wider_than_key","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    }
    for slug in ["acme", "nowhere"] {
        let body = json!({ "name": "R", "workspace_access": [slug] });
        let ask = post("/api/api-keys").bearer(&maker.token).json(body);
        check(&host, ask, expect![[r#"403 {"code":"workspace_out_of_reach","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    }
    for (id, change) in
        [(&maker.id, json!({ "permissions": ["*"] })), (&wide.id, json!({ "name": "Mine" }))]
    {
        let ask = patch(format!("/api/api-keys/{id}")).bearer(&maker.token).json(change);
        check(&host, ask, expect![[r#"403 {"code":"wider_than_key","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    }
    let revoke = delete(format!("/api/api-keys/{}", wide.id)).bearer(&maker.token);
    check(
        &host,
        revoke,
        expect![[
            r#"403 {"code":"wider_than_key","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    )
    .await;
    let seen = host.ask(get("/api/api-keys").bearer(&maker.token)).await.json();
    let names = seen["data"].as_array().unwrap().iter().map(|key| key["name"].clone());
    assert_eq!(names.collect::<Value>(), json!(["Copy", "Maker"]));
}

#[tokio::test]
async fn whoever_has_only_the_token_before_deals_with_no_keys() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let leaked = robot(&host, &ada, json!({ "name": "Robot" })).await;
    let at = format!("/api/api-keys/{}", leaked.id);
    let rotate = |token: &str| {
        post(format!("{at}/rotate")).bearer(token).json(json!({ "overlap_seconds": 60 }))
    };
    let rotated = host.ask(rotate(&leaked.token)).await;
    assert_eq!(rotated.status, 200, "{rotated}");
    assert_eq!(host.ask(get("/api/workspaces").bearer(&leaked.token)).await.status, 200);
    let body = json!({ "name": "Mine" });
    for ask in [
        rotate(&leaked.token),
        post("/api/api-keys").bearer(&leaked.token).json(body.clone()),
        patch(&at).bearer(&leaked.token).json(body),
        delete(&at).bearer(&leaked.token),
        get("/api/api-keys").bearer(&leaked.token),
    ] {
        check(&host, ask, expect![[r#"403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"api_keys:write"}"#]]).await;
    }
    assert_eq!(host.ask(rotate(&rotated.text_at("/token"))).await.status, 200);
}

#[tokio::test]
async fn a_key_neither_leaves_for_its_owner_nor_lessens_what_its_owner_may() {
    let (host, _, ben, key) = of_an_admin().await;
    for member in [ben.id.to_string(), "ben@example.com".to_owned()] {
        let at = format!("/api/workspaces/acme/members/{member}");
        for ask in [patch(&at).json(json!({ "role": "guest" })), delete(&at)] {
            check(
                &host,
                ask.bearer(&key.token),
                expect![[
                    r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
                ]],
            )
            .await;
        }
    }
}

#[tokio::test]
async fn what_a_key_has_made_ends_with_it() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let leaked = robot(&host, &ada, json!({ "name": "Leaked" })).await;
    let made = made(&host, &leaked.token, json!({ "name": "Made" })).await;
    assert_eq!(made.text_at("/data/made_by"), leaked.id);
    let works = async || {
        host.ask(get("/api/workspaces").bearer(&made.text_at("/token"))).await.status == 200
    };
    assert!(works().await);
    host.ask(delete(format!("/api/api-keys/{}", leaked.id)).bearer(&ada.token)).await;
    assert!(!works().await);
}
