//! Reading the log from a position on, in order, without ever missing an event that commits late.
//!
//! Positions without a hole are delivered at once. At a hole, three *separate* statements run, in this order: the last
//! position drawn; the smallest low-water lock that is still held; the rows up to the smaller of both. Whoever draws after
//! the first statement draws above it; whoever drew before it holds its lock until its row is visible. So a hole below that
//! mark is a rollback, and is passed.

use sqlx::{ConnectOptions as _, PgConnection, SqliteConnection, types::Json};

use crate::{
    domain::{envelope::Envelope, error::StorageError, position::Position},
    infrastructure::{
        db::{Db, Engine},
        log::row::{self, Row, envelopes, event_log_columns, packed_event_log},
        sealing::{
            keys::{KEYS, Keys},
            master::MasterKeys,
        },
        sql::{Query, Stmt, Target},
    },
    sql,
};

/// How many rows one poll reads at most.
const ROWS: i64 = 500;

pub(crate) static DRAWN: &Stmt = sql!(
    sqlite: "SELECT coalesce(max(seq), 0) FROM event_log",
    postgres: "SELECT last_value - (NOT is_called)::int FROM event_log_seq"
);

// Advisory locks of the whole cluster are visible: those of other databases are none of ours.
pub(crate) static PENDING: &Stmt = sql!(
    sqlite: "SELECT CAST(NULL AS INTEGER)",
    postgres: "SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) FROM pg_locks
               WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 77
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
);

// The order within is that of the result: SQLite keeps it where there is a limit.
pub(crate) static PAGE: &Stmt = sql!(
    sqlite: packed_event_log!("WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3"),
    postgres: event_log_columns!("WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3")
);

/// What a poll found.
#[derive(Debug, Default)]
pub struct Page {
    /// The events, in order.
    pub events: Vec<Envelope>,
    /// Everything up to here is settled.
    pub reached: Position,
    /// Whether an open transaction holds back what lies behind `reached`.
    pub held_back: bool,
    /// Whether there is more to read at once: the page was full, or ended at a hole.
    pub(crate) goes_on: bool,
}

/// Reads the log on a connection of its own.
#[derive(Debug)]
pub struct LogReader {
    conn: Own,
    master_keys: MasterKeys,
    after: i64,
    naive: bool,
}

#[derive(Debug)]
enum Own {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl LogReader {
    /// Reads what lies behind `after`.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when no connection can be had.
    pub async fn open(db: &Db, after: Position) -> Result<Self, StorageError> {
        let conn = match &*db.engine {
            Engine::Sqlite { options, .. } => {
                Own::Sqlite(options.clone().read_only(true).connect().await?)
            }
            Engine::Postgres { options, .. } => Own::Postgres(options.connect().await?),
        };
        let master_keys = db.master_keys.clone();
        Ok(Self { conn, master_keys, after: after.number(), naive: false })
    }

    /// The negative control of the proofs: takes whatever is visible, and so loses what commits late on PostgreSQL.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn naive(self) -> Self {
        Self { naive: true, ..self }
    }

    fn query(&mut self, stmt: &'static Stmt) -> Query<'_> {
        match &mut self.conn {
            Own::Sqlite(conn) => Query::new(Target::Sqlite(conn), stmt),
            Own::Postgres(conn) => Query::new(Target::Pg(conn), stmt),
        }
    }

    async fn rows(&mut self, upto: i64) -> Result<Vec<Row>, StorageError> {
        let after = self.after;
        self.query(PAGE).bind(after).bind(upto).bind(ROWS).packed().await
    }

    /// The next events, in order; none if there are none yet.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the connection or a row is broken; open a new reader behind the last position reached.
    pub async fn poll(&mut self) -> Result<Page, StorageError> {
        let mut rows = self.rows(i64::MAX).await?;
        let read = rows.len();
        let gaps_mean_something = matches!(self.conn, Own::Postgres(_)) && !self.naive;
        if gaps_mean_something && !rows.is_empty() {
            let dense = rows
                .iter()
                .zip(self.after + 1..)
                .take_while(|(row, next)| row.seq == *next)
                .count();
            if dense == 0 {
                return self.past_the_hole().await;
            }
            rows.truncate(dense);
        }
        let is_full = i64::try_from(read).is_ok_and(|read| read >= ROWS);
        let goes_on = is_full || rows.len() < read;
        let reached = rows.last().map_or(self.after, |row| row.seq);
        let page = self.page(rows, reached).await?;
        Ok(Page { goes_on, ..page })
    }

    async fn past_the_hole(&mut self) -> Result<Page, StorageError> {
        // The order is the proof: first what has been drawn, then who is still open, then, with a newer snapshot, the rows.
        let drawn: i64 = self.query(DRAWN).scalar().await?;
        let pending: Option<i64> = self.query(PENDING).scalar().await?;
        let mark = drawn.min(pending.unwrap_or(i64::MAX));
        if mark <= self.after {
            return Ok(Page { held_back: true, ..self.page(Vec::new(), self.after).await? });
        }
        let rows = self.rows(mark).await?;
        // Not up to the mark, although everything below it is decided: after a crash a server may draw positions again that
        // were drawn before it and rolled back. A position that was seen in a row is never drawn again.
        let reached = rows.last().map_or(self.after, |row| row.seq);
        let page = self.page(rows, reached).await?;
        // Behind the mark there may be others by now.
        Ok(Page { held_back: mark < drawn, goes_on: !page.events.is_empty(), ..page })
    }

    async fn page(&mut self, rows: Vec<Row>, reached: i64) -> Result<Page, StorageError> {
        let keys = self.keys(&rows).await?;
        let events = envelopes(rows, &keys)?;
        // Only now, so that a broken row is not passed over by the next poll.
        self.after = reached;
        Ok(Page { events, reached: Position::new(reached), ..Page::default() })
    }

    /// The keys to what is sealed in these rows, read after them: whoever has been forgotten since is so.
    async fn keys(&mut self, rows: &[Row]) -> Result<Keys, StorageError> {
        let people = row::people(rows);
        if people.is_empty() {
            return Ok(Keys::default());
        }
        let found = self.query(KEYS).bind(Json(people)).all().await?;
        Keys::read(found, &self.master_keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_taken_before_a_position_is_drawn() {
        // What the plan of the statement shows is tested on a server; here only that nobody edits the parts asunder.
        for stmt in [super::super::append::APPEND_ONE, super::super::append::APPEND_MANY] {
            let text = stmt.postgres;
            assert!(text.starts_with("WITH mark AS MATERIALIZED"));
            assert!(text.contains("SELECT nextval('event_log_seq')") && text.contains("FROM mark"));
        }
        assert!(PENDING.postgres.contains("current_database()"));
    }
}
