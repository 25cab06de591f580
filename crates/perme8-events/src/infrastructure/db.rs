//! A database on either engine: opening it, and refusing what is none of ours.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use sqlx::{
    Database, PgPool, Pool, SqlitePool, postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};
use tokio::sync::watch;

use crate::{
    application::clock::{Clock, SystemClock},
    infrastructure::{
        db::lookers::Lookers,
        sealing::master::MasterKeys,
        sql::{Query, Stmt, Target},
    },
};

mod lookers;
mod postgres;
mod sqlite;
mod url;

pub use url::{DatabaseUrl, DatabaseUrlError};

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
    /// SQLite only: whether the file may hold tables of the program that embeds perme8.
    pub shared: bool,
    /// What wraps the keys by which people are sealed in the log.
    pub master_keys: MasterKeys,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            acquire_timeout: Duration::from_secs(10),
            power_safe: true,
            shared: false,
            master_keys: MasterKeys::default(),
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
    /// The file is the database of another program.
    #[error(
        "`{}` holds tables of another program: name another file, or let the host that embeds perme8 say that they share it",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The server is too old.
    #[error("PostgreSQL {found} is too old: perme8 needs 15 or newer")]
    TooOld {
        /// What the server says it is.
        found: String,
    },
    /// A proxy stands between that mixes up the sessions of its clients.
    #[error(
        "a proxy pools the transactions of {url}, and mixes up prepared statements: \
         name the server itself, or let the proxy pool sessions"
    )]
    PoolsTransactions {
        /// Where the proxy is.
        url: DatabaseUrl,
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

/// How the connections of one pool are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolStatus {
    /// What the pool is for.
    pub name: &'static str,
    /// Connections in use.
    pub busy: u32,
    /// Connections that wait to be used.
    pub idle: u32,
    /// So many there can be.
    pub most: u32,
}

/// A database: its connections, its clock, and the signal that something was committed.
#[derive(Clone)]
pub struct Db {
    /// Shared, because every transaction holds on to its database.
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) master_keys: MasterKeys,
    /// Counts the commits with events of this process; the feed waits for it.
    pub(crate) commits: Arc<watch::Sender<u64>>,
    /// Counts the commits of this process that left something to be done later; the dispatcher waits for it.
    pub(crate) later: Arc<watch::Sender<u64>>,
    /// Those who look at more than one statement shows.
    pub(crate) lookers: Lookers,
}

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
        let (engine, connections) = match url {
            DatabaseUrl::Sqlite(path) => (sqlite::open(path, &options).await?, sqlite::READERS),
            DatabaseUrl::Postgres(text) => {
                (postgres::open(url, text, &options).await?, options.connections)
            }
        };
        Ok(Self {
            engine: Arc::new(engine),
            clock: options.clock,
            master_keys: options.master_keys,
            commits: Arc::new(watch::Sender::new(0)),
            later: Arc::new(watch::Sender::new(0)),
            lookers: Lookers::at(connections, options.acquire_timeout),
        })
    }

    /// A query outside a transaction, on a connection that only reads.
    pub fn query(&self, stmt: &'static Stmt) -> Query<'_> {
        match &*self.engine {
            Engine::Sqlite { readers, .. } => Query::new(Target::SqlitePool(readers), stmt),
            Engine::Postgres { pool, .. } => Query::new(Target::PgPool(pool), stmt),
        }
    }

    /// A single statement that changes something without an event: leases, checkpoints of idle partitions, purges.
    pub(crate) fn change(&self, stmt: &'static Stmt) -> Query<'_> {
        match &*self.engine {
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
        match &*self.engine {
            Engine::Sqlite { .. } => "SQLite",
            Engine::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Tells the feed of this process that events were committed.
    pub(crate) fn committed(&self) {
        self.commits.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Tells the dispatcher of this process that there may be something to do.
    pub(crate) fn deferred(&self) {
        self.later.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The pools of connections, as they are at this moment.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolStatus> {
        fn status<D: Database>(name: &'static str, pool: &Pool<D>) -> PoolStatus {
            let (size, idle) = (pool.size(), pool.num_idle());
            let idle = u32::try_from(idle).unwrap_or(size).min(size);
            PoolStatus { name, busy: size - idle, idle, most: pool.options().get_max_connections() }
        }
        match &*self.engine {
            Engine::Sqlite { writer, readers, .. } => {
                vec![status("writer", writer), status("readers", readers)]
            }
            Engine::Postgres { pool, side, .. } => {
                vec![status("transactions", pool), status("side", side)]
            }
        }
    }

    /// Closes every connection, after what runs on them has ended.
    pub async fn close(&self) {
        match &*self.engine {
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
