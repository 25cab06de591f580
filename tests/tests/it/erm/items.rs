//! Entities and edges over HTTP: one by one, in lists, and many at once.

use super::*;

on_both_engines! {
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
        assert_eq!(restored.body()["meta"], json!({ "edges_restored": 1, "has_more_edges": false }));
        let again = ben.post(&format!("{one}/restore")).header("if-match", first).await;
        again.is_refused(412, "version_mismatch");
        assert_eq!(gus.get(&lumen.to("edges")).await.is(200).body()["meta"]["total"], 1);

        let called = format!("{at}/by-key/Person/crm%3A7");
        let carol = json!({ "properties": { "full_name": "Carol" } });
        let new = ben.put(&called).json(carol.clone()).await.is(201);
        assert_eq!(new.data()["external_key"], "crm:7");
        assert_eq!(id(&ben.put(&called).json(carol.clone()).await.is(200)), id(&new));
        let dated = json!({ "properties": { "full_name": "Caroline" }, "version": 1 });
        let renamed = ben.put(&called).header("if-match", new.header("etag").unwrap()).json(dated.clone()).await;
        assert_eq!(renamed.is(200).data()["version"], 2);
        refused(&ben.put(&called).json(dated).await, 409, "version_conflict");
        for tag in [new.header("etag").unwrap(), first] {
            ben.put(&called).header("if-match", tag).json(carol.clone()).await.is_refused(412, "version_mismatch");
        }
        let nobody = format!("{at}/by-key/Person/crm%3A8");
        ben.put(&nobody).header("if-match", first).json(carol.clone()).await.is_refused(412, "version_mismatch");
        let taken = json!({ "type": "Person", "external_key": "crm:7", "properties": carol["properties"] });
        refused(&ben.post(&at).json(taken).await, 422, "validation_errors");
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
        let all_wrong = refusal.body()["errors"].clone();
        let partial = json!({ "entities": mixed, "mode": "partial" });
        let written = ben.post(&at).json(partial).await.is(207);
        assert_eq!(names(written.data()), ["Alice", "Bob"]);
        assert_eq!(written.body()["meta"], json!({ "created": 2, "failed": 3 }));
        // Whether nothing is written or the others: what is wrong is told of each.
        assert_eq!(written.body()["errors"], all_wrong);
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
        let none = json!({ "updates": [older(&json!(NOBODY))], "mode": "partial" });
        let none = ben.put(&at).json(none).await.is(200);
        assert_eq!((none.data(), &none.body()["meta"]), (&json!([]), &json!({ "updated": 0, "failed": 1 })));
        let stale = json!({ "id": carol, "properties": { "full_name": "Stale" }, "version": 1 });
        let stale = ben.put(&at).json(json!({ "updates": [stale] })).await;
        refused(&stale, 422, "validation_errors");
        assert_eq!(stale.body()["errors"][0]["errors"][0]["constraint"], "version");

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
        assert_eq!(written.body()["errors"][0]["errors"][0]["message"], "target_not_found");
        let none = json!({ "edges": [knows(&carol, &json!(NOBODY))], "mode": "partial" });
        refused(&ben.post(&edges).json(none).await, 422, "validation_errors");

        let delete = |body: Value| ben.request(Method::DELETE, &at).json(body);
        let gone = delete(json!({ "entity_ids": [carol, NOBODY], "mode": "partial" })).await.is(207);
        assert_eq!(gone.data(), &json!({ "deleted_count": 1 }));
        assert_eq!(gone.body()["meta"], json!({ "deleted": 1, "failed": 1 }));
        let gone = delete(json!({ "entity_ids": [carol], "mode": "partial" })).await.is(200);
        assert_eq!(gone.data(), &json!({ "deleted_count": 0 }));
        assert_eq!(gone.body()["meta"], json!({ "deleted": 0, "failed": 1 }));
        let gone = delete(json!({ "ids": [dave, NOBODY, dave] })).await.is(200);
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
}
