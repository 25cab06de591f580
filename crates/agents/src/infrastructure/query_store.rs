//! Queries in `agents_queries`.

use chrono::{DateTime, Utc};
use perme8_events::{
    Load, StorageError, Store, UserId, sql,
    sql::{Db, Tx},
};
use uuid::Uuid;

use crate::{
    application::{clearance::Clearance, ports::Queries, query_read_models::ExportAgentQueries},
    domain::query::{AgentQueryId, Asked, Outcome, Query},
    infrastructure::query_rows::{QueryRow, select_queries, stored},
};

impl Load<Query> for Tx {
    async fn load(&mut self, id: AgentQueryId) -> Result<Option<Query>, StorageError> {
        let query = self.query(sql!(select_queries!("WHERE id = $1")));
        query.bind(id).opt::<QueryRow>().await?.map(Query::try_from).transpose()
    }
}

impl Store<Query> for Tx {
    async fn store(&mut self, query: &mut Query) -> Result<(), StorageError> {
        let status = query.status();
        let Query { id, asked, answer, outcome, started_at, deadline_at, version } = query;
        let Asked { agent_id, user_id, workspace_id, document_id, node_id, question } = asked;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO agents_queries
                    (id, agent_id, user_id, workspace_id, document_id, node_id, question, answer, status, is_partial, error,
                     model, prompt_tokens, completion_tokens, is_estimated, latency_ms, started_at, ended_at, deadline_at,
                     version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20 + 1)"
            )
        } else {
            sql!(
                "UPDATE agents_queries
                 SET agent_id = $2, user_id = $3, workspace_id = $4, document_id = $5, node_id = $6, question = $7,
                     answer = $8, status = $9, is_partial = $10, error = $11, model = $12, prompt_tokens = $13,
                     completion_tokens = $14, is_estimated = $15, latency_ms = $16, started_at = $17, ended_at = $18,
                     deadline_at = $19, version = version + 1
                 WHERE id = $1 AND version = $20"
            )
        };
        let outcome = outcome.as_ref();
        let usage = outcome.map(|outcome| outcome.usage).unwrap_or_default();
        let latency = outcome.map(|outcome| outcome.latency).unwrap_or_default();
        self.query(statement)
            .bind(*id)
            .bind(*agent_id)
            .bind(*user_id)
            .bind(*workspace_id)
            .bind(*document_id)
            .bind(node_id.as_deref())
            .bind(question.as_str())
            .bind(answer.as_str())
            .bind(status.as_str())
            .bind(outcome.is_some_and(|outcome| outcome.is_partial))
            .bind(outcome.and_then(|outcome| outcome.error.as_deref()))
            .bind(outcome.and_then(|Outcome { model, .. }| model.as_deref()))
            .bind(stored(usage.prompt_tokens))
            .bind(stored(usage.completion_tokens))
            .bind(usage.is_estimated)
            .bind(i64::try_from(latency.as_millis()).unwrap_or(i64::MAX))
            .bind(*started_at)
            .bind(outcome.map(|outcome| outcome.ended_at))
            .bind(*deadline_at)
            .bind(*version)
            .write(version)
            .await
    }
}

impl Queries for Tx {
    async fn keep_answer(&mut self, id: AgentQueryId, so_far: &str) -> Result<bool, StorageError> {
        let update = sql!(
            "UPDATE agents_queries SET answer = $1 WHERE id = $2 AND ended_at IS NULL AND NOT is_unwanted"
        );
        Ok(self.query(update).bind(so_far).bind(id).exec().await? > 0)
    }

    async fn unwant(&mut self, id: AgentQueryId) -> Result<(), StorageError> {
        let update = sql!(
            sqlite: "UPDATE agents_queries SET is_unwanted = 1 WHERE id = $1",
            postgres: "UPDATE agents_queries SET is_unwanted = true WHERE id = $1"
        );
        self.query(update).bind(id).exec().await?;
        Ok(())
    }

    async fn overdue(
        &mut self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Query>, StorageError> {
        let query = self.query(sql!(select_queries!(
            "WHERE ended_at IS NULL AND deadline_at <= $1 ORDER BY deadline_at, id LIMIT $2"
        )));
        let rows: Vec<QueryRow> = query.bind(now).bind(i64::from(limit)).all().await?;
        rows.into_iter().map(Query::try_from).collect()
    }

    async fn delete_left_by(&mut self, loss: &Clearance, limit: u32) -> Result<u64, StorageError> {
        let delete = match *loss {
            Clearance::Membership { user_id, workspace_id, until } => {
                let delete = self.query(sql!(
                    "DELETE FROM agents_queries WHERE id IN
                        (SELECT id FROM agents_queries
                         WHERE user_id = $1 AND workspace_id = $2 AND started_at <= $3 ORDER BY started_at LIMIT $4)"
                ));
                delete.bind(user_id).bind(workspace_id).bind(until)
            }
            Clearance::Workspace { workspace_id } => {
                let delete = self.query(sql!(
                    "DELETE FROM agents_queries WHERE id IN
                        (SELECT id FROM agents_queries WHERE workspace_id = $1 ORDER BY id LIMIT $2)"
                ));
                delete.bind(workspace_id)
            }
            Clearance::Person { user_id } => {
                let delete = self.query(sql!(
                    "DELETE FROM agents_queries WHERE id IN
                        (SELECT id FROM agents_queries WHERE user_id = $1 ORDER BY id LIMIT $2)"
                ));
                delete.bind(user_id)
            }
        };
        delete.bind(i64::from(limit)).exec().await
    }

    async fn delete_ended_until(
        &mut self,
        instant: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let delete = sql!(
            "DELETE FROM agents_queries WHERE id IN
                (SELECT id FROM agents_queries WHERE ended_at IS NOT NULL AND ended_at <= $1
                 ORDER BY ended_at, id LIMIT $2)"
        );
        self.query(delete).bind(instant).bind(i64::from(limit)).exec().await
    }
}

/// A query.
pub(crate) async fn query(db: &Db, id: AgentQueryId) -> Result<Option<Query>, StorageError> {
    let query = db.query(sql!(select_queries!("WHERE id = $1")));
    query.bind(id).opt::<QueryRow>().await?.map(Query::try_from).transpose()
}

/// Some of what a person asked, in the order of the ids; one more than wanted, if there is another.
pub(crate) async fn asked_by(
    db: &Db,
    person: UserId,
    asked: ExportAgentQueries,
) -> Result<Vec<Query>, StorageError> {
    let ExportAgentQueries { after, limit } = asked;
    let after = after.unwrap_or(AgentQueryId::new(Uuid::nil()));
    let query =
        db.query(sql!(select_queries!("WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3")));
    let rows: Vec<QueryRow> =
        query.bind(person).bind(after).bind(i64::from(limit) + 1).all().await?;
    rows.into_iter().map(Query::try_from).collect()
}
