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

/// Promises that the engine means to answer as the check says, whatever it has seen of the tables before: nothing, a few rows of
/// the same workspace, or a few elsewhere.
macro_rules! planned_alike {
    ($name:ident: $check:ident) => {
        perme8_events::testing::on_both_engines! {
            migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

            async fn $name(test: TestDb) {
                $check(&test.db).await;
            }

            async fn they_are_so_when_the_engine_knows_of_few(test: TestDb) {
                crate::testing::look_at_few(&test.db, crate::testing::COMPANY).await;
                $check(&test.db).await;
            }

            async fn they_are_so_when_the_engine_knows_of_few_elsewhere(test: TestDb) {
                crate::testing::look_at_few(&test.db, crate::testing::ELSEWHERE).await;
                $check(&test.db).await;
            }
        }
    };
}

pub(crate) use planned_alike;
