//! The accounts of calls: `llm_calls`.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction as _, sql, sql::Tx};

use crate::{
    application::ports::Accounts,
    domain::{
        account::{Bill, deadline},
        call::{Call, CallId},
        failure::AskFailure,
        model_name::ModelName,
        told::{Ending, Usage},
    },
};

/// A number as the engines have them; a larger one is wrong anyway, and this large.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Accounts for Tx {
    async fn open_account(
        &mut self,
        call: &Call,
        model: &ModelName,
        bill: Bill,
    ) -> Result<bool, StorageError> {
        let insert = sql!(
            "INSERT INTO llm_calls
                (id, purpose, user_id, workspace_id, model, status, failure, prompt_tokens, completion_tokens,
                 is_estimated, cost, started_at, ended_at, deadline_at)
             VALUES ($1, $2, $3, $4, $5, 'running', NULL, $6, $7, $8, $9, $10, NULL, $11)
             ON CONFLICT (id) DO NOTHING"
        );
        let now = self.now();
        let Usage { prompt_tokens, completion_tokens, is_estimated } = bill.usage;
        let opened = self
            .query(insert)
            .bind(call.id)
            .bind(call.purpose.as_str())
            .bind(call.user_id)
            .bind(call.workspace_id)
            .bind(model.as_str())
            .bind(number(prompt_tokens))
            .bind(number(completion_tokens))
            .bind(is_estimated)
            .bind(bill.cost.map(number))
            .bind(now)
            .bind(deadline(now))
            .exec()
            .await?;
        Ok(opened == 1)
    }

    async fn close_account(
        &mut self,
        id: CallId,
        ending: &Ending,
        bill: Bill,
    ) -> Result<(), StorageError> {
        // What is abandoned has ended all the same, and is known better now.
        let update = sql!(
            "UPDATE llm_calls
             SET status = $2, failure = $3, prompt_tokens = $4, completion_tokens = $5, is_estimated = $6, cost = $7,
                 ended_at = $8
             WHERE id = $1 AND status IN ('running', 'abandoned')"
        );
        let now = self.now();
        let Usage { prompt_tokens, completion_tokens, is_estimated } = bill.usage;
        self.query(update)
            .bind(id)
            .bind(ending.as_str())
            .bind(ending.failure().map(AskFailure::code))
            .bind(number(prompt_tokens))
            .bind(number(completion_tokens))
            .bind(is_estimated)
            .bind(bill.cost.map(number))
            .bind(now)
            .exec()
            .await
            .map(drop)
    }

    async fn abandon_accounts(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let update = sql!(
            "UPDATE llm_calls SET status = 'abandoned', ended_at = $1
             WHERE id IN (SELECT id FROM llm_calls WHERE status = 'running' AND deadline_at <= $1
                          ORDER BY deadline_at LIMIT $2)
               AND status = 'running'"
        );
        let update = self.query(update).bind(before).bind(i64::from(limit));
        update.exec().await
    }

    async fn delete_accounts(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let delete = sql!(
            "DELETE FROM llm_calls
             WHERE id IN (SELECT id FROM llm_calls WHERE started_at < $1 ORDER BY started_at LIMIT $2)"
        );
        self.query(delete).bind(before).bind(i64::from(limit)).exec().await
    }
}
