//! Invitations into a workspace.

use std::time::Duration;

use expect_test::expect;
use identity::Role;
use serde_json::{Value, json};

use crate::{
    client::{Answer, delete, get, post},
    host::{Host, Person},
};

const DAY: Duration = Duration::from_hours(24);

async fn invite(host: &Host, who: &Person, body: Value) -> Answer {
    host.ask(post("/api/workspaces/acme/invitations").bearer(&who.token).json(body)).await
}

#[tokio::test]
async fn an_invitation_is_seen_by_both_and_accepted_once() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    host.workspace(&ada, "Acme").await;
    let answer = invite(&host, &ada, json!({"email": "Bob@Example.com", "role": "member"})).await;
    expect![[r#"201 {"data":{"id":"ID","workspace_name":"Acme","workspace_slug":"acme","email":"bob@example.com","role":"member","invited_by":"ID","invited_by_name":"ada Example","created_at":"2026-01-05T09:00:00Z","sent_at":"2026-01-05T09:00:00Z","expires_at":"2026-01-19T09:00:00Z"}}"#]].assert_eq(&answer.to_string());

    let listed = host.ask(get("/api/workspaces/acme/invitations").bearer(&ada.token)).await;
    let mine = host.ask(get("/api/me/invitations").bearer(&bob.token)).await;
    assert_eq!(listed.json()["data"], json!([answer.json()["data"]]));
    assert_eq!(mine.text, listed.text);

    let accept = || host.ask(post("/api/workspaces/acme/invitations/accept").bearer(&bob.token));
    expect![[r#"200 {"data":{"name":"Acme","slug":"acme","role":"member"}}"#]]
        .assert_eq(&accept().await.to_string());
    expect![[
        r#"404 {"code":"invitation_not_found","error":"Invitation not found","request_id":"r-1"}"#
    ]]
    .assert_eq(&accept().await.to_string());
    expect![[r#"409 {"code":"already_member","error":"Already a member of the workspace, or invited to it","request_id":"r-1"}"#]].assert_eq(
        &invite(&host, &ada, json!({"email": "bob@example.com", "role": "guest"}))
            .await
            .to_string(),
    );
}

#[tokio::test]
async fn an_invitation_is_declined() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    host.invite(&ada, &acme, "bob", Role::Guest).await;
    let decline = || host.ask(post("/api/workspaces/acme/invitations/decline").bearer(&bob.token));
    assert_eq!(decline().await.status, 204);
    expect![[
        r#"404 {"code":"invitation_not_found","error":"Invitation not found","request_id":"r-1"}"#
    ]]
    .assert_eq(&decline().await.to_string());
    assert_eq!(
        host.ask(get("/api/me/invitations").bearer(&bob.token)).await.text,
        r#"{"data":[],"meta":{"next":null}}"#
    );
}

#[tokio::test]
async fn an_invitation_expires() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    host.test.clock.advance(DAY * 13);
    host.invite(&ada, &acme, "bob", Role::Guest).await;
    host.test.clock.advance(DAY * 14);
    let body = json!({"email": "bob@example.com", "password": identity::testing::PASSWORD});
    let session = host.ask(post("/api/sessions").json(body)).await.json();
    let token = session["token"].as_str().unwrap();
    assert_eq!(host.ask(get("/api/me").bearer(&bob.token)).await.status, 401);
    let answer = host.ask(post("/api/workspaces/acme/invitations/accept").bearer(token)).await;
    expect![[r#"410 {"code":"invitation_expired","error":"The invitation has expired","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
}

#[tokio::test]
async fn an_invitation_is_resent_but_not_at_once() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let invitation =
        invite(&host, &ada, json!({"email": "new@example.com", "role": "guest"})).await.json();
    let id = invitation["data"]["id"].as_str().unwrap();
    let resend = || {
        host.ask(post(format!("/api/workspaces/acme/invitations/{id}/resend")).bearer(&ada.token))
    };
    let answer = resend().await;
    expect![[r#"429 {"code":"resent_too_soon","error":"The invitation was sent a moment ago","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    assert!(answer.header("retry-after").ends_with(" GMT"));
    host.test.clock.advance(DAY);
    expect![[r#"200 {"data":{"id":"ID","workspace_name":"Acme","workspace_slug":"acme","email":"new@example.com","role":"guest","invited_by":"ID","invited_by_name":"ada Example","created_at":"2026-01-05T09:00:00Z","sent_at":"2026-01-06T09:00:00Z","expires_at":"2026-01-20T09:00:00Z"}}"#]].assert_eq(&resend().await.to_string());
}

#[tokio::test]
async fn an_invitation_is_revoked() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let invitation =
        invite(&host, &ada, json!({"email": "new@example.com", "role": "guest"})).await.json();
    let id = invitation["data"]["id"].as_str().unwrap();
    let revoke = |id: &str| {
        host.ask(delete(format!("/api/workspaces/acme/invitations/{id}")).bearer(&ada.token))
    };
    assert_eq!(revoke(id).await.status, 204);
    for id in [id, "0199a1b2-0000-7000-8000-000000000001", "42"] {
        expect![[r#"404 {"code":"invitation_not_found","error":"Invitation not found","request_id":"r-1"}"#]].assert_eq(&revoke(id).await.to_string());
    }
}

#[tokio::test]
async fn an_address_is_not_invited_again_at_once() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let again = || invite(&host, &ada, json!({"email": "new@example.com", "role": "guest"}));
    let first = again().await.json();
    let id = first["data"]["id"].as_str().unwrap();
    let revoke = delete(format!("/api/workspaces/acme/invitations/{id}")).bearer(&ada.token);
    assert_eq!(host.ask(revoke).await.status, 204);
    let answer = again().await;
    expect![[r#"429 {"code":"invited_too_soon","error":"The address was sent an invitation a moment ago","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    assert!(answer.header("retry-after").ends_with(" GMT"));
    host.test.clock.advance(DAY);
    assert_eq!(again().await.status, 201);
}

#[tokio::test]
async fn invitations_are_checked() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    host.invite(&ada, &acme, "bob", Role::Member).await;
    host.ask(post("/api/workspaces/acme/invitations/accept").bearer(&bob.token)).await;
    let invitee = |email: &str, role: &str| json!({"email": email, "role": role});
    expect![[r#"422 {"code":"validation_failed","errors":{"email":["can't be blank"],"role":["must be guest, member or admin"]},"request_id":"r-1"}"#]].assert_eq(&invite(&host, &ada, json!({"role": "boss"})).await.to_string());
    expect![[r#"422 {"code":"validation_failed","errors":{"role":["cannot be assigned"]},"request_id":"r-1"}"#]]
        .assert_eq(&invite(&host, &ada, invitee("new@example.com", "owner")).await.to_string());
    expect![[r#"422 {"code":"validation_failed","errors":{"email":["must have the @ sign and no spaces"]},"request_id":"r-1"}"#]].assert_eq(&invite(&host, &ada, invitee("no address", "guest")).await.to_string());
    expect![[r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#]]
        .assert_eq(&invite(&host, &bob, invitee("new@example.com", "guest")).await.to_string());
    let list = host.ask(get("/api/workspaces/acme/invitations").bearer(&bob.token)).await;
    expect![[r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#]]
        .assert_eq(&list.to_string());
}

#[tokio::test]
async fn a_list_is_invited_row_by_row() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    host.invite(&ada, &acme, "bob", Role::Guest).await;
    let bulk = |who: &Person, body: Value| {
        host.ask(post("/api/workspaces/acme/invitations/bulk").bearer(&who.token).json(body))
    };
    let csv = "email,role\nnew@example.com,Admin\nbob@example.com\nada@example.com\nno address\nboss@example.com,owner\n";
    let answer = bulk(&ada, json!({"csv": csv, "role": "guest"})).await;
    expect![[r#"200 {"data":[{"email":"new@example.com","role":"admin","result":"invited","invitation_id":"ID"},{"email":"bob@example.com","role":"guest","result":"already_invited","invitation_id":null},{"email":"ada@example.com","role":"guest","result":"already_member","invitation_id":null},{"email":"no address","role":"guest","result":"invalid","invitation_id":null},{"email":"boss@example.com","role":"owner","result":"forbidden","invitation_id":null}],"meta":{"invited":1}}"#]].assert_eq(&answer.to_string());
    expect![[
        r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
    ]]
    .assert_eq(&bulk(&bob, json!({"csv": csv})).await.to_string());
    expect![[
        r#"422 {"code":"validation_failed","errors":{"csv":["can't be blank"]},"request_id":"r-1"}"#
    ]]
    .assert_eq(&bulk(&ada, json!({})).await.to_string());
    let many = "new@example.com\n".repeat(201);
    expect![[r#"422 {"code":"validation_failed","errors":{"csv":["should have at most 200 row(s)"]},"request_id":"r-1"}"#]].assert_eq(&bulk(&ada, json!({"csv": many})).await.to_string());
    let long = "x".repeat(65_537);
    expect![[r#"422 {"code":"validation_failed","errors":{"csv":["should be at most 65536 byte(s)"]},"request_id":"r-1"}"#]].assert_eq(&bulk(&ada, json!({"csv": long})).await.to_string());
}
