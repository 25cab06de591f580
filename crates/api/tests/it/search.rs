//! Finding documents by their words.

use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::json;

use crate::{
    client::{Answer, get},
    host::Person,
    office::Office,
};

const SEARCH: &str = "/api/workspaces/acme/search";
const COMMIT_TOKEN: &str = "x-commit-token";

fn check(answer: &Answer, expected: &Expect) {
    expected.assert_eq(&answer.to_string());
}

impl Office {
    async fn search(&self, who: &Person, query: &str) -> Answer {
        self.ask(who, get(format!("{SEARCH}?{query}"))).await
    }

    /// Three documents of Ben's, of which one is private, and the index has followed.
    async fn written() -> Self {
        let office = Self::open().await;
        for (title, content, visibility) in [
            ("The Mill", "It **grinds** corn <b>.", "public"),
            ("Corn", "What a mill pays for it.", "public"),
            ("Diary", "mill", "private"),
        ] {
            let body = json!({"title": title, "content": content, "visibility": visibility});
            assert_eq!(office.write(&office.ben, body).await.status, 201);
            office.host.test.clock.advance(Duration::from_secs(1));
        }
        office.host.follow().await;
        office
    }
}

#[tokio::test]
async fn documents_are_found_with_the_places_of_what_was_looked_for() {
    let office = Office::written().await;
    check(
        &office.search(&office.gus, "q=MIL").await,
        &expect![[
            r#"200 {"data":[{"title":"The Mill","slug":"the-mill","visibility":"public","is_pinned":false,"owner":"ben@example.com","owner_id":"ID","workspace_slug":"acme","trashed_at":null,"created_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z","version":1,"title_matches":[[4,8]],"excerpt":{"text":"It grinds corn .","matches":[]}},{"title":"Corn","slug":"corn","visibility":"public","is_pinned":false,"owner":"ben@example.com","owner_id":"ID","workspace_slug":"acme","trashed_at":null,"created_at":"2026-01-05T09:00:01Z","updated_at":"2026-01-05T09:00:01Z","version":1,"title_matches":[],"excerpt":{"text":"What a mill pays for it.","matches":[[7,11]]}}],"meta":{"next":null}}"#
        ]],
    );
    check(
        &office.search(&office.gus, "q=corn+grind").await,
        &expect![[
            r#"200 {"data":[{"title":"The Mill","slug":"the-mill","visibility":"public","is_pinned":false,"owner":"ben@example.com","owner_id":"ID","workspace_slug":"acme","trashed_at":null,"created_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z","version":1,"title_matches":[],"excerpt":{"text":"It grinds corn .","matches":[[3,9],[10,14]]}}],"meta":{"next":null}}"#
        ]],
    );
    assert_eq!(
        office.search(&office.ben, "q=mill").await.json()["data"].as_array().unwrap().len(),
        3
    );
    check(
        &office.search(&office.gus, "q=nothing").await,
        &expect![[r#"200 {"data":[],"meta":{"next":null}}"#]],
    );
}

#[tokio::test]
async fn what_was_found_comes_in_pages() {
    let office = Office::written().await;
    let first = office.search(&office.ben, "q=mill&limit=1").await.json();
    assert_eq!(first["data"][0]["slug"], "the-mill");
    let next = first["meta"]["next"].as_str().unwrap();
    let rest = office.search(&office.ben, &format!("q=mill&after={next}")).await.json();
    assert_eq!(
        (&rest["data"][0]["slug"], &rest["data"][1]["slug"]),
        (&json!("diary"), &json!("corn"))
    );
    assert_eq!(rest["meta"]["next"], json!(null));
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_refused() {
    let office = Office::open().await;
    for nothing in ["", "q=", "q=%20!", "q=%F0%9F%99%82"] {
        check(
            &office.search(&office.gus, nothing).await,
            &expect![[
                r#"422 {"code":"validation_failed","errors":{"q":["must have a letter or a digit"]},"request_id":"r-1"}"#
            ]],
        );
    }
    check(
        &office.search(&office.gus, &format!("q={}", "x".repeat(201))).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"q":["should be at most 200 character(s)"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &office.search(&office.gus, &format!("q={}", "a+".repeat(17))).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"q":["should have at most 16 word(s)"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &office.search(&office.gus, "q=x&limit=0&after=x").await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"after":["must be what meta.next said"],"limit":["must be a number, 1 to 100"]},"request_id":"r-1"}"#
        ]],
    );
    let eve = office.host.person("eve").await;
    check(
        &office.search(&eve, "q=").await,
        &expect![[
            r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn whoever_shows_a_token_is_told_what_was_committed_or_that_it_is_not_there() {
    let office = Office::open().await;
    let host = office.host.changed(|options| options.longest_wait = Duration::ZERO);
    let office = Office { host, ..office };
    let written = office.write(&office.ben, json!({"title": "Mill", "visibility": "public"})).await;
    let token = written.header(COMMIT_TOKEN).to_owned();
    let ask = async |token: &str| {
        office.ask(&office.gus, get(format!("{SEARCH}?q=mill")).header(COMMIT_TOKEN, token)).await
    };
    let stale = ask(&token).await;
    assert_eq!(stale.header("retry-after"), "1");
    check(
        &stale,
        &expect![[
            r#"503 {"code":"stale","error":"What was written cannot be found yet: try again soon, or ask without its token","request_id":"r-1"}"#
        ]],
    );
    assert_eq!(office.search(&office.gus, "q=mill").await.status, 200, "nobody has to wait");
    office.host.follow().await;
    assert_eq!(ask(&token).await.json()["data"][0]["slug"], "mill");
    check(
        &ask("c1-tomorrow").await,
        &expect![[
            r#"400 {"code":"malformed_commit_token","error":"X-Commit-Token must be what a command answered with","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn strangers_neither_wait_nor_learn_what_is_wrong() {
    let office = Office::open().await;
    let host = office.host.changed(|options| options.longest_wait = Duration::from_hours(1));
    let office = Office { host, ..office };
    let written = office.write(&office.ben, json!({"title": "Mill", "visibility": "public"})).await;
    let token = written.header(COMMIT_TOKEN).to_owned();
    let eve = office.host.person("eve").await;
    for (query, token) in
        [("q=mill", token.as_str()), ("q=mill", "c1-tomorrow"), ("limit=0", &token)]
    {
        let asked =
            office.ask(&eve, get(format!("{SEARCH}?{query}")).header(COMMIT_TOKEN, token)).await;
        check(
            &asked,
            &expect![[
                r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
            ]],
        );
    }
}
