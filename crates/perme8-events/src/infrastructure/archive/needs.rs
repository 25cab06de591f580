//! Who still needs events of the log.

use chrono::{DateTime, Utc};

use crate::{
    application::retention::{Need, NeededBy},
    domain::{error::StorageError, position::Position},
    infrastructure::sql::{Stmt, asked::Asked},
    sql,
};

/// A checkpoint needs what lies behind it.
static CHECKPOINTS: &Stmt = sql!(
    "SELECT handler, min(position) + 1 FROM event_partitions GROUP BY handler ORDER BY handler"
);

/// What was given up is delivered again when an operator says so, from the log, and what was set aside when it is due. In one
/// statement, or what goes from one to the other between two of them would be in neither.
static DELIVERIES: &Stmt = sql!(
    "SELECT handler, is_dead, min(position) FROM event_deliveries GROUP BY handler, is_dead ORDER BY handler, is_dead"
);

/// Whoever does a job may look at what it follows from; those that are done are not asked.
static JOBS: &Stmt = sql!(
    "SELECT j.queue, min(l.seq) FROM event_jobs j JOIN event_log l ON l.id = j.causation_id
     WHERE j.state IN ('waiting', 'running', 'dead') GROUP BY j.queue ORDER BY j.queue"
);

/// Everybody in the database who needs a certain position of the log, but for the handlers that do not count.
///
/// It does not matter which program has a handler, nor whether it is paused: what the database remembers counts.
pub(super) async fn needs(
    asked: &mut impl Asked,
    despite: &[String],
) -> Result<Vec<Need>, StorageError> {
    let mut needs = Vec::new();
    // In this order: a delivery is set aside with its checkpoint, and a job follows from a delivery.
    let checkpoints: Vec<(String, i64)> = asked.ask(CHECKPOINTS).all().await?;
    needs.extend(checkpoints.into_iter().map(|(name, from)| need(NeededBy::Handler, name, from)));
    let deliveries: Vec<(String, bool, i64)> = asked.ask(DELIVERIES).all().await?;
    needs.extend(deliveries.into_iter().map(|(name, is_dead, from)| {
        need(if is_dead { NeededBy::DeadLetter } else { NeededBy::SetAside }, name, from)
    }));
    needs.retain(|need| !despite.contains(&need.name));
    let jobs: Vec<(String, i64)> = asked.ask(JOBS).all().await?;
    needs.extend(jobs.into_iter().map(|(name, from)| need(NeededBy::Job, name, from)));
    Ok(needs)
}

fn need(by: NeededBy, name: String, from: i64) -> Need {
    Need { by, name, from: Position::new(from) }
}

/// The processes that have cases which are not over, and when the oldest of these began.
pub(super) async fn open_cases(
    asked: &mut impl Asked,
) -> Result<Vec<(String, DateTime<Utc>)>, StorageError> {
    asked
        .ask(sql!(
            "SELECT process, min(started_at) FROM event_processes WHERE status NOT IN ('completed', 'compensated')
             GROUP BY process ORDER BY process"
        ))
        .all()
        .await
}

/// A handler among these names that some node runs.
pub(super) async fn running(
    asked: &mut impl Asked,
    names: &[String],
    now: DateTime<Utc>,
) -> Result<Option<String>, StorageError> {
    let rows: Vec<(String,)> = asked
        .ask(sql!(
            "SELECT DISTINCT p.handler FROM event_partitions p JOIN event_nodes n ON n.node_id = p.node_id
             WHERE n.beat_at <= $1 AND n.expires_at > $1 ORDER BY p.handler"
        ))
        .bind(now)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(name,)| name).find(|name| names.contains(name)))
}
