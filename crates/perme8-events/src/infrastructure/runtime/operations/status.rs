//! How far each handler has come, and what holds it up.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::event_store::EventStore as _,
    domain::{core_events::SubjectKind, error::StorageError, position::Position},
    infrastructure::runtime::operations::{Operations, error::OperationError, pauses::Pause},
    sql,
};

/// Of what stands aside, no more is counted for each handler: whoever looks, and every scrape does, wants to know whether it is
/// much.
const COUNTED: i64 = 10_000;

/// How far a handler has come.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HandlerStatus {
    /// Its name.
    pub handler: String,
    /// How it is doing.
    pub state: HandlerState,
    /// Who paused it, if it is paused.
    pub pause: Option<Pause>,
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
    /// How often the one of them has failed that has failed most often.
    pub attempts: i64,
    /// Deliveries that wait behind others of their key.
    pub parked: i64,
    /// Deliveries that have stepped aside for other workspaces, and are caught up in turns; no more than 10,000 are counted.
    pub aside: i64,
    /// How long ago the first event of those happened; none when none stands aside.
    pub aside_seconds: Option<f64>,
    /// Dead letters.
    pub dead: i64,
    /// When the oldest dead letter was given up.
    pub oldest_dead_at: Option<DateTime<Utc>>,
    /// The nodes that deliver to it: those that hold its leases.
    pub nodes: Vec<String>,
}

/// How a handler is doing; of several that are true, the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandlerState {
    /// An operator has paused it.
    Paused,
    /// No node runs it.
    Stopped,
    /// A key waits behind a dead letter; others flow.
    Stuck,
    /// A delivery has failed and will be tried again; other keys flow.
    Retrying,
    /// Deliveries have stepped aside for other workspaces, and are caught up in turns; what comes is delivered.
    CatchingUp,
    /// It delivers what comes.
    Running,
}

impl HandlerState {
    /// The word for it, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Stuck => "stuck",
            Self::Retrying => "retrying",
            Self::CatchingUp => "catching_up",
            Self::Running => "running",
        }
    }

    fn of(pause: Option<&Pause>, nodes: &[String], row: &StatusRow) -> Self {
        if pause.is_some() {
            Self::Paused
        } else if nodes.is_empty() {
            Self::Stopped
        } else if row.dead > 0 {
            Self::Stuck
        } else if row.retrying > 0 {
            Self::Retrying
        } else if row.aside > 0 {
            Self::CatchingUp
        } else {
            Self::Running
        }
    }
}

#[derive(sqlx::FromRow)]
struct StatusRow {
    handler: String,
    partitions: i64,
    position: i64,
    retrying: i64,
    attempts: Option<i64>,
    parked: i64,
    aside: i64,
    first_aside: Option<i64>,
    dead: i64,
    oldest_dead_at: Option<DateTime<Utc>>,
}

impl Operations {
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
                   (SELECT count(*) FROM event_deliveries d WHERE d.handler = p.handler AND NOT d.is_dead AND d.due_at IS NOT NULL AND d.error IS NOT NULL) AS retrying,
                   (SELECT max(d.attempts) FROM event_deliveries d WHERE d.handler = p.handler AND NOT d.is_dead AND (d.due_at IS NULL OR d.error IS NOT NULL)) AS attempts,
                   (SELECT count(*) FROM event_deliveries d WHERE d.handler = p.handler AND NOT d.is_dead AND d.due_at IS NULL) AS parked,
                   (SELECT count(*) FROM (SELECT 1 FROM event_deliveries d
                      WHERE d.handler = p.handler AND NOT d.is_dead AND d.due_at IS NOT NULL AND d.error IS NULL LIMIT $1) counted) AS aside,
                   (SELECT min(d.position) FROM event_deliveries d
                      WHERE d.handler = p.handler AND NOT d.is_dead AND d.due_at IS NOT NULL AND d.error IS NULL) AS first_aside,
                   (SELECT count(*) FROM event_deliveries d WHERE d.handler = p.handler AND d.is_dead) AS dead,
                   (SELECT min(updated_at) FROM event_deliveries d WHERE d.handler = p.handler AND d.is_dead) AS oldest_dead_at
                 FROM event_partitions p GROUP BY p.handler ORDER BY p.handler"
            ))
            .bind(COUNTED)
            .all()
            .await?;
        let mut pauses: BTreeMap<_, _> =
            self.db.pauses(SubjectKind::Handler).await?.into_iter().collect();
        let mut nodes = self.nodes().await?;
        let mut status = Vec::with_capacity(rows.len());
        for row in rows {
            let pause = pauses.remove(&row.handler);
            let nodes = nodes.remove(&row.handler).unwrap_or_default();
            let state = HandlerState::of(pause.as_ref(), &nodes, &row);
            let StatusRow {
                handler,
                partitions,
                position,
                retrying,
                attempts,
                parked,
                aside,
                first_aside,
                dead,
                oldest_dead_at,
            } = row;
            let aside_seconds = match first_aside {
                Some(first) => self.age_of_next(first - 1).await?,
                None => None,
            };
            status.push(HandlerStatus {
                lag_seconds: self.age_of_next(position).await?,
                lag_events: (head.number() - position).max(0),
                handler,
                state,
                pause,
                partitions,
                position: Position::new(position),
                head,
                retrying,
                attempts: attempts.unwrap_or(0),
                parked,
                aside,
                aside_seconds,
                dead,
                oldest_dead_at,
                nodes,
            });
        }
        Ok(status)
    }

    /// How far one handler has come.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such handler.
    pub async fn status(&self, handler: &str) -> Result<HandlerStatus, OperationError> {
        let mut all = self.handlers().await?;
        if let Some(index) = all.iter().position(|status| status.handler == handler) {
            return Ok(all.swap_remove(index));
        }
        let known = all.into_iter().map(|status| status.handler);
        Err(OperationError::unknown_handler(handler, known))
    }

    /// The nodes that deliver to each handler.
    async fn nodes(&self) -> Result<BTreeMap<String, Vec<String>>, StorageError> {
        let rows: Vec<(String, String)> = self
            .db
            .query(sql!(
                "SELECT DISTINCT p.handler, n.name FROM event_partitions p JOIN event_nodes n ON n.node_id = p.node_id
                 WHERE n.beat_at <= $1 AND n.expires_at > $1 ORDER BY p.handler, n.name"
            ))
            .bind(self.db.lease_time().await?)
            .all()
            .await?;
        let mut nodes = BTreeMap::<String, Vec<String>>::new();
        for (handler, node) in rows {
            nodes.entry(handler).or_default().push(node);
        }
        Ok(nodes)
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
}
