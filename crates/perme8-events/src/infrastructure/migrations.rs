//! Bringing a database to the schema of the running program, and refusing what the program does not know.

use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    migrate::{Migrate, MigrateError, Migrator},
};

use crate::{
    domain::error::StorageError,
    infrastructure::{
        db::{Db, Engine},
        sql::{Query, Stmt, Target},
    },
    sql,
};

/// The migrations of one context: the same versions for both engines, counted in a table of the context's own.
#[derive(Debug)]
pub struct Migrations {
    /// The context, which is also the prefix of its tables.
    pub context: &'static str,
    /// For SQLite.
    pub sqlite: Migrator,
    /// For PostgreSQL.
    pub postgres: Migrator,
}

/// The migrations in the two folders named, relative to the crate.
///
/// `migrations!("identity", sqlite: "../../migrations/identity/sqlite", postgres: "../../migrations/identity/postgres")`
#[macro_export]
macro_rules! migrations {
    ($context:literal, sqlite: $sqlite:literal, postgres: $postgres:literal) => {
        $crate::sql::Migrations {
            context: $context,
            sqlite: ::sqlx::migrate::Migrator {
                table_name: ::std::borrow::Cow::Borrowed(concat!($context, "_migrations")),
                ..::sqlx::migrate!($sqlite)
            },
            postgres: ::sqlx::migrate::Migrator {
                table_name: ::std::borrow::Cow::Borrowed(concat!($context, "_migrations")),
                ..::sqlx::migrate!($postgres)
            },
        }
    };
}

/// The migrations of the event core.
pub static MIGRATIONS: Migrations = migrations!(
    "event",
    sqlite: "../../migrations/event/sqlite",
    postgres: "../../migrations/event/postgres"
);

/// A migration that was just applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Whose it is.
    pub context: &'static str,
    /// Its number.
    pub version: i64,
    /// What it does.
    pub description: String,
}

/// Why a database was not migrated. Nothing was changed unless [`MigrationError::Failed`] says so.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A newer program was here before.
    #[error(
        "the database is newer than this program: `{context}` is at migration {found}, this program knows {known}; \
         run the newer program, or restore a backup"
    )]
    Newer {
        /// Whose migration.
        context: &'static str,
        /// The highest version in the database.
        found: i64,
        /// The highest version that this program knows.
        known: i64,
    },
    /// A migration was edited after it had been applied.
    #[error(
        "migration {version} of `{context}` differs from the one that was applied to this database; nothing was changed"
    )]
    Edited {
        /// Whose migration.
        context: &'static str,
        /// Its number.
        version: i64,
    },
    /// Tables without a record of how they came about, or a migration that stopped half-way.
    #[error(
        "the database is half-written: `{context}` has tables but no complete record of its migrations; \
         restore a backup, or start with an empty database"
    )]
    HalfWritten {
        /// Whose tables.
        context: &'static str,
    },
    /// A migration failed; it was rolled back, those before it stay.
    #[error("migration {version} of `{context}` failed and was rolled back")]
    Failed {
        /// Whose migration.
        context: &'static str,
        /// Its number.
        version: i64,
        /// Why.
        #[source]
        source: MigrateError,
    },
    /// The state of the database could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<MigrateError> for StorageError {
    fn from(error: MigrateError) -> Self {
        if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
            return error.into();
        }
        Self::new(error)
    }
}

