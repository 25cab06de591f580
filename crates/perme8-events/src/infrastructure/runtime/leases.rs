//! The signs of life of nodes, and the clock by which their leases are measured.
//!
//! A node is alive between its last sign of life and the end of its lease. All nodes must agree on what time it is then: on
//! PostgreSQL the server tells it, so that the clocks of the nodes do not matter; on SQLite all of them are on one machine. A
//! sign of life from the future is one of a clock that has been set back since, and does not count.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    domain::error::StorageError,
    infrastructure::db::{Db, Engine},
    sql,
};

/// A node whose lease has not run out, with the handlers that it has.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct LiveNode {
    pub(crate) node_id: Uuid,
    pub(crate) handlers: Json<Vec<String>>,
}

/// So much earlier a sign of life is dated. Whoever asks who is alive may have looked at the clock just before one that it
/// sees, which is then no sign from the future.
const EARLIER: TimeDelta = TimeDelta::seconds(10);

impl Db {
    /// What time it is for every node alike.
    pub(crate) async fn lease_time(&self) -> Result<DateTime<Utc>, StorageError> {
        match *self.engine {
            Engine::Sqlite { .. } => Ok(self.clock.now()),
            // Not behind the transactions: the lease would run out while it waits for one of their connections.
            Engine::Postgres { .. } => {
                self.change(sql!(sqlite: "SELECT 1", postgres: "SELECT clock_timestamp()"))
                    .scalar()
                    .await
            }
        }
    }

    /// Gives a sign of life, and prolongs the lease until `expires_at`.
    pub(crate) async fn heartbeat(
        &self,
        node: &LiveNode,
        name: &str,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        self.change(sql!(
            "INSERT INTO event_nodes (node_id, name, handlers, started_at, beat_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (node_id) DO UPDATE SET beat_at = excluded.beat_at, expires_at = excluded.expires_at"
        ))
        .bind(node.node_id)
        .bind(name)
        .bind(&node.handlers)
        .bind(now)
        .bind(now - EARLIER)
        .bind(expires_at)
        .exec()
        .await?;
        Ok(())
    }

    /// The nodes that are alive, in an order that all of them agree on.
    pub(crate) async fn live_nodes(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Vec<LiveNode>, StorageError> {
        self.query(sql!(
            "SELECT node_id, handlers FROM event_nodes WHERE beat_at <= $1 AND expires_at > $1 ORDER BY node_id"
        ))
        .bind(now)
        .all()
        .await
    }

    /// Forgets a node that stops, and nodes that have been gone for long.
    pub(crate) async fn forget_nodes(
        &self,
        stopped: Option<Uuid>,
        gone: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        self.change(sql!("DELETE FROM event_nodes WHERE node_id = $1 OR expires_at < $2"))
            .bind(stopped)
            .bind(gone)
            .exec()
            .await?;
        Ok(())
    }
}
