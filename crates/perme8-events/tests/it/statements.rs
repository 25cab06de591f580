//! Every statement of the event core is one that both engines understand, on the schema that both have.

use expect_test::expect;
use perme8_events::{
    on_both_engines, sql,
    sql::{DatabaseUrl, MIGRATIONS, STATEMENTS},
    testing::{TestDb, check_statements, schema_differences},
};

use crate::fixtures::{PROBE, change};

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn every_statement_is_understood(test: TestDb) {
        let checked = check_statements(&test.url).await;
        assert_eq!(checked, STATEMENTS.len());
        let of_the_core = STATEMENTS.iter().filter(|stmt| stmt.at.contains("infrastructure/"));
        assert!(of_the_core.count() > 30, "the statements of the core are registered");
    }

    async fn a_statement_that_is_not_understood_is_named(test: TestDb) {
        // On a database without the tables of the tests, their statements make no sense.
        let bare = match &test.url {
            DatabaseUrl::Sqlite(_) => Some(TestDb::sqlite(&[&MIGRATIONS]).await),
            DatabaseUrl::Postgres(_) => TestDb::postgres(2, &[&MIGRATIONS]).await,
        };
        bare.unwrap()
            .run(async |bare| {
                let url = bare.url.clone();
                let checked = tokio::task::JoinSet::from_iter([async move { check_statements(&url).await }]);
                let panic = checked.join_next_panic().await;
                assert!(panic.contains("probe.rs:"), "{panic}");
                assert!(panic.contains("probe_effects"), "{panic}");
            })
            .await;
    }
}

/// The message with which a task ends that panics.
trait Panics {
    async fn join_next_panic(self) -> String;
}

impl<T: Send + 'static> Panics for tokio::task::JoinSet<T> {
    async fn join_next_panic(mut self) -> String {
        let ended = self.join_next().await.unwrap();
        let panic = ended.err().expect("the task panics").into_panic();
        panic.downcast_ref::<String>().unwrap().clone()
    }
}

#[tokio::test]
async fn both_engines_have_the_same_tables() {
    let all = [&MIGRATIONS, &PROBE];
    let Some(postgres) = TestDb::postgres(2, &all).await else { return };
    let sqlite = TestDb::sqlite(&all).await;
    postgres
        .run(async |postgres| {
            let report = schema_differences(&sqlite.db, &postgres.db, &all).await;
            // A unique index of the partitioned log would have to contain the position.
            expect![[r"
                only SQLite: event_log has the unique key (id)
            "]]
            .assert_eq(&report);
        })
        .await;
}

#[tokio::test]
async fn differences_between_the_engines_are_told() {
    let Some(postgres) = TestDb::postgres(2, &[&MIGRATIONS, &PROBE]).await else { return };
    let sqlite = TestDb::sqlite(&[&MIGRATIONS, &PROBE]).await;
    postgres
        .run(async |postgres| {
            let alter = [
                sql!("CREATE TABLE probe_more (a bigint PRIMARY KEY, b bigint)"),
                sql!("CREATE UNIQUE INDEX probe_key ON probe_effects (handler, key)"),
            ];
            for stmt in alter {
                change(&postgres.db, stmt).await;
            }
            let report = schema_differences(&sqlite.db, &postgres.db, &[&PROBE]).await;
            expect![[r"
                only PostgreSQL: probe_effects has the unique key (handler, key)
                only PostgreSQL: probe_more has the primary key (a)
                only PostgreSQL: probe_more.a
                only PostgreSQL: probe_more.b, which may be null
            "]]
            .assert_eq(&report);
        })
        .await;
}
