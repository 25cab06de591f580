//! What the database knows of its archives: which ranges are in files, and how much of them still stands in the log.

use chrono::{DateTime, Utc};

use crate::{
    application::transaction::Transaction as _,
    domain::{
        archive::{ArchivedRange, Manifest},
        error::StorageError,
        position::Position,
    },
    infrastructure::{
        db::Db,
        sql::{Stmt, asked::Asked},
        tx::Tx,
    },
    sql,
};

/// So many positions are looked through at a time for what has events there.
const STEP: i64 = 1000;

/// How far a range has come on its way out of the log, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It stands in both.
    Written,
    /// It is being removed from the log; from here on nobody may need it.
    Removing,
    /// It stands in the file alone.
    Removed,
    /// It is being put back.
    Restoring,
    /// It was put back: it stands in both again.
    Restored,
}

impl State {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Removing => "removing",
            Self::Removed => "removed",
            Self::Restoring => "restoring",
            Self::Restored => "restored",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Written, Self::Removing, Self::Removed, Self::Restoring, Self::Restored]
            .into_iter()
            .find(|state| state.as_str() == word)
    }

    /// Whether the whole range stands in the log.
    pub(crate) const fn is_whole(self) -> bool {
        matches!(self, Self::Written | Self::Restored)
    }
}

/// A range of the log that is in a file.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) first: Position,
    pub(crate) last: Position,
    pub(crate) events: i64,
    pub(crate) file: String,
    pub(crate) lines_sha256: String,
    pub(crate) state: State,
}

impl From<Range> for ArchivedRange {
    fn from(range: Range) -> Self {
        let Range { first, last, file, events: _, lines_sha256: _, state: _ } = range;
        Self { first, last, file }
    }
}

/// A state that no version of this program has written.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no state of an archive")]
struct UnknownState(String);

/// The columns of [`Row`], in a `SELECT`.
macro_rules! archive_columns {
    ($($rest:literal),* $(,)?) => {
        concat!(
            "SELECT first_position, last_position, events, file, lines_sha256, state FROM event_archives ",
            $($rest),*
        )
    };
}

type Row = (i64, i64, i64, String, String, String);

fn range((first, last, events, file, lines_sha256, state): Row) -> Result<Range, StorageError> {
    let state = State::read(&state).ok_or_else(|| StorageError::new(UnknownState(state)))?;
    let (first, last) = (Position::new(first), Position::new(last));
    Ok(Range { first, last, events, file, lines_sha256, state })
}

/// Every range, in order.
pub(super) async fn all(db: &Db) -> Result<Vec<Range>, StorageError> {
    let rows: Vec<Row> = db.query(sql!(archive_columns!("ORDER BY first_position"))).all().await?;
    rows.into_iter().map(range).collect()
}

/// What is missing in the log behind a position, because it is in files.
static GONE: &Stmt = sql!(archive_columns!(
    "WHERE last_position > $1 AND first_position <= $2 AND state IN ('removing', 'removed', 'restoring')
     ORDER BY first_position"
));

/// What somebody would miss who goes on behind `after`.
pub(crate) async fn gone_behind(
    asked: &mut impl Asked,
    after: Position,
) -> Result<Vec<ArchivedRange>, StorageError> {
    gone(asked, after, Position::new(i64::MAX)).await
}

async fn gone(
    asked: &mut impl Asked,
    after: Position,
    upto: Position,
) -> Result<Vec<ArchivedRange>, StorageError> {
    let rows: Vec<Row> = asked.ask(GONE).bind(after.number()).bind(upto.number()).all().await?;
    rows.into_iter().map(|row| range(row).map(ArchivedRange::from)).collect()
}

/// What may be missing of what happened at a time or later.
pub(crate) async fn gone_since(
    asked: &mut impl Asked,
    at: DateTime<Utc>,
) -> Result<Vec<ArchivedRange>, StorageError> {
    let rows: Vec<Row> = asked
        .ask(sql!(archive_columns!(
            "WHERE last_at >= $1 AND state IN ('removing', 'removed', 'restoring') ORDER BY first_position"
        )))
        .bind(at)
        .all()
        .await?;
    rows.into_iter().map(|row| range(row).map(ArchivedRange::from)).collect()
}

