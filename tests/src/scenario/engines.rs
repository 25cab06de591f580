//! The same scenario on SQLite and on PostgreSQL.

use perme8::MIGRATIONS;
use perme8_events::testing::TestDb;

use super::Scenario;

/// Connections of what a test itself asks of its database; the host has its own.
const CONNECTIONS: u32 = 2;

async fn play(test: TestDb, story: impl AsyncFnOnce(&mut Scenario)) {
    // A host and whoever asks it are too much for one stack.
    Box::pin(test.run(async |test| {
        let mut scenario = Scenario::start(test).await;
        story(&mut scenario).await;
        scenario.finish().await;
    }))
    .await;
}

/// Plays a story on a SQLite file of its own.
pub async fn on_sqlite(story: impl AsyncFnOnce(&mut Scenario)) {
    play(TestDb::sqlite(MIGRATIONS).await, story).await;
}

/// Plays a story on a PostgreSQL database of its own, where tests have a server.
pub async fn on_postgres(story: impl AsyncFnOnce(&mut Scenario)) {
    if let Some(test) = TestDb::postgres(CONNECTIONS, MIGRATIONS).await {
        play(test, story).await;
    }
}

/// Declares scenarios, each of which becomes a module with the tests `sqlite` and `postgres`.
///
/// ```text
/// on_both_engines! {
///     async fn whoever_registers_must_confirm(scenario: &mut Scenario) {
///         …
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_both_engines {
    ($(
        $(#[$meta:meta])*
        async fn $name:ident($scenario:ident: &mut Scenario $(,)?) $body:block
    )*) => {
        $(
            $(#[$meta])*
            mod $name {
                use super::*;

                async fn story($scenario: &mut $crate::Scenario) $body

                #[tokio::test]
                async fn sqlite() {
                    $crate::on_sqlite(story).await;
                }

                #[tokio::test]
                async fn postgres() {
                    $crate::on_postgres(story).await;
                }
            }
        )*
    };
}
