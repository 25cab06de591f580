//! Looking for bytes in a database, wherever they may be.
//!
//! Of SQLite, every byte of the file and of the log of writes beside it. Of PostgreSQL, every column of every row as its own bytes:
//! the files of a server hold also what rows were before they were changed, until something is written over it, which is no business
//! of ours but of whoever runs the server (`docs/operations.md`).

use perme8_events::{sql::DatabaseUrl, testing::TestDb};
use sqlx::{Connection as _, PgConnection, Row as _};

/// What stands in a database.
pub(crate) struct Scan(Vec<Vec<u8>>);

impl Scan {
    /// Everything that is there now.
    pub(crate) async fn of(test: &TestDb) -> Self {
        match &test.url {
            DatabaseUrl::Sqlite(path) => {
                let mut files = Vec::new();
                for end in ["", "-wal"] {
                    let mut path = path.clone().into_os_string();
                    path.push(end);
                    // There is no log of writes after it was taken over for the last time.
                    files.extend(std::fs::read(path));
                }
                assert!(files.first().is_some_and(|file| file.starts_with(b"SQLite format 3")));
                Self(files)
            }
            DatabaseUrl::Postgres(url) => Self(rows(url).await),
        }
    }

    /// Whether these bytes are somewhere.
    pub(crate) fn holds(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|part| part.windows(bytes.len()).any(|window| window == bytes))
    }
}

/// Every value of every row of every table: texts as they are, and bytes.
async fn rows(url: &str) -> Vec<Vec<u8>> {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT c.table_name::text, c.column_name::text, c.data_type::text
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
         WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert!(
        columns
            .iter()
            .any(|(table, column, _)| (table.as_str(), column.as_str()) == ("event_log", "sealed"))
    );
    let mut values = Vec::new();
    for (table, column, kind) in columns {
        let value = if kind == "bytea" {
            format!("\"{column}\"")
        } else {
            format!("convert_to(\"{column}\"::text, 'UTF8')")
        };
        let all = format!("SELECT {value} FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
        for row in sqlx::query(sqlx::AssertSqlSafe(all)).fetch_all(&mut conn).await.unwrap() {
            values.push(row.get::<Vec<u8>, _>(0));
        }
    }
    conn.close().await.unwrap();
    values
}
