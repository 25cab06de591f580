//! Deliveries that were given up: looking at them, trying them again, giving them up for good.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::{
    application::transaction::Transaction as _,
    domain::{
        core_events::OperatorAction,
        envelope::Envelope,
        error::StorageError,
        id::{EventId, Id},
        position::Position,
    },
    infrastructure::{
        runtime::operations::{Act, Operations, error::OperationError, operator::Operator},
        sealing::Sealed,
    },
    sql,
};

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DeadLetter {
    /// The handler that failed.
    pub handler: String,
    /// The position of the event, which together with the handler names the dead letter.
    pub position: Position,
    /// The event.
    pub event_id: EventId,
    /// Its type.
    pub event_type: String,
    /// The key whose later events wait behind it.
    pub key: String,
    /// How often it failed.
    pub attempts: i64,
    /// Why it failed last.
    pub error: String,
    /// How many deliveries wait behind it.
    pub waiting_behind: i64,
    /// When it was given up.
    pub died_at: DateTime<Utc>,
    /// Whether an operator has edited its data.
    pub is_edited: bool,
}

/// A dead letter with its event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DeadLetterDetail {
    /// The dead letter.
    #[serde(flatten)]
    pub dead_letter: DeadLetter,
    /// The event as it stands in the log; none when it is no longer there.
    #[schemars(with = "Option<serde_json::Value>")]
    pub event: Option<Envelope>,
    /// What is delivered in the place of the event's data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub edited_data: Option<Box<RawValue>>,
}

/// How much is given up with a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discard {
    /// The dead letter alone; what waits behind it is delivered.
    Alone,
    /// The dead letter and everything that waits behind it by now.
    WithWaiting,
}

