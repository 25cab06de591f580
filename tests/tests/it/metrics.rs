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
            "perme8_log_oldest",
            "perme8_handler_lag_events{handler=\"notifications.on_invitation\"}",
            "perme8_handler_lag_seconds{handler=\"notifications.on_invitation\"}",
            "perme8_handler_paused{handler=\"notifications.on_invitation\"}",
            "perme8_handler_set_aside{handler=\"notifications.on_invitation\",state=\"dead\"}",
            "perme8_handler_set_aside{handler=\"notifications.on_invitation\",state=\"aside\"}",
            "perme8_handler_aside_seconds{handler=\"notifications.on_invitation\"}",
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

    async fn a_scraper_sees_what_waits_and_how_cases_stand(scenario: &mut Scenario) {
        scenario.set_up_workspaces().await;
        let ada = scenario.user("ada").await;
        scenario.run_until_idle().await;
        let operator = scenario.operator();
        operator.post("/admin/queues/mail.outgoing/pause").await.is(200);
        ada.found("Lumen").await;
        scenario.run_until_idle().await;
        let text = scenario.stranger().get("/metrics").file("text/plain").await;
        let waiting = "perme8_queue_jobs{queue=\"mail.outgoing\",state=\"waiting\"}";
        let paused = "perme8_queue_paused{queue=\"mail.outgoing\"}";
        let is_waiting = |text: &str| {
            ["waiting", "running", "retrying", "dead"].map(|state| value(text, &waiting.replace("waiting", state)))
        };
        assert_eq!(is_waiting(&text), [Some(1.0), Some(0.0), Some(0.0), Some(0.0)], "{text}");
        assert_eq!(value(&text, paused), Some(1.0));
        assert_eq!(value(&text, "perme8_queue_lag_seconds{queue=\"mail.outgoing\"}"), Some(0.0));
        let case = "perme8_process_cases{process=\"perme8.onboarding\",status=\"completed\"}";
        assert_eq!(value(&text, case), Some(1.0), "{text}");
        operator.post("/admin/queues/mail.outgoing/resume").await.is(200);
        scenario.run_until_idle().await;
        let text = scenario.stranger().get("/metrics").file("text/plain").await;
        assert_eq!((value(&text, waiting), value(&text, paused)), (Some(0.0), Some(0.0)));
        let done = "perme8_job_runs_total{queue=\"mail.outgoing\",outcome=\"done\"}";
        assert!(value(&text, done).is_some_and(|runs| runs >= 1.0), "{text}");
        assert!(value(&text, "perme8_job_run_duration_seconds_count{queue=\"mail.outgoing\"}").is_some());
    }

    async fn a_host_without_its_database_is_still_measured(scenario: &mut Scenario) {
        scenario.app().db().close().await;
        let text = scenario.stranger().get("/metrics").file("text/plain").await;
        assert_eq!(value(&text, "perme8_up"), Some(1.0));
        assert!(value(&text, "perme8_database_up").is_some());
        scenario.restart().await;
    }
}
