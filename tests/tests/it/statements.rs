//! What the contexts tell the database is understood by both engines, on tables that both have.

use std::collections::BTreeSet;

use perme8::MIGRATIONS;
use perme8_events::{
    sql::STATEMENTS,
    testing::{TestDb, check_statements, schema_differences},
};
use scenarios::on_both_engines;

on_both_engines! {
    async fn every_statement_of_every_context_is_understood(scenario: &mut Scenario) {
        assert_eq!(check_statements(&scenario.test_db().url).await, STATEMENTS.len());
        let crates: BTreeSet<&str> =
            STATEMENTS.iter().filter_map(|stmt| stmt.at.split("/src/").next()).collect();
        for name in [
            "crates/agents",
            "crates/chat",
            "crates/documents",
            "crates/erm",
            "crates/identity",
            "crates/mail",
            "crates/notifications",
            "crates/perme8",
            "crates/perme8-events",
            "crates/projects",
        ] {
            assert!(crates.contains(name), "no statement of {name} is registered: {crates:?}");
        }
    }
}

#[tokio::test]
async fn both_engines_have_the_tables_of_every_context() {
    let Some(postgres) = TestDb::postgres(2, MIGRATIONS).await else { return };
    let sqlite = TestDb::sqlite(MIGRATIONS).await;
    postgres
        .run(async |postgres| {
            let differences = schema_differences(&sqlite.db, &postgres.db, MIGRATIONS).await;
            // A unique key of the partitioned log would have to contain the position.
            expect_test::expect![[r"
                only SQLite: event_log has the unique key (id)
            "]]
            .assert_eq(&differences);
        })
        .await;
}
