//! Writing down what a transaction leaves to be done later, before its commit.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::{
    application::{
        deferred::{Deferred, LATEST, Timer, What},
        job::Enqueued,
        transaction::Transaction as _,
    },
    domain::{error::StorageError, origin::Origin},
    infrastructure::{log::append::holds_nul, tx::Tx},
    sql,
};

/// A job whose payload is longer is refused: it belongs into a row of its context.
const PAYLOAD_BYTES: usize = 256 * 1024;
/// Keys and names are no longer than this.
const KEY_BYTES: usize = 500;
/// The key of an origin may be that of a job behind the name of its queue.
const ORIGIN_KEY_BYTES: usize = 2 * KEY_BYTES;

/// Something to be done later cannot be written down.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("a job of the queue `{queue}` cannot be serialised: {problem}")]
    Payload { queue: String, problem: String },
    #[error("a job of the queue `{0}` is larger than {PAYLOAD_BYTES} bytes")]
    TooLarge(String),
    #[error("a job of the queue `{0}` contains a NUL character, which PostgreSQL cannot store")]
    Nul(String),
    #[error("a key of `{of}` is longer than {bytes} bytes, or contains a NUL character")]
    Key { of: String, bytes: usize },
}

fn check<'k>(
    of: &str,
    keys: impl IntoIterator<Item = &'k str>,
    bytes: usize,
) -> Result<(), StorageError> {
    let unfit = |key: &str| key.len() > bytes || key.contains('\0');
    if keys.into_iter().any(unfit) {
        return Err(StorageError::new(Unfit::Key { of: of.to_owned(), bytes }));
    }
    Ok(())
}

/// Writes down one thing, under the origin that the transaction had then.
pub(crate) async fn write(
    tx: &mut Tx,
    deferred: &Deferred,
    origin: &Origin,
) -> Result<(), StorageError> {
    match &deferred.0 {
        What::Enqueue(job) => enqueue(tx, job, origin).await,
        What::Cancel { queue, idempotency_key } => {
            let now = tx.now();
            tx.query(sql!(
                "UPDATE event_jobs SET state = 'cancelled', epoch = epoch + 1, updated_at = $3, payload = 'null'
                 WHERE queue = $1 AND idempotency_key = $2 AND state IN ('waiting', 'running', 'dead')"
            ))
            .bind(*queue)
            .bind(idempotency_key.as_str())
            .bind(now)
            .exec()
            .await
            .map(drop)
        }
        What::CancelOrdered { queue, ordering_key } => {
            let now = tx.now();
            // What runs may have its effect at any moment, so what undoes that must wait until it has ended. The predicate of the
            // index stands word for word, or SQLite would not use it.
            tx.query(sql!(
                "UPDATE event_jobs SET is_unwanted = (state = 'running'), updated_at = $3,
                   state = CASE WHEN state = 'running' THEN state ELSE 'cancelled' END,
                   payload = CASE WHEN state = 'running' THEN payload ELSE 'null' END
                 WHERE queue = $1 AND ordering_key = $2 AND state IN ('waiting', 'running', 'dead')"
            ))
            .bind(*queue)
            .bind(ordering_key.as_str())
            .bind(now)
            .exec()
            .await
            .map(drop)
        }
        What::SetTimer(timer) => set(tx, timer, origin).await,
        What::CancelTimer { owner, instance, timer } => tx
            .query(sql!(
                "DELETE FROM event_timers
                 WHERE owner = $1 AND instance = $2 AND (CAST($3 AS TEXT) IS NULL OR timer = $3)"
            ))
            .bind(owner.as_ref())
            .bind(instance.as_str())
            .bind(timer.as_deref())
            .exec()
            .await
            .map(drop),
    }
}

