//! What is measured, as a scraper sees it.

use scenarios::on_both_engines;
use serde_json::json;

/// The value of a sample, if it is there.
fn value(text: &str, sample: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '))?;
    line.parse().ok()
}

on_both_engines! {
    async fn a_scraper_sees_how_the_host_is_and_nothing_of_its_tenants(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        let invite = json!({ "email": ben.email(), "role": "member" });
        ada.post(&format!("/api/workspaces/{slug}/invitations")).json(invite).await.is(201);
        ada.get("/api/workspaces/nothing-of-the-kind").await.is(404);
        scenario.run_until_idle().await;
        let text = scenario.stranger().get("/metrics").file("text/plain").await;
        for sample in [
            "perme8_up",
            "perme8_database_up",
            "perme8_log_head",
            "perme8_handler_lag_events{handler=\"notifications.on_invitation\"}",
            "perme8_handler_lag_seconds{handler=\"notifications.on_invitation\"}",
            "perme8_handler_paused{handler=\"notifications.on_invitation\"}",
            "perme8_handler_set_aside{handler=\"notifications.on_invitation\",state=\"dead\"}",
            "perme8_deliveries_total{handler=\"notifications.on_invitation\",outcome=\"handled\"}",
            "perme8_delivery_latency_seconds_count{handler=\"notifications.on_invitation\"}",
            "perme8_http_requests_total{method=\"POST\",route=\"/api/workspaces/{slug}/invitations\",status=\"201\"}",
            "perme8_http_requests_total{method=\"GET\",route=\"/api/workspaces/{slug}\",status=\"404\"}",
            "perme8_http_request_duration_seconds_count{method=\"POST\",route=\"/api/workspaces\"}",
        ] {
            assert!(value(&text, sample).is_some(), "{sample} is missing from\n{text}");
        }
        assert!(text.contains("# HELP perme8_deliveries_total"), "{text}");
        assert!(text.contains("perme8_database_connections{pool="), "{text}");
        for secret in ["lumen", "ada@example.com", ada.id(), "nothing-of-the-kind"] {
            assert!(!text.contains(secret), "{secret} stands in\n{text}");
        }
    }

    async fn a_host_without_its_database_is_still_measured(scenario: &mut Scenario) {
        scenario.app().db().close().await;
        let text = scenario.stranger().get("/metrics").file("text/plain").await;
        assert_eq!(value(&text, "perme8_up"), Some(1.0));
        assert!(value(&text, "perme8_database_up").is_some());
        scenario.restart().await;
    }
}
