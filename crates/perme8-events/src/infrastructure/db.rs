//! A database on either engine: opening it, and refusing what is none of ours.

use std::{fmt, fs::File, io::Read as _, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    ConnectOptions as _, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::watch;

use crate::{
    application::clock::{Clock, SystemClock},
    infrastructure::sql::{Query, Stmt, Target},
};

/// Where a database is: `sqlite:<path>` or `postgres://…`.
///
/// Shows no password, neither in `Display` nor in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// An embedded SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL server, by its connection URL.
    Postgres(String),
}

/// A text is not the URL of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Neither engine.
    #[error("expected sqlite:<path> or postgres://<user>@<host>/<database>")]
    Unknown,
    /// Each connection would have a database of its own.
    #[error(
        "an in-memory SQLite database cannot be shared by connections: give a path, e.g. sqlite:./data/perme8.db"
    )]
    InMemory,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").ok_or(DatabaseUrlError::Unknown)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        match path {
            "" | ":memory:" => Err(DatabaseUrlError::InMemory),
            path => Ok(Self::Sqlite(path.into())),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                // Whatever stands between the scheme and the last @ may be a secret; what follows may hold `?password=`.
                let address = url
                    .rsplit_once('@')
                    .map_or_else(|| url.split_once("//").map_or("", |(_, a)| a), |(_, a)| a);
                write!(f, "postgres://{}", address.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// Size of the pool on PostgreSQL; dedicated connections (log reader, notifier) come on top.
    pub connections: u32,
    /// How long a transaction waits for its connection before the database counts as unavailable.
    pub acquire_timeout: Duration,
    /// SQLite only: whether a commit waits until it would survive a power failure. Without it, the last transactions
    /// before a power failure may be lost, but the file stays sound.
    pub power_safe: bool,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            acquire_timeout: Duration::from_secs(10),
            power_safe: true,
            clock: Arc::new(SystemClock),
        }
    }
}

/// Why a database was not opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder of the file could not be made.
    #[error("the folder `{}` cannot be made", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a sound SQLite database.
    #[error("`{}` is not a sound SQLite database: restore it from a backup, or name another file", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the engine says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server is too old.
    #[error("PostgreSQL {found} is too old: perme8 needs 15 or newer")]
    TooOld {
        /// What the server says it is.
        found: String,
    },
    /// The database cannot be reached.
    #[error("the database {url} cannot be opened")]
    Unreachable {
        /// Where it should be.
        url: DatabaseUrl,
        /// What the engine says.
        #[source]
        source: sqlx::Error,
    },
}

/// A database: its connections, its clock, and the signal that something was committed.
#[derive(Clone)]
pub struct Db {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<dyn Clock>,
    /// Counts the commits with events of this process; the feed waits for it.
    pub(crate) commits: Arc<watch::Sender<u64>>,
}

#[derive(Clone)]
pub(crate) enum Engine {
    /// One writer connection, which queues fairly, beside read-only ones.
    Sqlite { writer: SqlitePool, readers: SqlitePool, options: SqliteConnectOptions },
    /// The pool of transactions, beside a small one for what must not queue behind them: leases and hints.
    Postgres { pool: PgPool, side: PgPool, options: PgConnectOptions },
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Db").field(&self.engine_name()).finish()
    }
}

