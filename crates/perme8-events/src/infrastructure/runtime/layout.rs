//! Which partitions a handler has: making, splitting and replacing them.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::{
    application::handler::Start,
    domain::{error::StorageError, position::Position},
    infrastructure::{
        projection::Generation,
        runtime::{
            buckets::{BUCKETS, spread},
            erased::AnyHandler,
        },
        tx::Tx,
    },
    sql,
};

/// Until the end of `tx`, no other node makes or splits partitions, and no checkpoint is on the move.
///
/// A checkpoint that moves while its partition is split would be copied as it was before, and what lies between would be
/// delivered twice. On SQLite there is one writer anyway.
pub(crate) async fn lock(tx: &mut Tx) -> Result<(), StorageError> {
    tx.query(sql!(
        sqlite: "SELECT 1",
        postgres: "LOCK TABLE event_partitions IN SHARE ROW EXCLUSIVE MODE"
    ))
    .exec()
    .await
    .map(drop)
}

/// How far each handler has come that the database has met: the least of its partitions.
pub(crate) async fn positions(tx: &mut Tx) -> Result<BTreeMap<String, Position>, StorageError> {
    let rows: Vec<(String, i64)> = tx
        .query(sql!("SELECT handler, min(position) FROM event_partitions GROUP BY handler"))
        .all()
        .await?;
    Ok(rows.into_iter().map(|(handler, at)| (handler, Position::new(at))).collect())
}

/// Makes the partitions of a handler that the database has not met, and splits those of one that wants more; `begin` is where one
/// starts that wants all there is, and `now` where one does that wants no past events.
pub(crate) async fn ensure(
    tx: &mut Tx,
    handler: &dyn AnyHandler,
    (begin, now): (Position, Position),
) -> Result<(), StorageError> {
    let name = handler.name();
    let options = handler.options();
    let ranges = ranges(tx, name).await?;
    if ranges.is_empty() {
        let position = match options.start {
            Start::Beginning => begin,
            Start::Now => now,
        };
        let of = (Generation::FIRST, handler.version());
        for range in spread(options.partitions) {
            insert(tx, name, range, (position.number(), 0), of).await?;
        }
        return Ok(());
    }
    split(tx, name, options.partitions, ranges).await
}

/// Splits the widest ranges until there are as many as are wanted.
async fn split(
    tx: &mut Tx,
    name: &str,
    wanted: u16,
    mut ranges: Vec<(i64, i64)>,
) -> Result<(), StorageError> {
    while ranges.len() < usize::from(wanted) {
        let widest = (0..ranges.len()).max_by_key(|n| ranges[*n].1 - ranges[*n].0);
        let Some(widest) = widest.filter(|n| ranges[*n].1 > ranges[*n].0) else { break };
        let (first, last) = ranges[widest];
        let middle = i64::midpoint(first, last);
        // Whoever owns the wider range is fenced out, and both halves are free.
        tx.query(sql!(
            "UPDATE event_partitions SET last_bucket = $3, epoch = epoch + 1, node_id = NULL
             WHERE handler = $1 AND first_bucket = $2"
        ))
        .bind(name)
        .bind(first)
        .bind(middle)
        .exec()
        .await?;
        // With the epoch of the other half, for the owner of a former partition there may be late, too.
        tx.query(sql!(
            "INSERT INTO event_partitions (handler, first_bucket, last_bucket, position, epoch, generation, version)
             SELECT handler, $3, $4, position, epoch, generation, version FROM event_partitions
             WHERE handler = $1 AND first_bucket = $2
             ON CONFLICT (handler, first_bucket) DO NOTHING"
        ))
        .bind(name)
        .bind(first)
        .bind(middle + 1)
        .bind(last)
        .exec()
        .await?;
        ranges[widest].1 = middle;
        ranges.push((middle + 1, last));
    }
    Ok(())
}

async fn ranges(tx: &mut Tx, handler: &str) -> Result<Vec<(i64, i64)>, StorageError> {
    tx.query(sql!(
        "SELECT first_bucket, last_bucket FROM event_partitions WHERE handler = $1 ORDER BY first_bucket"
    ))
    .bind(handler)
    .all()
    .await
}

/// Makes the one partition that builds the next generation of a read model.
///
/// Its epoch is greater than any that a partition of an earlier generation can have, under this name or under that of the
/// live one, so that nobody who is late passes for its owner.
pub(crate) async fn insert_next(
    tx: &mut Tx,
    next: &dyn AnyHandler,
    generation: Generation,
) -> Result<(), StorageError> {
    let (start, epoch) = (Position::START.number(), generation.number() << 32);
    let all = 0..=i64::from(BUCKETS) - 1;
    insert(tx, next.name(), all, (start, epoch), (generation, next.version())).await
}

async fn insert(
    tx: &mut Tx,
    handler: &str,
    range: RangeInclusive<i64>,
    (position, epoch): (i64, i64),
    (generation, version): (Generation, i64),
) -> Result<(), StorageError> {
    tx.query(sql!(
        "INSERT INTO event_partitions (handler, first_bucket, last_bucket, position, epoch, generation, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (handler, first_bucket) DO NOTHING"
    ))
    .bind(handler)
    .bind(*range.start())
    .bind(*range.end())
    .bind(position)
    .bind(epoch)
    .bind(generation.number())
    .bind(version)
    .exec()
    .await?;
    Ok(())
}

/// Forgets a handler: its checkpoints, and the deliveries that it has set aside.
pub(crate) async fn remove(tx: &mut Tx, handler: &str) -> Result<(), StorageError> {
    // The partitions first: whoever retries a delivery locks them in this order.
    for stmt in [
        sql!("DELETE FROM event_partitions WHERE handler = $1"),
        sql!("DELETE FROM event_deliveries WHERE handler = $1"),
    ] {
        tx.query(stmt).bind(handler).exec().await?;
    }
    Ok(())
}

/// Puts the partition that has built the next generation into the place of those that maintain the live one, as many as are
/// wanted from here on. Whoever owns one of them is fenced out.
pub(crate) async fn take_place(
    tx: &mut Tx,
    next: &str,
    (live, wanted): (&str, u16),
) -> Result<(), StorageError> {
    remove(tx, live).await?;
    tx.query(sql!(
        "UPDATE event_partitions SET handler = $2, epoch = epoch + 1, node_id = NULL WHERE handler = $1"
    ))
    .bind(next)
    .bind(live)
    .exec()
    .await?;
    let ranges = ranges(tx, live).await?;
    split(tx, live, wanted, ranges).await
}
