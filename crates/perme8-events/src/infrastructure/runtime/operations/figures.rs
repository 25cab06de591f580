//! What the figures of a host say beside how far handlers have come: leases, what is oldest, and how old.

use chrono::{DateTime, Utc};

use crate::{
    application::event_store::EventStore as _,
    domain::{error::StorageError, position::Position},
    infrastructure::runtime::operations::Operations,
    sql,
};

/// Who works on a handler, and the oldest event that it is not done with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerFigures {
    /// The handler.
    pub handler: String,
    /// Its partitions that a node delivers to.
    pub leased: i64,
    /// Its partitions that no node delivers to.
    pub free: i64,
    /// Nothing before this event is pending, neither because nobody has come to it yet nor because it was set aside; none when
    /// nothing is pending at all. A handler that is idle may stand a little behind the end of the log.
    pub oldest_pending: Option<Position>,
}

#[derive(sqlx::FromRow)]
struct Row {
    handler: String,
    partitions: i64,
    leased: i64,
    position: i64,
    set_aside: Option<i64>,
}

impl Operations {
    /// Leases and the oldest pending event of each handler, by name.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn handler_figures(&self) -> Result<Vec<HandlerFigures>, StorageError> {
        let head = self.db.head().await?.number();
        let rows: Vec<Row> = self
            .db
            .query(sql!(
                "SELECT p.handler, count(*) AS partitions, count(n.node_id) AS leased, min(p.position) AS position,
                   (SELECT min(d.position) FROM event_deliveries d WHERE d.handler = p.handler) AS set_aside
                 FROM event_partitions p
                 LEFT JOIN event_nodes n ON n.node_id = p.node_id AND n.beat_at <= $1 AND n.expires_at > $1
                 GROUP BY p.handler ORDER BY p.handler"
            ))
            .bind(self.db.lease_time().await?)
            .all()
            .await?;
        let figures = |row: Row| {
            let Row { handler, partitions, leased, position, set_aside } = row;
            let next = (position < head).then_some(position + 1);
            let oldest = next.into_iter().chain(set_aside).min();
            let oldest_pending = oldest.map(Position::new);
            HandlerFigures { handler, leased, free: partitions - leased, oldest_pending }
        };
        Ok(rows.into_iter().map(figures).collect())
    }

    /// How many nodes give signs of life.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn live_nodes(&self) -> Result<i64, StorageError> {
        let row: Option<(i64,)> = self
            .db
            .query(sql!("SELECT count(*) FROM event_nodes WHERE beat_at <= $1 AND expires_at > $1"))
            .bind(self.db.lease_time().await?)
            .opt()
            .await?;
        Ok(row.map_or(0, |(nodes,)| nodes))
    }

    /// For how many seconds something has been so, by the clock of the database; 0 for what lies ahead.
    #[must_use]
    pub fn seconds_since(&self, then: DateTime<Utc>) -> f64 {
        (self.db.clock.now() - then).as_seconds_f64().max(0.0)
    }
}
