//! How the work queues are.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    domain::{core_events::SubjectKind, error::StorageError},
    infrastructure::runtime::operations::{
        Operations, error::OperationError, operator::Operator, pauses::Pause,
    },
    sql,
};

/// How a work queue is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct QueueStatus {
    /// Its name.
    pub queue: String,
    /// How it is doing.
    pub state: QueueState,
    /// Who paused it, if it is paused.
    pub pause: Option<Pause>,
    /// Jobs that wait for their time or their turn.
    pub waiting: i64,
    /// Those among them that have failed before.
    pub retrying: i64,
    /// How often the one has failed that has failed most often and will run again.
    pub attempts: i64,
    /// Jobs that run.
    pub running: i64,
    /// Jobs that were given up.
    pub dead: i64,
    /// For how long the job has been due that has been due for the longest time; none when none is due.
    pub lag_seconds: Option<f64>,
    /// When the oldest dead job was given up.
    pub oldest_dead_at: Option<DateTime<Utc>>,
    /// The nodes that run its jobs at this moment.
    pub nodes: Vec<String>,
}

/// How a queue is doing; of several that are true, the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueState {
    /// An operator has paused it.
    Paused,
    /// Jobs were given up; those that are ordered behind them wait.
    Stuck,
    /// A job has failed and will run again.
    Retrying,
    /// Its jobs run as they come.
    Running,
}

impl QueueState {
    /// The word for it, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Stuck => "stuck",
            Self::Retrying => "retrying",
            Self::Running => "running",
        }
    }
}

#[derive(Default, sqlx::FromRow)]
struct QueueRow {
    queue: String,
    waiting: i64,
    retrying: i64,
    attempts: Option<i64>,
    running: i64,
    dead: i64,
    oldest_due_at: Option<DateTime<Utc>>,
    oldest_dead_at: Option<DateTime<Utc>>,
}

impl Operations {
    /// How each queue is, by name: those of the running program, and those in which something is left.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn queues(&self) -> Result<Vec<QueueStatus>, StorageError> {
        let now = self.db.clock.now();
        // State by state, because each has an index of its own, and nearly all jobs are done.
        let rows: Vec<QueueRow> = self
            .db
            .query(sql!(
                "SELECT queue, count(*) FILTER (WHERE state = 'waiting') AS waiting,
                   count(*) FILTER (WHERE state = 'waiting' AND error IS NOT NULL) AS retrying,
                   max(attempts) FILTER (WHERE state <> 'dead') AS attempts,
                   count(*) FILTER (WHERE state = 'running') AS running,
                   count(*) FILTER (WHERE state = 'dead') AS dead,
                   min(due_at) FILTER (WHERE state = 'waiting' AND due_at <= $1) AS oldest_due_at,
                   min(updated_at) FILTER (WHERE state = 'dead') AS oldest_dead_at
                 FROM (SELECT queue, state, error, attempts, due_at, updated_at FROM event_jobs WHERE state = 'waiting'
                   UNION ALL SELECT queue, state, error, attempts, due_at, updated_at FROM event_jobs WHERE state = 'running'
                   UNION ALL SELECT queue, state, error, attempts, due_at, updated_at FROM event_jobs WHERE state = 'dead') j
                 GROUP BY queue"
            ))
            .bind(now)
            .all()
            .await?;
        let mut all: BTreeMap<String, QueueRow> =
            rows.into_iter().map(|row| (row.queue.clone(), row)).collect();
        for worker in &self.workers {
            let queue = worker.queue().to_owned();
            let none = || QueueRow { queue: queue.clone(), ..QueueRow::default() };
            all.entry(queue.clone()).or_insert_with(none);
        }
        let pauses = self.db.pauses(SubjectKind::Queue).await?;
        let mut pauses: BTreeMap<_, _> = pauses.into_iter().collect();
        let nodes: Vec<(String, String)> = self
            .db
            .query(sql!(
                "SELECT DISTINCT j.queue, n.name FROM event_jobs j JOIN event_nodes n ON n.node_id = j.node_id
                 WHERE j.state = 'running' AND n.beat_at <= $1 AND n.expires_at > $1 ORDER BY j.queue, n.name"
            ))
            .bind(self.db.lease_time().await?)
            .all()
            .await?;
        let status = |row: QueueRow| {
            let nodes = nodes.iter().filter(|(of, _)| *of == row.queue);
            let nodes = nodes.map(|(_, name)| name.clone()).collect();
            status(pauses.remove(&row.queue), nodes, row, now)
        };
        Ok(all.into_values().map(status).collect())
    }

    /// How one queue is.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such queue.
    pub async fn queue(&self, queue: &str) -> Result<QueueStatus, OperationError> {
        let mut all = self.queues().await?;
        if let Some(index) = all.iter().position(|status| status.queue == queue) {
            return Ok(all.swap_remove(index));
        }
        let known = all.into_iter().map(|status| status.queue).collect();
        Err(OperationError::UnknownQueue { queue: queue.to_owned(), known })
    }

    /// Begins no job of a queue on any node, until it is resumed; jobs that run are finished. False when it was paused
    /// already.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such queue.
    pub async fn pause_queue(
        &self,
        operator: &Operator,
        queue: &str,
    ) -> Result<bool, OperationError> {
        self.queue(queue).await?;
        self.stop(operator, SubjectKind::Queue, queue).await
    }

    /// Lets a queue go on. False when it was not paused.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such queue.
    pub async fn resume_queue(
        &self,
        operator: &Operator,
        queue: &str,
    ) -> Result<bool, OperationError> {
        self.queue(queue).await?;
        self.go_on(operator, SubjectKind::Queue, queue).await
    }
}

fn status(
    pause: Option<Pause>,
    nodes: Vec<String>,
    row: QueueRow,
    now: DateTime<Utc>,
) -> QueueStatus {
    let QueueRow {
        queue,
        waiting,
        retrying,
        attempts,
        running,
        dead,
        oldest_due_at,
        oldest_dead_at,
    } = row;
    let state = if pause.is_some() {
        QueueState::Paused
    } else if dead > 0 {
        QueueState::Stuck
    } else if retrying > 0 {
        QueueState::Retrying
    } else {
        QueueState::Running
    };
    QueueStatus {
        queue,
        state,
        pause,
        waiting,
        retrying,
        attempts: attempts.unwrap_or(0),
        running,
        dead,
        lag_seconds: oldest_due_at.map(|due| (now - due).as_seconds_f64().max(0.0)),
        oldest_dead_at,
        nodes,
    }
}
