//! Migrating, and refusing to migrate in the dark.

use std::{borrow::Cow, sync::Arc};

use perme8_events::{
    OperatorActed, OperatorAction, on_both_engines, sql,
    sql::{Applied, DatabaseUrl, Db, DbOptions, MIGRATIONS, MigrationError, Migrations, Stmt},
    testing::TestDb,
};
use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::fixtures::{PROBE, change, emit, log, noted, numbers};

async fn tables(db: &Db) -> Vec<(String,)> {
    db.query(sql!(
        sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        postgres: "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
                   AND relkind IN ('r', 'p') ORDER BY relname"
    ))
    .all()
    .await
    .unwrap()
}

async fn again(test: &TestDb) -> Db {
    let options =
        DbOptions { connections: 2, clock: Arc::new(test.clock.clone()), ..DbOptions::default() };
    Db::open(&test.url, options).await.unwrap()
}

/// Opens the database anew, is refused, and finds that nothing was changed by it.
async fn refusal(test: &TestDb, all: &[&'static Migrations]) -> MigrationError {
    let before = tables(&test.db).await;
    test.db.close().await;
    let bytes = || match &test.url {
        DatabaseUrl::Sqlite(path) => Some(std::fs::read(path).unwrap()),
        DatabaseUrl::Postgres(_) => None,
    };
    let was = bytes();
    let db = again(test).await;
    let pending = db.pending_migrations(all).await.unwrap_err();
    let refused = db.migrate(all, |applied| panic!("{applied:?}")).await.unwrap_err();
    assert_eq!(pending.to_string(), refused.to_string());
    assert_eq!(tables(&db).await, before);
    db.close().await;
    assert!(bytes() == was, "the file was changed");
    refused
}

/// Migrations that were never in a folder, to try what happens.
fn invented(scripts: &[&'static str]) -> &'static Migrations {
    let migrator = || Migrator {
        migrations: Cow::Owned(
            scripts
                .iter()
                .zip(1..)
                .map(|(sql, version)| {
                    let name = Cow::Borrowed("invented");
                    Migration::new(version, name, MigrationType::Simple, sql.into_sql_str(), false)
                })
                .collect(),
        ),
        table_name: "invented_migrations".into(),
        ..Migrator::DEFAULT
    };
    Box::leak(Box::new(Migrations {
        context: "invented",
        sqlite: migrator(),
        postgres: migrator(),
    }))
}

/// The same without what came later.
fn first_of(all: &Migrations) -> &'static Migrations {
    let first = |migrator: &Migrator| Migrator {
        migrations: Cow::Owned(migrator.iter().take(1).cloned().collect()),
        table_name: migrator.table_name.clone(),
        ..Migrator::DEFAULT
    };
    Box::leak(Box::new(Migrations {
        context: all.context,
        sqlite: first(&all.sqlite),
        postgres: first(&all.postgres),
    }))
}

/// Of no database of today, so it is not registered.
static OLD_OPERATION: &Stmt = &Stmt {
    sqlite: "INSERT INTO event_operations (operation_id, operator, action, handler, position, occurred_at)
             VALUES (x'0199a1b2000070008000000000000001', 'ada', 'discard', 'tests.probe', 7, '2026-01-05T09:00:00.000000+00:00')",
    postgres: "INSERT INTO event_operations (operation_id, operator, action, handler, position, occurred_at)
               VALUES ('0199a1b2-0000-7000-8000-000000000001', 'ada', 'discard', 'tests.probe', 7, '2026-01-05T09:00:00Z')",
    at: "a database of before",
};

on_both_engines! {
    migrations: [&MIGRATIONS];

    async fn each_migration_is_applied_once_and_told(test: TestDb) {
        let all = [&MIGRATIONS, &PROBE];
        let pending = test.db.pending_migrations(&all).await.unwrap();
        let told = |applied: &Applied| (applied.context, applied.version, applied.description.clone());
        assert_eq!(pending.iter().map(told).collect::<Vec<_>>(), [("probe", 1, "probe".to_owned())]);
        let mut applied = Vec::new();
        test.db.migrate(&all, |migration| applied.push(migration)).await.unwrap();
        assert_eq!(applied, pending);
        test.db.migrate(&all, |migration| panic!("{migration:?}")).await.unwrap();
        assert!(test.db.pending_migrations(&all).await.unwrap().is_empty());
        emit(&test.db, [noted("a", 1)]).await;
        assert_eq!(numbers(&log(&test.db).await), [1]);
    }

    async fn a_newer_database_is_refused(test: TestDb) {
        change(&test.db, sql!(
            sqlite: "INSERT INTO event_migrations (version, description, success, checksum, execution_time) VALUES (99, 'next', TRUE, x'00', 1)",
            postgres: "INSERT INTO event_migrations (version, description, success, checksum, execution_time) VALUES (99, 'next', TRUE, '\\x00', 1)"
        )).await;
        // The context that could be migrated is left alone, too, wherever it stands.
        let refused = refusal(&test, &[&PROBE, &MIGRATIONS]).await;
        assert!(matches!(refused, MigrationError::Newer { context: "event", found: 99, .. }), "{refused}");
    }

    async fn an_edited_migration_is_refused(test: TestDb) {
        change(&test.db, sql!(
            sqlite: "UPDATE event_migrations SET checksum = x'0bad'",
            postgres: "UPDATE event_migrations SET checksum = '\\x0bad'"
        )).await;
        let refused = refusal(&test, &[&MIGRATIONS, &PROBE]).await;
        assert!(matches!(refused, MigrationError::Edited { context: "event", version: 1 }), "{refused}");
    }

    async fn tables_without_a_record_are_refused(test: TestDb) {
        change(&test.db, sql!("DROP TABLE event_migrations")).await;
        let refused = refusal(&test, &[&PROBE, &MIGRATIONS]).await;
        assert!(matches!(refused, MigrationError::HalfWritten { context: "event" }), "{refused}");
    }

    async fn tables_with_an_empty_record_are_refused(test: TestDb) {
        change(&test.db, sql!("DELETE FROM event_migrations")).await;
        let refused = refusal(&test, &[&PROBE, &MIGRATIONS]).await;
        assert!(matches!(refused, MigrationError::HalfWritten { context: "event" }), "{refused}");
    }

    async fn a_migration_that_stopped_halfway_is_refused(test: TestDb) {
        change(&test.db, sql!("UPDATE event_migrations SET success = FALSE")).await;
        let refused = refusal(&test, &[&PROBE, &MIGRATIONS]).await;
        assert!(matches!(refused, MigrationError::HalfWritten { context: "event" }), "{refused}");
    }

    async fn a_migration_that_fails_leaves_nothing_and_can_be_mended(test: TestDb) {
        let one = "CREATE TABLE invented_one (a bigint)";
        let half = "CREATE TABLE invented_two (a bigint); INSERT INTO invented_nowhere VALUES (1);";
        let failed = test.db.migrate(&[invented(&[one, half])], |_| ()).await.unwrap_err();
        assert!(matches!(failed, MigrationError::Failed { context: "invented", version: 2, .. }), "{failed}");
        let there = tables(&test.db).await;
        assert!(!there.iter().any(|(name,)| name == "invented_two"));
        assert!(there.iter().any(|(name,)| name == "invented_one"), "what came before it stays");
        let mended = invented(&[one, "CREATE TABLE invented_two (a bigint)"]);
        test.db.migrate(&[mended], |_| ()).await.unwrap();
        assert!(test.db.pending_migrations(&[mended]).await.unwrap().is_empty());
        // The database is as usable as before.
        emit(&test.db, [noted("a", 1)]).await;
        assert_eq!(numbers(&log(&test.db).await), [1]);
    }
}

on_both_engines! {
    migrations: [];

    async fn several_processes_migrate_one_database_at_once(test: TestDb) {
        let all = [&MIGRATIONS, &PROBE];
        let process = async || {
            let db = again(&test).await;
            let mut applied = 0;
            db.migrate(&all, |_| applied += 1).await.unwrap();
            db.close().await;
            applied
        };
        let (a, b, c, d) = tokio::join!(process(), process(), process(), process());
        let every = all.iter().map(|migrations| migrations.sqlite.iter().count()).sum::<usize>();
        assert_eq!(a + b + c + d, every, "each migration is applied by one of them: {a} {b} {c} {d}");
        assert!(test.db.pending_migrations(&all).await.unwrap().is_empty());
        emit(&test.db, [noted("a", 1)]).await;
    }

    async fn what_operators_did_before_it_was_an_event_becomes_one(test: TestDb) {
        let first = first_of(&MIGRATIONS);
        test.db.migrate(&[first], |_| ()).await.unwrap();
        change(&test.db, OLD_OPERATION).await;
        test.db.migrate(&[&MIGRATIONS], |_| ()).await.unwrap();
        let [event] = &log(&test.db).await[..] else { panic!("one event") };
        let acted = event.decode::<OperatorActed>().unwrap().unwrap();
        assert_eq!(acted.operation_id.to_string(), "0199a1b2-0000-7000-8000-000000000001");
        assert_eq!((acted.operator.as_str(), acted.action), ("ada", OperatorAction::Discard));
        assert_eq!((acted.subject.as_str(), acted.position), ("tests.probe", Some(7)));
        assert_eq!(event.aggregate_id, acted.operation_id.to_string());
        assert_eq!(event.occurred_at.to_rfc3339(), "2026-01-05T09:00:00+00:00");
    }
}
