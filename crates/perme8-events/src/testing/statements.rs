//! Whether every registered statement is one that the engine understands.

use std::fmt::Write as _;

use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqlSafeStr as _,
    sqlite::SqliteConnectOptions,
};

use crate::infrastructure::{db::DatabaseUrl, sql::STATEMENTS};

/// Prepares all statements of the linked crates on a migrated database, and says how many there are.
///
/// On a connection of its own, because statements that were only prepared would stay in the cache of a pool.
///
/// # Panics
///
/// The database cannot be reached, or refuses a statement; the message names each of them by file and line.
pub async fn check_statements(url: &DatabaseUrl) -> usize {
    let mut refused = String::new();
    let mut note = |at: &str, result: Result<(), sqlx::Error>| {
        if let Err(error) = result {
            writeln!(refused, "  {at}: {error}").expect("a String takes everything");
        }
    };
    match url {
        DatabaseUrl::Sqlite(path) => {
            let options = SqliteConnectOptions::new().filename(path);
            let mut conn = options.connect().await.expect("the migrated database opens");
            for stmt in &*STATEMENTS {
                note(stmt.at, conn.prepare(stmt.sqlite.into_sql_str()).await.map(drop));
            }
            conn.close().await.expect("the connection closes");
        }
        DatabaseUrl::Postgres(address) => {
            let mut conn = PgConnection::connect(address).await.expect("the server answers");
            for stmt in &*STATEMENTS {
                note(stmt.at, conn.prepare(stmt.postgres.into_sql_str()).await.map(drop));
            }
            conn.close().await.expect("the connection closes");
        }
    }
    assert!(refused.is_empty(), "{url} refuses statements:\n{refused}");
    STATEMENTS.len()
}
