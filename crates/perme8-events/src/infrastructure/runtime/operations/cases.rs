//! The cases that process managers follow.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{domain::error::StorageError, infrastructure::runtime::operations::Operations, sql};

/// A case that a process manager follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow, JsonSchema)]
pub struct CaseStatus {
    /// The process manager, which is also the handler of this name.
    pub process: String,
    /// Which case.
    pub instance: String,
    /// `running`, `completed`, `compensating`, `compensated` or `stuck`.
    pub status: String,
    /// Why it turned back, or cannot.
    pub error: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When something happened in it last.
    pub updated_at: DateTime<Utc>,
}

/// How many cases of a process manager have come so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct CaseCount {
    /// The process manager.
    pub process: String,
    /// How far.
    pub status: String,
    /// How many.
    pub cases: i64,
}

impl Operations {
    /// Cases that have come so far, e.g. `stuck`, or any; those first in which nothing has happened for the longest time.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn cases(
        &self,
        status: Option<&str>,
        limit: u32,
    ) -> Result<Vec<CaseStatus>, StorageError> {
        self.db
            .query(sql!(
                "SELECT process, instance, status, error, started_at, updated_at FROM event_processes
                 WHERE CAST($1 AS TEXT) IS NULL OR status = $1 ORDER BY updated_at, process, instance LIMIT $2"
            ))
            .bind(status)
            .bind(i64::from(limit))
            .all()
            .await
    }

    /// How many cases each process manager has, by how far they have come.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn case_counts(&self) -> Result<Vec<CaseCount>, StorageError> {
        self.db
            .query(sql!(
                "SELECT process, status, count(*) AS cases FROM event_processes GROUP BY process, status ORDER BY process, status"
            ))
            .all()
            .await
    }
}
