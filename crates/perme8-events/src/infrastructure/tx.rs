//! An open transaction on either engine.

use std::fmt;

use chrono::{DateTime, Utc};
use sqlx::{Executor as _, PgPool, Postgres, Sqlite};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::{
    application::{deferred::Deferred, transaction::Transaction},
    domain::{
        commit_token::CommitToken,
        error::{OnlyLooks, StorageError},
        id::EventId,
        origin::Origin,
        position::Position,
        unsaved::NewEvent,
    },
    infrastructure::{
        db::{Db, Engine},
        log::append,
        queue::deferred,
        sealing::{self, Written},
        sql::{Query, Stmt, Target},
    },
    sql,
};

/// An open transaction on either engine; rolls back when it is dropped.
///
/// Use cases see it through [`Transaction`] and the ports of their context; only [`UnitOfWork`](super::unit_of_work::UnitOfWork)
/// commits it.
pub struct Tx {
    pub(crate) conn: Conn,
    db: Db,
    origin: Origin,
    now: DateTime<Utc>,
    pending: Vec<Pending>,
    /// What is to be done later, each with the origin that the transaction had then.
    later: Vec<(Deferred, Origin)>,
    /// The idempotency key of the origin that it was begun with.
    once: Option<String>,
    /// Its place among those who look, if that is all that it does.
    looks: Option<OwnedSemaphorePermit>,
}

/// The engine's own transaction.
pub(crate) enum Conn {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Conn {
    /// A query within the transaction.
    pub(crate) fn query(&mut self, stmt: &'static Stmt) -> Query<'_> {
        match self {
            Self::Sqlite(tx) => Query::new(Target::Sqlite(tx), stmt),
            Self::Postgres(tx) => Query::new(Target::Pg(tx), stmt),
        }
    }

    /// Begins a transaction on PostgreSQL.
    ///
    /// In a task of its own: sqlx forgets a BEGIN whose future is dropped, and the connection would go back to the pool within a
    /// transaction that nobody ends.
    #[expect(clippy::disallowed_methods, reason = "the one place that opens transactions")]
    async fn begin(pool: &PgPool, statement: &'static str) -> Result<Self, StorageError> {
        let pool = pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await });
        Ok(Self::Postgres(begun.await.map_err(StorageError::unavailable)??))
    }
}

/// An event with what its envelope needs, as known when it was emitted.
pub(crate) struct Pending {
    pub(crate) event: NewEvent,
    pub(crate) id: EventId,
    pub(crate) origin: Origin,
    pub(crate) at: DateTime<Utc>,
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx")
            .field("origin", &self.origin)
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}

impl Transaction for Tx {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn new_uuid(&mut self) -> Uuid {
        #[expect(
            clippy::disallowed_methods,
            reason = "the transaction that everybody asks for ids"
        )]
        Uuid::now_v7()
    }

    fn push(&mut self, event: NewEvent) {
        let id = self.new_id();
        self.pending.push(Pending { event, id, origin: self.origin.clone(), at: self.now });
    }

    fn defer(&mut self, deferred: Deferred) {
        self.later.push((deferred, self.origin.clone()));
    }
}

