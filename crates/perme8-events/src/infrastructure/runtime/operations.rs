//! What operators see and do. It works on the database alone, so it serves a running host and the command line alike.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::{
    application::{event_store::EventStore as _, transaction::Transaction as _},
    domain::{
        envelope::Envelope,
        error::StorageError,
        id::{EventId, Id},
        origin::Origin,
        position::Position,
    },
    infrastructure::{db::Db, tx::Tx, unit_of_work::UnitOfWork},
    sql,
};

/// What operators see and do.
#[derive(Clone, Debug)]
pub struct Operations {
    db: Db,
}

/// How far a handler has come.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HandlerStatus {
    /// Its name.
    pub handler: String,
    /// Into how many partitions its keys are spread.
    pub partitions: i64,
    /// Everything up to here is handled or set aside; the least of its partitions.
    pub position: Position,
    /// The end of the log.
    pub head: Position,
    /// How many positions lie between the two, holes and events that it does not want included.
    pub lag_events: i64,
    /// How long ago the first event behind `position` happened; none when there is none.
    pub lag_seconds: Option<f64>,
    /// Deliveries that will be tried again.
    pub retrying: i64,
    /// Deliveries that wait behind others of their key.
    pub parked: i64,
    /// Dead letters.
    pub dead: i64,
    /// The nodes that deliver to it.
    pub nodes: Vec<String>,
}

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
}

/// A dead letter with its event.
#[derive(Debug, Clone, Serialize)]
pub struct DeadLetterDetail {
    /// The dead letter.
    #[serde(flatten)]
    pub dead_letter: DeadLetter,
    /// The event; none when it is no longer in the log.
    pub event: Option<Envelope>,
}