/// The ranges that may hold events of a thing which are missing in the log.
pub(crate) async fn gone_of(
    asked: &mut impl Asked,
    (aggregate_type, aggregate_id): (&str, &str),
) -> Result<Vec<ArchivedRange>, StorageError> {
    let archived: Option<(i64, i64)> = asked
        .ask(sql!(
            "SELECT first_position, last_position FROM event_archived_aggregates
             WHERE aggregate_type = $1 AND aggregate_id = $2"
        ))
        .bind(aggregate_type)
        .bind(aggregate_id)
        .opt()
        .await?;
    match archived {
        Some((first, last)) => {
            gone(asked, Position::new(first).before(), Position::new(last)).await
        }
        None => Ok(Vec::new()),
    }
}

/// Notes what has events in a range, step by step; noted twice is noted once.
pub(super) async fn note_aggregates(
    db: &Db,
    (first, last): (Position, Position),
) -> Result<(), StorageError> {
    let mut after = first.before().number();
    while after < last.number() {
        let upto = last.number().min(after.saturating_add(STEP));
        db.change(sql!(
            "INSERT INTO event_archived_aggregates (aggregate_type, aggregate_id, first_position, last_position)
             SELECT aggregate_type, aggregate_id, min(seq), max(seq) FROM event_log WHERE seq > $1 AND seq <= $2
             GROUP BY aggregate_type, aggregate_id
             ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET
               first_position = CASE WHEN excluded.first_position < event_archived_aggregates.first_position
                 THEN excluded.first_position ELSE event_archived_aggregates.first_position END,
               last_position = CASE WHEN excluded.last_position > event_archived_aggregates.last_position
                 THEN excluded.last_position ELSE event_archived_aggregates.last_position END"
        ))
        .bind(after)
        .bind(upto)
        .exec()
        .await?;
        // Holes may be wide where many transactions were rolled back, or the numbers were set ahead.
        let next: Option<(i64,)> = db
            .query(sql!(
                "SELECT seq - 1 FROM event_log WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT 1"
            ))
            .bind(upto)
            .bind(last.number())
            .opt()
            .await?;
        after = next.map_or(last.number(), |(next,)| next);
    }
    Ok(())
}

/// Notes that a range is in a file.
pub(super) async fn insert(tx: &mut Tx, manifest: &Manifest) -> Result<(), StorageError> {
    let now = tx.now();
    tx.query(sql!(
        "INSERT INTO event_archives (first_position, last_position, events, last_at, file, lines_sha256, state, written_at,
           updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'written', $7, $7)"
    ))
    .bind(manifest.first.number())
    .bind(manifest.last.number())
    .bind(i64::try_from(manifest.events).unwrap_or(i64::MAX))
    .bind(manifest.last_at)
    .bind(manifest.file.as_str())
    .bind(manifest.lines_sha256.as_str())
    .bind(now)
    .exec()
    .await
    .map(drop)
}

/// Takes a range from one state to another; false when it is in none of those any more.
pub(super) async fn turn(
    tx: &mut Tx,
    range: &Range,
    (from, to): (State, State),
) -> Result<bool, StorageError> {
    let now: DateTime<Utc> = tx.now();
    let turned = tx
        .query(sql!(
            "UPDATE event_archives SET state = $3, updated_at = $4 WHERE first_position = $1 AND state = $2"
        ))
        .bind(range.first.number())
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(now)
        .exec()
        .await?;
    Ok(turned == 1)
}

impl Db {
    /// The oldest event that still stands in the log; none when it is empty.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn oldest_kept(&self) -> Result<Option<Position>, StorageError> {
        let oldest: Option<i64> =
            self.query(sql!("SELECT min(seq) FROM event_log")).scalar().await?;
        Ok(oldest.map(Position::new))
    }

    /// The file that holds the event at a position which no longer stands in the log.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn archive_of(
        &self,
        position: Position,
    ) -> Result<Option<ArchivedRange>, StorageError> {
        Ok(self.archived_between(position.before(), position).await?.into_iter().next())
    }

    /// What is missing in the log of the positions behind `after` up to `upto`, because it is in files; in order.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn archived_between(
        &self,
        after: Position,
        upto: Position,
    ) -> Result<Vec<ArchivedRange>, StorageError> {
        let mut db = self;
        gone(&mut db, after, upto).await
    }

    /// What may be missing in the log of what happened at a time or later, because it is in files; in order.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn archived_since(
        &self,
        at: DateTime<Utc>,
    ) -> Result<Vec<ArchivedRange>, StorageError> {
        let mut db = self;
        gone_since(&mut db, at).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_as_it_was_written() {
        for state in
            [State::Written, State::Removing, State::Removed, State::Restoring, State::Restored]
        {
            assert_eq!(State::read(state.as_str()), Some(state));
        }
        assert_eq!(State::read("lost"), None);
    }
}