impl Tx {
    pub(crate) async fn begin(db: &Db, origin: Origin) -> Result<Self, StorageError> {
        let conn = match &*db.engine {
            // IMMEDIATE takes the write lock at once: a deferred transaction that reads and then writes loses to BUSY.
            Engine::Sqlite { writer, .. } => {
                Conn::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Engine::Postgres { pool, .. } => Conn::begin(pool, "BEGIN READ WRITE").await?,
        };
        Ok(Self::on(conn, db, origin))
    }

    /// One that only reads, all of one moment, and for which nobody who writes waits.
    pub(crate) async fn begin_to_look(db: &Db, origin: Origin) -> Result<Self, StorageError> {
        let place = db.lookers.place().await?;
        let conn = match &*db.engine {
            // What is there when it first reads is there until it ends.
            Engine::Sqlite { readers, .. } => {
                Conn::Sqlite(readers.begin_with("BEGIN DEFERRED").await?)
            }
            Engine::Postgres { pool, .. } => {
                Conn::begin(pool, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?
            }
        };
        Ok(Self { looks: Some(place), ..Self::on(conn, db, origin) })
    }

    fn on(conn: Conn, db: &Db, origin: Origin) -> Self {
        Self {
            conn,
            now: db.clock.now(),
            db: db.clone(),
            once: origin.idempotency_key().map(str::to_owned),
            origin,
            pending: Vec::new(),
            later: Vec::new(),
            looks: None,
        }
    }

    /// A query within this transaction.
    pub fn query(&mut self, stmt: &'static Stmt) -> Query<'_> {
        self.conn.query(stmt)
    }

    /// Runs `body` within a savepoint: when it fails, what it wrote and emitted is undone, and the transaction goes on.
    ///
    /// Do not drop the future half-way and then go on with the transaction: what `body` did until then would stay.
    ///
    /// # Errors
    ///
    /// `body` failed, or the storage did.
    pub async fn savepoint<R, E: From<StorageError>>(
        &mut self,
        body: impl AsyncFnOnce(&mut Self) -> Result<R, E>,
    ) -> Result<R, E> {
        self.control("SAVEPOINT perme8").await?;
        let (emitted, deferred) = (self.pending.len(), self.later.len());
        let result = body(self).await;
        if result.is_err() {
            self.pending.truncate(emitted);
            self.later.truncate(deferred);
            self.control("ROLLBACK TO SAVEPOINT perme8").await?;
        }
        self.control("RELEASE SAVEPOINT perme8").await?;
        result
    }

    /// Waits until no other open transaction has taken turns about the same thing, and keeps those that follow waiting until
    /// this one ends. For rules that no unique key can hold, e.g. two rows of different tables about one e-mail address.
    ///
    /// Take turns before reading what the rule is about. On SQLite there is one writer at a time anyway.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the engine fails, or ends a deadlock, or the transaction only looks.
    pub async fn take_turns(&mut self, about: &str) -> Result<(), StorageError> {
        if self.looks.is_some() {
            return Err(StorageError::only_looks(OnlyLooks::Turns));
        }
        // The form with two keys, so that these locks never meet those of the log.
        let lock = sql!(
            sqlite: "SELECT length($1)",
            postgres: "SELECT pg_advisory_xact_lock(8, hashtext($1))::text"
        );
        self.query(lock).bind(about).exec().await.map(drop)
    }

    async fn control(&mut self, sql: &'static str) -> Result<(), StorageError> {
        match &mut self.conn {
            Conn::Sqlite(tx) => tx.execute(sql).await.map(drop)?,
            Conn::Postgres(tx) => tx.execute(sql).await.map(drop)?,
        }
        Ok(())
    }

    /// Goes on for another event of the same batch: what is emitted from here on follows from that.
    pub(crate) fn turn_to(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// Appends what was emitted, as the last statement before the commit.
    pub(crate) async fn append_events(&mut self) -> Result<bool, StorageError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(false);
        }
        // Before the append, so that nobody waits for keys while positions are drawn.
        let events: Vec<_> = pending.iter().map(|one| (one.id, one.event.any())).collect();
        let master = &self.db.master_keys;
        let written = sealing::write_down(&mut self.conn, &events, self.now, master).await?;
        append::append(&mut self.conn, &pending, written).await?;
        Ok(true)
    }

    /// An event as its row would have it if it were this one.
    pub(crate) async fn write_event(
        &mut self,
        id: EventId,
        event: &NewEvent,
    ) -> Result<Written, StorageError> {
        let master = &self.db.master_keys;
        let mut written =
            sealing::write_down(&mut self.conn, &[(id, event.any())], self.now, master).await?;
        Ok(written.remove(0))
    }

    /// Writes down what is to be done later, and that the command of this transaction is done.
    async fn write_down(&mut self) -> Result<bool, StorageError> {
        if let Some(key) = self.once.take() {
            let now = self.now;
            deferred::remember(self, &key, now).await?;
        }
        let later = std::mem::take(&mut self.later);
        for (deferred, origin) in &later {
            deferred::write(self, deferred, origin).await?;
        }
        Ok(!later.is_empty())
    }

    pub(crate) async fn commit(mut self) -> Result<(), StorageError> {
        let deferred = self.write_down().await?;
        // Last, so that the lock that it takes is held for a short time.
        let appended = self.append_events().await?;
        self.close(appended, deferred).await
    }

    /// The same, and says where the last event is.
    pub(crate) async fn commit_for_token(mut self) -> Result<CommitToken, StorageError> {
        let deferred = self.write_down().await?;
        let appended = self.append_events().await?;
        let last = if appended { append::last_position(&mut self).await? } else { Position::START };
        self.close(appended, deferred).await?;
        Ok(CommitToken::new(last))
    }

    /// Ends one that only looks, unless there is something that others would miss.
    pub(crate) async fn end(self) -> Result<(), StorageError> {
        let emitted = self.pending.first().map(|pending| &pending.event);
        OnlyLooks::refuse(emitted, !self.later.is_empty())?;
        match self.conn {
            Conn::Sqlite(tx) => tx.rollback().await?,
            Conn::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    async fn close(mut self, appended: bool, deferred: bool) -> Result<(), StorageError> {
        if !appended && let Conn::Postgres(tx) = &mut self.conn {
            // COMMIT of a transaction in which a statement has failed rolls back without an error; any statement gives one.
            tx.execute("SELECT 1").await?;
        }
        match self.conn {
            Conn::Sqlite(tx) => tx.commit().await?,
            Conn::Postgres(tx) => tx.commit().await?,
        }
        if appended {
            self.db.committed();
        }
        if deferred {
            self.db.deferred();
        }
        Ok(())
    }
}
