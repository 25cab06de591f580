//! Projections: handlers whose only effect is a read model, which can therefore be built anew beside the one that is read.
//!
//! The rows of a read model belong to generations. One of them is live: it is read, and maintained by the partitions of the
//! handler. A rebuild fills another one from the beginning of the log, under a name and with a checkpoint of its own; when it
//! has caught up, one commit turns it into the live one ([`lane::swap`](crate::infrastructure::runtime)).

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::handler::{Effects, HandlerError, HandlerOptions, Subscriber, Subscription},
    domain::{envelope::Envelope, error::StorageError},
    infrastructure::{
        db::Db,
        sql::{Query, Stmt, asked::Asked},
        tx::Tx,
    },
};

pub(crate) mod generations;

/// What the name of a handler ends with that fills the next generation of a read model.
pub(crate) const NEXT: &str = "@next";

/// So many times as many events share a transaction of a rebuild as one of the live generation.
const LARGER: usize = 5;

/// One edition of the rows of a read model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Generation(i64);

impl Generation {
    /// The one that a read model begins with.
    pub const FIRST: Self = Self(1);

    pub(crate) const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The rows of one generation, as the projection writes them in the transaction that also moves its checkpoint.
///
/// It is not a [`Transaction`](crate::Transaction): a projection emits no events, enqueues no jobs and sets no timers, because
/// a rebuild would do all of it again.
pub struct Rows<'t> {
    tx: &'t mut Tx,
    generation: Generation,
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl<'t> Rows<'t> {
    pub(crate) fn new(tx: &'t mut Tx, generation: Generation) -> Self {
        Self { tx, generation }
    }

    /// A statement whose `$1` is the generation; what is bound next is `$2`.
    pub fn query(&mut self, stmt: &'static Stmt) -> Query<'_> {
        self.tx.query(stmt).bind(self.generation.number())
    }
}

/// What belongs to no generation: what a context knows by now, for rows that say more than events do. A projection changes
/// nothing of it.
impl Asked for Rows<'_> {
    fn ask(&mut self, stmt: &'static Stmt) -> Query<'_> {
        self.tx.query(stmt)
    }
}

/// A read model as it is read: always one whole generation of it.
///
/// Ask for it anew with each request. The rows of a generation stay for a minute after another one has become live, so that
/// whoever has begun to read it can come to an end.
#[derive(Debug)]
pub struct ReadModel<'d> {
    db: &'d Db,
    generation: Generation,
}

impl ReadModel<'_> {
    /// Which generation this is.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// A statement whose `$1` is the generation; what is bound next is `$2`.
    pub fn query(&self, stmt: &'static Stmt) -> Query<'_> {
        self.db.query(stmt).bind(self.generation.number())
    }
}

impl Db {
    /// The live generation of what this projection maintains.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn read_model(&self, projection: &str) -> Result<ReadModel<'_>, StorageError> {
        // A projection that was never started has written nothing, or what it wrote before it was one.
        let live = generations::live(self, projection).await?;
        let generation = live.map_or(Generation::FIRST, |live| live.generation);
        Ok(ReadModel { db: self, generation })
    }
}

/// Maintains a read model: rows that follow from events, and from what the context knows of their subjects by then.
///
/// Events do not say everything, so a projection may look something up ([`Asked`]). What it finds is at least as new as the
/// event, and a rebuild, which finds what is there now with each event of a subject, ends with the same rows.
///
/// Its tables have a column for the generation, which leads their primary keys and indexes. Partitions, retries and dead
/// letters are those of handlers; a rebuild is one partition, whatever the projection asks for.
#[async_trait]
pub trait Projection: Subscriber {
    /// The version of what it makes of the log, from 1. When it rises, the read model is built anew, beside the old one.
    fn version(&self) -> u32;

    /// Applies one event to the rows.
    ///
    /// # Errors
    ///
    /// [`HandlerError`]; nothing that was done to the rows stays.
    async fn apply(&self, rows: &mut Rows<'_>, event: &Envelope) -> Result<(), HandlerError>;

    /// Applies the events of one transaction to the rows, two of them at least, in their order; by default one after another.
    ///
    /// A projection that writes the rows of many events with one statement, or looks at a subject once for all events about
    /// it, is told of them sooner and rebuilt in less time. When it fails, they are [applied one by one](Self::apply), so that
    /// only the one that fails is set aside.
    ///
    /// # Errors
    ///
    /// [`HandlerError`]; nothing that was done to the rows stays.
    async fn apply_all(
        &self,
        rows: &mut Rows<'_>,
        events: &[Arc<Envelope>],
    ) -> Result<(), HandlerError> {
        for event in events {
            self.apply(rows, event).await?;
        }
        Ok(())
    }

    /// Removes some rows of a generation that nobody reads any more, at most `limit` of each table; how many are gone. When
    /// none is, nothing is left.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when a statement fails.
    async fn remove(&self, rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError>;
}

/// Which generation a handler fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Live,
    Next,
}

/// A projection as one of the two handlers that it is.
pub(crate) struct ProjectionHandler<P> {
    pub(crate) projection: Arc<P>,
    name: &'static str,
    role: Role,
}

impl<P: Projection> ProjectionHandler<P> {
    /// The handler that maintains the live generation, and the one that builds the next.
    pub(crate) fn pair(projection: P) -> [Self; 2] {
        let live = projection.name();
        let projection = Arc::new(projection);
        // Names of handlers are words of the program. This one is made once, when the runtime is built.
        let next: &'static str = String::leak(format!("{live}{NEXT}"));
        [
            Self { projection: Arc::clone(&projection), name: live, role: Role::Live },
            Self { projection, name: next, role: Role::Next },
        ]
    }

    /// Whether it builds the next generation.
    pub(crate) fn is_next(&self) -> bool {
        self.role == Role::Next
    }
}

impl<P: Projection> Subscriber for ProjectionHandler<P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        self.projection.subscriptions()
    }

    fn options(&self) -> HandlerOptions {
        let options = HandlerOptions { effects: Effects::Database, ..self.projection.options() };
        match self.role {
            Role::Live => options,
            // Nothing else writes to the rows, so the last events can be applied by the commit that swaps.
            Role::Next => HandlerOptions {
                partitions: 1,
                batch: options.batch.saturating_mul(LARGER),
                ..options
            },
        }
    }

    fn partition_key(&self, event: &Envelope) -> String {
        self.projection.partition_key(event)
    }
}
