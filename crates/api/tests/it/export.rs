//! Everything that is held of somebody.

use std::io::{Cursor, Read as _};

use axum::body::to_bytes;
use expect_test::expect;
use identity::Role;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::{
    client::{delete, get, post, redacted},
    host::{Host, Person},
};

type Archive = ZipArchive<Cursor<Vec<u8>>>;

async fn exported(host: &Host, of: &Person) -> Archive {
    let response = host.respond(get("/api/me/export").bearer(&of.token)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/zip");
    let disposition = response.headers()["content-disposition"].to_str().expect("it is ASCII");
    assert!(disposition.starts_with("attachment"), "{disposition}");
    let bytes =
        to_bytes(response.into_body(), usize::MAX).await.expect("the export arrives in full");
    ZipArchive::new(Cursor::new(bytes.to_vec())).expect("it is a zip")
}

fn file(archive: &mut Archive, name: &str) -> Value {
    let mut text = String::new();
    let mut file = archive.by_name(name).expect("the file is there");
    file.read_to_string(&mut text).expect("it is text");
    serde_json::from_str(&text).expect("it is JSON")
}

#[tokio::test]
async fn an_export_holds_everything_but_secrets() {
    let host = Host::new().await;
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    let slug = host.workspace(&ada, "Lumen").await;
    host.invite(&ada, &slug, "ben", Role::Guest).await;
    host.begin(&ada, &slug, "Roadmap").await;
    let body = json!({"title": "Diary", "content": "Dear diary,"});
    let path = format!("/api/workspaces/{slug}/documents");
    assert_eq!(host.ask(post(path).json(body).bearer(&ada.token)).await.status, 201);
    host.react().await;
    let mut archive = exported(&host, &ben).await;
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    expect!["account.json sessions.json api_keys.json workspaces.json invitations.json projects.json agents.json preferences.json documents.json agent_queries.json notifications.json chat_sessions.json chat_messages.json"].assert_eq(&names.join(" "));
    let account = file(&mut archive, "account.json").to_string();
    expect![[r#"{"confirmed_at":"2026-01-05T09:00:00Z","email":"ben@example.com","first_name":"ben","has_password":true,"id":"ID","last_name":"Example","registered_at":"2026-01-05T09:00:00Z"}"#]].assert_eq(&redacted(&account));
    let invitations = file(&mut archive, "invitations.json").to_string();
    expect![[r#"{"received":[{"created_at":"2026-01-05T09:00:00Z","email":"ben@example.com","expires_at":"2026-01-19T09:00:00Z","id":"ID","role":"guest","sent_at":"2026-01-05T09:00:00Z","status":"pending","workspace_id":"ID","workspace_name":"Lumen"}],"sent":[]}"#]].assert_eq(&redacted(&invitations));
    assert_eq!(file(&mut archive, "documents.json").to_string(), "[]");
    let notifications = file(&mut archive, "notifications.json");
    assert_eq!(notifications.as_array().unwrap().len(), 1);
    assert_eq!(file(&mut archive, "sessions.json").as_array().unwrap().len(), 1);
    let mut archive = exported(&host, &ada).await;
    assert_eq!(file(&mut archive, "workspaces.json")[0]["slug"], "lumen");
    assert_eq!(file(&mut archive, "projects.json")[0]["name"], "Roadmap");
    let document = &file(&mut archive, "documents.json")[0];
    assert_eq!(
        (&document["title"], &document["content"]),
        (&json!("Diary"), &json!("Dear diary,"))
    );
    assert_eq!(file(&mut archive, "invitations.json")["sent"][0]["email"], "ben@example.com");
    assert_eq!(file(&mut archive, "notifications.json").to_string(), "[]");
    let preferences = file(&mut archive, "preferences.json");
    assert_eq!(preferences["selected_agents"].to_string(), "[]");
    assert_eq!(preferences["notifications"]["digest_hour"], 8);
}

#[tokio::test]
async fn an_export_counts_as_a_stream_and_ends_with_its_session() {
    let host = Host::with(|options| options.connections_per_person = 1).await;
    let ada = host.person("ada").await;
    let ask = || get("/api/me/export").bearer(&ada.token);
    // Sent bit by bit, as it is read.
    let open = host.respond(ask()).await;
    let refused = host.ask(ask()).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()["code"].as_str()),
        (429, Some("too_many_connections"))
    );
    let log_out = delete("/api/sessions").bearer(&ada.token);
    assert_eq!(host.ask(log_out).await.status, 204);
    let broken = to_bytes(open.into_body(), usize::MAX).await.expect_err("it breaks off");
    assert!(broken.to_string().contains("the session has ended"), "{broken}");
}
