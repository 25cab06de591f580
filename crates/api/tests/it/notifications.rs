//! The notifications of the caller.

use std::time::Duration;

use expect_test::expect;
use identity::Role;

use crate::{
    client::{delete, get, post},
    host::{Host, Person},
};

/// Bob is invited three times.
async fn invited() -> (Host, Person) {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    for name in ["Acme", "Bolt", "Core"] {
        let slug = host.workspace(&ada, name).await;
        host.invite(&ada, &slug, "bob", Role::Member).await;
        host.react().await;
        host.test.clock.advance(Duration::from_mins(1));
    }
    (host, bob)
}

#[tokio::test]
async fn notifications_come_in_pages() {
    let (host, bob) = invited().await;
    let page =
        |query: String| host.ask(get(format!("/api/notifications{query}")).bearer(&bob.token));
    let first = page("?limit=2&unread=true".to_owned()).await.json();
    assert_eq!(first["data"].as_array().unwrap().len(), 2);
    let next = first["meta"]["next"].as_str().unwrap();
    let second = page(format!("?limit=2&after={next}")).await;
    expect![[r#"200 {"data":[{"id":"ID","type":"workspace_invitation","title":"Invitation to Acme","body":"ada Example invites you to join Acme as a member.","data":{"invitation_id":"ID","invited_by_name":"ada Example","role":"member","workspace_name":"Acme","workspace_slug":"acme"},"link":{"kind":"invitation","path":"/invitations/ID"},"invitation_id":"ID","created_at":"2026-01-05T09:00:00Z","read_at":null,"action_taken":null,"action_taken_at":null}],"meta":{"next":null}}"#]].assert_eq(&second.to_string());
}

#[tokio::test]
async fn a_page_is_asked_for_properly() {
    let (host, bob) = invited().await;
    let answer = host
        .ask(get("/api/notifications?limit=x&after=%00&unread=maybe&q=1").bearer(&bob.token))
        .await;
    expect![[r#"422 {"code":"validation_failed","errors":{"after":["has an invalid character"],"limit":["must be a number, 1 to 100"],"unread":["must be true or false"]},"request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    for limit in ["0", "101", "1000"] {
        let ask = get(format!("/api/notifications?limit={limit}")).bearer(&bob.token);
        expect![[r#"422 {"code":"validation_failed","errors":{"limit":["must be a number, 1 to 100"]},"request_id":"r-1"}"#]].assert_eq(&host.ask(ask).await.to_string());
    }
}

#[tokio::test]
async fn notifications_are_read_one_by_one_or_all_at_once() {
    let (host, bob) = invited().await;
    let unread = || host.ask(get("/api/notifications/unread-count").bearer(&bob.token));
    expect![[r#"200 {"data":{"unread_count":3}}"#]].assert_eq(&unread().await.to_string());

    let page = host.ask(get("/api/notifications?limit=1").bearer(&bob.token)).await.json();
    let id = page["data"][0]["id"].as_str().unwrap();
    let read = host.ask(post(format!("/api/notifications/{id}/read")).bearer(&bob.token)).await;
    expect![[r#"200 {"data":{"id":"ID","type":"workspace_invitation","title":"Invitation to Core","body":"ada Example invites you to join Core as a member.","data":{"invitation_id":"ID","invited_by_name":"ada Example","role":"member","workspace_name":"Core","workspace_slug":"core"},"link":{"kind":"invitation","path":"/invitations/ID"},"invitation_id":"ID","created_at":"2026-01-05T09:02:00Z","read_at":"2026-01-05T09:03:00Z","action_taken":null,"action_taken_at":null}}"#]].assert_eq(&read.to_string());
    expect![[r#"200 {"data":{"unread_count":2}}"#]].assert_eq(&unread().await.to_string());

    let all = || host.ask(post("/api/notifications/read-all").bearer(&bob.token));
    expect![[r#"200 {"data":{"read":2}}"#]].assert_eq(&all().await.to_string());
    expect![[r#"200 {"data":{"read":0}}"#]].assert_eq(&all().await.to_string());
    expect![[r#"200 {"data":{"unread_count":0}}"#]].assert_eq(&unread().await.to_string());
}

#[tokio::test]
async fn a_notification_is_deleted_once() {
    let (host, bob) = invited().await;
    let list = || host.ask(get("/api/notifications").bearer(&bob.token));
    let page = list().await.json();
    let path = format!("/api/notifications/{}", page["data"][1]["id"].as_str().unwrap());
    expect!["204 "].assert_eq(&host.ask(delete(&path).bearer(&bob.token)).await.to_string());
    expect![[r#"404 {"code":"notification_not_found","error":"Notification not found","request_id":"r-1"}"#]].assert_eq(&host.ask(delete(&path).bearer(&bob.token)).await.to_string());
    let left = list().await.json();
    assert_eq!((&left["data"][0], &left["data"][1]), (&page["data"][0], &page["data"][2]));
}

#[tokio::test]
async fn the_notifications_of_others_do_not_exist() {
    let (host, bob) = invited().await;
    let eve = host.person("eve").await;
    let page = host.ask(get("/api/notifications").bearer(&bob.token)).await.json();
    let of_bob = page["data"][0]["id"].as_str().unwrap();
    for id in [of_bob, "0199a1b2-0000-7000-8000-000000000001", "42", "%ff"] {
        let gone = host.ask(delete(format!("/api/notifications/{id}")).bearer(&eve.token)).await;
        assert_eq!(
            gone.to_string(),
            r#"404 {"code":"notification_not_found","error":"Notification not found","request_id":"r-1"}"#
        );
        let answer =
            host.ask(post(format!("/api/notifications/{id}/read")).bearer(&eve.token)).await;
        expect![[r#"404 {"code":"notification_not_found","error":"Notification not found","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    }
    let page = host.ask(get("/api/notifications").bearer(&eve.token)).await;
    expect![[r#"200 {"data":[],"meta":{"next":null}}"#]].assert_eq(&page.to_string());
}
