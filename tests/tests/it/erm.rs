//! The graphs of workspaces: their schemas, their entities and edges, and the ways from one to another.

use reqwest::Method;
use scenarios::{Answer, Persona, Scenario, on_both_engines};
use serde_json::{Value, json};

use crate::{
    keys::program,
    routes::{Access, Route},
};

mod files;
mod items;
mod walks;

const NOBODY: &str = "00000000-0000-7000-8000-000000000001";

/// People, firms, and who works where and knows whom.
fn schema() -> Value {
    json!({
        "entity_types": [
            { "name": "Person", "properties": [
                { "name": "full_name", "type": "string", "required": true,
                  "constraints": { "min_length": 1, "max_length": 255 } },
                { "name": "email", "type": "string", "constraints": { "pattern": "@" } },
                { "name": "age", "type": "integer", "constraints": { "min": 0, "max": 200 } },
            ] },
            { "name": "Company", "properties": [
                { "name": "name", "type": "string", "required": true,
                  "constraints": { "min_length": 1, "max_length": 255 } },
            ] },
        ],
        "edge_types": [
            { "name": "EMPLOYS", "properties": [
                { "name": "since", "type": "datetime" },
                { "name": "role", "type": "string",
                  "constraints": { "enum": ["full-time", "part-time", "contractor"] } },
            ] },
            { "name": "KNOWS", "properties": [] },
        ],
    })
}

/// A workspace with a graph, and everybody in it.
struct Lumen {
    slug: String,
    at: String,
    ada: Persona,
    ben: Persona,
    gus: Persona,
}

impl Lumen {
    async fn found(scenario: &mut Scenario) -> Self {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let at = format!("/api/v1/workspaces/{}", ada.graph_of(&slug).await);
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let gus = scenario.member(&ada, &slug, "gus", "guest").await;
        Self { slug, at, ada, ben, gus }
    }

    async fn with_schema(scenario: &mut Scenario) -> Self {
        let lumen = Self::found(scenario).await;
        lumen.ada.put(&lumen.to("schema")).json(schema()).await.is(200);
        lumen
    }

    fn to(&self, path: &str) -> String {
        format!("{}/{path}", self.at)
    }

    /// A person, by the id.
    async fn person(&self, name: &str) -> String {
        let body = json!({ "type": "Person", "properties": { "full_name": name } });
        id(&self.ben.post(&self.to("entities")).json(body).await.is(201))
    }

    /// That somebody knows somebody, by the id.
    async fn acquaint(&self, source: &str, target: &str) -> String {
        let body = json!({ "type": "KNOWS", "source_id": source, "target_id": target });
        id(&self.ben.post(&self.to("edges")).json(body).await.is(201))
    }
}

fn id(answer: &Answer) -> String {
    answer.data()["id"].as_str().expect("what is created has an id").to_owned()
}

/// Must be a refusal in this word.
#[track_caller]
fn refused(answer: &Answer, status: u16, word: &str) {
    let body = answer.body();
    assert_eq!((answer.status(), body["error"].as_str()), (status, Some(word)), "{body}");
}

