//! The audit trail over HTTP: who did what, for whoever may know.

use std::collections::BTreeSet;

use scenarios::{Persona, on_both_engines};
use serde_json::Value;

/// The list at this address, from the first page to the last.
async fn all(person: &Persona, path: &str) -> Vec<Value> {
    let (mut list, mut after) = (Vec::new(), String::new());
    loop {
        let page = person.get(&format!("{path}?limit=3{after}")).await.is(200);
        list.extend(page.list().to_vec());
        match page.body()["meta"]["next"].as_i64() {
            Some(next) => after = format!("&after={next}"),
            None => return list,
        }
    }
}

fn texts(list: &[Value], field: &str) -> Vec<String> {
    list.iter().map(|entry| entry[field].as_str().unwrap_or("-").to_owned()).collect()
}

on_both_engines! {
    async fn the_trail_tells_who_did_what(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "guest").await;
        ada.set_role(&slug, ben.email(), "member").await;
        let path = format!("/api/workspaces/{slug}/events");
        assert!(all(&ada, &path).await.is_empty(), "nothing is written down yet");
        scenario.run_until_idle().await;

        // Last comes that she was told of it.
        let mut of_ada = all(&ada, &path).await;
        let told = of_ada.remove(0);
        assert_eq!(told["actor"]["ref"], "notifications.on_workspace_activity");
        assert_eq!(told["on_behalf_of"]["name"], "Ben Example");
        assert_eq!(
            texts(&of_ada, "summary"),
            [
                "member role changed: from guest, to member",
                "member joined: role guest",
                "member invited: role guest, workspace name Lumen",
                "invitation created: role guest, workspace name Lumen",
                "workspace created: name Lumen, slug lumen",
            ]
        );
        let changed = &of_ada[0];
        assert_eq!(changed["actor"]["name"], "Ada Example");
        assert_eq!(changed["actor"]["user_id"], ada.id());
        assert_eq!(changed["address"], "127.0.0.1");
        let session = changed["session_id"].as_str().unwrap();
        assert!(of_ada.iter().filter(|entry| entry["actor"]["user_id"] == ada.id()).all(|entry| entry["session_id"] == session));
        let of_others = of_ada.iter().filter(|entry| entry["actor"]["user_id"] == ben.id());
        assert!(of_others.map(|entry| entry["session_id"].as_str().unwrap()).all(|other| other != session));
        let by_name: BTreeSet<&str> =
            of_ada.iter().filter_map(|entry| entry["actor"]["name"].as_str()).collect();
        assert_eq!(by_name, BTreeSet::from(["Ada Example", "Ben Example"]));

        // Ben is no manager: he sees less, and only of his own requests from where they came.
        let of_ben = all(&ben, &path).await;
        assert!(!texts(&of_ben, "event_type").contains(&"identity.invitation_created".to_owned()));
        for entry in &of_ben {
            let is_own = entry["actor"]["user_id"] == ben.id() || entry["on_behalf_of"]["user_id"] == ben.id();
            assert_eq!(entry["address"].is_string(), is_own, "{entry}");
            assert_eq!(entry["session_id"].is_string(), is_own, "{entry}");
        }

        let query = format!("{path}?actor={}&type=identity.member_joined", ben.id());
        let found = ada.get(&query).await.is(200);
        assert_eq!(texts(found.list(), "summary"), ["member joined: role guest"]);
        let correlation = found.list()[0]["correlation_id"].as_str().unwrap();
        let whole = ada.get(&format!("{path}?correlation={correlation}")).await.is(200);
        assert!(!whole.list().is_empty());
        ada.get(&format!("{path}?type=x&from=now")).await.is_invalid(&["from", "type"]);
    }

    async fn the_trail_is_read_only_while_somebody_belongs_there(scenario: &mut Scenario) {
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "admin").await;
        scenario.run_until_idle().await;
        let path = format!("/api/workspaces/{slug}/events");
        let created = "identity.invitation_created".to_owned();
        assert!(texts(&all(&ben, &path).await, "event_type").contains(&created));
        ada.set_role(&slug, ben.email(), "guest").await;
        assert!(!texts(&all(&ben, &path).await, "event_type").contains(&created));
        ada.remove(&slug, ben.id()).await;
        for outsider in [&ben, &eve] {
            for query in ["", "?format=csv"] {
                outsider.get(&format!("{path}{query}")).await.is_refused(404, "workspace_not_found");
            }
        }
        scenario.stranger().get(&path).await.is_refused(401, "unauthenticated");
    }

    async fn a_file_says_what_the_pages_say(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("=Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "guest").await;
        scenario.run_until_idle().await;
        let path = format!("/api/workspaces/{slug}/events");
        for person in [&ada, &ben] {
            let pages = all(person, &path).await;
            let jsonl = person.get(&format!("{path}?format=jsonl")).file("application/x-ndjson").await;
            let lines: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert_eq!(lines, pages);
            let csv = person.get(&path).header("accept", "text/csv").file("text/csv").await;
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let header = reader.headers().unwrap().clone();
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            assert_eq!(rows.len(), pages.len());
            for (row, entry) in rows.iter().zip(&pages) {
                for name in ["event_id", "event_type", "summary", "aggregate_id", "correlation_id", "address"] {
                    let column = header.iter().position(|found| found == name).unwrap();
                    assert_eq!(&row[column], entry[name].as_str().unwrap_or_default(), "{name}");
                }
                assert_eq!(row[0], entry["position"].to_string());
            }
        }
    }
}
