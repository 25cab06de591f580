//! Whether the host lives, and whether it is ready.

use scenarios::on_both_engines;
use serde_json::json;

on_both_engines! {
    async fn a_host_is_ready_as_soon_as_its_handlers_run(scenario: &mut Scenario) {
        let stranger = scenario.stranger();
        for path in ["/health", "/api/health"] {
            let health = stranger.get(path).await.is(200);
            assert_eq!(health.body(), &json!({ "status": "ok", "neo4j": "connected" }));
        }
        let early = stranger.get("/ready").await;
        assert_eq!((early.status(), &early.body()["status"]), (503, &json!("not_ready")));
        assert_eq!(early.body()["handlers"]["status"], "failing");
        assert!(early.body()["handlers"]["reason"].is_string());

        scenario.go_live().await;
        scenarios::eventually("the handlers run", async || {
            stranger.get("/ready").await.status() == 200
        })
        .await;
        let ok = json!({ "status": "ok" });
        let ready = stranger.get("/ready").await.is(200);
        assert_eq!(
            ready.body(),
            &json!({ "status": "ready", "database": ok, "log_reader": ok, "handlers": ok })
        );
    }

    async fn a_host_without_its_database_says_so_and_nothing_more(scenario: &mut Scenario) {
        scenario.go_live().await;
        let ada = scenario.user("ada").await;
        scenario.app().db().close().await;
        let health = ada.get("/health").await.is(503);
        assert_eq!(health.body(), &json!({ "status": "degraded", "neo4j": "disconnected" }));
        let ready = ada.get("/ready").await.is(503);
        assert_eq!(
            ready.body()["database"],
            json!({ "status": "failing", "reason": "the database does not answer" })
        );
        let refused = ada.get("/api/me").await;
        refused.is_refused(503, "storage_unavailable");
        assert_eq!(refused.header("retry-after"), Some("1"));
        let body = json!({ "email": "b@example.com", "first_name": "B", "last_name": "E" });
        scenario
            .stranger()
            .post("/api/users")
            .json(body)
            .await
            .is_refused(503, "storage_unavailable");
        ada.get("/nothing").await.is_refused(404, "not_found");

        scenario.restart().await;
        ada.get("/api/me").await.is(200);
    }
}