/// The names of people in a list of entities.
fn names(entities: &Value) -> Vec<&str> {
    let entities = entities.as_array().expect("entities are a list").iter();
    let mut names: Vec<&str> =
        entities.map(|entity| entity["properties"]["full_name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

on_both_engines! {
    async fn a_schema_is_written_by_those_who_manage_and_read_by_all(scenario: &mut Scenario) {
        let lumen = Lumen::found(scenario).await;
        let (Lumen { ada, ben, gus, .. }, at) = (&lumen, lumen.to("schema"));
        refused(&gus.get(&at).await, 404, "schema_not_found");
        for body in [schema(), json!({}), json!(7)] {
            refused(&ben.put(&at).json(body.clone()).await, 403, "forbidden");
            refused(&gus.put(&at).json(body).await, 403, "forbidden");
        }
        let invalid = json!({ "entity_types": [{ "name": "Person" }, { "name": "Person" }] });
        let answer = ada.put(&at).json(invalid.clone()).await;
        refused(&answer, 422, "validation_errors");
        let message = answer.body()["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("duplicate entity type"), "{message}");
        refused(&ada.put(&at).json(json!({ "entity_types": [] })).await, 422, "validation_errors");
        refused(&ada.put(&at).json(json!([])).await, 422, "validation_errors");

        let first = ada.put(&at).json(schema()).await.is(200);
        assert_eq!(first.data()["version"], 1);
        let property = &first.data()["entity_types"][0]["properties"][2];
        let expected = json!({ "name": "age", "type": "integer", "required": false,
            "constraints": { "min": 0, "max": 200 } });
        assert_eq!(property, &expected);
        for version in [json!(0), json!(999), json!("1")] {
            let mut stale = schema();
            stale["version"] = version;
            let answer = ada.put(&at).json(stale).await;
            refused(&answer, 409, "version_conflict");
            assert!(answer.body()["message"].as_str().unwrap().contains("concurrent"));
        }
        let seen = gus.get(&at).await.is(200).header("etag").unwrap().to_owned();
        let mut more = schema();
        more["entity_types"].as_array_mut().unwrap().push(json!({ "name": "Place" }));
        let second = ada.put(&at).header("if-match", &seen).json(more).await.is(200);
        assert_eq!(second.data()["version"], 2);
        let late = ada.put(&at).header("if-match", &seen).json(schema()).await;
        late.is_refused(412, "version_mismatch");

        let history = gus.get(&format!("{at}/history?limit=1")).await.is(200);
        assert_eq!((&history.list()[0]["version"], history.list().len()), (&json!(2), 1));
        let next = history.body()["meta"]["next"].to_string();
        let rest = gus.get(&format!("{at}/history?after={next}")).await.is(200);
        assert_eq!(rest.list()[0]["written_by"], ada.id());
        assert_eq!(rest.body()["meta"]["next"], Value::Null);
        refused(&gus.get(&format!("{at}/history?limit=x")).await, 400, "bad_request");
        refused(&gus.get(&format!("{at}/history?limit=101")).await, 422, "invalid_limit");
        let was = gus.get(&format!("{at}/versions/1")).await.is(200);
        assert_eq!(was.data()["entity_types"].as_array().unwrap().len(), 2);
        assert_eq!(was.data()["changes"]["entity_types"]["added"].as_array().unwrap().len(), 2);
        for version in ["3", "0", "x"] {
            let answer = gus.get(&format!("{at}/versions/{version}")).await;
            refused(&answer, 404, "schema_not_found");
        }

        lumen.person("Alice").await;
        let trial = json!({ "entity_types": [{ "name": "Person" }] });
        let tried = ada.post(&format!("{at}/dry-run")).json(trial.clone()).await.is(200);
        assert_eq!(tried.data()["nonconforming"][0]["errors"][0]["field"], "full_name");
        refused(&ben.post(&format!("{at}/dry-run")).json(trial).await, 403, "forbidden");
        refused(&ada.post(&format!("{at}/dry-run")).json(invalid).await, 422, "validation_errors");
        assert_eq!(gus.get(&at).await.is(200).data()["version"], 2);
    }

    async fn ids_that_are_none_are_refused_and_never_break(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let Lumen { ben, gus, .. } = &lumen;
        for id in ["x", "%00", "%FF", "1", "0199a1b2000070008000000000000001"] {
            refused(&gus.get(&lumen.to(&format!("entities/{id}"))).await, 422, "invalid_id");
            for path in [format!("entities/{id}"), format!("edges/{id}")] {
                let body = json!({ "properties": {} });
                refused(&ben.put(&lumen.to(&path)).json(body).await, 422, "validation_errors");
                refused(&ben.delete(&lumen.to(&path)).await, 422, "validation_errors");
                refused(&gus.delete(&lumen.to(&path)).await, 403, "forbidden");
            }
            refused(&gus.get(&lumen.to(&format!("edges/{id}"))).await, 422, "validation_errors");
            for path in [
                format!("entities/{id}/neighbors"),
                format!("entities/{id}/paths/{NOBODY}"),
                format!("entities/{NOBODY}/paths/{id}"),
            ] {
                refused(&gus.get(&lumen.to(&path)).await, 422, "unprocessable_entity");
            }
            for workspace in [id, "lumen"] {
                for person in [ben, &scenario.stranger()] {
                    let answer = person.get(&format!("/api/v1/workspaces/{workspace}/schema")).await;
                    refused(&answer, 400, "bad_request");
                }
            }
        }
        let eve = scenario.user("eve").await;
        for path in ["entities/x", "edges/x", "entities/x/neighbors", "traverse"] {
            let answer = eve.get(&lumen.to(path)).await;
            refused(&answer, 404, "not_found");
            assert_eq!(answer.body()["message"], "Workspace not found");
        }
    }

    async fn what_belongs_to_another_graph_is_nowhere(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let (alice, bob) = (lumen.person("Alice").await, lumen.person("Bob").await);
        let edge = lumen.acquaint(&alice, &bob).await;
        let eve = scenario.user("eve").await;
        let slug = eve.found("Evil").await;
        let evil = format!("/api/v1/workspaces/{}", eve.graph_of(&slug).await);
        eve.put(&format!("{evil}/schema")).json(schema()).await.is(200);
        let body = || json!({ "properties": { "full_name": "Mine" } });
        for path in [format!("entities/{alice}"), format!("edges/{edge}")] {
            let path = format!("{evil}/{path}");
            refused(&eve.get(&path).await, 404, "not_found");
            refused(&eve.put(&path).json(body()).await, 404, "not_found");
            refused(&eve.post(&format!("{path}/merge")).json(body()).await, 404, "not_found");
            refused(&eve.delete(&path).await, 404, "not_found");
            refused(&eve.post(&format!("{path}/restore")).await, 404, "not_found");
        }
        for path in [
            format!("entities/{alice}/neighbors"),
            format!("entities/{alice}/paths/{bob}"),
            format!("traverse?start_id={alice}"),
        ] {
            refused(&eve.get(&format!("{evil}/{path}")).await, 404, "not_found");
        }
        let steal = json!({ "type": "KNOWS", "source_id": alice, "target_id": bob });
        refused(&eve.post(&format!("{evil}/edges")).json(steal).await, 422, "validation_errors");
        let bulk = Method::DELETE;
        let gone = eve.request(bulk, &format!("{evil}/entities/bulk")).json(json!({ "ids": [alice] }));
        assert_eq!(gone.await.is(200).data()["deleted_count"], 0);
        lumen.gus.get(&lumen.to(&format!("entities/{alice}"))).await.is(200);
    }

    async fn an_archived_workspace_is_read_only(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let alice = lumen.person("Alice").await;
        lumen.ada.post(&format!("/api/workspaces/{}/archive", lumen.slug)).await.is(200);
        let one = lumen.to(&format!("entities/{alice}"));
        lumen.ben.get(&one).await.is(200);
        let body = json!({ "properties": { "full_name": "Alice" } });
        lumen.ben.put(&one).json(body).await.is_refused(409, "workspace_archived");
        lumen.ben.delete(&one).await.is_refused(409, "workspace_archived");
        let schema = lumen.ada.put(&lumen.to("schema")).json(schema()).await;
        schema.is_refused(409, "workspace_archived");
    }

    async fn keys_read_and_write_what_they_may(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let reader = program(&lumen.ben, json!(["erm:read"]), &[&lumen.slug]).await;
        let writer = program(&lumen.ben, json!(["erm:write"]), &[&lumen.slug]).await;
        let id = lumen.at.rsplit('/').next().unwrap();
        for route in Route::all(Access::Graphs) {
            let (may, may_not) = match route.key_scope().as_str() {
                "erm:read" => (&reader, &writer),
                "erm:write" => (&writer, &reader),
                other => panic!("{route:?} needs {other}"),
            };
            let path = route.in_graph(id, NOBODY);
            let answer = route.request(may_not, &path).await;
            answer.is_refused(403, "scope_missing");
            refused(&answer, 403, "forbidden");
            if route.is_file() {
                route.request(may, &path).file("application/x-ndjson").await;
            } else if !route.path.contains("/schema") {
                // A member writes no schema, whatever the key may.
                let status = route.request(may, &path).await.status();
                assert!(![401, 403, 500].contains(&status), "{route:?}: {status}");
            }
        }
        refused(&writer.put(&lumen.to("schema")).json(schema()).await, 403, "forbidden");
        let person = json!({ "type": "Person", "properties": { "full_name": "Robot" } });
        let robot = writer.post(&lumen.to("entities")).json(person).await.is(201);
        reader.get(&lumen.to(&format!("entities/{}", self::id(&robot)))).await.is(200);
    }

    async fn bodies_are_objects_of_json_and_not_too_large(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let id = lumen.at.rsplit('/').next().unwrap();
        for route in Route::all(Access::Graphs).filter(|route| route.body.is_some()) {
            let request = || lumen.ada.request(route.method(), &route.in_graph(id, NOBODY));
            let json = || request().header("content-type", "application/json");
            for body in ["", "{", "nonsense", "{} {}", "{\"a\":\"\\ud800\"}"] {
                refused(&json().bytes(body).await, 400, "bad_request");
            }
            for body in ["[]", "null", "1", "\"text\""] {
                refused(&json().bytes(body).await, 422, "validation_errors");
            }
            let other = request().header("content-type", "text/plain").bytes(route.body.unwrap());
            refused(&other.await, 415, "unsupported_content_type");
            let large = format!("{{\"name\":\"{}\"}}", "x".repeat(8 * 1024 * 1024));
            json().bytes(large).await.is_refused(413, "body_too_large");
        }
    }

    async fn whatever_nobody_serves_is_not_found(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        for (method, path) in [
            (Method::PATCH, "schema"),
            (Method::DELETE, "schema"),
            (Method::PATCH, "entities/bulk"),
            (Method::POST, "traverse"),
            (Method::GET, "nothing"),
            (Method::GET, "entities/x/y/z"),
        ] {
            let answer = lumen.ada.request(method.clone(), &lumen.to(path)).await;
            refused(&answer, 404, "not_found");
            assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{method} {path}");
        }
    }
}
