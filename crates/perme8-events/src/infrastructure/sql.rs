//! One repository, two engines: statements with typed arguments, without generics in the repository.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::DeserializeOwned;
use sqlx::{
    Arguments as _, Decode, Encode, FromRow, PgPool, Postgres, Sqlite, SqlitePool, Type,
    postgres::{PgArguments, PgConnection, PgRow},
    sqlite::{SqliteArguments, SqliteConnection, SqliteRow},
};

use crate::domain::error::StorageError;

pub(crate) mod asked;
mod error;
mod id;

/// A value that both engines can bind and read; a type that only one can store does not compile.
pub trait Value:
    for<'q> Encode<'q, Sqlite>
    + for<'r> Decode<'r, Sqlite>
    + Type<Sqlite>
    + for<'q> Encode<'q, Postgres>
    + for<'r> Decode<'r, Postgres>
    + Type<Postgres>
    + Send
    + Unpin
{
}

impl<T> Value for T where
    T: for<'q> Encode<'q, Sqlite>
        + for<'r> Decode<'r, Sqlite>
        + Type<Sqlite>
        + for<'q> Encode<'q, Postgres>
        + for<'r> Decode<'r, Postgres>
        + Type<Postgres>
        + Send
        + Unpin
{
}

/// A value that both engines can bind; covers `&str`, too.
pub trait Bind<'q>:
    Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> + Send
{
}

impl<'q, T> Bind<'q> for T where
    T: Encode<'q, Sqlite> + Type<Sqlite> + Encode<'q, Postgres> + Type<Postgres> + Send
{
}

/// A row that both engines can read; `#[derive(sqlx::FromRow)]` satisfies it.
pub trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// A statement, registered by [`sql!`](crate::sql!).
#[derive(Debug)]
pub struct Stmt {
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
    /// Where it stands: file and line.
    pub at: &'static str,
}

/// Every statement of the linked crates, so that one test prepares all of them on both engines.
#[linkme::distributed_slice]
pub static STATEMENTS: [Stmt];

/// A statement for both engines: `sql!("…")`, or `sql!(sqlite: "…", postgres: "…")` where they truly differ.
///
/// `$1` parameters, `RETURNING`, `ON CONFLICT`, row values and recursive CTEs work on both.
#[macro_export]
macro_rules! sql {
    (sqlite: $sqlite:expr, postgres: $postgres:expr $(,)?) => {{
        #[expect(unsafe_code, reason = "the registry puts this static into a linker section of its own")]
        #[$crate::linkme::distributed_slice($crate::sql::STATEMENTS)]
        #[linkme(crate = $crate::linkme)]
        static STMT: $crate::sql::Stmt =
            $crate::sql::Stmt { sqlite: $sqlite, postgres: $postgres, at: concat!(file!(), ":", line!()) };
        &STMT
    }};
    ($both:expr) => {
        $crate::sql!(sqlite: $both, postgres: $both)
    };
}

/// A moment within a JSON text, as SQLite keeps it where it is bound by itself, and PostgreSQL reads it, too.
#[must_use]
pub fn written_at(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, false)
}

/// Where a statement runs.
pub(crate) enum Target<'c> {
    SqlitePool(&'c SqlitePool),
    Sqlite(&'c mut SqliteConnection),
    PgPool(&'c PgPool),
    Pg(&'c mut PgConnection),
}

enum Args {
    Sqlite(SqliteArguments),
    Postgres(PgArguments),
}

/// A statement with its arguments.
#[must_use = "a query does nothing until it runs"]
pub struct Query<'c> {
    target: Target<'c>,
    stmt: &'static Stmt,
    args: Args,
    error: Option<sqlx::Error>,
}

impl std::fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments are left out on purpose: they hold secrets.
        f.debug_struct("Query").field("at", &self.stmt.at).finish_non_exhaustive()
    }
}

macro_rules! run {
    ($self:ident, $sql:ident, $args:ident => $query:expr, $fetch:ident) => {{
        let Query { target, stmt, args, error } = $self;
        if let Some(error) = error {
            return Err(error.into());
        }
        match (target, args) {
            (Target::SqlitePool(on), Args::Sqlite($args)) => {
                let $sql = stmt.sqlite;
                $query.$fetch(on).await?
            }
            (Target::Sqlite(on), Args::Sqlite($args)) => {
                let $sql = stmt.sqlite;
                $query.$fetch(on).await?
            }
            (Target::PgPool(on), Args::Postgres($args)) => {
                let $sql = stmt.postgres;
                $query.$fetch(on).await?
            }
            (Target::Pg(on), Args::Postgres($args)) => {
                let $sql = stmt.postgres;
                $query.$fetch(on).await?
            }
            _ => unreachable!("target and arguments are made together"),
        }
    }};
}

