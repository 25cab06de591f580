//! The audit trail of a workspace, in pages and as a file.

use api::AuditReader;
use axum::body::to_bytes;
use expect_test::{Expect, expect};

use crate::{
    client::{Answer, get},
    host::{Host, Person},
    trail::{self, Asked, State},
};

/// Ada's workspace, in which so much happened.
async fn acme(entries: i64) -> (Host, Person) {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    host.trail.state().newest = entries;
    (host, ada)
}

async fn ask(host: &Host, ada: &Person, query: &str) -> Answer {
    host.ask(get(format!("/api/workspaces/acme/events{query}")).bearer(&ada.token)).await
}

#[tokio::test]
async fn the_trail_comes_in_pages_newest_first() {
    let (host, ada) = acme(5).await;
    expect![[r#"200 {"data":[{"position":5,"event_id":"ID","occurred_at":"1970-01-01T00:00:00Z","event_type":"identity.member_joined","summary":"member joined: \"role\" guest,\r\nor so","aggregate_type":"workspace_member","aggregate_id":"a:b","actor":{"kind":"user","user_id":"ID","name":"=HYPERLINK(\"http://evil.example\")","ref":null},"on_behalf_of":{"user_id":"ID","name":"-Ada Example"},"workspace_id":"ID","audience":["workspace:ID"],"correlation_id":"ID","causation_id":null,"request_id":"@r-1","address":"192.0.2.7","user_agent":"+curl/8","session_id":"ID"}],"meta":{"next":5}}"#]].assert_eq(&ask(&host, &ada, "?limit=1").await.to_string());
    let mut places = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = ask(&host, &ada, &query).await.json();
        let entries = page["data"].as_array().unwrap();
        places.extend(entries.iter().map(|entry| entry["position"].as_i64().unwrap()));
        let Some(next) = page["meta"]["next"].as_i64() else { break };
        query = format!("?limit=2&after={next}");
    }
    assert_eq!(places, [5, 4, 3, 2, 1]);
    let workspace = host.identity.directory().workspace_by_slug("acme").await.unwrap().unwrap().id;
    for Asked { reader, limit, .. } in &host.trail.state().asked {
        assert_eq!(*reader, AuditReader::Member { user: ada.id, workspace });
        assert!([1, 2].contains(limit));
    }
}

#[tokio::test]
async fn every_filter_reaches_the_trail() {
    let (host, ada) = acme(1).await;
    let query = "?type=identity.member_joined&aggregate_type=workspace_member&aggregate_id=a:b&actor=identity.expiry\
                 &correlation=00000000-0000-0000-0000-000000000005&from=2026-01-05T09:00:00Z&to=2026-01-05T10:00:00%2B01:00";
    assert_eq!(ask(&host, &ada, query).await.status, 422, "from and to are the same instant");
    let query = query.replace("10:00:00", "10:30:00");
    assert_eq!(ask(&host, &ada, &query).await.status, 200);
    let filter = host.trail.state().asked.pop().unwrap().filter;
    let shown = format!(
        "{} {} {} {} {} {} {}",
        filter.event_type.unwrap(),
        filter.aggregate.as_ref().unwrap().aggregate_type,
        filter.aggregate.as_ref().unwrap().aggregate_id.as_ref().unwrap(),
        filter.actor.unwrap(),
        filter.correlation.unwrap(),
        filter.from.unwrap(),
        filter.to.unwrap(),
    );
    expect!["identity.member_joined workspace_member a:b identity.expiry 00000000-0000-0000-0000-000000000005 2026-01-05 09:00:00 UTC 2026-01-05 09:30:00 UTC"].assert_eq(&shown);
}

#[tokio::test]
async fn a_filter_that_says_nothing_is_told_what_it_could_say() {
    let (host, ada) = acme(1).await;
    let long = "x".repeat(200);
    let query = format!(
        "?type=joined&aggregate_type=A&aggregate_id={long}&actor=ada@example.com&correlation=7&from=yesterday\
         &to=2026-01-05&after=-1&limit=0&format=xml"
    );
    expect![[r#"422 {"code":"validation_failed","errors":{"actor":["must be the id of a person or an agent, the name of a part of the system, e.g. identity.expiry, or anonymous"],"after":["must be what meta.next said"],"aggregate_id":["must be an id of 1 to 128 visible characters"],"aggregate_type":["must be a kind of thing, e.g. workspace_member"],"correlation":["must be a correlation id"],"format":["must be json, csv or jsonl"],"from":["must be a time like 2026-01-05T09:00:00Z"],"limit":["must be a number, 1 to 100"],"to":["must be a time like 2026-01-05T09:00:00Z"],"type":["must be a type of event, e.g. identity.member_joined"]},"request_id":"r-1"}"#]].assert_eq(&ask(&host, &ada, &query).await.to_string());
    let check = async |query: &str, expected: Expect| {
        expected.assert_eq(&ask(&host, &ada, query).await.to_string());
    };
    check("?aggregate_id=7", expect![[r#"422 {"code":"validation_failed","errors":{"aggregate_id":["needs aggregate_type beside it"]},"request_id":"r-1"}"#]]).await;
    check("?from=2026-01-05T09:00:00Z&to=2026-01-05T09:00:00Z", expect![[r#"422 {"code":"validation_failed","errors":{"to":["must be later than from"]},"request_id":"r-1"}"#]]).await;
    check("?format=csv&limit=10", expect![[r#"422 {"code":"validation_failed","errors":{"limit":["is for pages: a file has every entry"]},"request_id":"r-1"}"#]]).await;
    assert!(host.trail.state().asked.is_empty());
    assert_eq!(ask(&host, &ada, "?unknown=1").await.status, 200);
}

#[tokio::test]
async fn strangers_do_not_learn_of_the_workspace() {
    let (host, _) = acme(1).await;
    let eve = host.person("eve").await;
    for query in ["", "?format=csv", "?format=jsonl&type=identity.member_joined"] {
        expect![[
            r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
        ]]
        .assert_eq(&ask(&host, &eve, query).await.to_string());
    }
    let anonymous = host.ask(get("/api/workspaces/acme/events")).await;
    assert_eq!(anonymous.status, 401);
    assert!(host.trail.state().asked.is_empty());
}

#[tokio::test]
async fn a_file_has_every_entry_and_a_name() {
    let (host, ada) = acme(1203).await;
    let csv = ask(&host, &ada, "?format=csv").await;
    assert_eq!(csv.status, 200);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"acme-events.csv\"");
    assert_eq!(csv.header("cache-control"), "no-store");
    let rows: Vec<_> =
        csv::Reader::from_reader(csv.text.as_bytes()).into_records().map(Result::unwrap).collect();
    let places: Vec<i64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(places, (1..=1203).rev().collect::<Vec<_>>());
    assert_eq!(rows[0][4], trail::entry(1).summary);

    let jsonl = ask(&host, &ada, "?format=jsonl&after=1000").await;
    assert_eq!(jsonl.header("content-type"), "application/x-ndjson");
    assert_eq!(jsonl.header("content-disposition"), "attachment; filename=\"acme-events.jsonl\"");
    let lines: Vec<serde_json::Value> =
        jsonl.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 999);
    assert_eq!(lines[0], serde_json::to_value(trail::entry(999)).unwrap());
    // Never more than a part of it was asked for at a time.
    assert!(host.trail.state().asked.iter().all(|asked| asked.limit == 500));
}

#[tokio::test]
async fn no_text_of_a_file_is_a_formula() {
    let (host, ada) = acme(1).await;
    let csv = ask(&host, &ada, "?format=csv").await;
    expect![[r#"
        position,event_id,occurred_at,event_type,summary,aggregate_type,aggregate_id,actor_kind,actor_id,actor_name,actor_ref,on_behalf_of_id,on_behalf_of_name,workspace_id,correlation_id,causation_id,request_id,address,user_agent,session_id⏎
        1,00000000-0000-0000-0000-000000000001,1970-01-01T00:00:00.000000Z,identity.member_joined,"member joined: ""role"" guest,⏎
        or so",workspace_member,a:b,user,00000000-0000-0000-0000-000000000002,"'=HYPERLINK(""http://evil.example"")",,00000000-0000-0000-0000-000000000003,'-Ada Example,00000000-0000-0000-0000-000000000004,00000000-0000-0000-0000-000000000005,,'@r-1,192.0.2.7,'+curl/8,00000000-0000-0000-0000-000000000006⏎
    "#]].assert_eq(&csv.text.replace("\r\n", "⏎\n"));
    for row in csv::Reader::from_reader(csv.text.as_bytes()).into_records() {
        for cell in &row.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
}

#[tokio::test]
async fn the_form_follows_what_is_accepted_and_what_is_said() {
    let (host, ada) = acme(1).await;
    for (accept, query, expected) in [
        ("text/csv", "", "text/csv; charset=utf-8; header=present"),
        ("text/html, TEXT/CSV;q=0.9, */*;q=0.1", "", "text/csv; charset=utf-8; header=present"),
        ("application/x-ndjson", "", "application/x-ndjson"),
        ("application/json, text/csv", "", "application/json"),
        ("*/*", "", "application/json"),
        ("text/html", "", "application/json"),
        ("text/csv", "?format=json", "application/json"),
        ("application/json", "?format=jsonl", "application/x-ndjson"),
    ] {
        let ask = get(format!("/api/workspaces/acme/events{query}"))
            .bearer(&ada.token)
            .header("accept", accept);
        assert_eq!(host.ask(ask).await.header("content-type"), expected, "{accept} {query}");
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_does_not_look_whole() {
    let (host, ada) = acme(2000).await;
    let file = || get("/api/workspaces/acme/events?format=csv").bearer(&ada.token);
    let places: [fn(&mut State) -> &mut Option<i64>; 2] =
        [|state| &mut state.breaks_behind, |state| &mut state.lost_behind];
    for (place, status) in places.into_iter().zip([500, 404]) {
        *place(&mut host.trail.state()) = Some(1200);
        let response = host.respond(file()).await;
        assert_eq!(response.status(), 200, "it begins well");
        assert!(to_bytes(response.into_body(), usize::MAX).await.is_err());
        *place(&mut host.trail.state()) = Some(3000);
        assert_eq!(host.ask(file()).await.status, status);
        *place(&mut host.trail.state()) = None;
    }
}
