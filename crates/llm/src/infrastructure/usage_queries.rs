//! What the accounts say.

use perme8_events::{StorageError, sql, sql::Db};
use sqlx::FromRow;

use crate::application::read_models::{ModelUsage, UsageFilter};

#[derive(FromRow)]
struct UsageRow {
    model: String,
    purpose: String,
    calls: i64,
    running: i64,
    cancelled: i64,
    failed: i64,
    estimated: i64,
    prompt_tokens: i64,
    completion_tokens: i64,
    cost: Option<i64>,
}

impl TryFrom<UsageRow> for ModelUsage {
    type Error = StorageError;

    fn try_from(row: UsageRow) -> Result<Self, StorageError> {
        let UsageRow {
            model,
            purpose,
            calls,
            running,
            cancelled,
            failed,
            estimated,
            prompt_tokens,
            completion_tokens,
            cost,
        } = row;
        Ok(Self {
            model: model.parse().map_err(StorageError::new)?,
            purpose,
            calls: calls.cast_unsigned(),
            running: running.cast_unsigned(),
            cancelled: cancelled.cast_unsigned(),
            failed: failed.cast_unsigned(),
            estimated: estimated.cast_unsigned(),
            prompt_tokens: prompt_tokens.cast_unsigned(),
            completion_tokens: completion_tokens.cast_unsigned(),
            cost_nanos: cost.map(i64::cast_unsigned),
        })
    }
}

/// By model and purpose, in order.
pub(crate) async fn usage(db: &Db, filter: &UsageFilter) -> Result<Vec<ModelUsage>, StorageError> {
    let UsageFilter { user_id, workspace_id, since } = *filter;
    let query = db.query(sql!(
        sqlite: "SELECT model, purpose, count(*) AS calls,
                        count(*) FILTER (WHERE status = 'running') AS running,
                        count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
                        count(*) FILTER (WHERE status IN ('failed', 'abandoned')) AS failed,
                        count(*) FILTER (WHERE is_estimated) AS estimated,
                        CAST(sum(prompt_tokens) AS INTEGER) AS prompt_tokens,
                        CAST(sum(completion_tokens) AS INTEGER) AS completion_tokens,
                        CAST(sum(cost) AS INTEGER) AS cost
                 FROM llm_calls
                 WHERE ($1 IS NULL OR user_id = $1) AND ($2 IS NULL OR workspace_id = $2)
                   AND ($3 IS NULL OR started_at >= $3)
                 GROUP BY model, purpose ORDER BY model, purpose",
        postgres: "SELECT model, purpose, count(*) AS calls,
                          count(*) FILTER (WHERE status = 'running') AS running,
                          count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
                          count(*) FILTER (WHERE status IN ('failed', 'abandoned')) AS failed,
                          count(*) FILTER (WHERE is_estimated) AS estimated,
                          CAST(sum(prompt_tokens) AS bigint) AS prompt_tokens,
                          CAST(sum(completion_tokens) AS bigint) AS completion_tokens,
                          CAST(sum(cost) AS bigint) AS cost
                   FROM llm_calls
                   WHERE (CAST($1 AS uuid) IS NULL OR user_id = $1)
                     AND (CAST($2 AS uuid) IS NULL OR workspace_id = $2)
                     AND (CAST($3 AS timestamptz) IS NULL OR started_at >= $3)
                   GROUP BY model, purpose ORDER BY model COLLATE \"C\", purpose COLLATE \"C\""
    ));
    let rows: Vec<UsageRow> = query.bind(user_id).bind(workspace_id).bind(since).all().await?;
    rows.into_iter().map(TryInto::try_into).collect()
}
