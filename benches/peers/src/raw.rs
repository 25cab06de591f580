//! The engine itself: a row in a table with the indexes that a log needs.

use std::ops::Range;

use async_trait::async_trait;
use chrono::Utc;
use sqlx::{PgPool, Postgres, postgres::PgArguments, query::Query, types::Json};
use uuid::Uuid;

use crate::{
    event::{Change, fresh},
    store::{Following, Seen, Store},
};

const TABLE: &str = "CREATE TABLE raw_log (
      position bigserial PRIMARY KEY, id uuid NOT NULL, event_type text NOT NULL, aggregate_type text NOT NULL,
      aggregate_id text NOT NULL, workspace_id uuid, data jsonb NOT NULL, occurred_at timestamptz NOT NULL);
    CREATE INDEX ON raw_log (id);
    CREATE INDEX ON raw_log (aggregate_type, aggregate_id, position);
    CREATE INDEX ON raw_log (event_type, position);
    CREATE INDEX ON raw_log (workspace_id, position)";
const INSERT: &str =
    "INSERT INTO raw_log (id, event_type, aggregate_type, aggregate_id, workspace_id, data, occurred_at)
    VALUES ($1, 'documents.title_changed', 'document', $2, $3, $4, $5)";
const INSERT_MANY: &str =
    "INSERT INTO raw_log (id, event_type, aggregate_type, aggregate_id, workspace_id, data, occurred_at)
    SELECT id, 'documents.title_changed', 'document', $2, $3, data::jsonb, $5
    FROM unnest($1::uuid[], $4::text[]) AS events (id, data)";
const READ: &str =
    "SELECT position, data FROM raw_log WHERE position > $1 ORDER BY position LIMIT 1000";

/// Rows by hand; within a transaction of more than one round trip, or without.
#[derive(Debug)]
pub(crate) struct Raw {
    pool: PgPool,
    in_transaction: bool,
}

impl Raw {
    pub(crate) async fn on(pool: PgPool, in_transaction: bool) -> anyhow::Result<Self> {
        sqlx::raw_sql(TABLE).execute(&pool).await?;
        Ok(Self { pool, in_transaction })
    }
}

/// One row as it is, and many from arrays.
fn insert(numbers: Range<u64>) -> anyhow::Result<Query<'static, Postgres, PgArguments>> {
    let (document, workspace) = (fresh().to_string(), Uuid::from_u128(2));
    if numbers.end - numbers.start == 1 {
        let change = Json(Change::new(numbers.start));
        let insert = sqlx::query(INSERT).bind(fresh()).bind(document).bind(workspace);
        return Ok(insert.bind(change).bind(Utc::now()));
    }
    let ids: Vec<Uuid> = numbers.clone().map(|_| fresh()).collect();
    let data = numbers.map(|number| serde_json::to_string(&Change::new(number)));
    let data: Vec<String> = data.collect::<serde_json::Result<_>>()?;
    let insert = sqlx::query(INSERT_MANY).bind(ids).bind(document).bind(workspace);
    Ok(insert.bind(data).bind(Utc::now()))
}

#[async_trait]
impl Store for Raw {
    fn name(&self) -> &'static str {
        if self.in_transaction { "BEGIN; INSERT; COMMIT" } else { "INSERT" }
    }

    async fn append(&self, numbers: Range<u64>) -> anyhow::Result<()> {
        let insert = insert(numbers)?;
        if self.in_transaction {
            let mut tx = self.pool.begin().await?;
            insert.execute(&mut *tx).await?;
            tx.commit().await?;
        } else {
            insert.execute(&self.pool).await?;
        }
        Ok(())
    }

    async fn follow(&self, _: Seen) -> anyhow::Result<Option<Box<dyn Following>>> {
        Ok(None)
    }

    async fn replay(&self, seen: Seen) -> anyhow::Result<bool> {
        let mut after = 0_i64;
        loop {
            let read: Vec<(i64, Json<Change>)> =
                sqlx::query_as(READ).bind(after).fetch_all(&self.pool).await?;
            let Some((last, _)) = read.last() else { return Ok(true) };
            after = *last;
            for (_, Json(change)) in read {
                seen.note(change.number);
            }
        }
    }
}
