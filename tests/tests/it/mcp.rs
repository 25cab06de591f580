//! Programs that speak the Model Context Protocol, by its own library.

use std::time::Duration;

use perme8_events::Clock as _;
use reqwest::Client;
use rmcp::{
    ClientLifecycleMode, ClientServiceExt as _, RoleClient, ServiceError,
    model::{CallToolRequestParams, ErrorCode, ProtocolVersion},
    service::{ClientInitializeError, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use scenarios::{Persona, in_time, on_both_engines};
use serde_json::{Value, json};

use crate::keys::program;

/// A program that has come in.
struct Robot(RunningService<RoleClient, ()>);

impl Robot {
    /// Comes in as clients do.
    async fn of(person: &Persona) -> Self {
        Self::enter(person, ClientLifecycleMode::Initialize).await.expect("the host answers")
    }

    async fn enter(
        person: &Persona,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Self, ClientInitializeError> {
        let config = StreamableHttpClientTransportConfig::with_uri(person.url("/mcp"))
            .auth_header(person.bearer());
        let http = Client::builder().no_proxy().build().expect("a client needs nothing");
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let client = in_time("a client comes in", ().serve_with_lifecycle(transport, lifecycle));
        client.await.map(Self)
    }

    async fn call(&self, tool: &'static str, arguments: Value) -> Result<Told, ServiceError> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        let request = CallToolRequestParams::new(tool).with_arguments(arguments);
        let result = in_time(tool, self.0.call_tool(request)).await?;
        let text = result.content.first().and_then(|content| content.as_text());
        let text = text.expect("tools say something").text.clone();
        Ok(Told { text, is_refusal: result.is_error == Some(true) })
    }

    /// What a tool says that does what it is called for.
    async fn told(&self, tool: &'static str, arguments: Value) -> String {
        let Told { text, is_refusal } = self.call(tool, arguments).await.expect("it is answered");
        assert!(!is_refusal, "{tool}: {text}");
        text
    }

    /// Why a tool does not do what it is called for.
    async fn refused(&self, tool: &'static str, arguments: Value) -> String {
        let Told { text, is_refusal } = self.call(tool, arguments).await.expect("it is answered");
        assert!(is_refusal, "{tool}: {text}");
        text
    }
}

/// What a tool says.
#[derive(Debug)]
struct Told {
    text: String,
    is_refusal: bool,
}

/// The id in what a tool says of one thing.
fn id_in(told: &str) -> String {
    let id = told.split("- id: `").nth(1).and_then(|rest| rest.split('`').next());
    id.unwrap_or_else(|| panic!("{told}")).to_owned()
}

/// Both ways in which clients come in: with a handshake, and without.
fn lifecycles() -> [ClientLifecycleMode; 2] {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    [ClientLifecycleMode::Initialize, ClientLifecycleMode::Discover { preferred_versions }]
}

on_both_engines! {
    async fn a_program_works_for_somebody(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let key = program(&ada, json!(["mcp:*"]), &[&slug]).await;
        for (number, lifecycle) in lifecycles().into_iter().enumerate() {
            let robot = Robot::enter(&key, lifecycle).await.expect("the host answers");
            let server = robot.0.peer_info().expect("the host says who it is");
            let name = server.server_info.as_ref().map(|info| info.name.clone());
            assert_eq!(name.as_deref(), Some("perme8-mcp"));
            assert!(server.capabilities.tools.is_some() && server.capabilities.prompts.is_none());
            assert_eq!(robot.0.list_all_tools().await.expect("tools are listed").len(), 15);
            assert!(robot.told("jarga.list_workspaces", json!({})).await.contains("`lumen`: Lumen"));
            let name = format!("Mill *{number}*");
            let begun = robot.told("jarga.create_project", json!({ "name": name })).await;
            assert!(begun.contains(&format!("Mill \\*{number}\\*")), "{begun}");
            let document = json!({
                "title": format!("Plans {number}"), "content": "# Go", "visibility": "public",
                "project_slug": format!("mill-{number}"),
            });
            robot.told("jarga.create_document", document).await;
            let named = json!({ "slug": format!("plans-{number}") });
            let shown = robot.told("jarga.get_document", named).await;
            assert!(shown.ends_with("---\n\n# Go"), "{shown}");
            let path = format!("/api/workspaces/{slug}/documents/plans-{number}");
            assert_eq!(ada.get(&path).await.is(200).data()["content"], "# Go");
            robot.0.cancel().await.expect("a client goes");
        }
        scenario.run_until_idle().await;
        let path = format!("/api/workspaces/{slug}/events?type=documents.document_created");
        let entries = ada.get(&path).await.is(200);
        assert_eq!(entries.list().len(), 2);
        assert!(entries.list().iter().all(|entry| entry["actor"]["kind"] == "api_key"));
    }

    async fn a_program_reaches_what_its_key_and_its_owner_reach(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let (lumen, other) = (ada.found("Lumen").await, ada.found("Other").await);
        let bens = ben.found("Bens").await;
        for slug in [&lumen, &other] {
            ada.write(slug, json!({ "title": "Diary", "content": "Secret." })).await;
            ada.write(slug, json!({ "title": "News", "content": "Open.", "visibility": "public" })).await;
        }
        ada.invite(&lumen, ben.email(), "guest").await;
        ben.join(&lumen).await;
        let adas = Robot::of(&program(&ada, json!(null), &[&lumen]).await).await;
        let guest = Robot::of(&program(&ben, json!(null), &[&bens, &lumen]).await).await;
        let narrow = json!(["mcp:jarga.get_document"]);
        let narrow = Robot::of(&program(&ben, narrow, &[&lumen]).await).await;

        let at = |workspace: &str, slug: &str| json!({ "workspace": workspace, "slug": slug });
        assert!(adas.told("jarga.get_document", at(&lumen, "diary")).await.contains("Secret."));
        for workspace in [&other, &bens] {
            let refused = adas.refused("jarga.get_document", at(workspace, "news")).await;
            assert!(refused.starts_with("The key does not reach"), "{refused}");
        }
        for robot in [&guest, &narrow] {
            assert!(robot.told("jarga.get_document", at(&lumen, "news")).await.contains("Open."));
            let refused = robot.refused("jarga.get_document", at(&lumen, "diary")).await;
            assert_eq!(refused, "Insufficient permissions");
            let refused = robot.refused("jarga.get_document", at(&other, "news")).await;
            assert!(refused.starts_with("The key does not reach"), "{refused}");
        }
        assert!(guest.told("jarga.list_documents", json!({})).await.contains("(0)"));
        let there = json!({ "workspace": lumen });
        let listed = guest.told("jarga.list_documents", there).await;
        assert!(listed.contains("News") && !listed.contains("Diary"), "{listed}");
        let begin = json!({ "workspace": lumen, "name": "Mill" });
        let refused = guest.refused("jarga.create_project", begin).await;
        assert_eq!(refused, "Insufficient permissions");
        let refused = narrow.refused("jarga.list_documents", json!({})).await;
        assert!(refused.ends_with("mcp:jarga.list_documents"), "{refused}");
        assert_eq!(narrow.0.list_all_tools().await.expect("tools are listed").len(), 15);

        // A workspace leaves the keys of whoever leaves it.
        ada.remove(&lumen, ben.id()).await;
        let refused = guest.refused("jarga.get_document", at(&lumen, "news")).await;
        assert!(refused.starts_with("The key does not reach"), "{refused}");
        assert!(narrow.call("jarga.get_document", at(&lumen, "news")).await.is_err());
    }

    async fn a_program_learns_for_somebody(scenario: &mut Scenario) {
        let (ada, ben, eve) =
            (scenario.user("ada").await, scenario.user("ben").await, scenario.user("eve").await);
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, ben.email(), "member").await;
        ben.join(&slug).await;
        ada.invite(&slug, eve.email(), "guest").await;
        eve.join(&slug).await;
        let scopes = json!(["mcp:knowledge.*"]);
        let robot = Robot::of(&program(&ben, scopes.clone(), &[&slug]).await).await;
        let guest = Robot::of(&program(&eve, scopes, &[&slug]).await).await;
        assert_eq!(robot.told("knowledge.search", json!({ "query": "mill" })).await, "No results.");

        // Ben writes no schema, and the first entry is there all the same.
        let mill = json!({
            "title": "Mills *grind*", "body": "# Why\n\nWater turns the wheel.", "category": "how_to",
            "tags": ["water"], "code_snippets": ["grind(rye)"], "file_paths": ["src/mill.rs"],
        });
        let mill = id_in(&robot.told("knowledge.create", mill).await);
        let wheel = json!({ "title": "Wheels", "body": "They turn.", "category": "concept" });
        let wheel = id_in(&robot.told("knowledge.create", wheel).await);
        let found = robot.told("knowledge.search", json!({ "query": "WHEEL" })).await;
        let (first, second) = (found.find("1. Wheels"), found.find("2. Mills \\*grind\\*"));
        assert!(first.is_some() && second.is_some() && found.contains(&mill), "{found}");
        let by_tag = json!({ "tags": ["Water"], "category": "how_to", "limit": 1 });
        assert!(robot.told("knowledge.search", by_tag).await.contains("**Knowledge** (1)"));

        let relate = json!({ "from_id": wheel, "to_id": mill, "relationship_type": "part_of" });
        let related = robot.told("knowledge.relate", relate.clone()).await;
        assert_eq!(robot.told("knowledge.relate", relate.clone()).await, related);
        let shown = guest.told("knowledge.get", json!({ "id": mill })).await;
        assert!(shown.contains(&format!("Wheels (`{wheel}`) `part_of` this")), "{shown}");
        assert!(shown.ends_with("Water turns the wheel.\n\n```\ngrind(rye)\n```"), "{shown}");
        let near = guest.told("knowledge.traverse", json!({ "id": mill, "depth": 9 })).await;
        assert!(near.contains("1. Wheels") && near.contains("- Wheels `part_of` Mills"), "{near}");
        let other = json!({ "id": mill, "relationship_type": "supersedes" });
        let none = guest.told("knowledge.traverse", other).await;
        assert!(none.starts_with("No knowledge is connected"), "{none}");

        let change = json!({ "id": mill, "title": "Mills", "body": null, "tags": null });
        let updated = robot.told("knowledge.update", change).await;
        assert!(updated.contains("- title: Mills") && updated.contains("tags"), "{updated}");
        let updated = robot.told("knowledge.update", json!({ "id": mill, "tags": [] })).await;
        assert!(updated.contains("- title: Mills") && !updated.contains("tags"), "{updated}");
        assert_eq!(guest.refused("knowledge.relate", relate).await, "Insufficient permissions");
        let path = format!("/api/workspaces/{slug}/events?type=erm.schema_created");
        scenario.run_until_idle().await;
        let entries = ada.get(&path).await.is(200);
        assert_eq!(entries.list().len(), 1);
        assert_eq!(entries.list()[0]["actor"]["kind"], "system");
    }

    async fn a_program_is_out_as_soon_as_its_key_ends(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let key = program(&ada, json!(null), &[&slug]).await;
        let robot = Robot::of(&key).await;
        robot.told("jarga.list_projects", json!({})).await;
        let id = ada.get("/api/api-keys").await.is(200).list()[0]["id"].clone();
        let path = format!("/api/api-keys/{}", id.as_str().expect("keys have ids"));
        let until = (scenario.clock().now() + Duration::from_mins(1)).to_rfc3339();
        ada.patch(&path).json(json!({ "expires_at": until })).await.is(200);
        robot.told("jarga.list_projects", json!({})).await;
        scenario.clock().advance(Duration::from_secs(61));
        assert!(robot.call("jarga.list_projects", json!({})).await.is_err());
        ada.patch(&path).json(json!({ "expires_at": null })).await.is_refused(409, "api_key_inactive");

        let key = program(&ada, json!(null), &[&slug]).await;
        let robot = Robot::of(&key).await;
        let keys = ada.get("/api/api-keys").await.is(200);
        let id = keys.list()[0]["id"].as_str().expect("keys have ids");
        ada.delete(&format!("/api/api-keys/{id}")).await.is(204);
        assert!(robot.call("jarga.list_projects", json!({})).await.is_err());
        for lifecycle in lifecycles() {
            assert!(Robot::enter(&key, lifecycle).await.is_err());
        }
    }

    async fn what_a_tool_does_not_take_is_an_error_of_the_protocol(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let robot = Robot::of(&program(&ada, json!(null), &[&slug]).await).await;
        for (tool, arguments) in [
            ("jarga.get_project", json!({})),
            ("jarga.create_document", json!({ "title": ["x"] })),
            ("jarga.nothing", json!({})),
        ] {
            let refused = robot.call(tool, arguments).await;
            let Err(ServiceError::McpError(error)) = refused else { panic!("{tool}: {refused:?}") };
            assert_eq!(error.code, ErrorCode::INVALID_PARAMS, "{tool}");
        }
    }

    async fn a_session_goes_on_at_another_host_and_for_nobody_else(scenario: &mut Scenario) {
        scenario.go_live().await;
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let key = program(&ada, json!(null), &[&slug]).await;
        let say = |of: &Persona, method: &str, params: Value| {
            let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            let request = of.post("/mcp").json(message);
            request.header("accept", "application/json, text/event-stream")
        };
        let client = json!({ "name": "tests", "version": "1" });
        let begin =
            json!({ "protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": client });
        let begun = say(&key, "initialize", begin).await.is(200);
        let session = begun.header("mcp-session-id").expect("a session has a name").to_owned();
        let other = scenario.another_host().await;
        let there = other.persona(&key);
        let list = say(&there, "tools/list", json!({})).header("mcp-session-id", &session);
        assert_eq!(list.await.is(200).body()["result"]["tools"].as_array().map(Vec::len), Some(15));
        for of in [&ada, &program(&ada, json!(null), &[&slug]).await] {
            let list = say(of, "tools/list", json!({})).header("mcp-session-id", &session);
            list.await.is_refused(404, "session_not_found");
        }
        other.stop().await;
    }
}
