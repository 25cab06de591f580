//! The same test on SQLite and on PostgreSQL, each with a database of its own.

use std::{io::Write as _, panic::AssertUnwindSafe, path::Path, sync::Arc};

use futures_util::FutureExt as _;
use uuid::Uuid;

use crate::{
    application::clock::Clock,
    infrastructure::{
        db::{DatabaseUrl, Db, DbOptions},
        migrations::Migrations,
    },
    testing::{ManualClock, template},
};

/// A fresh, migrated database with a manual clock; gone when the test is.
#[derive(Debug)]
pub struct TestDb {
    /// The database.
    pub db: Db,
    /// Where it is, for further connections and processes.
    pub url: DatabaseUrl,
    /// Its clock.
    pub clock: ManualClock,
    folder: Option<tempfile::TempDir>,
}

/// The environment variable that says where tests find a PostgreSQL server: the URL of a maintenance database, for a user
/// who may create databases.
pub const SERVER: &str = "PERME8_TEST_POSTGRES";

fn options(clock: &ManualClock, connections: u32) -> DbOptions {
    DbOptions { clock: Arc::new(clock.clone()), connections, ..DbOptions::default() }
}

async fn opened(url: DatabaseUrl, connections: u32) -> TestDb {
    let clock = ManualClock::monday_morning();
    let db = Db::open(&url, options(&clock, connections)).await.expect("a fresh database opens");
    TestDb { db, url, clock, folder: None }
}

impl TestDb {
    /// A fresh SQLite file.
    ///
    /// # Panics
    ///
    /// There is no room for it.
    pub async fn sqlite(all: &[&'static Migrations]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        template::copy_file(folder.path(), "test.db", all).await;
        let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
        Self { folder: Some(folder), ..opened(url, 0).await }
    }

    /// A fresh PostgreSQL database with a pool of this size; none when no server is named.
    ///
    /// # Panics
    ///
    /// The server cannot be reached, or none is named although `CI` is `true`.
    pub async fn postgres(connections: u32, all: &[&'static Migrations]) -> Option<Self> {
        let server = postgres_server()?;
        let name = fresh_name();
        template::copy(&server, &name, all).await;
        Some(opened(DatabaseUrl::Postgres(with_database(&server, &name)), connections).await)
    }

    /// The same database, seen with another clock, e.g. the real one.
    #[must_use]
    pub fn db_at(&self, clock: Arc<dyn Clock>) -> Db {
        Db { clock, ..self.db.clone() }
    }

    /// The folder of the SQLite file.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(tempfile::TempDir::path)
    }

    async fn remove(self) {
        self.db.close().await;
        if let DatabaseUrl::Postgres(url) = &self.url
            && let Some(server) = postgres_server()
        {
            let name = url.rsplit('/').next().unwrap_or_default();
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            let mut admin = template::connect(&server).await;
            template::run(&mut admin, &drop).await.expect("whoever made a database may drop it");
        }
    }

    /// Runs a test body, gives what it gives, and removes the database also when the body panics.
    ///
    /// # Panics
    ///
    /// When `body` does.
    pub async fn run<R>(self, body: impl AsyncFnOnce(Self) -> R) -> R {
        let keep = Self {
            db: self.db.clone(),
            url: self.url.clone(),
            clock: self.clock.clone(),
            folder: None,
        };
        let result = AssertUnwindSafe(body(self)).catch_unwind().await;
        keep.remove().await;
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Where PostgreSQL is, or a loud line that its half of the test is left out.
fn postgres_server() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by their environment")]
    let (server, ci) =
        (std::env::var(SERVER).ok(), std::env::var("CI").is_ok_and(|ci| ci == "true"));
    if server.is_none() {
        assert!(
            !ci,
            "{SERVER} is not set: run the tests with `cargo xtask test`, which starts a server"
        );
        let line = format!(
            "LEFT OUT: the PostgreSQL half of this test, because {SERVER} is not set (cargo xtask test)\n"
        );
        std::io::stderr().write_all(line.as_bytes()).expect("stderr takes a line");
    }
    server
}

/// The URL of another database on the same server.
pub(super) fn with_database(server: &str, name: &str) -> String {
    let (address, _) =
        server.rsplit_once('/').expect("the server URL names a maintenance database");
    format!("{address}/{name}")
}

/// A name that no database has.
#[expect(clippy::disallowed_methods, reason = "the name of a database is no id of the domain")]
pub(super) fn fresh_name() -> String {
    format!("test_{}", Uuid::new_v4().simple())
}

/// Declares tests that run on SQLite and on PostgreSQL.
///
/// ```text
/// on_both_engines! {
///     migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS];
///
///     async fn members_are_not_invited_again(test: TestDb) {
///         let identity = Identity::new(test.db.clone());
///         …
///     }
/// }
/// ```
///
/// Each function becomes a module with the tests `sqlite` and `postgres`.
#[macro_export]
macro_rules! on_both_engines {
    (
        migrations: $migrations:tt;
        $($(#[$meta:meta])* async fn $name:ident($test:ident: TestDb) $body:block)*
    ) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;

                async fn body($test: $crate::testing::TestDb) $body

                #[tokio::test]
                async fn sqlite() {
                    $crate::testing::TestDb::sqlite(&$migrations).await.run(body).await;
                }

                #[tokio::test]
                async fn postgres() {
                    if let Some(test) = $crate::testing::TestDb::postgres(5, &$migrations).await {
                        test.run(body).await;
                    }
                }
            }
        )*
    };
}
