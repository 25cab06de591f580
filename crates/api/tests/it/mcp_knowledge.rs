//! The tools of the Model Context Protocol that are about knowledge.

use expect_test::expect;
use identity::Role;
use serde_json::{Value, json};

use crate::{
    client::{get, post},
    host::Host,
    mcp::{acme, key_of, request, say},
    mcp_tools::{said, story},
};

const NOBODY: &str = "00000000-0000-0000-0000-000000000007";
const OTHER: &str = "00000000-0000-0000-0000-000000000008";

#[tokio::test]
async fn every_mistake_is_told_by_its_name() {
    let (host, ada, _) = acme().await;
    let key = key_of(&host, &ada, json!(["mcp:knowledge.*"]), &["acme"]).await;
    let long = "x".repeat(256);
    let entry = |title: &str, body: &str, category: &str| json!({ "title": title, "body": body, "category": category });
    let tagged = json!({ "title": "A", "body": "B", "category": "concept", "tags": [" "] });
    let dated =
        json!({ "title": "A", "body": "B", "category": "concept", "last_verified_at": "x" });
    let calls = [
        ("knowledge.create", entry(" ", "B", "concept")),
        ("knowledge.create", entry("A", " ", "concept")),
        ("knowledge.create", entry("A", "B", "tip")),
        ("knowledge.create", tagged),
        ("knowledge.create", dated),
        ("knowledge.search", json!({})),
        ("knowledge.search", json!({ "category": "tip" })),
        ("knowledge.search", json!({ "query": "?!" })),
        ("knowledge.get", json!({ "id": NOBODY })),
        ("knowledge.traverse", json!({ "id": NOBODY })),
        ("knowledge.traverse", json!({ "id": NOBODY, "relationship_type": "likes" })),
        ("knowledge.update", json!({ "id": NOBODY, "title": "B" })),
        ("knowledge.update", json!({ "id": NOBODY, "title": "" })),
        (
            "knowledge.relate",
            json!({ "from_id": NOBODY, "to_id": NOBODY, "relationship_type": "part_of" }),
        ),
        (
            "knowledge.relate",
            json!({ "from_id": NOBODY, "to_id": OTHER, "relationship_type": "likes" }),
        ),
        (
            "knowledge.relate",
            json!({ "from_id": NOBODY, "to_id": OTHER, "relationship_type": "part_of" }),
        ),
    ];
    let calls = calls.map(|(tool, arguments)| (key.as_str(), tool, arguments));
    story(&host, &calls, expect![[r#"
        knowledge.create {"body":"B","category":"concept","title":" "}
        ! An entry needs a title

        knowledge.create {"body":" ","category":"concept","title":"A"}
        ! An entry needs a body

        knowledge.create {"body":"B","category":"tip","title":"A"}
        ! The category must be one of how_to, pattern, convention, architecture_decision, gotcha, concept

        knowledge.create {"body":"B","category":"concept","tags":[" "],"title":"A"}
        ! A tag must not be blank

        knowledge.create {"body":"B","category":"concept","last_verified_at":"x","title":"A"}
        ! When an entry was last verified is a day or an instant as ISO 8601 writes it

        knowledge.search {}
        ! A search needs words, tags or a category

        knowledge.search {"category":"tip"}
        ! The category must be one of how_to, pattern, convention, architecture_decision, gotcha, concept

        knowledge.search {"query":"?!"}
        ! The words of a search must have a letter or a digit

        knowledge.get {"id":"00000000-0000-0000-0000-000000000007"}
        ! There is no such entry

        knowledge.traverse {"id":"00000000-0000-0000-0000-000000000007"}
        ! There is no entry to begin at

        knowledge.traverse {"id":"00000000-0000-0000-0000-000000000007","relationship_type":"likes"}
        ! The type of a relation must be one of relates_to, depends_on, prerequisite_for, example_of, part_of, supersedes

        knowledge.update {"id":"00000000-0000-0000-0000-000000000007","title":"B"}
        ! There is no such entry

        knowledge.update {"id":"00000000-0000-0000-0000-000000000007","title":""}
        ! An entry needs a title

        knowledge.relate {"from_id":"00000000-0000-0000-0000-000000000007","relationship_type":"part_of","to_id":"00000000-0000-0000-0000-000000000007"}
        ! An entry does not relate to itself

        knowledge.relate {"from_id":"00000000-0000-0000-0000-000000000007","relationship_type":"likes","to_id":"00000000-0000-0000-0000-000000000008"}
        ! The type of a relation must be one of relates_to, depends_on, prerequisite_for, example_of, part_of, supersedes

        knowledge.relate {"from_id":"00000000-0000-0000-0000-000000000007","relationship_type":"part_of","to_id":"00000000-0000-0000-0000-000000000008"}
        ! There is no entry to relate

    "#]]).await;
    let said = said(&host, &key, "knowledge.create", entry(&long, "B", "concept")).await;
    assert_eq!(said, "! A title has at most 255 characters");
}

#[tokio::test]
async fn guests_read_and_whoever_has_no_scope_does_nothing() {
    let (host, ada, _) = acme().await;
    let gus = host.member(&ada, "acme", "gus", Role::Guest).await;
    let guest = key_of(&host, &gus, json!(["mcp:*"]), &["acme"]).await;
    let narrow = key_of(&host, &ada, json!(["mcp:knowledge.search"]), &["acme"]).await;
    let new = json!({ "title": "A", "body": "B", "category": "concept" });
    let calls = [
        (guest.as_str(), "knowledge.search", json!({ "query": "a" })),
        (&guest, "knowledge.create", new.clone()),
        (&narrow, "knowledge.search", json!({ "query": "a" })),
        (&narrow, "knowledge.create", new),
        (&narrow, "knowledge.get", json!({ "id": NOBODY })),
    ];
    story(
        &host,
        &calls,
        expect![[r#"
        knowledge.search {"query":"a"}
        No results.

        knowledge.create {"body":"B","category":"concept","title":"A"}
        ! Insufficient permissions

        knowledge.search {"query":"a"}
        No results.

        knowledge.create {"body":"B","category":"concept","title":"A"}
        ! Insufficient permissions: the key needs the scope mcp:knowledge.create

        knowledge.get {"id":"00000000-0000-0000-0000-000000000007"}
        ! Insufficient permissions: the key needs the scope mcp:knowledge.get

    "#]],
    )
    .await;
}

/// Writes something down, and tells which entry it is.
async fn learn(host: &Host, key: &str, title: &str) -> String {
    let entry = json!({ "title": title, "body": "B", "category": "concept" });
    let create = json!({ "name": "knowledge.create", "arguments": entry });
    let told = host.ask(say(key, request("tools/call", create))).await;
    let told = told.text_at("/result/content/0/text");
    let (_, id) = told.split_once("id: `").expect("it says which");
    id[..36].to_owned()
}

/// Every tool: first those that read, and then those that write.
fn calls(entry: &str) -> [(&'static str, Value); 6] {
    let relation = json!({ "from_id": entry, "to_id": OTHER, "relationship_type": "part_of" });
    [
        ("knowledge.search", json!({ "query": "anvils" })),
        ("knowledge.get", json!({ "id": entry })),
        ("knowledge.traverse", json!({ "id": entry })),
        ("knowledge.create", json!({ "title": "A", "body": "B", "category": "concept" })),
        ("knowledge.update", json!({ "id": entry, "title": "B" })),
        ("knowledge.relate", relation),
    ]
}

#[tokio::test]
async fn an_archived_workspace_is_asked_and_learns_nothing() {
    let (host, ada, _) = acme().await;
    let key = key_of(&host, &ada, json!(["mcp:*"]), &["acme"]).await;
    let anvils = learn(&host, &key, "Anvils").await;
    let archive = post("/api/workspaces/acme/archive").bearer(&ada.token);
    assert_eq!(host.ask(archive).await.status, 200);
    for (place, (tool, arguments)) in calls(&anvils).into_iter().enumerate() {
        let said = said(&host, &key, tool, arguments).await;
        if place < 3 {
            assert!(said.contains("Anvils"), "{tool}: {said}");
        } else {
            assert_eq!(said, "! The workspace is archived: restore it first", "{tool}");
        }
    }
}

#[tokio::test]
async fn a_workspace_that_is_out_of_reach_is_none() {
    let (host, ada, _) = acme().await;
    let key = key_of(&host, &ada, json!(["mcp:*"]), &["acme"]).await;
    let anvils = learn(&host, &key, "Anvils").await;
    host.workspace(&ada, "Cold").await;
    let eve = host.person("eve").await;
    host.workspace(&eve, "Bolt").await;
    let theirs = host.ask(get("/api/me/workspaces").bearer(&eve.token)).await;
    let (bolt, nowhere) = (theirs.text_at("/data/0/id"), NOBODY);
    // By its id no tool is told of a workspace.
    for workspace in ["cold", "bolt", &bolt, nowhere, "nowhere", "ACME", ""] {
        for (tool, mut arguments) in calls(&anvils) {
            arguments["workspace"] = json!(workspace);
            let said = said(&host, &key, tool, arguments).await;
            assert!(said.starts_with("! The key does not reach that workspace"), "{tool}: {said}");
        }
    }
    let mine = host.ask(get("/api/me/workspaces").bearer(&ada.token)).await;
    let acme = mine.text_at("/data/0/id");
    for workspace in ["acme", &acme, "nowhere"] {
        for (tool, mut arguments) in calls(&anvils) {
            arguments["workspace"] = json!(workspace);
            let said = said(&host, &eve.token, tool, arguments).await;
            assert_eq!(said, "! Workspace not found", "{tool}");
        }
    }
}

#[tokio::test]
async fn an_entry_is_one_of_its_workspace_alone() {
    let (host, ada, _) = acme().await;
    host.workspace(&ada, "Cold").await;
    let key = key_of(&host, &ada, json!(["mcp:*"]), &["acme", "cold"]).await;
    let anvils = learn(&host, &key, "Anvils").await;
    let told = [
        "No results.",
        "! There is no such entry",
        "! There is no entry to begin at",
        "**Knowledge created**",
        "! There is no such entry",
        "! There is no entry to relate",
    ];
    for ((tool, mut arguments), told) in calls(&anvils).into_iter().zip(told) {
        arguments["workspace"] = json!("cold");
        let said = said(&host, &key, tool, arguments).await;
        assert!(said.starts_with(told), "{tool}: {said}");
    }
}
