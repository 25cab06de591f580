//! How often anybody may ask, over real connections.

use std::time::Duration;

use api::Limits;
use scenarios::{Persona, eventually, on_both_engines};
use serde_json::json;

async fn guess(at: &Persona) -> scenarios::Answer {
    let body = json!({ "email": at.email(), "password": "wrong" });
    at.post("/api/sessions").json(body).await
}

on_both_engines! {
    async fn whoever_guesses_is_locked_out_and_a_restart_does_not_help(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        scenario.limit(Limits::default()).await;
        for _ in 0..5 {
            guess(&ada).await.is_refused(401, "invalid_credentials");
        }
        guess(&ada).await.is_refused(429, "rate_limited");
        scenario.restart().await;
        let refused = ada.log_in().await;
        refused.is_refused(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), Some("180"));

        // Nobody else is, and Ada is still logged in, and gets a link.
        ben.again().await;
        ada.get("/api/me").await.is(200);
        ada.post("/api/sessions/magic-link").json(json!({ "email": ada.email() })).await.is(202);

        scenario.clock().advance(Duration::from_mins(3));
        ada.again().await;
        guess(&ada).await.is_refused(401, "invalid_credentials");
        guess(&ada).await.is_refused(429, "rate_limited");
    }

    async fn whoever_asks_for_links_again_and_again_is_sent_five(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let before = scenario.mails("ada").await.len();
        scenario.limit(Limits::default()).await;
        let body = || json!({ "email": "ADA@example.com" });
        for _ in 0..5 {
            ada.post("/api/sessions/magic-link").json(body()).await.is(202);
        }
        for _ in 0..2 {
            let refused = scenario.stranger().post("/api/sessions/magic-link").json(body()).await;
            refused.is_refused(429, "rate_limited");
        }
        assert_eq!(scenario.mails("ada").await.len() - before, 5);
    }

    async fn a_session_goes_on_with_what_is_left_when_the_host_restarts(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let limits = Limits { caller: "5/h".parse().unwrap(), ..Limits::default() };
        scenario.limit(limits).await;
        for _ in 0..3 {
            ada.get("/api/me").await.is(200);
        }
        scenario.restart().await;
        for _ in 0..2 {
            ada.get("/api/me").await.is(200);
        }
        let refused = ada.get("/api/me").await;
        refused.is_refused(429, "rate_limited");
        assert_eq!(refused.header("retry-after"), Some("720"));
        scenario.restart().await;
        ada.get("/api/me").await.is_refused(429, "rate_limited");
        ben.get("/api/me").await.is(200);
        scenario.stranger().get("/health").await.is(200);
    }

    async fn where_a_host_holds_no_limits_there_are_none(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        for _ in 0..20 {
            guess(&ada).await.is_refused(401, "invalid_credentials");
        }
        ada.again().await;
    }
}

/// More than anybody asks in the second in which hosts tell each other.
const MANY: usize = 500;

/// Several hosts are for PostgreSQL.
#[tokio::test]
async fn two_hosts_hold_one_limit() {
    scenarios::on_postgres(async |scenario| {
        let limits = Limits { caller: format!("{MANY}/24h").parse().unwrap(), ..Limits::default() };
        scenario.limit(limits).await;
        scenario.go_live().await;
        let ada = scenario.user("ada").await;
        let other = scenario.another_host().await;
        let elsewhere = other.persona(&ada);
        for at in [&ada, &elsewhere, &ada, &elsewhere, &ada] {
            guess(at).await.is_refused(401, "invalid_credentials");
        }
        for at in [&ada, &elsewhere] {
            guess(at).await.is_refused(429, "rate_limited");
        }
        // Requests are counted by each host for itself, and both know within a second what the other has counted.
        elsewhere.get("/api/me").await.is(200);
        let mut here = 0;
        while ada.get("/api/me").await.status() == 200 {
            here += 1;
        }
        let mut there = 0;
        eventually("the other host knows of it", async || {
            there += 1;
            elsewhere.get("/api/me").await.status() == 429
        })
        .await;
        assert!(here > MANY / 2 && there < MANY / 2, "{here} and {there}");
        other.stop().await;
    })
    .await;
}
