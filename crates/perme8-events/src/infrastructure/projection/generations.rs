//! The rows of generations: which one is live, which one is being built, and which ones are to go.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio_util::sync::CancellationToken;

use crate::{
    application::transaction::Transaction as _,
    domain::{error::StorageError, origin::Origin, position::Position},
    infrastructure::{
        db::Db,
        projection::Generation,
        runtime::{erased::AnyHandler, layout},
        tx::Tx,
        unit_of_work::UnitOfWork,
    },
    sql,
};

/// So long the rows of a generation stay that was live, for those who have begun to read it.
const READ_ON: TimeDelta = TimeDelta::minutes(1);
/// So many rows of each table are removed in one transaction, so that nobody waits long for the writer.
const AT_ONCE: i64 = 1000;

/// A generation that is live, or being built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Current {
    pub(crate) generation: Generation,
    pub(crate) version: i64,
    pub(crate) begun_at: DateTime<Utc>,
}

impl Current {
    fn of((generation, version, begun_at): (i64, i64, DateTime<Utc>)) -> Self {
        Self { generation: Generation::new(generation), version, begun_at }
    }
}

/// The live generation, if the projection was ever started.
pub(crate) async fn live(db: &Db, projection: &str) -> Result<Option<Current>, StorageError> {
    current(db, projection, "live").await
}

/// The generation that is being built.
pub(crate) async fn building(db: &Db, projection: &str) -> Result<Option<Current>, StorageError> {
    current(db, projection, "building").await
}

async fn current(db: &Db, projection: &str, state: &str) -> Result<Option<Current>, StorageError> {
    let row = db
        .query(sql!(
            "SELECT generation, version, begun_at FROM event_generations
             WHERE projection = $1 AND state = $2 AND state IN ('building', 'live')"
        ))
        .bind(projection)
        .bind(state)
        .opt()
        .await?;
    Ok(row.map(Current::of))
}

/// Makes the database fit the version that this program has: what is older is built anew, what is newer is left to the
/// programs that have it.
///
/// Whoever has an older version goes on maintaining the generation that it knows until the new one is live.
pub(crate) async fn ensure(
    tx: &mut Tx,
    (projection, next): (&str, &dyn AnyHandler),
) -> Result<(), StorageError> {
    let version = next.version();
    let rows: Vec<(String, i64)> = tx
        .query(sql!(
            "SELECT state, version FROM event_generations WHERE projection = $1 AND state IN ('building', 'live')"
        ))
        .bind(projection)
        .all()
        .await?;
    let of = |state: &str| rows.iter().find(|(of, _)| of == state).map(|(_, version)| *version);
    let Some(live) = of("live") else { return introduce(tx, projection, version).await };
    if live > version {
        tracing::warn!(
            projection,
            version,
            live,
            "the read model is of a newer program, and is left to that"
        );
    }
    match of("building") {
        _ if live >= version => Ok(()),
        Some(building) if building >= version => Ok(()),
        building => {
            if building.is_some() {
                abandon(tx, projection, next.name()).await?;
            }
            begin(tx, projection, next).await.map(drop)
        }
    }
}

/// The first generation: what the partitions of the handler maintain, which may have been a plain one until now.
async fn introduce(tx: &mut Tx, projection: &str, version: i64) -> Result<(), StorageError> {
    insert(tx, projection, Generation::FIRST, (version, "live")).await?;
    tx.query(sql!("UPDATE event_partitions SET version = $2 WHERE handler = $1 AND version = 0"))
        .bind(projection)
        .bind(version)
        .exec()
        .await
        .map(drop)
}

async fn insert(
    tx: &mut Tx,
    projection: &str,
    generation: Generation,
    (version, state): (i64, &str),
) -> Result<(), StorageError> {
    let now = tx.now();
    tx.query(sql!(
        "INSERT INTO event_generations (projection, generation, version, state, begun_at) VALUES ($1, $2, $3, $4, $5)"
    ))
    .bind(projection)
    .bind(generation.number())
    .bind(version)
    .bind(state)
    .bind(now)
    .exec()
    .await
    .map(drop)
}

/// Whether the next generation is being built.
pub(crate) async fn is_building(tx: &mut Tx, projection: &str) -> Result<bool, StorageError> {
    let building: Option<(i64,)> = tx
        .query(sql!(
            "SELECT generation FROM event_generations WHERE projection = $1 AND state = 'building'"
        ))
        .bind(projection)
        .opt()
        .await?;
    Ok(building.is_some())
}

