//! Walks through graphs over HTTP.

use erm::{Bounds, ErmOptions, Quota};

use super::*;

on_both_engines! {
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
        for path in [
            "entities?",
            "edges?",
            &format!("entities/{plans}?"),
            &format!("edges/{edge}?"),
            &format!("entities/{plans}/neighbors?"),
            &format!("entities/{plans}/paths/{plans}?"),
            &format!("traverse?start_id={plans}&"),
        ] {
            whole.get(&of(path)).await.is(200);
            narrow.get(&of(path)).await.is_refused(403, "scope_missing");
        }

        let part = gus.get(&of("entities?limit=2&offset=1&")).await.is(200);
        assert_eq!(part.body()["meta"].as_object().unwrap().keys().collect::<Vec<_>>(), ["limit", "offset", "total"]);
        for asked in ["after=x", "sort=name", "filter[name]=Lamps", "include_deleted=true", "type=no%20name"] {
            let answer = gus.get(&of(&format!("entities?{asked}&"))).await;
            refused(&answer, 422, "unprocessable_entity");
        }
        let answer = gus.get(&of(&format!("edges?source_id={plans}&"))).await;
        refused(&answer, 422, "unprocessable_entity");
        assert_eq!(gus.get(&of("edges?edge_type=authored&")).await.is(200).list().len(), 2);
    }

    async fn what_is_beyond_the_limits_of_the_host_is_refused(scenario: &mut Scenario) {
        let quota = Quota { entities: 4, edges: 4 };
        let bounds = Bounds { visited: 2, ..Bounds::default() };
        let limits = ErmOptions { quota, bounds, sampled_traversals: 1.0, ..ErmOptions::default() };
        scenario.keep_graphs_within(limits).await;
        let lumen = Lumen::with_schema(scenario).await;
        let Lumen { ben, gus, .. } = &lumen;
        let mut people = Vec::new();
        for name in ["Alice", "Bob", "Carol", "Dave"] {
            people.push(lumen.person(name).await);
        }
        let another = json!({ "type": "Person", "properties": { "full_name": "Eve" } });
        let answer = ben.post(&lumen.to("entities")).json(another.clone()).await;
        refused(&answer, 422, "quota_exceeded");
        ben.delete(&lumen.to(&format!("entities/{}", people[3]))).await.is(200);
        ben.post(&lumen.to("entities")).json(another).await.is(201);

        lumen.acquaint(&people[0], &people[1]).await;
        lumen.acquaint(&people[0], &people[2]).await;
        let walk = lumen.to(&format!("traverse?start_id={}&depth=2", people[0]));
        refused(&gus.get(&walk).await, 422, "traversal_too_large");
        let walk = lumen.to(&format!("traverse?start_id={}&depth=2", people[1]));
        refused(&gus.get(&walk).await, 422, "traversal_too_large");
        let hermit = lumen.to(&format!("traverse?start_id={}", people[1]));
        gus.get(&hermit).await.is(200);
        let told = scenario.log().await;
        let walks = told.iter().filter(|event| event.event_type == "erm.traversal_executed").count();
        assert!(walks > 0, "walks are told to operators");
    }
}
