//! Finding a place in the log by a time.
//!
//! Positions rise with the time at which rows were written, which one clock says, that of the database: but for writers that
//! are at it at the same moment. They rise only roughly with the time at which things happened, which is the begin of a
//! transaction, by the clock of its host. So the search goes by the first, where it can halve the log again and again, and
//! has the second decide among what is left.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{error::StorageError, position::Position},
    infrastructure::{db::Db, sql::Stmt},
    sql,
};

/// No event is written down so long before the time at which it says that it happened: so far the clock of a host may be
/// ahead of that of the database.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// When the last row within two positions was written, and which it is.
static WRITTEN: &Stmt = sql!(
    "SELECT seq, inserted_at FROM event_log WHERE seq > $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1"
);

/// The first row within two positions that tells of something at a time or later.
static HAPPENED: &Stmt = sql!(
    "SELECT seq FROM event_log WHERE seq > $1 AND seq <= $2 AND occurred_at >= $3 ORDER BY seq LIMIT 1"
);

impl Db {
    /// The first position up to `head` whose event happened at `at` or later.
    ///
    /// Looks at some dozens of rows, and at those that were written from five minutes before `at` until the one that is found.
    pub(crate) async fn first_since(
        &self,
        at: DateTime<Utc>,
        head: Position,
    ) -> Result<Option<Position>, StorageError> {
        let before = at.checked_sub_signed(AHEAD).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let after = self.written_before(before, head).await?;
        let first: Option<(i64,)> =
            self.query(HAPPENED).bind(after).bind(head.number()).bind(at).opt().await?;
        Ok(first.map(|(seq,)| Position::new(seq)))
    }

    /// A position up to which everything was written before `time`; the last one, but for writers at the same moment.
    async fn written_before(
        &self,
        time: DateTime<Utc>,
        head: Position,
    ) -> Result<i64, StorageError> {
        // Up to `known` all was written before, and behind `open` nothing was.
        let (mut known, mut open) = (Position::START.number(), head.number());
        while known < open {
            let middle = open - (open - known) / 2;
            let last: Option<(i64, DateTime<Utc>)> =
                self.query(WRITTEN).bind(known).bind(middle).opt().await?;
            match last {
                Some((seq, written)) if written >= time => open = seq - 1,
                // A hole is as good as a row that was written before.
                Some(_) | None => known = middle,
            }
        }
        Ok(known)
    }
}
