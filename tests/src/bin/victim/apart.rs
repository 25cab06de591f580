//! The negative control: counts, and moves its checkpoint in a transaction of its own.

use std::time::Duration;

use perme8_events::{
    EventFilter, EventStore as _, Origin, Position, StorageError, sql,
    sql::{Db, LogReader, UnitOfWork},
    testing::wait_until,
};

use crate::{
    bank::Deposited,
    handlers::{COUNTING, count},
};

const READER: &str = "bank.apart";
/// How long the two transactions lie apart, so that a kill finds its way between them.
pub(crate) const APART: Duration = Duration::from_millis(10);

/// Counts from its checkpoint on, for ever.
pub(crate) async fn keep_counting(db: &Db, apart: Duration) -> anyhow::Result<()> {
    let uow = UnitOfWork::new(db.clone());
    let mut reader = LogReader::open(db, checkpoint(db, READER).await?).await?;
    let mut pace = tokio::time::interval(apart);
    loop {
        for envelope in reader.poll().await?.events {
            if let Some(event) = envelope.decode::<Deposited>()? {
                uow.run(Origin::system(READER), async |tx| count(tx, COUNTING[0], &event).await)
                    .await?;
            }
            pace.tick().await;
            move_to(&uow, READER, envelope.position).await?;
        }
        pace.tick().await;
    }
}

/// Counts up to the end of the log.
pub(crate) async fn catch_up(db: &Db) -> anyhow::Result<()> {
    let last = last_event(db).await?;
    let done = wait_until("everything is counted", Duration::from_mins(2), async || {
        let stored = checkpoint(db, READER).await;
        stored.is_ok_and(|position| position >= last)
    });
    tokio::select! {
        () = done => Ok(()),
        ended = keep_counting(db, Duration::from_millis(1)) => ended,
    }
}

/// Where the last event is. The head of the log may lie behind it: whoever is killed leaves a hole there.
async fn last_event(db: &Db) -> Result<Position, StorageError> {
    let mut last = checkpoint(db, READER).await?;
    while let Some(event) = db.read(&EventFilter::All, last, 1000).await?.last() {
        last = event.position;
    }
    Ok(last)
}

/// How far a reader has come.
pub(crate) async fn checkpoint(db: &Db, reader: &str) -> Result<Position, StorageError> {
    let stored: Option<(i64,)> = db
        .query(sql!("SELECT position FROM bank_checkpoints WHERE reader = $1"))
        .bind(reader)
        .opt()
        .await?;
    Ok(stored.map_or(Position::START, |(position,)| Position::new(position)))
}

/// Remembers how far a reader has come, whatever became of its effects.
pub(crate) async fn move_to(
    uow: &UnitOfWork,
    reader: &'static str,
    position: Position,
) -> Result<(), StorageError> {
    uow.run(Origin::system(reader), async |tx| {
        tx.query(sql!(
            "INSERT INTO bank_checkpoints (reader, position) VALUES ($1, $2)
             ON CONFLICT (reader) DO UPDATE SET position = excluded.position"
        ))
        .bind(reader)
        .bind(position.number())
        .exec()
        .await?;
        Ok(())
    })
    .await
}
