//! Addresses, methods, names of requests: what is refused before anybody is asked.

use reqwest::Method;
use scenarios::on_both_engines;

use crate::routes::{Access, ROUTES};

const ID: &str = "00000000-0000-7000-8000-000000000001";

on_both_engines! {
    async fn what_is_no_route_is_not_found(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        for path in [
            "/",
            "/api",
            "/api/",
            "/api/me/",
            "/API/ME",
            "/api/nothing",
            "/api/me/nothing",
            "/api/%6de%00",
            "/api/users/1",
            "/api/workspaces/a/b/c",
            "/api/notifications/x/y",
            "/favicon.ico",
            "/%FF",
        ] {
            for person in [&ada, &scenario.stranger()] {
                for method in [Method::GET, Method::POST, Method::DELETE, Method::PATCH] {
                    person.request(method, path).await.is_refused(404, "not_found");
                }
            }
        }
    }

    async fn a_known_address_says_that_it_takes_other_methods(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
        // Of graphs, whatever nobody serves is not found.
        for route in ROUTES.iter().filter(|route| route.access != Access::Graphs) {
            let of_same = |method: &Method| {
                ROUTES.iter().any(|other| other.path == route.path && other.method() == *method)
            };
            for method in known.iter().filter(|method| !of_same(method)) {
                let path = route.at("lumen", ID, ID);
                let answer = ada.request(method.clone(), &path).await;
                answer.is_refused(405, "method_not_allowed");
                let allowed: Vec<&str> = answer.header("allow").unwrap().split(',').collect();
                assert!(allowed.contains(&route.method().as_str()), "{method} {path}: {allowed:?}");
                assert!(!allowed.contains(&method.as_str()), "{method} {path}: {allowed:?}");
            }
        }
        ada.request(Method::PUT, "/api/me").await.is_refused(405, "method_not_allowed");
    }

    async fn ids_that_do_not_parse_are_the_ids_of_nothing(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        for id in ["x", "1", "00000000-0000-7000-8000-00000000000", "%00", "{id}", ID] {
            ada.post(&format!("/api/notifications/{id}/read"))
                .await
                .is_refused(404, "notification_not_found");
            let invitation = format!("/api/workspaces/{slug}/invitations/{id}");
            ada.delete(&invitation).await.is_refused(404, "invitation_not_found");
            ada.post(&format!("{invitation}/resend")).await.is_refused(404, "invitation_not_found");
            let member = format!("/api/workspaces/{slug}/members/{id}");
            ada.delete(&member).await.is_refused(404, "member_not_found");
            let role = ada.patch(&member).json(serde_json::json!({ "role": "guest" })).await;
            role.is_refused(404, "member_not_found");
        }
    }

    async fn queries_are_as_strict_as_bodies(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        for (query, field) in [
            ("limit=x", "limit"),
            ("limit=", "limit"),
            ("limit=-1", "limit"),
            ("limit=99999999999999999999", "limit"),
            ("unread=maybe", "unread"),
            ("after=nonsense", "after"),
            ("after=%00", "after"),
        ] {
            ada.get(&format!("/api/notifications?{query}")).await.is_invalid(&[field]);
        }
        ada.get("/api/notifications?limit=x&unread=y&after=z")
            .await
            .is_invalid(&["after", "limit", "unread"]);
        for query in ["", "limit=1", "limit=100&unread=false", "unknown=1", "limit=1&limit=2"] {
            ada.get(&format!("/api/notifications?{query}")).await.is(200);
        }
    }

    async fn every_request_has_a_name_that_its_answer_repeats(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let longest = "x".repeat(128);
        for name in ["r-1", "a/b=c:d", longest.as_str()] {
            for path in ["/health", "/api/me", "/nothing"] {
                let answer = ada.get(path).header("x-request-id", name).await;
                assert_eq!(answer.request_id(), name);
            }
        }
        let long = "x".repeat(129);
        for name in ["", "two words", long.as_str()] {
            let minted =
                ada.get("/nothing").header("x-request-id", name).await.request_id().to_owned();
            assert!(minted.parse::<uuid::Uuid>().is_ok(), "{minted}");
        }
        let (first, second) = (ada.get("/health").await, ada.get("/health").await);
        assert_ne!(first.request_id(), second.request_id());
    }
}