impl Db {
    /// Applies what is missing, context by context, and tells `progress` of each migration.
    ///
    /// Every context is examined before the first is changed, so a database that one of them refuses stays as it is.
    ///
    /// # Errors
    ///
    /// [`MigrationError`] when the database is newer, edited or half-written, or a migration fails.
    pub async fn migrate(
        &self,
        all: &[&'static Migrations],
        mut progress: impl FnMut(Applied),
    ) -> Result<(), MigrationError> {
        match &*self.engine {
            Engine::Sqlite { writer, .. } => {
                // The engine has no lock beside that of a transaction, which keeps other processes out from the first look
                // on. Each migration is a savepoint in it, so that those before a failed one stay here, too.
                let begun = writer.begin_with("BEGIN IMMEDIATE").await;
                let mut tx = begun.map_err(StorageError::from)?;
                let done = migrate(&mut *tx, all, &mut progress).await;
                tx.commit().await.map_err(StorageError::from)?;
                done
            }
            Engine::Postgres { options, .. } => {
                let mut conn = options.connect().await.map_err(StorageError::from)?;
                let done = migrate(&mut conn, all, &mut progress).await;
                conn.close().await.map_err(StorageError::from)?;
                done
            }
        }
    }

    /// The migrations that are not applied yet, without applying them.
    ///
    /// # Errors
    ///
    /// [`MigrationError`] when the database is newer, edited or half-written.
    pub async fn pending_migrations(
        &self,
        all: &[&'static Migrations],
    ) -> Result<Vec<Applied>, MigrationError> {
        let mut pending = Vec::new();
        for migrations in all {
            let missing = match &*self.engine {
                Engine::Sqlite { readers, .. } => {
                    let mut conn = readers.acquire().await.map_err(StorageError::from)?;
                    missing(&mut *conn, migrations).await?
                }
                Engine::Postgres { pool, .. } => {
                    let mut conn = pool.acquire().await.map_err(StorageError::from)?;
                    missing(&mut *conn, migrations).await?
                }
            };
            pending.extend(missing);
        }
        Ok(pending)
    }
}

/// A connection that migrates, and knows of which engine it is.
trait Speaks: Migrate {
    fn migrator(migrations: &'static Migrations) -> &'static Migrator;
    fn query(&mut self, stmt: &'static Stmt) -> Query<'_>;
}

impl Speaks for SqliteConnection {
    fn migrator(migrations: &'static Migrations) -> &'static Migrator {
        &migrations.sqlite
    }

    fn query(&mut self, stmt: &'static Stmt) -> Query<'_> {
        Query::new(Target::Sqlite(self), stmt)
    }
}

impl Speaks for PgConnection {
    fn migrator(migrations: &'static Migrations) -> &'static Migrator {
        &migrations.postgres
    }

    fn query(&mut self, stmt: &'static Stmt) -> Query<'_> {
        Query::new(Target::Pg(self), stmt)
    }
}

async fn migrate<C: Speaks + Send>(
    conn: &mut C,
    all: &[&'static Migrations],
    progress: &mut impl FnMut(Applied),
) -> Result<(), MigrationError> {
    conn.lock().await.map_err(StorageError::from)?;
    let done = locked(conn, all, progress).await;
    conn.unlock().await.map_err(StorageError::from)?;
    done
}

async fn locked<C: Speaks + Send>(
    conn: &mut C,
    all: &[&'static Migrations],
    progress: &mut impl FnMut(Applied),
) -> Result<(), MigrationError> {
    let mut plan = Vec::new();
    for migrations in all {
        plan.push((*migrations, missing(conn, migrations).await?));
    }
    for (migrations, missing) in plan {
        let context = migrations.context;
        let migrator = C::migrator(migrations);
        if !missing.is_empty() {
            conn.ensure_migrations_table(&migrator.table_name).await.map_err(StorageError::from)?;
        }
        for applied in missing {
            let migration = migrator.iter().find(|m| m.version == applied.version);
            let migration = migration.expect("what is missing comes from the migrator");
            conn.apply(&migrator.table_name, migration).await.map_err(|source| {
                MigrationError::Failed { context, version: applied.version, source }
            })?;
            progress(applied);
        }
    }
    Ok(())
}

/// What is missing of one context; an error when the database is not an earlier state of it.
async fn missing<C: Speaks + Send>(
    conn: &mut C,
    migrations: &'static Migrations,
) -> Result<Vec<Applied>, MigrationError> {
    let context = migrations.context;
    let migrator = C::migrator(migrations);
    let (tables, recorded) = tables(conn, context).await?;
    if !recorded {
        if tables > 0 {
            return Err(MigrationError::HalfWritten { context });
        }
        return Ok(migrator.iter().map(|m| applied(context, m)).collect());
    }
    if conn.dirty_version(&migrator.table_name).await.map_err(StorageError::from)?.is_some() {
        return Err(MigrationError::HalfWritten { context });
    }
    let done =
        conn.list_applied_migrations(&migrator.table_name).await.map_err(StorageError::from)?;
    if done.is_empty() && tables > 1 {
        return Err(MigrationError::HalfWritten { context });
    }
    let known = migrator.iter().map(|m| m.version).max().unwrap_or_default();
    for row in &done {
        match migrator.iter().find(|m| m.version == row.version) {
            None => return Err(MigrationError::Newer { context, found: row.version, known }),
            Some(m) if m.checksum != row.checksum => {
                return Err(MigrationError::Edited { context, version: row.version });
            }
            Some(_) => {}
        }
    }
    let open = migrator.iter().filter(|m| done.iter().all(|row| row.version != m.version));
    Ok(open.map(|m| applied(context, m)).collect())
}

fn applied(context: &'static str, migration: &sqlx::migrate::Migration) -> Applied {
    Applied { context, version: migration.version, description: migration.description.to_string() }
}

/// How many tables start with `{context}_`, and whether the record of its migrations is among them.
async fn tables<C: Speaks + Send>(
    conn: &mut C,
    context: &str,
) -> Result<(usize, bool), StorageError> {
    let stmt = sql!(
        sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, length($1)) = $1",
        postgres: "SELECT table_name::text FROM information_schema.tables
                   WHERE table_schema = current_schema() AND substr(table_name, 1, length($1)) = $1"
    );
    let names: Vec<(String,)> = conn.query(stmt).bind(format!("{context}_")).all().await?;
    let record = format!("{context}_migrations");
    Ok((names.len(), names.iter().any(|(name,)| *name == record)))
}
