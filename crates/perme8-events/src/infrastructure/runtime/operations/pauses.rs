//! Stopping for the time being, and going on.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::transaction::Transaction as _,
    domain::{
        core_events::{OperatorAction, SubjectKind},
        error::StorageError,
    },
    infrastructure::{
        db::Db,
        runtime::operations::{Act, Operations, error::OperationError, operator::Operator},
    },
    sql,
};

/// That something is stopped for the time being.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Pause {
    /// Since when.
    pub paused_at: DateTime<Utc>,
    /// By whom.
    pub operator: String,
}

impl Operations {
    /// Stops a handler on every node, until it is resumed: it keeps its leases, its retries and its place in the log, and
    /// delivers nothing. Deliveries that have begun are finished. False when it was paused already.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such handler.
    pub async fn pause(&self, operator: &Operator, handler: &str) -> Result<bool, OperationError> {
        self.exists(handler).await?;
        self.stop(operator, SubjectKind::Handler, handler).await
    }

    /// Lets a handler go on where it stopped. False when it was not paused.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such handler.
    pub async fn resume(&self, operator: &Operator, handler: &str) -> Result<bool, OperationError> {
        self.exists(handler).await?;
        self.go_on(operator, SubjectKind::Handler, handler).await
    }

    /// False when it was paused already.
    pub(super) async fn stop(
        &self,
        operator: &Operator,
        kind: SubjectKind,
        name: &str,
    ) -> Result<bool, OperationError> {
        self.act(operator, async |tx| {
            let now = tx.now();
            let paused = tx
                .query(sql!(
                    "INSERT INTO event_pauses (kind, name, paused_at, operator) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (kind, name) DO NOTHING"
                ))
                .bind(kind.as_str())
                .bind(name)
                .bind(now)
                .bind(operator.name())
                .exec()
                .await?
                == 1;
            Ok((paused, paused.then(|| Act::on(kind, OperatorAction::Pause, name))))
        })
        .await
    }

    /// False when it was not paused.
    pub(super) async fn go_on(
        &self,
        operator: &Operator,
        kind: SubjectKind,
        name: &str,
    ) -> Result<bool, OperationError> {
        let resumed = self
            .act(operator, async |tx| {
                let resumed = tx
                    .query(sql!("DELETE FROM event_pauses WHERE kind = $1 AND name = $2"))
                    .bind(kind.as_str())
                    .bind(name)
                    .exec()
                    .await?
                    == 1;
                Ok((resumed, resumed.then(|| Act::on(kind, OperatorAction::Resume, name))))
            })
            .await?;
        // There may be something to do at once.
        self.db.deferred();
        Ok(resumed)
    }
}

impl Db {
    /// What is paused of one kind, by name.
    pub(crate) async fn pauses(
        &self,
        kind: SubjectKind,
    ) -> Result<Vec<(String, Pause)>, StorageError> {
        let rows: Vec<(String, DateTime<Utc>, String)> = self
            .query(sql!("SELECT name, paused_at, operator FROM event_pauses WHERE kind = $1"))
            .bind(kind.as_str())
            .all()
            .await?;
        Ok(rows
            .into_iter()
            .map(|(name, paused_at, operator)| (name, Pause { paused_at, operator }))
            .collect())
    }

    /// The names of what is paused of one kind.
    pub(crate) async fn paused(&self, kind: SubjectKind) -> Result<BTreeSet<String>, StorageError> {
        Ok(self.pauses(kind).await?.into_iter().map(|(name, _)| name).collect())
    }
}
