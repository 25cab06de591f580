//! Lists in pages.

use std::time::Duration;

use expect_test::expect;
use identity::Role;
use serde_json::json;

use crate::{
    client::{get, post},
    host::{Host, Person},
};

/// The values of this field in the list at this address, page by page, each page asked for with what the last one said.
async fn walk(host: &Host, who: &Person, path: &str, field: &str) -> String {
    let mut shown = String::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let answer = host.ask(get(format!("{path}{query}")).bearer(&who.token)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let answer = answer.json();
        for entry in answer["data"].as_array().expect("a list") {
            shown += entry[field].as_str().expect("a text");
            shown.push(' ');
        }
        let Some(next) = answer["meta"]["next"].as_str() else {
            assert_eq!(answer["meta"], json!({"next": null}));
            return shown;
        };
        query = format!("?limit=2&after={next}");
        shown += "| ";
    }
}

/// Ada has founded five workspaces and invited Bob to all of them, some at the same time; in the first there are more people.
async fn busy() -> (Host, Person, Person) {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    for (number, name) in ["Acme", "Bolt", "Core", "Dune", "Echo"].into_iter().enumerate() {
        let slug = host.workspace(&ada, name).await;
        host.invite(&ada, &slug, "bob", Role::Member).await;
        if number % 2 == 1 {
            host.test.clock.advance(Duration::from_secs(1));
        }
    }
    for name in ["carol", "dan", "eve", "fay"] {
        let person = host.person(name).await;
        host.invite(&ada, "acme", name, Role::Guest).await;
        let accept = post("/api/workspaces/acme/invitations/accept").bearer(&person.token);
        assert_eq!(host.ask(accept).await.status, 200);
        host.invite(&ada, "acme", &format!("friend-of-{name}"), Role::Guest).await;
    }
    (host, ada, bob)
}

#[tokio::test]
async fn every_entry_is_on_one_page() {
    let (host, ada, bob) = busy().await;
    expect!["echo dune | core bolt | acme "]
        .assert_eq(&walk(&host, &ada, "/api/me/workspaces", "slug").await);
    expect!["echo dune | core bolt | acme "]
        .assert_eq(&walk(&host, &bob, "/api/me/invitations", "workspace_slug").await);
    expect!["ada carol | dan eve | fay "]
        .assert_eq(&walk(&host, &ada, "/api/workspaces/acme/members", "first_name").await);
    expect!["friend-of-fay@example.com friend-of-eve@example.com | friend-of-dan@example.com friend-of-carol@example.com | bob@example.com "]
        .assert_eq(&walk(&host, &ada, "/api/workspaces/acme/invitations", "email").await);
}

#[tokio::test]
async fn a_page_is_asked_for_as_every_other() {
    let (host, ada, _) = busy().await;
    for path in [
        "/api/me/workspaces",
        "/api/me/invitations",
        "/api/workspaces/acme/members",
        "/api/workspaces/acme/invitations",
    ] {
        let ask = get(format!("{path}?limit=101&after=acme")).bearer(&ada.token);
        expect![[r#"422 {"code":"validation_failed","errors":{"after":["must be what meta.next said"],"limit":["must be a number, 1 to 100"]},"request_id":"r-1"}"#]].assert_eq(&host.ask(ask).await.to_string());
    }
}
