//! The graphs of workspaces: their schemas, their entities and edges, and the ways from one to another.

use reqwest::Method;
use scenarios::{Answer, Persona, Scenario, on_both_engines};
use serde_json::{Value, json};

use crate::{
    keys::program,
    routes::{Access, Route},
};

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

    async fn entities_live_and_come_back(scenario: &mut Scenario) {
        let lumen = Lumen::found(scenario).await;
        let (Lumen { ada, ben, gus, .. }, at) = (&lumen, lumen.to("entities"));
        let alice = json!({ "type": "Person", "properties": { "full_name": "Alice", "age": 36 } });
        refused(&ben.post(&at).json(alice.clone()).await, 422, "no_schema_configured");
        refused(&ben.post(&at).json(json!({ "type": "no name" })).await, 422, "validation_errors");
        ada.put(&lumen.to("schema")).json(schema()).await.is(200);

        for body in [json!({}), json!([]), json!({ "type": 7 }), json!({ "type": "Person", "properties": [] })] {
            refused(&ben.post(&at).json(body.clone()).await, 422, "validation_errors");
            refused(&gus.post(&at).json(body).await, 403, "forbidden");
        }
        let unknown = ben.post(&at).json(json!({ "type": "Robot" })).await;
        refused(&unknown, 422, "validation_errors");
        assert!(unknown.body()["errors"][0]["message"].as_str().unwrap().contains("Robot"));
        let wrong = json!({ "type": "Person", "properties": { "age": -1, "shoe": 7 } });
        let wrong = ben.post(&at).json(wrong).await;
        let errors = wrong.body()["errors"].as_array().unwrap().iter();
        let errors: Vec<_> = errors.map(|error| (&error["field"], &error["constraint"])).collect();
        assert_eq!(
            json!(errors),
            json!([["shoe", "unknown"], ["full_name", "required"], ["age", "min"]])
        );

        let created = ben.post(&at).json(alice).await.is(201);
        let (one, first) = (format!("{at}/{}", id(&created)), created.header("etag").unwrap());
        let shown = gus.get(&one).await.is(200);
        assert_eq!((shown.data(), shown.header("etag")), (created.data(), Some(first)));
        assert_eq!(shown.data()["deleted_at"], Value::Null);
        let upper = format!("{at}/{}", id(&created).to_uppercase());
        assert_eq!(gus.get(&upper).await.is(200).data(), created.data());

        let older = json!({ "properties": { "full_name": "Alice", "age": 37 } });
        let replaced = ben.put(&one).header("if-match", first).json(older.clone()).await.is(200);
        assert_eq!(replaced.data()["version"], 2);
        ben.put(&one).header("if-match", first).json(older).await.is_refused(412, "version_mismatch");
        let stale = json!({ "properties": { "full_name": "Alice" }, "version": 1 });
        refused(&ben.put(&one).json(stale).await, 409, "version_conflict");
        refused(&ben.put(&one).json(json!({})).await, 422, "validation_errors");
        let merged = json!({ "properties": { "age": null, "email": "alice@example.com" } });
        let merged = ben.post(&format!("{one}/merge")).json(merged).await.is(200);
        let expected = json!({ "full_name": "Alice", "email": "alice@example.com" });
        assert_eq!(merged.data()["properties"], expected);
        refused(&gus.post(&format!("{one}/merge")).json(json!({})).await, 403, "forbidden");
        refused(&ben.patch(&one).json(json!({})).await, 404, "not_found");

        let bob = lumen.person("Bob").await;
        lumen.acquaint(&id(&created), &bob).await;
        refused(&gus.delete(&one).await, 403, "forbidden");
        let deleted = ben.delete(&one).await.is(200);
        assert!(deleted.data()["deleted_at"].is_string());
        assert_eq!(deleted.body()["meta"]["edges_deleted"], 1);
        for gone in [ben.delete(&one).await, gus.get(&one).await, ben.put(&one).json(json!({})).await] {
            refused(&gone, 404, "not_found");
            assert_eq!(gone.body().get("message"), None);
        }
        let buried = gus.get(&format!("{one}?include_deleted=true")).await.is(200);
        assert!(buried.data()["deleted_at"].is_string());
        assert_eq!(gus.get(&at).await.is(200).body()["meta"]["total"], 1);
        let all = gus.get(&format!("{at}?include_deleted=true")).await.is(200);
        assert_eq!(all.body()["meta"]["total"], 2);
        let restored = ben.post(&format!("{one}/restore")).await.is(200);
        assert_eq!(restored.body()["meta"]["edges_restored"], 1);
        assert_eq!(gus.get(&lumen.to("edges")).await.is(200).body()["meta"]["total"], 1);

        let called = format!("{at}/by-key/Person/crm%3A7");
        let carol = json!({ "properties": { "full_name": "Carol" } });
        let new = ben.put(&called).json(carol.clone()).await.is(201);
        assert_eq!(new.data()["external_key"], "crm:7");
        assert_eq!(id(&ben.put(&called).json(carol.clone()).await.is(200)), id(&new));
        let taken = json!({ "type": "Person", "external_key": "crm:7", "properties": carol["properties"] });
        refused(&ben.post(&at).json(taken).await, 422, "validation_errors");
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

    async fn lists_come_in_parts(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let Lumen { gus, .. } = &lumen;
        let mut people = Vec::new();
        for name in ["Alice", "Bob", "Carol"] {
            people.push(lumen.person(name).await);
        }
        lumen.acquaint(&people[0], &people[1]).await;
        let at = lumen.to("entities");
        let page = gus.get(&format!("{at}?type=Person&limit=2")).await.is(200);
        let meta = &page.body()["meta"];
        assert_eq!((&meta["total"], &meta["limit"], &meta["offset"]), (&json!(3), &json!(2), &json!(0)));
        assert_eq!(page.list()[0]["id"], people[2]);
        let next = meta["next"].as_str().unwrap();
        let rest = gus.get(&format!("{at}?type=Person&limit=2&after={next}")).await.is(200);
        assert_eq!((names(rest.data()), &rest.body()["meta"]["next"]), (vec!["Alice"], &Value::Null));
        let rest = gus.get(&format!("{at}?offset=2")).await.is(200);
        assert_eq!(names(rest.data()), ["Alice"]);
        assert_eq!(gus.get(&at).await.is(200).body()["meta"]["limit"], 100);
        let sought = gus.get(&format!("{at}?type=Person&filter[full_name][prefix]=C")).await.is(200);
        assert_eq!(names(sought.data()), ["Carol"]);
        let sorted = gus.get(&format!("{at}?type=Person&sort=-full_name&limit=1")).await.is(200);
        assert_eq!(names(sorted.data()), ["Carol"]);
        let between = gus.get(&lumen.to(&format!("edges?type=KNOWS&source_id={}", people[0]))).await;
        assert_eq!(between.is(200).body()["meta"]["total"], 1);

        for (query, status, word) in [
            ("limit=x", 400, "bad_request"),
            ("offset=1.5", 400, "bad_request"),
            ("limit=0", 422, "validation_errors"),
            ("limit=-1", 422, "invalid_limit"),
            ("limit=501", 422, "invalid_limit"),
            ("offset=-1", 422, "invalid_limit"),
            ("type=no%20name", 422, "validation_errors"),
            ("filter[age]=7", 422, "validation_errors"),
            ("type=Person&filter[shoe]=7", 422, "validation_errors"),
            ("type=Person&sort=shoe", 422, "validation_errors"),
            ("after=nonsense", 422, "validation_errors"),
            ("type=%00", 400, "bad_request"),
        ] {
            refused(&gus.get(&format!("{at}?{query}")).await, status, word);
            let word = if status == 422 { "validation_errors" } else { word };
            let query = query.replace("type=Person", "type=KNOWS");
            refused(&gus.get(&lumen.to(&format!("edges?{query}"))).await, status, word);
        }
        let over = gus.get(&format!("{at}?limit=501")).await;
        assert!(over.body()["message"].as_str().unwrap().contains("500"));
        let named = gus.get(&format!("{at}?offset=x")).await;
        assert!(named.body()["message"].as_str().unwrap().contains("offset"));
        refused(&gus.get(&lumen.to("edges?source_id=x")).await, 422, "validation_errors");
    }

    async fn edges_lead_from_one_entity_to_another(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let (Lumen { ben, gus, .. }, at) = (&lumen, lumen.to("edges"));
        let (alice, bob) = (lumen.person("Alice").await, lumen.person("Bob").await);
        let edge = |source: &str, target: &str| {
            json!({ "type": "EMPLOYS", "source_id": source, "target_id": target,
                "properties": { "role": "contractor" } })
        };
        for (body, field, said) in [
            (edge(NOBODY, &bob), "source_id", "Source"),
            (edge(&alice, NOBODY), "target_id", "Target"),
            (edge("x", &bob), "source_id", "UUID"),
        ] {
            let answer = ben.post(&at).json(body).await;
            refused(&answer, 422, "validation_errors");
            let error = &answer.body()["errors"][0];
            assert_eq!(error["field"], field);
            assert!(error["message"].as_str().unwrap().contains(said), "{error}");
        }
        refused(&gus.post(&at).json(edge(&alice, &bob)).await, 403, "forbidden");
        let created = ben.post(&at).json(edge(&alice, &bob)).await.is(201);
        let (one, first) = (format!("{at}/{}", id(&created)), created.header("etag").unwrap());
        assert_eq!(gus.get(&one).await.is(200).data(), created.data());
        let full = json!({ "properties": { "role": "full-time" } });
        let replaced = ben.put(&one).header("if-match", first).json(full.clone()).await.is(200);
        assert_eq!(replaced.data()["source_id"], alice);
        ben.put(&one).header("if-match", first).json(full).await.is_refused(412, "version_mismatch");
        let since = json!({ "properties": { "since": "2026-01-05T09:00:00Z" }, "version": 2 });
        let merged = ben.post(&format!("{one}/merge")).json(since.clone()).await.is(200);
        assert_eq!(merged.data()["properties"]["role"], "full-time");
        refused(&ben.post(&format!("{one}/merge")).json(since).await, 409, "version_conflict");
        let wrong = ben.put(&one).json(json!({ "properties": { "role": "king" } })).await;
        assert_eq!(wrong.body()["errors"][0]["constraint"], "enum");
        assert!(ben.delete(&one).await.is(200).data()["deleted_at"].is_string());
        for gone in [ben.delete(&one).await, gus.get(&one).await] {
            refused(&gone, 404, "not_found");
            assert_eq!(gone.body().get("message"), None);
        }
        ben.post(&format!("{one}/restore")).await.is(200);
        gus.get(&one).await.is(200);
    }

    async fn many_are_written_at_once(scenario: &mut Scenario) {
        let lumen = Lumen::found(scenario).await;
        let (Lumen { ada, ben, gus, .. }, at) = (&lumen, lumen.to("entities/bulk"));
        let person = |name: &str| json!({ "type": "Person", "properties": { "full_name": name } });
        let one = json!({ "entities": [person("Alice")] });
        refused(&ben.post(&at).json(one.clone()).await, 422, "no_schema_configured");
        ada.put(&lumen.to("schema")).json(schema()).await.is(200);
        refused(&gus.post(&at).json(one).await, 403, "forbidden");

        let mixed = json!([person("Alice"), { "type": "Robot" }, person("Bob"), 7, person("")]);
        let refusal = ben.post(&at).json(json!({ "entities": mixed })).await;
        refused(&refusal, 422, "validation_errors");
        assert_eq!(refusal.body()["meta"], json!({ "created": 0 }));
        let partial = json!({ "entities": mixed, "mode": "partial" });
        let written = ben.post(&at).json(partial).await.is(207);
        assert_eq!(names(written.data()), ["Alice", "Bob"]);
        assert_eq!(written.body()["meta"], json!({ "created": 2, "failed": 3 }));
        let errors = written.body()["errors"].as_array().unwrap();
        let places: Vec<_> = errors.iter().map(|error| &error["index"]).collect();
        assert_eq!(json!(places), json!([1, 3, 4]));
        assert!(errors[0]["errors"][0]["message"].as_str().unwrap().contains("Robot"));
        let hopeless = json!({ "entities": [{ "type": "Robot" }, 7], "mode": "partial" });
        let hopeless = ben.post(&at).json(hopeless).await;
        refused(&hopeless, 422, "validation_errors");
        assert_eq!(hopeless.body()["meta"], json!({ "created": 0, "failed": 2 }));
        let all = ben.post(&at).json(json!({ "entities": [person("Carol"), person("Dave")] })).await.is(201);
        assert_eq!((&all.body()["errors"], &all.body()["meta"]), (&json!([]), &json!({ "created": 2 })));
        assert_eq!(all.list()[0]["properties"]["full_name"], "Carol");

        let (carol, dave) = (all.list()[0]["id"].clone(), all.list()[1]["id"].clone());
        let older = |id: &Value| json!({ "id": id, "properties": { "full_name": "Older" } });
        for name in ["updates", "entities"] {
            let updated = ben.put(&at).json(json!({ name: [older(&carol), older(&dave)] })).await.is(200);
            assert_eq!(updated.body()["meta"], json!({ "updated": 2 }));
        }
        let some = json!({ "updates": [older(&carol), older(&json!(NOBODY)), older(&json!("x"))], "mode": "partial" });
        let some = ben.put(&at).json(some).await.is(207);
        assert_eq!(some.body()["errors"][0]["errors"][0]["message"], "not_found");
        assert_eq!(some.body()["errors"][1]["index"], 2);

        let knows = |source: &Value, target: &Value| {
            json!({ "type": "KNOWS", "source_id": source, "target_id": target })
        };
        let edges = lumen.to("edges/bulk");
        let bad = json!([knows(&carol, &dave), knows(&carol, &json!(NOBODY)), knows(&json!("x"), &dave)]);
        let refusal = ben.post(&edges).json(json!({ "edges": bad })).await;
        refused(&refusal, 422, "validation_errors");
        assert_eq!(gus.get(&lumen.to("edges")).await.is(200).body()["meta"]["total"], 0);
        let written = ben.post(&edges).json(json!({ "edges": bad, "mode": "partial" })).await.is(207);
        assert_eq!(written.body()["meta"], json!({ "created": 1, "failed": 2 }));
        let none = json!({ "edges": [knows(&carol, &json!(NOBODY))], "mode": "partial" });
        refused(&ben.post(&edges).json(none).await, 422, "validation_errors");

        let delete = |body: Value| ben.request(Method::DELETE, &at).json(body);
        let gone = delete(json!({ "entity_ids": [carol, NOBODY], "mode": "partial" })).await.is(207);
        assert_eq!(gone.data(), &json!({ "deleted_count": 1 }));
        assert_eq!(gone.body()["meta"], json!({ "deleted": 1, "failed": 1 }));
        let gone = delete(json!({ "ids": [dave, NOBODY] })).await.is(200);
        assert_eq!(gone.body()["meta"], json!({ "deleted": 1, "failed": 0 }));
        refused(&delete(json!({ "ids": ["x"] })).await, 422, "validation_errors");

        for body in [json!({}), json!({ "entities": [] }), json!({ "updates": [] })] {
            refused(&ben.post(&at).json(body.clone()).await, 422, "empty_entities");
            refused(&ben.put(&at).json(body.clone()).await, 422, "empty_entities");
            refused(&ben.post(&edges).json(body.clone()).await, 422, "empty_edges");
            refused(&delete(body).await, 422, "empty_ids");
        }
        let many: Vec<Value> = (0..1001).map(|_| person("Many")).collect();
        refused(&ben.post(&at).json(json!({ "entities": many })).await, 400, "bad_request");
        refused(&ben.post(&at).json(json!({ "entities": {} })).await, 422, "validation_errors");
    }

    async fn the_graph_is_walked_through(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let Lumen { gus, .. } = &lumen;
        let mut people = Vec::new();
        for name in ["Alice", "Bob", "Carol", "Dave", "Hermit"] {
            people.push(lumen.person(name).await);
        }
        for pair in people[..4].windows(2) {
            lumen.acquaint(&pair[0], &pair[1]).await;
        }
        let at = |person: usize, path: &str| lumen.to(&format!("entities/{}/{path}", people[person]));
        let around = gus.get(&at(1, "neighbors")).await.is(200);
        assert_eq!(names(around.data()), ["Alice", "Carol"]);
        assert_eq!(around.body()["meta"], json!({ "total": 2, "limit": 100, "offset": 0 }));
        assert_eq!(names(gus.get(&at(1, "neighbors?direction=in&type=KNOWS")).await.is(200).data()), ["Alice"]);
        assert_eq!(gus.get(&at(1, "neighbors?edge_type=EMPLOYS")).await.is(200).body()["meta"]["total"], 0);
        let part = gus.get(&at(1, "neighbors?limit=1&offset=1")).await.is(200);
        assert_eq!((part.list().len(), &part.body()["meta"]["total"]), (1, &json!(2)));
        assert_eq!(gus.get(&at(4, "neighbors")).await.is(200).body()["meta"]["total"], 0);

        let to = |person: usize, query: &str| at(0, &format!("paths/{}?{query}", people[person]));
        assert_eq!(gus.get(&to(2, "")).await.is(200).list(), [] as [Value; 0]);
        let way = gus.get(&to(2, "depth=3&max_depth=1")).await.is(200);
        assert_eq!(names(&way.list()[0]["nodes"]), ["Alice", "Bob", "Carol"]);
        assert_eq!(way.list()[0]["edges"].as_array().unwrap().len(), 2);
        assert_eq!(gus.get(&to(4, "max_depth=10")).await.is(200).list(), [] as [Value; 0]);

        let traverse = |query: &str| lumen.to(&format!("traverse?start_id={}{query}", people[0]));
        let found = gus.get(&traverse("&depth=2&max_depth=9")).await.is(200);
        assert_eq!(names(&found.data()["nodes"]), ["Alice", "Bob", "Carol"]);
        assert_eq!(found.body()["meta"], json!({ "depth": 2 }));
        let edge = found.data()["edges"][0].as_object().unwrap();
        assert_eq!(edge.keys().collect::<Vec<_>>(), ["id", "properties", "source_id", "target_id", "type"]);
        assert_eq!(names(&gus.get(&traverse("&direction=in")).await.is(200).data()["nodes"]), ["Alice"]);
        lumen.acquaint(&people[3], &people[0]).await;
        let circle = gus.get(&traverse("&depth=10")).await.is(200);
        assert_eq!(names(&circle.data()["nodes"]).len(), 4);

        for depth in ["0", "-1", "11", "1.5", "x"] {
            refused(&gus.get(&traverse(&format!("&depth={depth}"))).await, 422, "invalid_depth");
            let answer = gus.get(&to(2, &format!("depth={depth}"))).await;
            refused(&answer, 422, "unprocessable_entity");
        }
        let deep = gus.get(&traverse("&depth=11")).await;
        assert!(deep.body()["message"].as_str().unwrap().contains("10"));
        refused(&gus.get(&lumen.to("traverse")).await, 422, "missing_start_id");
        refused(&gus.get(&lumen.to("traverse?start_id=x")).await, 422, "unprocessable_entity");
        refused(&gus.get(&traverse("&direction=up")).await, 422, "invalid_direction");
        refused(&gus.get(&traverse("&limit=501")).await, 422, "invalid_limit");
        refused(&gus.get(&at(0, "neighbors?direction=up")).await, 422, "invalid_direction");
        refused(&gus.get(&at(0, "neighbors?entity_type=no%20name")).await, 422, "unprocessable_entity");
        refused(&gus.get(&at(0, "neighbors?graph=other")).await, 422, "unprocessable_entity");
        for path in [
            format!("entities/{NOBODY}/neighbors"),
            format!("entities/{NOBODY}/paths/{}", people[0]),
            format!("entities/{}/paths/{NOBODY}", people[0]),
            format!("traverse?start_id={NOBODY}"),
        ] {
            let answer = gus.get(&lumen.to(&path)).await;
            refused(&answer, 404, "not_found");
            assert!(answer.body()["message"].is_string());
        }
    }

    async fn what_is_in_the_workspace_beside_its_graph_is_one_too(scenario: &mut Scenario) {
        let lumen = Lumen::found(scenario).await;
        let Lumen { ada, ben, gus, slug, .. } = &lumen;
        ben.begin(slug, "Lamps").await;
        let shared = json!({ "title": "Plans", "visibility": "public", "project_slug": "lamps" });
        ben.write(slug, shared).await;
        ben.write(slug, json!({ "title": "Diary" })).await;
        scenario.run_until_idle().await;
        let of = |path: &str| lumen.to(&format!("{path}graph=workspace"));
        for (reader, total) in [(ben, 2), (gus, 1), (ada, 1)] {
            let documents = reader.get(&of("entities?type=document&")).await.is(200);
            assert_eq!(documents.body()["meta"]["total"], total, "{}", documents.body());
        }
        let documents = gus.get(&of("entities?type=document&")).await.is(200);
        let plans = documents.list()[0]["id"].as_str().unwrap();
        let one = gus.get(&of(&format!("entities/{plans}?"))).await.is(200);
        assert_eq!(one.data()["type"], "document");
        refused(&gus.get(&of(&format!("entities/{NOBODY}?"))).await, 404, "not_found");
        let edges = gus.get(&of("edges?type=belongs_to&")).await.is(200);
        let edge = edges.list()[0]["id"].as_str().unwrap();
        gus.get(&of(&format!("edges/{edge}?"))).await.is(200);
        let around = gus.get(&of(&format!("entities/{plans}/neighbors?type=belongs_to&"))).await;
        assert_eq!(around.is(200).list()[0]["type"], "project");
        let found = gus.get(&of(&format!("traverse?start_id={plans}&depth=2&"))).await.is(200);
        assert!(found.data()["nodes"].as_array().unwrap().len() > 2, "{}", found.body());

        let reads = |scopes: &[&str]| json!(scopes);
        let all = reads(&["erm:read", "projects:read", "documents:read", "workspaces:read"]);
        let whole = program(gus, all, &[slug]).await;
        whole.get(&of("entities?")).await.is(200);
        let narrow = program(gus, reads(&["erm:read", "projects:read"]), &[slug]).await;
        for path in ["entities?", "edges?", &format!("traverse?start_id={plans}&")] {
            narrow.get(&of(path)).await.is_refused(403, "scope_missing");
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
            // A member writes no schema, whatever the key may.
            if !route.path.contains("/schema") {
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