impl Db {
    /// Opens a database; a SQLite file that is not there is made.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; nothing was changed then.
    pub async fn open(url: &DatabaseUrl, options: DbOptions) -> Result<Self, OpenError> {
        let engine = match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path, &options).await?,
            DatabaseUrl::Postgres(text) => open_postgres(url, text, &options).await?,
        };
        Ok(Self { engine, clock: options.clock, commits: Arc::new(watch::Sender::new(0)) })
    }

    /// A query outside a transaction, on a connection that only reads.
    pub fn query(&self, stmt: &'static Stmt) -> Query<'_> {
        match &self.engine {
            Engine::Sqlite { readers, .. } => Query::new(Target::SqlitePool(readers), stmt),
            Engine::Postgres { pool, .. } => Query::new(Target::PgPool(pool), stmt),
        }
    }

    /// A single statement that changes something without an event: leases, checkpoints of idle partitions, purges.
    pub(crate) fn change(&self, stmt: &'static Stmt) -> Query<'_> {
        match &self.engine {
            Engine::Sqlite { writer, .. } => Query::new(Target::SqlitePool(writer), stmt),
            Engine::Postgres { side, .. } => Query::new(Target::PgPool(side), stmt),
        }
    }

    /// What time it is.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// `SQLite` or `PostgreSQL`.
    #[must_use]
    pub fn engine_name(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite { .. } => "SQLite",
            Engine::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Tells the feed of this process that events were committed.
    pub(crate) fn committed(&self) {
        self.commits.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Closes every connection, after what runs on them has ended.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Engine::Postgres { pool, side, .. } => {
                side.close().await;
                pool.close().await;
            }
        }
    }
}

/// Up to this size a file is checked page by page when it is opened; that takes about a second.
const CHECKED_BYTES: u64 = 256 * 1024 * 1024;

async fn open_sqlite(path: &PathBuf, options: &DbOptions) -> Result<Engine, OpenError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|source| OpenError::Folder { path: folder.into(), source })?;
    }
    let existing = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let synchronous =
        if options.power_safe { SqliteSynchronous::Full } else { SqliteSynchronous::Normal };
    let connect = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging();
    let damaged = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Damaged {
        path: path.clone(),
        source,
    };
    if existing > 0 {
        // Read-only and before anything else, so that a file which is not ours keeps every byte.
        sound(path, existing).await.map_err(damaged)?;
    }
    let pool = || {
        SqlitePoolOptions::new()
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    // A pool of one is the fair queue of writers; with more, polling writers starve each other.
    let writer = pool()
        .max_connections(1)
        .connect_with(connect.clone())
        .await
        .map_err(|source| damaged(source.into()))?;
    let readers = pool()
        .max_connections(4)
        .connect_with(connect.clone().read_only(true).create_if_missing(false))
        .await
        .map_err(|source| damaged(source.into()))?;
    Ok(Engine::Sqlite { writer, readers, options: connect })
}

/// No SQLite file is shorter.
const SMALLEST: u64 = 512;

/// The size of the pages of a SQLite file, if it is one.
fn page_size(path: &PathBuf) -> Option<u64> {
    let mut header = [0; 18];
    File::open(path).ok()?.read_exact(&mut header).ok()?;
    let size = header.strip_prefix(b"SQLite format 3\0")?;
    match u16::from_be_bytes(size.try_into().ok()?) {
        0 => None,
        // The largest size does not fit in, and is written so.
        1 => Some(65_536),
        size => Some(size.into()),
    }
}

/// Whether an existing file is a database without broken pages.
async fn sound(path: &PathBuf, bytes: u64) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // What an interrupted process left beside the file is looked at, too, but not yet written back into it.
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let left_over = std::fs::metadata(log).is_ok_and(|metadata| metadata.len() > 0);
    // The engine takes very short files for empty ones, and a page that was cut for one that ends in zeros.
    let page = page_size(path).filter(|_| bytes >= SMALLEST);
    let page = page.ok_or("the file does not begin as a SQLite database does")?;
    if !left_over && !bytes.is_multiple_of(page) {
        return Err("the file ends within a page".into());
    }
    let mut conn = SqliteConnectOptions::new()
        .filename(path)
        .read_only(left_over)
        .busy_timeout(Duration::from_secs(5))
        .connect()
        .await?;
    let check = if bytes <= CHECKED_BYTES {
        "PRAGMA quick_check(1)"
    } else {
        "SELECT 'ok' FROM sqlite_master LIMIT 1"
    };
    let verdict = sqlx::query_scalar(check).fetch_optional(&mut conn).await;
    // Closed whatever the verdict is, so that nothing stays beside a file that is refused.
    sqlx::Connection::close(conn).await?;
    match verdict? {
        Some(text) if text != "ok" => Err(String::into(text)),
        _ => Ok(()),
    }
}

async fn open_postgres(
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
        .connect_with(connect.clone())
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
        .connect_lazy_with(connect.clone());
    Ok(Engine::Postgres { pool, side, options: connect })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_show_no_password() {
        let url: DatabaseUrl =
            "postgres://ada:s3cret@db.example:5432/perme8?password=x".parse().unwrap();
        assert_eq!(
            format!("{url} {url:?}"),
            "postgres://db.example:5432/perme8 DatabaseUrl(postgres://db.example:5432/perme8)"
        );
        let url: DatabaseUrl = "sqlite://./data/perme8.db".parse().unwrap();
        assert_eq!(url.to_string(), "sqlite:./data/perme8.db");
    }

    #[test]
    fn what_names_no_database_is_refused() {
        assert_eq!("mysql://x".parse::<DatabaseUrl>(), Err(DatabaseUrlError::Unknown));
        assert_eq!("sqlite::memory:".parse::<DatabaseUrl>(), Err(DatabaseUrlError::InMemory));
    }
}
