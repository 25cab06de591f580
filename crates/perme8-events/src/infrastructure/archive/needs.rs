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

/// What was given up is delivered again when an operator says so, from the log.
static DEAD_LETTERS: &Stmt = sql!(
    "SELECT handler, min(position) FROM event_deliveries WHERE is_dead GROUP BY handler ORDER BY handler"
);

static SET_ASIDE: &Stmt = sql!(
    "SELECT handler, min(position) FROM event_deliveries WHERE NOT is_dead GROUP BY handler ORDER BY handler"
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
    for (by, stmt) in [
        (NeededBy::Handler, CHECKPOINTS),
        (NeededBy::DeadLetter, DEAD_LETTERS),
        (NeededBy::SetAside, SET_ASIDE),
        (NeededBy::Job, JOBS),
    ] {
        let rows: Vec<(String, i64)> = asked.ask(stmt).all().await?;
        let counts =
            rows.into_iter().filter(|(name, _)| by == NeededBy::Job || !despite.contains(name));
        needs.extend(counts.map(|(name, from)| Need { by, name, from: Position::new(from) }));
    }
    Ok(needs)
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

/// The handlers among these names that some node runs.
pub(super) async fn running(
    asked: &mut impl Asked,
    names: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<String>, StorageError> {
    let rows: Vec<(String,)> = asked
        .ask(sql!(
            "SELECT DISTINCT p.handler FROM event_partitions p JOIN event_nodes n ON n.node_id = p.node_id
             WHERE n.beat_at <= $1 AND n.expires_at > $1 ORDER BY p.handler"
        ))
        .bind(now)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(name,)| name).filter(|name| names.contains(name)).collect())
}
