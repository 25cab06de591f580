//! How an engine means to answer a statement.

use perme8_events::sql::Query;
use sqlx::FromRow;

/// A line of a plan, on either engine the last column.
struct Line(String);

impl<'r, R: sqlx::Row> FromRow<'r, R> for Line
where
    String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    usize: sqlx::ColumnIndex<R>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        row.try_get(row.len() - 1).map(Self)
    }
}

/// What the engine says to an `EXPLAIN`.
pub(crate) async fn plan(explain: Query<'_>) -> String {
    let lines: Vec<Line> = explain.all().await.unwrap();
    lines.into_iter().map(|line| line.0 + "\n").collect()
}
