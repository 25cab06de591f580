//! Graphs as files over HTTP.

use super::*;

/// What becomes of a file that this person sends.
async fn sent(person: &Persona, path: &str, file: &str) -> Answer {
    person.post(path).bytes(file).await
}

/// How many entities are created and updated, how many edges are created, and how much failed.
fn counts(report: &Value) -> Value {
    let (entities, edges) = (&report["entities"], &report["edges"]);
    json!([entities["created"], entities["updated"], edges["created"], report["failed"]])
}

on_both_engines! {
    async fn a_graph_moves_to_another_workspace(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let Lumen { ada, ben, gus, .. } = &lumen;
        let odd = "<Alice> & \"co\"\n\u{1}";
        let by_key = lumen.to("entities/by-key/Person/crm:1");
        let body = json!({ "properties": { "full_name": odd, "age": 7 } });
        let alice = id(&ben.put(&by_key).json(body).await.is(201));
        let bob = lumen.person("Bob").await;
        lumen.acquaint(&alice, &bob).await;
        for (format, media_type) in [("jsonl", "application/x-ndjson"), ("graphml", "application/graphml+xml")] {
            let file = gus.get(&lumen.to(&format!("export?format={format}"))).file(media_type).await;
            let slug = ada.found(&format!("Copy {format}")).await;
            let copy = format!("/api/v1/workspaces/{}", ada.graph_of(&slug).await);
            let import = format!("{copy}/import?format={format}");
            let tried = sent(ada, &format!("{import}&dry_run=true"), &file).await.is(200);
            assert_eq!((&tried.data()["dry_run"], counts(tried.data())), (&json!(true), json!([2, 0, 1, 0])));
            refused(&ada.get(&format!("{copy}/schema")).await, 404, "schema_not_found");
            let report = sent(ada, &import, &file).await.is(200);
            assert_eq!((&report.data()["schema"], counts(report.data())), (&json!("created"), json!([2, 0, 1, 0])));
            assert_eq!(report.data()["bytes"], file.len());
            let there = ada.get(&format!("{copy}/entities")).await.is(200);
            assert_eq!(names(there.data()), [odd, "Bob"]);
            // What has an external key is there already; the other comes once more.
            let again = sent(ada, &import, &file).await.is(200);
            assert_eq!((&again.data()["schema"], counts(again.data())), (&json!("kept"), json!([1, 1, 1, 0])));
            let copied = ada.get(&format!("{copy}/export?format={format}")).file(media_type).await;
            let count = |file: &str, what: &str| file.matches(what).count();
            for what in ["KNOWS</data>", "\"type\":\"KNOWS\""] {
                assert_eq!(count(&copied, what), 2 * count(&file, what), "{what}");
            }
        }
        let own = gus.get(&lumen.to("export")).file("application/x-ndjson").await;
        assert_eq!(gus.get(&lumen.to("export?graph=own")).file("application/x-ndjson").await, own);
    }

    async fn what_cannot_be_taken_over_is_told_by_lines(scenario: &mut Scenario) {
        let lumen = Lumen::with_schema(scenario).await;
        let file = [
            r#"{"schema": {"entity_types": [{"name": "Robot"}]}}"#,
            r#"{"entity": {"id": "a", "type": "Person", "properties": {"full_name": "Ada"}}}"#,
            r#"{"entity": {"id": "b", "type": "Person", "properties": {"full_name": "", "shoe": 39}}}"#,
            "",
            "nonsense",
            r#"{"edge": {"type": "KNOWS", "source_id": "a", "target_id": "b"}}"#,
            r#"{"edge": {"type": "KNOWS", "source_id": "a", "target_id": "a"}}"#,
            r#"{"edge": {"type": "KNOWS", "source_id": "a", "target_id": "00000000-0000-7000-8000-000000000001"}}"#,
        ]
        .join("\n");
        let mut told = Vec::new();
        for query in ["import?dry_run=true", "import"] {
            let report = sent(&lumen.ben, &lumen.to(query), &file).await.is(200);
            assert_eq!(counts(report.data()), json!([1, 0, 1, 4]), "{}", report.data());
            assert_eq!((&report.data()["schema"], &report.data()["lines"]), (&json!("kept"), &json!(8)));
            let errors = report.data()["errors"].as_array().unwrap().iter();
            let places = errors.map(|error| (error["line"].clone(), error["field"].clone()));
            told.push(places.map(|(line, field)| json!([line, field])).collect::<Value>());
        }
        let expected = json!([[3, "shoe"], [3, "full_name"], [5, null], [6, "target_id"], [8, "target_id"]]);
        assert_eq!(told, [expected.clone(), expected]);
    }

    async fn who_takes_over_what(scenario: &mut Scenario) {
        let lumen = Lumen::found(scenario).await;
        let Lumen { ada, ben, gus, .. } = &lumen;
        let import = lumen.to("import");
        let person = r#"{"entity": {"type": "Person", "properties": {"full_name": "Ada"}}}"#;
        let file = format!("{}\n{person}", json!({ "schema": schema() }));
        refused(&sent(ben, &import, person).await, 422, "no_schema_configured");
        let eve = scenario.user("eve").await;
        for query in ["import", "import?dry_run=true"] {
            // Members write entities, and no schema; guests write nothing.
            refused(&sent(ben, &lumen.to(query), &file).await, 403, "forbidden");
            refused(&sent(gus, &lumen.to(query), &file).await, 403, "forbidden");
            refused(&sent(&eve, &lumen.to(query), &file).await, 404, "not_found");
        }
        let report = sent(ada, &import, &file).await.is(200);
        assert_eq!((&report.data()["schema"], counts(report.data())), (&json!("created"), json!([1, 0, 0, 0])));
        refused(&sent(ben, &lumen.to("import?schema=replace"), &file).await, 403, "forbidden");
        let report = sent(ben, &import, &file).await.is(200);
        assert_eq!((&report.data()["schema"], counts(report.data())), (&json!("kept"), json!([1, 0, 0, 0])));
        let report = sent(ada, &lumen.to("import?schema=replace"), &file).await.is(200);
        assert_eq!(report.data()["schema"], "replaced");

        for query in ["import?format=csv", "import?schema=never"] {
            refused(&sent(ben, &lumen.to(query), person).await, 422, "validation_errors");
            refused(&sent(gus, &lumen.to(query), person).await, 403, "forbidden");
        }
        refused(&gus.get(&lumen.to("export?format=csv")).await, 422, "validation_errors");
        for query in ["import?graph=workspace", "import?graph=other"] {
            refused(&sent(ben, &lumen.to(query), person).await, 422, "unprocessable_entity");
        }
        refused(&gus.get(&lumen.to("export?graph=workspace")).await, 422, "unprocessable_entity");
        let large = vec![b'\n'; (64 << 20) + 1];
        refused(&ben.post(&import).bytes(large).await, 413, "body_too_large");
        ada.post(&format!("/api/workspaces/{}/archive", lumen.slug)).await.is(200);
        sent(ben, &import, person).await.is_refused(409, "workspace_archived");
        assert!(gus.get(&lumen.to("export")).file("application/x-ndjson").await.contains("Ada"));
    }
}
