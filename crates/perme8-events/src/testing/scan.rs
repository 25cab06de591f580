//! Looking for bytes in a database, wherever they may be.
//!
//! Of SQLite, every page of the file and of the log of writes beside it, whatever a page is used for. Of PostgreSQL, every column
//! of every row as its own bytes: the files of a server hold also what rows were before they were changed, until something is
//! written over it, which is no business of ours but of whoever runs the server (`docs/operations.md`).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, Row as _,
    sqlite::SqliteConnectOptions,
};

use crate::{infrastructure::db::DatabaseUrl, testing::TestDb};

/// So many bytes stand before the first frame of the log of writes, and before the page in each frame.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What stands in a database, piece by piece, each with the name of its table.
///
/// On SQLite that is the table to which a page belongs now. Whoever wants to know of the log of writes, too, what it was before
/// has that emptied first ([`Db::scrub_keys`](crate::sql::Db::scrub_keys)).
pub struct Scan(Vec<(String, Vec<u8>)>);

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan").field("pieces", &self.0.len()).finish()
    }
}

impl Scan {
    /// Where pages stand that belong to no table: they were given back, and wait to be used again.
    pub const GIVEN_BACK: &'static str = "(pages given back)";

    /// Everything that is there now.
    ///
    /// # Panics
    ///
    /// The database cannot be read.
    pub async fn of(test: &TestDb) -> Self {
        Self(match &test.url {
            DatabaseUrl::Sqlite(path) => pages(path).await,
            DatabaseUrl::Postgres(url) => rows(url).await,
        })
    }

    /// The tables in which these bytes stand.
    #[must_use]
    pub fn places(&self, bytes: &[u8]) -> BTreeSet<&str> {
        let holds = |piece: &[u8]| piece.windows(bytes.len()).any(|window| window == bytes);
        let found = self.0.iter().filter(|(_, piece)| holds(piece));
        found.map(|(table, _)| table.as_str()).collect()
    }

    /// Whether these bytes are somewhere.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        !self.places(bytes).is_empty()
    }
}

/// Every page of a file and of its log of writes.
async fn pages(path: &Path) -> Vec<(String, Vec<u8>)> {
    let options = SqliteConnectOptions::new().filename(path);
    let mut conn = options.connect().await.expect("the migrated database opens");
    let size: i64 = sqlx::query_scalar("PRAGMA page_size")
        .fetch_one(&mut conn)
        .await
        .expect("a file has pages of a size");
    let tables: Vec<(i64, String)> = sqlx::query_as(
        "SELECT s.pageno, coalesce(m.tbl_name, s.name) FROM dbstat s LEFT JOIN sqlite_schema m ON m.name = s.name",
    )
    .fetch_all(&mut conn)
    .await
    .expect("the engine tells what its pages are used for");
    conn.close().await.expect("the connection closes");
    let tables: BTreeMap<i64, String> = tables.into_iter().collect();
    let size = usize::try_from(size).expect("a page fits into memory");

    let file = std::fs::read(path).expect("the file is readable");
    assert!(file.starts_with(b"SQLite format 3"), "{} is no database", path.display());
    let of_file = (1_i64..).zip(file.chunks(size));
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    // There is none after it was taken over for the last time.
    let log = std::fs::read(log).unwrap_or_default();
    let frames = log.get(LOG_HEADER..).unwrap_or_default().chunks(FRAME_HEADER + size);
    let of_log = frames.filter_map(|frame| {
        let (number, _) = frame.split_first_chunk()?;
        Some((i64::from(u32::from_be_bytes(*number)), frame))
    });
    let named = |(number, bytes): (i64, &[u8])| {
        let table = tables.get(&number).map_or(Scan::GIVEN_BACK, String::as_str);
        (table.to_owned(), bytes.to_vec())
    };
    of_file.chain(of_log).map(named).collect()
}

/// Every value of every row of every table: texts as they are, and bytes.
async fn rows(url: &str) -> Vec<(String, Vec<u8>)> {
    let mut conn = PgConnection::connect(url).await.expect("the server answers");
    let columns: Vec<(String, String, String, String)> = sqlx::query_as(
        "SELECT c.table_schema::text, c.table_name::text, c.column_name::text, c.data_type::text
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&mut conn)
    .await
    .expect("the columns are readable");
    let is_sealed = |table: &str, column: &str| (table, column) == ("event_log", "sealed");
    assert!(columns.iter().any(|(_, table, column, _)| is_sealed(table, column)), "{columns:?}");
    let mut values = Vec::new();
    for (schema, table, column, kind) in columns {
        let value = if kind == "bytea" {
            format!("\"{column}\"")
        } else {
            format!("convert_to(\"{column}\"::text, 'UTF8')")
        };
        let all =
            format!("SELECT {value} FROM \"{schema}\".\"{table}\" WHERE \"{column}\" IS NOT NULL");
        let rows = sqlx::query(AssertSqlSafe(all)).fetch_all(&mut conn).await;
        for row in rows.expect("the rows are readable") {
            values.push((table.clone(), row.get::<Vec<u8>, _>(0)));
        }
    }
    conn.close().await.expect("the connection closes");
    values
}
