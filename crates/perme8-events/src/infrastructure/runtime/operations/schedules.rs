//! What happens again and again, and what waits for its time.

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

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScheduleStatus {
    /// Its name.
    pub schedule: String,
    /// When it comes true, in the form of cron.
    pub pattern: String,
    /// Where it enqueues its jobs.
    pub queue: String,
    /// When it comes true next.
    pub next_at: DateTime<Utc>,
    /// When it came true last.
    pub last_at: Option<DateTime<Utc>>,
    /// Who paused it, if it is paused.
    pub pause: Option<Pause>,
}

/// An instant of which somebody wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, JsonSchema)]
pub struct TimerStatus {
    /// Who set it.
    pub owner: String,
    /// What it is about.
    pub instance: String,
    /// Its name.
    pub timer: String,
    /// When it fires.
    pub due_at: DateTime<Utc>,
    /// When it was set.
    pub set_at: DateTime<Utc>,
}

#[derive(sqlx::FromRow)]
struct ScheduleRow {
    schedule: String,
    pattern: String,
    queue: String,
    next_at: DateTime<Utc>,
    last_at: Option<DateTime<Utc>>,
}

impl Operations {
    /// The schedules, by name.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn schedules(&self) -> Result<Vec<ScheduleStatus>, StorageError> {
        let rows: Vec<ScheduleRow> = self
            .db
            .query(sql!("SELECT schedule, pattern, queue, next_at, last_at FROM event_schedules ORDER BY schedule"))
            .all()
            .await?;
        let pauses = self.db.pauses(SubjectKind::Schedule).await?;
        let mut pauses: BTreeMap<_, _> = pauses.into_iter().collect();
        let status = |row: ScheduleRow| {
            let ScheduleRow { schedule, pattern, queue, next_at, last_at } = row;
            let pause = pauses.remove(&schedule);
            ScheduleStatus { schedule, pattern, queue, next_at, last_at, pause }
        };
        Ok(rows.into_iter().map(status).collect())
    }

    /// Lets a schedule pass its times by, until it is resumed. False when it was paused already.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such schedule.
    pub async fn pause_schedule(
        &self,
        operator: &Operator,
        schedule: &str,
    ) -> Result<bool, OperationError> {
        self.known_schedule(schedule).await?;
        self.stop(operator, SubjectKind::Schedule, schedule).await
    }

    /// Lets a schedule go on; the times that it has missed count as one. False when it was not paused.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such schedule.
    pub async fn resume_schedule(
        &self,
        operator: &Operator,
        schedule: &str,
    ) -> Result<bool, OperationError> {
        self.known_schedule(schedule).await?;
        self.go_on(operator, SubjectKind::Schedule, schedule).await
    }

    async fn known_schedule(&self, schedule: &str) -> Result<(), OperationError> {
        let known: Vec<String> =
            self.schedules().await?.into_iter().map(|status| status.schedule).collect();
        if known.iter().any(|known| known == schedule) {
            return Ok(());
        }
        Err(OperationError::UnknownSchedule { schedule: schedule.to_owned(), known })
    }

    /// The timers that are set, the next one first.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn timers(&self, limit: u32) -> Result<Vec<TimerStatus>, StorageError> {
        self.db
            .query(sql!(
                "SELECT owner, instance, timer, due_at, set_at FROM event_timers ORDER BY due_at, owner, instance, timer LIMIT $1"
            ))
            .bind(i64::from(limit))
            .all()
            .await
    }
}
