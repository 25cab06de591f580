//! Opening a PostgreSQL database.

use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{DatabaseUrl, DbOptions, Engine, OpenError};

/// How long a transaction on PostgreSQL may stand idle before the server ends it.
const IDLE_IN_TRANSACTION: &str = "30s";

pub(super) async fn open(
    url: &DatabaseUrl,
    text: &str,
    options: &DbOptions,
) -> Result<Engine, OpenError> {
    let unreachable = |source| OpenError::Unreachable { url: url.clone(), source };
    let connect: PgConnectOptions = text.parse().map_err(unreachable)?;
    let connect = connect.application_name("perme8").disable_statement_logging();
    // A pool would repeat a refused connection until its time-out, and then say only that.
    let first = connect.connect().await.map_err(unreachable)?;
    sqlx::Connection::close(first).await.map_err(unreachable)?;
    let pool = PgPoolOptions::new()
        .max_connections(options.connections)
        .min_connections(options.connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .connect_with(connect.clone().options([
            // What is not opened as a transaction only reads, as on SQLite.
            ("default_transaction_read_only", "on"),
            // A process that is paused within a transaction holds locks that others wait for.
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION),
        ]))
        .await
        .map_err(unreachable)?;
    let (number, found): (i32, String) = sqlx::query_as(
        "SELECT current_setting('server_version_num')::int, current_setting('server_version')",
    )
    .fetch_one(&pool)
    .await
    .map_err(unreachable)?;
    if number < 150_000 {
        return Err(OpenError::TooOld { found });
    }
    let side = PgPoolOptions::new()
        .max_connections(3)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        // A lease that somebody else holds on to is tried again with the next sign of life.
        .connect_lazy_with(connect.clone().options([("lock_timeout", "500ms")]));
    Ok(Engine::Postgres { pool, side, options: connect })
}