/// A `SELECT` of [`DeadRow`]s.
macro_rules! select_dead_letters {
    ($rest:literal) => {
        concat!(
            "SELECT d.handler, d.position, d.event_id, d.event_type, d.partition_key, d.attempts, d.error, d.updated_at, d.edited_data, \
               d.edited_sealed, \
               (SELECT count(*) FROM event_deliveries w \
                WHERE w.handler = d.handler AND w.partition_key = d.partition_key AND w.position > d.position) AS waiting_behind \
             FROM event_deliveries d ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct DeadRow {
    handler: String,
    position: i64,
    event_id: uuid::Uuid,
    event_type: String,
    partition_key: String,
    attempts: i64,
    error: Option<String>,
    waiting_behind: i64,
    updated_at: DateTime<Utc>,
    edited_data: Option<Json<Box<RawValue>>>,
    edited_sealed: Option<Json<Vec<Sealed>>>,
}

/// What an operator has put into the place of an event's data.
struct Edited {
    data: Box<RawValue>,
    sealed: Option<Json<Vec<Sealed>>>,
}

impl DeadRow {
    fn into_parts(self) -> (DeadLetter, Option<Edited>) {
        let Self {
            handler,
            position,
            event_id,
            event_type,
            partition_key,
            attempts,
            error,
            waiting_behind,
            updated_at,
            edited_data,
            edited_sealed: sealed,
        } = self;
        let dead_letter = DeadLetter {
            handler,
            position: Position::new(position),
            event_id: Id::new(event_id),
            event_type,
            key: partition_key,
            attempts,
            error: error.unwrap_or_default(),
            waiting_behind,
            died_at: updated_at,
            is_edited: edited_data.is_some(),
        };
        (dead_letter, edited_data.map(|Json(data)| Edited { data, sealed }))
    }
}

impl Operations {
    /// Dead letters, oldest first: of one handler, or of all.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn dead_letters(
        &self,
        handler: Option<&str>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, StorageError> {
        let rows: Vec<DeadRow> = self
            .db
            .query(sql!(select_dead_letters!(
                "WHERE d.is_dead AND (CAST($1 AS TEXT) IS NULL OR d.handler = $1)
                 ORDER BY d.updated_at, d.position LIMIT $2"
            )))
            .bind(handler)
            .bind(i64::from(limit))
            .all()
            .await?;
        Ok(rows.into_iter().map(|row| row.into_parts().0).collect())
    }

    /// A dead letter with its event.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is none.
    pub async fn dead_letter(
        &self,
        handler: &str,
        position: Position,
    ) -> Result<DeadLetterDetail, OperationError> {
        let row: Option<DeadRow> = self
            .db
            .query(sql!(select_dead_letters!(
                "WHERE d.is_dead AND d.handler = $1 AND d.position = $2"
            )))
            .bind(handler)
            .bind(position.number())
            .opt()
            .await?;
        let row = row.ok_or_else(|| unknown(handler, position))?;
        let (dead_letter, edited) = row.into_parts();
        let edited_data = match edited {
            Some(Edited { data, sealed }) => {
                let sealed = sealed.as_ref().map(|Json(sealed)| sealed.as_slice());
                Some(self.db.opened_data(dead_letter.event_id, data, sealed).await?)
            }
            None => None,
        };
        Ok(DeadLetterDetail { dead_letter, event: self.db.event_at(position).await?, edited_data })
    }

    /// Delivers a dead letter again, and after it, in order, what waits behind it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is none.
    pub async fn retry(
        &self,
        operator: &Operator,
        handler: &str,
        position: Position,
    ) -> Result<(), OperationError> {
        self.act(operator, async |tx| {
            let now = tx.now();
            let retried = tx
                .query(sql!(
                    "UPDATE event_deliveries SET is_dead = FALSE, attempts = 0, due_at = $3, updated_at = $3
                     WHERE handler = $1 AND position = $2 AND is_dead"
                ))
                .bind(handler)
                .bind(position.number())
                .bind(now)
                .exec()
                .await?;
            if retried == 0 {
                return Err(unknown(handler, position));
            }
            Ok(((), Some(Act::on_handler(OperatorAction::Retry, handler).at(position))))
        })
        .await
    }

    /// Delivers all dead letters of a handler again, each key in order; how many there were.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such handler, or it has none.
    pub async fn retry_all(
        &self,
        operator: &Operator,
        handler: &str,
    ) -> Result<u64, OperationError> {
        self.exists(handler).await?;
        self.act(operator, async |tx| {
            let now = tx.now();
            let retried = tx
                .query(sql!(
                    "UPDATE event_deliveries SET is_dead = FALSE, attempts = 0, due_at = $2, updated_at = $2
                     WHERE handler = $1 AND is_dead"
                ))
                .bind(handler)
                .bind(now)
                .exec()
                .await?;
            if retried == 0 {
                return Err(OperationError::NoDeadLetters { handler: handler.to_owned() });
            }
            let act = Act::on_handler(OperatorAction::Retry, handler)
                .noting(format!("all {retried} dead letters"));
            Ok((retried, Some(act)))
        })
        .await
    }

    /// Gives up a dead letter for good, alone or with what waits behind it; how many deliveries will never happen.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is none.
    pub async fn discard(
        &self,
        operator: &Operator,
        handler: &str,
        position: Position,
        discard: Discard,
    ) -> Result<u64, OperationError> {
        self.act(operator, async |tx| {
            let statement = match discard {
                Discard::Alone => sql!(
                    "DELETE FROM event_deliveries WHERE handler = $1 AND position = $2 AND is_dead"
                ),
                Discard::WithWaiting => sql!(
                    "DELETE FROM event_deliveries WHERE handler = $1 AND position >= $2 AND partition_key =
                       (SELECT d.partition_key FROM event_deliveries d WHERE d.handler = $1 AND d.position = $2 AND d.is_dead)"
                ),
            };
            let discarded =
                tx.query(statement).bind(handler).bind(position.number()).exec().await?;
            if discarded == 0 {
                return Err(unknown(handler, position));
            }
            let act = Act::on_handler(OperatorAction::Discard, handler).at(position);
            let act = match discard {
                Discard::Alone => act,
                Discard::WithWaiting => {
                    act.noting(format!("with {} that waited behind it", discarded - 1))
                }
            };
            Ok((discarded, Some(act)))
        })
        .await
    }
}

pub(super) fn unknown(handler: &str, position: Position) -> OperationError {
    OperationError::UnknownDeadLetter { handler: handler.to_owned(), position }
}
