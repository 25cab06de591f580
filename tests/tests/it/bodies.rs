//! Bodies that are no JSON, of the wrong form, or too much.

use std::mem::discriminant;

use reqwest::Method;
use scenarios::{Persona, on_both_engines};
use serde_json::{Value, json};

use crate::routes::{Access, DOCUMENT, PROJECT, ROUTES, Route};

/// Every route that takes a body, at an address where the body is all that is wrong.
async fn with_bodies(ada: &Persona) -> Vec<(&'static Route, String)> {
    let slug = ada.found("Lumen").await;
    ada.begin(&slug, PROJECT).await;
    ada.write(&slug, json!({ "title": DOCUMENT })).await;
    // What is wrong with bodies for graphs is told in other words; a scenario of graphs hears them.
    let is_elsewhere = |route: &&Route| [Access::Operators, Access::Graphs].contains(&route.access);
    let of_people = ROUTES.iter().filter(|route| !is_elsewhere(route));
    let routes = of_people.filter(|route| route.body.is_some());
    let session = ada.post("/api/chat/sessions").json(json!({})).await.is(201);
    let session = session.data()["id"].as_str().expect("conversations have ids");
    let agent = ada.post("/api/agents").json(json!({ "name": "Scribe" })).await.is(201);
    let agent = agent.data()["id"].as_str().expect("agents have ids");
    let at = |route: &Route| {
        let id = match route.path {
            path if path.starts_with("/api/chat/") => session,
            path if path.starts_with("/api/agents/") => agent,
            _ => ada.id(),
        };
        route.at(&slug, ada.id(), id)
    };
    routes.map(|route| (route, at(route))).collect()
}

fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

