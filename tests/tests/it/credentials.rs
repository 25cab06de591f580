//! Who may ask at all: sessions, and requests that a foreign page makes a browser send.

use scenarios::{Persona, on_both_engines};
use serde_json::json;

use crate::routes::{Access, Route};

const ID: &str = "00000000-0000-7000-8000-000000000001";

on_both_engines! {
    async fn whoever_shows_no_valid_session_gets_one_answer_everywhere(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ended = ada.again().await;
        ended.delete("/api/sessions").await.is(204);
        let longer = format!("{}x", ada.bearer());
        let upper = ada.bearer().to_uppercase();
        let unused = {
            scenario.register("zoe").await;
            scenario.confirmation_token("zoe@example.com").await
        };
        let garbage = [
            "x",
            longer.as_str(),
            upper.as_str(),
            unused.as_str(),
            "null",
            "%00",
            &"y".repeat(64),
            &"y".repeat(4000),
        ];
        let mut strangers: Vec<Persona> =
            garbage.iter().map(|token| scenario.stranger().with_bearer(*token)).collect();
        strangers.push(ended);
        let nothing = scenario.stranger().get("/api/me").await;
        nothing.is_refused(401, "unauthenticated");
        let expected = strangers[0].get("/api/me").await;
        expected.is_refused(401, "unauthenticated");
        assert_eq!(expected.body()["error"], "Invalid or revoked API key");
        for route in Route::all(Access::People).chain(Route::all(Access::Members)) {
            let answer = route.request(&scenario.stranger(), &route.at(&slug, ID, ID)).await;
            assert_eq!(answer.anonymous_body(), nothing.anonymous_body(), "{route:?}");
            for stranger in &strangers {
                let answer = route.request(stranger, &route.at(&slug, ID, ID)).await;
                assert_eq!(answer.anonymous_body(), expected.anonymous_body(), "{route:?}");
                assert_eq!(
                    (answer.status(), answer.header("www-authenticate")),
                    (401, Some("Bearer")),
                    "{route:?}"
                );
            }
        }
        for route in Route::all(Access::Graphs) {
            let path = route.in_graph(ID, ID);
            for stranger in strangers.iter().chain([&scenario.stranger()]) {
                let answer = route.request(stranger, &path).await;
                answer.is_refused(401, "unauthenticated");
                assert_eq!(answer.body()["error"], "unauthorized", "{route:?}");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{route:?}");
            }
            let nowhere = route.request(&scenario.stranger(), &route.in_graph("lumen", ID)).await;
            nowhere.is_refused(400, "bad_request");
        }
        for authorization in ["Basic YTpi", "Bearer", "Bearer ", ada.bearer(), "Token x"] {
            let answer =
                scenario.stranger().get("/api/me").header("authorization", authorization).await;
            assert_eq!(answer.anonymous_body(), expected.anonymous_body(), "{authorization}");
        }
        for cookie in ["perme8_session=", "perme8_session=x", "other=x"] {
            let answer = scenario.stranger().get("/api/me").header("cookie", cookie).await;
            assert_eq!(answer.anonymous_body(), nothing.anonymous_body(), "{cookie}");
        }
        ada.get("/api/me").await.is(200);
    }

    async fn credentials_come_before_everything_else(scenario: &mut Scenario) {
        let stranger = scenario.stranger();
        stranger.post("/api/workspaces").bytes("{").await.is_refused(401, "unauthenticated");
        stranger.get("/api/workspaces/%00/members").await.is_refused(401, "unauthenticated");
        stranger.get("/api/notifications?limit=x").await.is_refused(401, "unauthenticated");
        stranger.post("/api/notifications/no-id/read").await.is_refused(401, "unauthenticated");
    }

    async fn the_page_of_another_site_does_nothing_with_the_cookie_of_a_browser(
        scenario: &mut Scenario,
    ) {
        let ada = scenario.browser("ada").await;
        let slug = ada.found("Lumen").await;
        let head = scenario.head().await;
        for (header, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:1"),
        ] {
            for route in Route::all(Access::People).chain(Route::all(Access::Members)) {
                if route.method() == reqwest::Method::GET {
                    continue;
                }
                let answer =
                    route.request(&ada, &route.at(&slug, ID, ID)).header(header, value).await;
                answer.is_refused(403, "cross_origin");
            }
            for route in Route::all(Access::Graphs) {
                if route.method() != reqwest::Method::GET {
                    let answer = route.request(&ada, &route.in_graph(ID, ID)).header(header, value).await;
                    answer.is_refused(403, "cross_origin");
                }
            }
            // Nor does it log a browser in as somebody else.
            let session = scenario
                .stranger()
                .post("/api/sessions")
                .json(json!({ "email": "a@example.com", "password": "x" }));
            session.header(header, value).await.is_refused(403, "cross_origin");
            ada.get("/api/me").header(header, value).await.is(200);
        }
        assert_eq!(scenario.types_after(head).await, Vec::<String>::new());

        ada.post("/api/workspaces")
            .header("sec-fetch-site", "same-origin")
            .json(json!({ "name": "Own" }))
            .await
            .is(201);
        let program = ada.again().await;
        let foreign = program.post("/api/workspaces").header("origin", "https://tools.example");
        foreign.json(json!({ "name": "By a program" })).await.is(201);
    }

    async fn where_there_is_a_bearer_the_cookie_does_not_count(scenario: &mut Scenario) {
        let ada = scenario.browser("ada").await;
        ada.get("/api/me").await.is(200);
        let confused = ada.clone().with_bearer("x");
        confused.get("/api/me").await.is_refused(401, "unauthenticated");
        let foreign = confused.post("/api/workspaces").header("origin", "https://evil.example");
        foreign.json(json!({ "name": "Evil" })).await.is_refused(401, "unauthenticated");
    }
}
