//! Whether the host lives, and whether it is ready.

use std::sync::atomic::Ordering;

use api::Check;
use expect_test::expect;

use crate::{client::get, host::Host};

#[tokio::test]
async fn a_sound_host_is_healthy_and_ready() {
    let host = Host::new().await;
    for uri in ["/health", "/api/health"] {
        expect![[r#"200 {"status":"ok","neo4j":"connected"}"#]]
            .assert_eq(&host.ask(get(uri)).await.to_string());
    }
    expect![[r#"200 {"status":"ready","database":{"status":"ok"},"log_reader":{"status":"ok"},"handlers":{"status":"ok"}}"#]].assert_eq(&host.ask(get("/ready")).await.to_string());
}

#[tokio::test]
async fn a_host_without_its_database_is_neither() {
    let host = Host::new().await;
    host.readiness.report.lock().unwrap().database = Check::Failing("no connection".to_owned());
    expect![[r#"503 {"status":"degraded","neo4j":"disconnected"}"#]]
        .assert_eq(&host.ask(get("/health")).await.to_string());
    expect![[r#"503 {"status":"not_ready","database":{"status":"failing","reason":"no connection"},"log_reader":{"status":"ok"},"handlers":{"status":"ok"}}"#]].assert_eq(&host.ask(get("/ready")).await.to_string());
}

#[tokio::test]
async fn a_host_whose_handlers_stand_still_is_healthy_but_not_ready() {
    let host = Host::new().await;
    host.readiness.report.lock().unwrap().handlers = Check::Failing("no lease for 10 s".to_owned());
    assert_eq!(host.ask(get("/health")).await.status, 200);
    assert_eq!(host.ask(get("/ready")).await.status, 503);
}

#[tokio::test]
async fn whether_a_host_is_healthy_costs_less_than_whether_it_is_ready() {
    let host = Host::new().await;
    for (uri, reports) in [("/health", 0), ("/api/health", 0), ("/ready", 1)] {
        assert_eq!(host.ask(get(uri)).await.status, 200);
        assert_eq!(host.readiness.reports.load(Ordering::Relaxed), reports, "{uri}");
    }
}