pub(crate) async fn enqueue(
    tx: &mut Tx,
    job: &Enqueued,
    origin: &Origin,
) -> Result<(), StorageError> {
    let Enqueued { queue, payload, due_at, ordering_key, idempotency_key, is_told } = job;
    check(queue, ordering_key.iter().chain(idempotency_key).map(String::as_str), KEY_BYTES)?;
    let payload = payload.clone().map_err(|problem| {
        StorageError::new(Unfit::Payload { queue: queue.to_string(), problem })
    })?;
    if payload.len() > PAYLOAD_BYTES {
        return Err(StorageError::new(Unfit::TooLarge(queue.to_string())));
    }
    if holds_nul(&payload) {
        return Err(StorageError::new(Unfit::Nul(queue.to_string())));
    }
    let (id, now, cause) = (tx.new_uuid(), tx.now(), origin.cause());
    tx.query(sql!(
        "INSERT INTO event_jobs (job_id, queue, idempotency_key, ordering_key, is_told, payload, state, attempts, due_at, epoch,
           on_behalf_of, workspace_id, correlation_id, causation_id, metadata, enqueued_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, 0, $8, $9, $10, $11, $12, $13, $13)
         ON CONFLICT (queue, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING"
    ))
    .bind(id)
    .bind(queue.as_ref())
    .bind(idempotency_key.as_deref())
    .bind(ordering_key.as_deref())
    .bind(*is_told)
    .bind(Json(RawValue::from_string(payload)?))
    .bind(due_at.unwrap_or(now).min(LATEST))
    .bind(cause.on_behalf_of)
    .bind(cause.workspace_id)
    .bind(cause.correlation_id)
    .bind(cause.causation_id)
    .bind(Json(&cause.metadata))
    .bind(now)
    .exec()
    .await
    .map(drop)
}

async fn set(tx: &mut Tx, timer: &Timer, origin: &Origin) -> Result<(), StorageError> {
    let Timer { owner, instance, name, due_at } = timer;
    check(owner, [owner.as_ref(), instance, name], KEY_BYTES)?;
    let (now, cause) = (tx.now(), origin.cause());
    tx.query(sql!(
        "INSERT INTO event_timers (owner, instance, timer, due_at, on_behalf_of, workspace_id, correlation_id, causation_id,
           metadata, set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (owner, instance, timer) DO UPDATE SET due_at = excluded.due_at, on_behalf_of = excluded.on_behalf_of,
           workspace_id = excluded.workspace_id, correlation_id = excluded.correlation_id,
           causation_id = excluded.causation_id, metadata = excluded.metadata, set_at = excluded.set_at"
    ))
    .bind(owner.as_ref())
    .bind(instance.as_str())
    .bind(name.as_str())
    .bind(*due_at)
    .bind(cause.on_behalf_of)
    .bind(cause.workspace_id)
    .bind(cause.correlation_id)
    .bind(cause.causation_id)
    .bind(Json(&cause.metadata))
    .bind(now)
    .exec()
    .await
    .map(drop)
}

/// Remembers that the command of this idempotency key is committed, or refuses it because it was before.
pub(crate) async fn remember(
    tx: &mut Tx,
    key: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    check("an origin", [key], ORIGIN_KEY_BYTES)?;
    let first = tx
        .query(sql!(
            "INSERT INTO event_commands (idempotency_key, committed_at) VALUES ($1, $2)
             ON CONFLICT (idempotency_key) DO NOTHING"
        ))
        .bind(key)
        .bind(now)
        .exec()
        .await?;
    if first == 1 { Ok(()) } else { Err(StorageError::repeated()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{infrastructure::migrations::MIGRATIONS, on_both_engines};

    fn job(payload: &str) -> Enqueued {
        Enqueued {
            queue: "tests.orders".into(),
            payload: Ok(payload.to_owned()),
            due_at: None,
            ordering_key: Some("key".to_owned()),
            idempotency_key: None,
            is_told: false,
        }
    }

    on_both_engines! {
        migrations: [&MIGRATIONS];

        async fn what_is_called_off_keeps_no_payload_and_what_runs_is_left_alone(test: TestDb) {
            let mut tx = Tx::begin(&test.db, Origin::system("tests")).await.unwrap();
            let origin = tx.origin().clone();
            for payload in ["1", "2"] {
                enqueue(&mut tx, &job(payload), &origin).await.unwrap();
            }
            let run = sql!("UPDATE event_jobs SET state = 'running' WHERE seq = (SELECT min(seq) FROM event_jobs)");
            tx.query(run).exec().await.unwrap();
            let ordering_key = "key".to_owned();
            let cancel = Deferred(What::CancelOrdered { queue: "tests.orders", ordering_key });
            write(&mut tx, &cancel, &origin).await.unwrap();
            let rows: Vec<(String, String)> = tx
                .query(sql!("SELECT state, CAST(payload AS TEXT) FROM event_jobs ORDER BY seq"))
                .all()
                .await
                .unwrap();
            let rows: Vec<_> = rows.iter().map(|(state, payload)| format!("{state} {payload}")).collect();
            assert_eq!(rows, ["running 1", "cancelled null"]);
        }
    }
}