impl<'c> Query<'c> {
    pub(crate) fn new(target: Target<'c>, stmt: &'static Stmt) -> Self {
        let args = match &target {
            Target::SqlitePool(_) | Target::Sqlite(_) => Args::Sqlite(SqliteArguments::default()),
            Target::PgPool(_) | Target::Pg(_) => Args::Postgres(PgArguments::default()),
        };
        Self { target, stmt, args, error: None }
    }

    /// Binds the next of `$1`, `$2` ….
    pub fn bind<'q, T: Bind<'q>>(mut self, value: T) -> Self {
        let bound = match &mut self.args {
            Args::Sqlite(args) => args.add(value),
            Args::Postgres(args) => args.add(value),
        };
        if let Err(error) = bound {
            self.error.get_or_insert(sqlx::Error::Encode(error));
        }
        self
    }

    /// Every row.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the statement fails or a row has another shape.
    pub async fn all<T: Record>(self) -> Result<Vec<T>, StorageError> {
        Ok(run!(self, sql, args => sqlx::query_as_with::<_, T, _>(sql, args), fetch_all))
    }

    /// Every row, where there may be thousands.
    ///
    /// The statement for SQLite answers with one text: a JSON array of rows, each an array of values in the order of the fields
    /// of `T`. Otherwise each row would cross over from the thread of its connection by itself, which takes several times as
    /// long as reading it. PostgreSQL answers with rows.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the statement fails or a row has another shape.
    pub async fn packed<T: Record + DeserializeOwned>(self) -> Result<Vec<T>, StorageError> {
        match self.target {
            Target::SqlitePool(_) | Target::Sqlite(_) => {
                Ok(serde_json::from_str(&self.scalar::<String>().await?)?)
            }
            Target::PgPool(_) | Target::Pg(_) => self.all().await,
        }
    }

    /// The one row.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the statement fails, a row has another shape, or there is none.
    pub async fn one<T: Record>(self) -> Result<T, StorageError> {
        Ok(run!(self, sql, args => sqlx::query_as_with::<_, T, _>(sql, args), fetch_one))
    }

    /// The row, if there is one.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the statement fails or the row has another shape.
    pub async fn opt<T: Record>(self) -> Result<Option<T>, StorageError> {
        Ok(run!(self, sql, args => sqlx::query_as_with::<_, T, _>(sql, args), fetch_optional))
    }

    /// The one value.
    ///
    /// # Errors
    ///
    /// As [`one`](Self::one).
    pub async fn scalar<T: Value>(self) -> Result<T, StorageError>
    where
        (T,): Record,
    {
        Ok(self.one::<(T,)>().await?.0)
    }

    /// How many rows changed.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the statement fails.
    pub async fn exec(self) -> Result<u64, StorageError> {
        let Query { target, stmt, args, error } = self;
        if let Some(error) = error {
            return Err(error.into());
        }
        Ok(match (target, args) {
            (Target::SqlitePool(on), Args::Sqlite(args)) => {
                sqlx::query_with(stmt.sqlite, args).execute(on).await?.rows_affected()
            }
            (Target::Sqlite(on), Args::Sqlite(args)) => {
                sqlx::query_with(stmt.sqlite, args).execute(on).await?.rows_affected()
            }
            (Target::PgPool(on), Args::Postgres(args)) => {
                sqlx::query_with(stmt.postgres, args).execute(on).await?.rows_affected()
            }
            (Target::Pg(on), Args::Postgres(args)) => {
                sqlx::query_with(stmt.postgres, args).execute(on).await?.rows_affected()
            }
            _ => unreachable!("target and arguments are made together"),
        })
    }

    /// Writes the one row of an aggregate if it is stored at this version, and moves the version on: compare-and-set.
    ///
    /// # Errors
    ///
    /// [`StorageError::conflict`] when the row is stored at another version, or the statement fails.
    pub async fn write(self, version: &mut i64) -> Result<(), StorageError> {
        if self.exec().await? != 1 {
            return Err(StorageError::conflict());
        }
        *version += 1;
        Ok(())
    }
}