on_both_engines! {
    async fn what_is_no_json_is_refused(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        for (route, path) in with_bodies(&ada).await {
            for body in [
                "",
                "{",
                "nonsense",
                "{\"a\":}",
                "{} {}",
                "'x'",
                "{\"a\":\"\\ud800\"}",
                "\u{feff}{}",
            ] {
                let request =
                    ada.request(route.method(), &path).header("content-type", "application/json");
                request.bytes(body).await.is_refused(400, "malformed_json");
            }
            let request =
                ada.request(route.method(), &path).header("content-type", "application/json");
            request.bytes(vec![b'{', 0xff, b'}']).await.is_refused(400, "malformed_json");
            let deep = "[".repeat(100_000);
            let request =
                ada.request(route.method(), &path).header("content-type", "application/json");
            request.bytes(deep).await.is_refused(400, "malformed_json");
            for body in ["[]", "null", "1", "\"text\"", "true"] {
                let request =
                    ada.request(route.method(), &path).header("content-type", "application/json");
                request.bytes(body).await.is_invalid(&["body"]);
            }
        }
    }

    async fn other_media_types_are_refused(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        for (route, path) in with_bodies(&ada).await {
            let body = route.body.unwrap();
            for kind in [
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/xml",
                "json",
                "",
            ] {
                let request = ada.request(route.method(), &path).header("content-type", kind);
                request.bytes(body).await.is_refused(415, "unsupported_media_type");
            }
            ada.request(route.method(), &path)
                .bytes(body)
                .await
                .is_refused(415, "unsupported_media_type");
        }
        for kind in
            ["application/json; charset=utf-8", "Application/JSON", "application/vnd.api+json"]
        {
            let request = ada.post("/api/workspaces").header("content-type", kind);
            request.bytes(r#"{"name":"Fine"}"#).await.is(201);
        }
    }

    async fn more_than_a_mebibyte_is_refused_and_than_eight_where_documents_are_written(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        for (route, path) in with_bodies(&ada).await {
            let writes = route.path.contains("/documents") && !route.path.ends_with("/agent-queries");
            let mebibytes = if writes { 8 } else { 1 };
            let body = format!("{{\"name\":\"{}\"}}", "x".repeat(mebibytes * 1024 * 1024));
            let request =
                ada.request(route.method(), &path).header("content-type", "application/json");
            request.bytes(body).await.is_refused(413, "body_too_large");
        }
        let padded = format!("{{\"name\":\"Small\",\"padding\":\"{}\"}}", "x".repeat(1_000_000));
        let request = ada.post("/api/workspaces").header("content-type", "application/json");
        request.bytes(padded).await.is(201);
    }

    async fn fields_of_the_wrong_type_are_named(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        for (route, path) in with_bodies(&ada).await {
            let good: Value = serde_json::from_str(route.body.unwrap()).unwrap();
            for field in good.as_object().unwrap().keys() {
                for wrong in
                    [json!(1), json!(true), json!([]), json!({}), json!(null), json!("a\u{0}b")]
                {
                    // A number is not wrong where a number belongs, nor nothing where something is chosen no longer.
                    let is_right =
                        !wrong.is_string() && discriminant(&wrong) == discriminant(&good[field]);
                    if is_right || (wrong.is_null() && field == "selected_agent_id") {
                        continue;
                    }
                    let body = with(good.clone(), field, wrong);
                    ada.request(route.method(), &path).json(body).await.is_invalid(&[field]);
                }
            }
            let mut fields: Vec<&str> =
                good.as_object().unwrap().keys().map(String::as_str).collect();
            fields.sort_unstable();
            // A profile, a workspace, a project, a document, an agent and a key may be left as they are; a conversation is about
            // nothing at first.
            let all_optional = [
                "/api/me",
                "/api/workspaces/{slug}",
                "/api/workspaces/{slug}/projects/{project}",
                "/api/workspaces/{slug}/documents/{document}",
                "/api/agents/{id}",
                "/api/agents/{id}/clone",
                "/api/chat/sessions",
                "/api/api-keys/{id}",
                "/api/api-keys/{id}/rotate",
            ];
            if !all_optional.contains(&route.path) {
                ada.request(route.method(), &path).json(json!({})).await.is_invalid(&fields);
            }
        }
        // Optional fields have types, too.
        let person = json!({ "email": "new@example.com", "first_name": "N", "last_name": "E" });
        let stranger = scenario.stranger();
        stranger
            .post("/api/users")
            .json(with(person, "password", json!(7)))
            .await
            .is_invalid(&["password"]);
        let workspace = json!({ "name": "New", "description": [], "color": 3 });
        ada.post("/api/workspaces").json(workspace).await.is_invalid(&["color", "description"]);
        stranger.post("/api/sessions").json(json!({ "token": 7 })).await.is_invalid(&["token"]);
    }

    async fn unknown_fields_are_ignored(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let body = json!({ "name": "Fine", "id": 7, "role": "owner", "slug": "mine", "": null });
        let made = ada.post("/api/workspaces").json(body).await.is(201);
        assert_eq!((&made.data()["slug"], &made.data()["role"]), (&json!("fine"), &json!("owner")));
    }

    async fn texts_out_of_bounds_are_named(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let (users, workspaces) = ("/api/users".to_owned(), "/api/workspaces".to_owned());
        let invitations = format!("/api/workspaces/{slug}/invitations");
        let person = json!({
            "email": "new@example.com",
            "first_name": "N",
            "last_name": "E",
            "password": "long enough to pass",
        });
        let workspace = json!({ "name": "New" });
        let invitation = json!({ "email": "x@example.com", "role": "guest" });
        let long = |length: usize| json!("x".repeat(length));
        let address = |length: usize| json!(format!("{}@example.com", "x".repeat(length - 12)));
        for (path, good, field, wrong) in [
            (&users, &person, "email", json!("no-address")),
            (&users, &person, "email", json!("a b@example.com")),
            (&users, &person, "email", json!("a@b@example.com")),
            (&users, &person, "email", json!(" ")),
            (&users, &person, "email", address(161)),
            (&users, &person, "first_name", json!("  ")),
            (&users, &person, "first_name", long(101)),
            (&users, &person, "first_name", json!("a\nb")),
            (&users, &person, "last_name", long(101)),
            (&users, &person, "password", json!("short")),
            (&users, &person, "password", long(257)),
            (&workspaces, &workspace, "name", json!(" ")),
            (&workspaces, &workspace, "name", long(201)),
            (&workspaces, &workspace, "description", long(2001)),
            (&workspaces, &workspace, "color", json!("red")),
            (&invitations, &invitation, "email", json!("no-address")),
            (&invitations, &invitation, "email", address(161)),
            (&invitations, &invitation, "role", json!("owner")),
            (&invitations, &invitation, "role", json!("king")),
            (&invitations, &invitation, "role", json!("Guest")),
        ] {
            let head = scenario.head().await;
            ada.request(Method::POST, path)
                .json(with(good.clone(), field, wrong))
                .await
                .is_invalid(&[field]);
            assert_eq!(scenario.types_after(head).await, Vec::<String>::new());
        }
        let everything =
            json!({ "email": "x", "first_name": "", "last_name": "", "password": "x" });
        let answer = ada.post("/api/users").json(everything).await;
        answer.is_invalid(&["email", "first_name", "last_name", "password"]);
        ada.post(&users).json(with(person.clone(), "email", address(160))).await.is(201);
        let longest = json!({ "name": "é".repeat(200), "description": "x".repeat(2000), "color": "#4F46E5" });
        ada.post(&workspaces).json(longest).await.is(201);
    }

    async fn whoever_may_not_is_told_so(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let carol = scenario.member(&ada, &slug, "carol", "admin").await;
        let at = |path: &str| format!("/api/workspaces/{slug}/{path}");
        let invitation = ada.invite(&slug, "zoe@example.com", "guest").await;
        let guest = json!({ "role": "guest" });
        let head = scenario.head().await;

        ben.get(&at("invitations")).await.is_refused(403, "forbidden");
        ben.post(&at("invitations"))
            .json(json!({ "email": "x@example.com", "role": "guest" }))
            .await
            .is_refused(403, "forbidden");
        ben.delete(&at(&format!("invitations/{invitation}"))).await.is_refused(403, "forbidden");
        ben.post(&at(&format!("invitations/{invitation}/resend")))
            .await
            .is_refused(403, "forbidden");
        ben.patch(&at(&format!("members/{}", carol.id())))
            .json(guest.clone())
            .await
            .is_refused(403, "forbidden");
        ben.delete(&at(&format!("members/{}", carol.id()))).await.is_refused(403, "forbidden");
        for manager in [&ada, &carol] {
            manager
                .patch(&at(&format!("members/{}", ada.id())))
                .json(guest.clone())
                .await
                .is_refused(409, "owner_protected");
            manager
                .delete(&at(&format!("members/{}", ada.email())))
                .await
                .is_refused(409, "owner_protected");
        }
        ada.post(&at("leave")).await.is_refused(409, "owner_protected");
        let king = json!({ "role": "owner" });
        ada.patch(&at(&format!("members/{}", ben.id()))).json(king).await.is_invalid(&["role"]);
        assert_eq!(scenario.types_after(head).await, Vec::<String>::new());
    }
}
