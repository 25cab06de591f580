//! What is asked again and again of tables that grow is answered by an index, on both engines.

use perme8_events::{
    on_both_engines,
    sql::{DatabaseUrl, MIGRATIONS, STATEMENTS, Stmt},
};
use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, PgConnection, sqlite::SqliteConnectOptions,
};

/// A statement, by some words that only this one has, and the indexes that answer it.
const INDEXED: [(&str, &[&str]); 8] = [
    ("WHERE queue = $1 AND ordering_key = $2", &["event_jobs_order"]),
    ("AND state <> 'dead'", &["event_jobs_ended"]),
    ("AS oldest_due_at", &["event_jobs_waiting", "event_jobs_running", "event_jobs_dead"]),
    (
        "UNION SELECT queue FROM event_jobs WHERE state = 'dead'",
        &["event_jobs_waiting", "event_jobs_running", "event_jobs_dead"],
    ),
    ("DELETE FROM event_processes", &["event_processes_ended"]),
    ("ORDER BY d.due_at NULLS FIRST", &["event_deliveries_due", "event_deliveries_key"]),
    ("ORDER BY d.due_at LIMIT 1", &["event_deliveries_due", "event_deliveries_key"]),
    (
        HOW_HANDLERS_ARE,
        &["event_deliveries_due", "event_deliveries_aside", "event_deliveries_dead"],
    ),
];

/// Words of the statement that every scrape asks, however much stands aside.
const HOW_HANDLERS_ARE: &str = "AS first_aside";
/// Indexes that hold every delivery.
const OF_ALL: [&str; 3] =
    ["event_deliveries_key", "event_deliveries_pkey", "autoindex_event_deliveries"];

fn statement(words: &str) -> &'static Stmt {
    let mut found = STATEMENTS
        .iter()
        .filter(|stmt| stmt.at.contains("infrastructure/") && stmt.postgres.contains(words));
    match (found.next(), found.next()) {
        (Some(stmt), None) => stmt,
        (first, second) => panic!("one statement says `{words}`: {first:?}, {second:?}"),
    }
}

/// How the engine answers it; with the indexes that it would use if there were many rows.
async fn plan(url: &DatabaseUrl, stmt: &Stmt) -> Vec<String> {
    let parameters = (1..=9).filter(|n| stmt.postgres.contains(&format!("${n}"))).count();
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
            let explain = format!("EXPLAIN QUERY PLAN {}", stmt.sqlite);
            let mut query =
                sqlx::query_as::<_, (i64, i64, i64, String)>(sqlx::AssertSqlSafe(explain));
            for _ in 0..parameters {
                query = query.bind(None::<String>);
            }
            let rows = query.fetch_all(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            rows.into_iter().map(|(.., line)| line).collect()
        }
        DatabaseUrl::Postgres(address) => {
            let mut conn = PgConnection::connect(address).await.unwrap();
            conn.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
                .await
                .unwrap();
            let prepare = format!("PREPARE statement AS {}", stmt.postgres);
            conn.execute(sqlx::AssertSqlSafe(prepare)).await.unwrap();
            let nulls = vec!["NULL"; parameters].join(", ");
            let nulls = if nulls.is_empty() { nulls } else { format!("({nulls})") };
            let explain = format!("EXPLAIN (COSTS OFF) EXECUTE statement {nulls}");
            let lines = sqlx::query_scalar(sqlx::AssertSqlSafe(explain)).fetch_all(&mut conn).await;
            conn.close().await.unwrap();
            lines.unwrap()
        }
    }
}

on_both_engines! {
    migrations: [&MIGRATIONS];

    async fn what_grows_is_asked_by_indexes(test: TestDb) {
        for (words, indexes) in INDEXED {
            let plan = plan(&test.url, statement(words)).await.join("\n");
            for index in indexes {
                assert!(plan.contains(index), "`{words}` does without {index}:\n{plan}");
            }
            let whole = plan.lines().any(|line| {
                line.contains("Seq Scan") || (line.contains("SCAN event_") && !line.contains("INDEX"))
            });
            assert!(!whole, "`{words}` reads a whole table:\n{plan}");
        }
    }

    async fn how_handlers_are_is_told_without_a_walk_over_all_their_deliveries(test: TestDb) {
        let plan = plan(&test.url, statement(HOW_HANDLERS_ARE)).await.join("\n");
        assert!(!OF_ALL.iter().any(|index| plan.contains(index)), "{plan}");
    }
}
