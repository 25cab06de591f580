//! Opening a PostgreSQL database.

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, Row as _,
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
    if pools_transactions(&connect).await.map_err(unreachable)? {
        return Err(OpenError::PoolsTransactions { url: url.clone() });
    }
    let pool = PgPoolOptions::new()
        .max_connections(options.connections)
        .min_connections(options.connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .connect_with(connect.clone().options([
            // What is not opened as a transaction only reads, as on SQLite.
            ("default_transaction_read_only", "on"),
            // Statements here are short: to compile one takes longer than to run it.
            ("jit", "off"),
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

/// Whether a proxy stands between that gives a connection to the server to whoever has a transaction, and for that time only.
///
/// A connection that has a session keeps its process on the server. Behind such a proxy, another transaction takes it away.
async fn pools_transactions(connect: &PgConnectOptions) -> sqlx::Result<bool> {
    let mut one = connect.connect().await?;
    let mut other = connect.connect().await?;
    let before = process(&mut one).await?;
    sqlx::raw_sql("BEGIN").execute(&mut other).await?;
    process(&mut other).await?;
    let after = process(&mut one).await?;
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await?;
    one.close().await?;
    other.close().await?;
    Ok(before != after)
}

/// The number of the process that serves a connection; not asked by a prepared statement, which such a proxy would mix up.
async fn process(conn: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(conn).await?.try_get(0)
}