/// Begins to build the next generation; the caller has locked the partitions and knows that none is being built.
pub(crate) async fn begin(
    tx: &mut Tx,
    projection: &str,
    next: &dyn AnyHandler,
) -> Result<Generation, StorageError> {
    let last: i64 = tx
        .query(sql!(
            "SELECT coalesce(max(generation), 1) FROM event_generations WHERE projection = $1"
        ))
        .bind(projection)
        .scalar()
        .await?;
    let generation = Generation::new(last + 1);
    insert(tx, projection, generation, (next.version(), "building")).await?;
    // A pause was of the rebuild before this one.
    tx.query(sql!("DELETE FROM event_pauses WHERE kind = 'handler' AND name = $1"))
        .bind(next.name())
        .exec()
        .await?;
    layout::insert_next(tx, next, generation).await?;
    Ok(generation)
}

/// Gives up the generation that is being built, if there is one; whoever builds it is fenced out.
pub(crate) async fn abandon(
    tx: &mut Tx,
    projection: &str,
    next: &str,
) -> Result<bool, StorageError> {
    layout::remove(tx, next).await?;
    Ok(turn(tx, projection, "building", "retired").await? == 1)
}

/// Makes the generation that was built the live one.
pub(crate) async fn replace(tx: &mut Tx, projection: &str) -> Result<bool, StorageError> {
    turn(tx, projection, "live", "retired").await?;
    Ok(turn(tx, projection, "building", "live").await? == 1)
}

async fn turn(tx: &mut Tx, projection: &str, from: &str, to: &str) -> Result<u64, StorageError> {
    let now = tx.now();
    let retired_at = (to == "retired").then_some(now);
    tx.query(sql!(
        "UPDATE event_generations SET state = $3, ended_at = $4 WHERE projection = $1 AND state = $2"
    ))
    .bind(projection)
    .bind(from)
    .bind(to)
    .bind(retired_at)
    .exec()
    .await
}

/// Keeps the checkpoints of the live generation where they are until `tx` ends; the furthest of them.
pub(crate) async fn hold_live(tx: &mut Tx, projection: &str) -> Result<Position, StorageError> {
    // The table before its rows, as whoever rewinds a handler does, or each would wait for the other.
    tx.query(sql!(
        sqlite: "SELECT 1",
        postgres: "LOCK TABLE event_partitions IN ROW EXCLUSIVE MODE"
    ))
    .exec()
    .await?;
    let positions: Vec<(i64,)> = tx
        .query(sql!(
            sqlite: "SELECT position FROM event_partitions WHERE handler = $1 ORDER BY first_bucket",
            postgres: "SELECT position FROM event_partitions WHERE handler = $1 ORDER BY first_bucket FOR UPDATE"
        ))
        .bind(projection)
        .all()
        .await?;
    Ok(positions.into_iter().map(|(at,)| Position::new(at)).max().unwrap_or(Position::START))
}

/// Removes what nobody reads any more, piece by piece; whether there was anything.
pub(crate) async fn sweep_all(
    db: &Db,
    handlers: &[Arc<dyn AnyHandler>],
    stop: &CancellationToken,
) -> Result<bool, StorageError> {
    let mut swept = false;
    for handler in handlers {
        let Some((projection, _)) = handler.builds() else { continue };
        while !stop.is_cancelled() && sweep(db, (projection, &**handler)).await? {
            swept = true;
        }
    }
    Ok(swept)
}

/// Removes a piece of what nobody reads any more; false when there is nothing of the kind.
async fn sweep(db: &Db, (projection, next): (&str, &dyn AnyHandler)) -> Result<bool, StorageError> {
    let before = db.clock.now() - READ_ON;
    let waiting: Option<(i64,)> = db
        .query(sql!(
            "SELECT generation FROM event_generations
             WHERE projection = $1 AND state = 'retired' AND ended_at <= $2 LIMIT 1"
        ))
        .bind(projection)
        .bind(before)
        .opt()
        .await?;
    if waiting.is_none() {
        return Ok(false);
    }
    UnitOfWork::new(db.clone())
        .run(Origin::system(next.name()), async |tx| {
            // One node removes, the others do not wait for it.
            let retired: Option<(i64,)> = tx
                .query(sql!(
                    sqlite: "SELECT generation FROM event_generations
                             WHERE projection = $1 AND state = 'retired' AND ended_at <= $2 ORDER BY generation LIMIT 1",
                    postgres: "SELECT generation FROM event_generations
                               WHERE projection = $1 AND state = 'retired' AND ended_at <= $2
                               ORDER BY generation LIMIT 1 FOR UPDATE SKIP LOCKED"
                ))
                .bind(projection)
                .bind(before)
                .opt()
                .await?;
            let Some((generation,)) = retired else { return Ok(false) };
            if next.remove_rows(tx, Generation::new(generation), AT_ONCE).await? == 0 {
                tx.query(sql!(
                    "UPDATE event_generations SET state = 'removed' WHERE projection = $1 AND generation = $2"
                ))
                .bind(projection)
                .bind(generation)
                .exec()
                .await?;
            }
            Ok(true)
        })
        .await
}