/// Why an operator's wish was not followed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// There is no such dead letter, or no longer.
    #[error(
        "`{handler}` has no dead letter at position {position}: it may have been retried or discarded already"
    )]
    UnknownDeadLetter {
        /// The handler.
        handler: String,
        /// The position.
        position: Position,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

#[derive(sqlx::FromRow)]
struct StatusRow {
    handler: String,
    partitions: i64,
    position: i64,
    retrying: i64,
    parked: i64,
    dead: i64,
}

/// A `SELECT` of [`DeadRow`]s.
macro_rules! select_dead_letters {
    ($rest:literal) => {
        concat!(
            "SELECT d.handler, d.position, d.event_id, d.event_type, d.partition_key, d.attempts, d.error, d.updated_at, \
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
}

impl From<DeadRow> for DeadLetter {
    fn from(row: DeadRow) -> Self {
        let DeadRow {
            handler,
            position,
            event_id,
            event_type,
            partition_key,
            attempts,
            error,
            waiting_behind,
            updated_at,
        } = row;
        Self {
            handler,
            position: Position::new(position),
            event_id: Id::new(event_id),
            event_type,
            key: partition_key,
            attempts,
            error: error.unwrap_or_default(),
            waiting_behind,
            died_at: updated_at,
        }
    }
}

impl Operations {
    /// On this database.
    #[must_use]
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone() }
    }

    /// How far each handler has come, by name.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn handlers(&self) -> Result<Vec<HandlerStatus>, StorageError> {
        let head = self.db.head().await?;
        let rows: Vec<StatusRow> = self
            .db
            .query(sql!(
                "SELECT p.handler, count(*) AS partitions, min(p.position) AS position,
                   (SELECT count(*) FROM event_deliveries d WHERE d.handler = p.handler AND NOT d.is_dead AND d.due_at IS NOT NULL) AS retrying,
                   (SELECT count(*) FROM event_deliveries d WHERE d.handler = p.handler AND NOT d.is_dead AND d.due_at IS NULL) AS parked,
                   (SELECT count(*) FROM event_deliveries d WHERE d.handler = p.handler AND d.is_dead) AS dead
                 FROM event_partitions p GROUP BY p.handler ORDER BY p.handler"
            ))
            .all()
            .await?;
        let nodes: Vec<(String, String)> = self
            .db
            .query(sql!(
                "SELECT DISTINCT p.handler, n.name FROM event_partitions p JOIN event_nodes n ON n.node_id = p.node_id
                 WHERE n.expires_at > $1 ORDER BY p.handler, n.name"
            ))
            .bind(self.db.clock.now())
            .all()
            .await?;
        let mut status = Vec::with_capacity(rows.len());
        for row in rows {
            let StatusRow { handler, partitions, position, retrying, parked, dead } = row;
            let nodes = nodes
                .iter()
                .filter(|(of, _)| *of == handler)
                .map(|(_, name)| name.clone())
                .collect();
            status.push(HandlerStatus {
                lag_seconds: self.age_of_next(position).await?,
                lag_events: (head.number() - position).max(0),
                handler,
                partitions,
                position: Position::new(position),
                head,
                retrying,
                parked,
                dead,
                nodes,
            });
        }
        Ok(status)
    }

    async fn age_of_next(&self, position: i64) -> Result<Option<f64>, StorageError> {
        let next: Option<(DateTime<Utc>,)> = self
            .db
            .query(sql!("SELECT occurred_at FROM event_log WHERE seq > $1 ORDER BY seq LIMIT 1"))
            .bind(position)
            .opt()
            .await?;
        Ok(next.map(|(at,)| (self.db.clock.now() - at).as_seconds_f64().max(0.0)))
    }

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
        Ok(rows.into_iter().map(DeadLetter::from).collect())
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
        Ok(DeadLetterDetail { dead_letter: row.into(), event: self.db.event_at(position).await? })
    }

    /// Delivers a dead letter again, and after it, in order, what waits behind it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is none.
    pub async fn retry(
        &self,
        operator: &str,
        handler: &str,
        position: Position,
    ) -> Result<(), OperationError> {
        self.act(operator, "retry", handler, position, async |tx| {
            let now = tx.now();
            tx.query(sql!(
                "UPDATE event_deliveries SET is_dead = FALSE, attempts = 0, due_at = $3, updated_at = $3
                 WHERE handler = $1 AND position = $2 AND is_dead"
            ))
            .bind(handler)
            .bind(position.number())
            .bind(now)
            .exec()
            .await
        })
        .await
    }

    /// Gives up a dead letter for good; what waits behind it goes on.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is none.
    pub async fn discard(
        &self,
        operator: &str,
        handler: &str,
        position: Position,
    ) -> Result<(), OperationError> {
        self.act(operator, "discard", handler, position, async |tx| {
            tx.query(sql!(
                "DELETE FROM event_deliveries WHERE handler = $1 AND position = $2 AND is_dead"
            ))
            .bind(handler)
            .bind(position.number())
            .exec()
            .await
        })
        .await
    }

    /// Does something to one dead letter, and keeps a record of it in the same commit.
    async fn act(
        &self,
        operator: &str,
        action: &'static str,
        handler: &str,
        position: Position,
        change: impl AsyncFnOnce(&mut Tx) -> Result<u64, StorageError>,
    ) -> Result<(), OperationError> {
        UnitOfWork::new(self.db.clone())
            .run(Origin::system("events.operations"), async |tx| {
                if change(tx).await? == 0 {
                    return Err(unknown(handler, position));
                }
                let (id, now) = (tx.new_uuid(), tx.now());
                tx.query(sql!(
                    "INSERT INTO event_operations (operation_id, operator, action, handler, position, occurred_at)
                     VALUES ($1, $2, $3, $4, $5, $6)"
                ))
                .bind(id)
                .bind(operator)
                .bind(action)
                .bind(handler)
                .bind(position.number())
                .bind(now)
                .exec()
                .await?;
                Ok(())
            })
            .await
    }
}

fn unknown(handler: &str, position: Position) -> OperationError {
    OperationError::UnknownDeadLetter { handler: handler.to_owned(), position }
}
