//! The runtime of durable handlers.
//!
//! Each handler's events are spread over partitions by the hash of their key. A partition is leased by one node at a time
//! and delivered by one [`Lane`](lane::Lane) in order: the effect of an event, the events that it leads to and the
//! checkpoint of the partition commit together, fenced by the epoch of the lease. What fails is set aside as a row with its
//! attempts and due time, and later events of the same key wait behind it; everything else flows on.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};
use uuid::Uuid;

use crate::{
    application::handler::EventHandler,
    domain::{envelope::Envelope, error::StorageError, position::Position},
    infrastructure::{
        db::Db,
        feed::Feed,
        runtime::{erased::AnyHandler, lane::LaneContext, node::Node},
        tasks::Tasks,
        tx::Tx,
    },
};

mod deliveries;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod driver;
mod erased;
mod lane;
mod node;
pub(crate) mod operations;
mod partitions;
mod start;

/// What happened to a delivery; for observers, who may miss some when they are slow.
#[derive(Debug, Clone)]
pub struct Reaction {
    /// Which handler.
    pub handler: &'static str,
    /// Which event.
    pub event: Arc<Envelope>,
    /// How it went.
    pub outcome: Outcome,
    /// When that was committed.
    pub at: Instant,
}

/// How a delivery went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its effect is committed.
    Handled,
    /// It failed, and will be tried again.
    Failed {
        /// How often it has failed.
        attempts: u16,
        /// Why.
        error: String,
        /// When it is tried again.
        due_at: DateTime<Utc>,
    },
    /// It waits behind an earlier failure of its key.
    Parked,
    /// It was given up.
    DeadLettered {
        /// Why.
        error: String,
    },
}

/// How a node takes part.
#[derive(Debug, Clone)]
pub struct NodeOptions {
    /// What operators see.
    pub name: String,
    /// After so long without a sign of life, others take over its partitions. It gives one three times as often.
    pub lease: Duration,
}

impl Default for NodeOptions {
    fn default() -> Self {
        Self { name: format!("pid-{}", std::process::id()), lease: Duration::from_secs(3) }
    }
}

/// Why handlers were not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Two handlers would share checkpoints.
    #[error("two handlers are called `{name}`: give one of them another name")]
    DuplicateHandler {
        /// The name.
        name: &'static str,
    },
    /// A handler asks for no partition, or more than there are buckets.
    #[error("`{name}` asks for {partitions} partitions: between 1 and 256 are possible")]
    Partitions {
        /// The handler.
        name: &'static str,
        /// What it asks for.
        partitions: u16,
    },
    /// The database knows handlers that the program does not.
    #[error(
        "the database holds checkpoints or failed deliveries of handlers that this program does not have: {}; \
         run the program that has them, or declare them retired",
        names.join(", ")
    )]
    UnknownHandlers {
        /// Their names.
        names: Vec<String>,
    },
    /// A checkpoint lies beyond the end of the log: the log is older than the checkpoints.
    #[error(
        "`{handler}` has handled events up to position {position}, but the log ends at {head}: \
         the log was restored from an older backup than the rest of the database"
    )]
    BeyondHead {
        /// The handler.
        handler: String,
        /// Its checkpoint.
        position: Position,
        /// The end of the log.
        head: Position,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Puts a [`Runtime`] together.
pub struct RuntimeBuilder {
    db: Db,
    handlers: Vec<Arc<dyn AnyHandler>>,
    retired: Vec<&'static str>,
    node: NodeOptions,
}

impl RuntimeBuilder {
    /// Adds a handler.
    #[must_use]
    pub fn handler<H>(mut self, handler: H) -> Self
    where
        H: EventHandler<Tx> + 'static,
    {
        self.handlers.push(Arc::new(handler));
        self
    }

    /// Says that a handler of this name no longer exists, so that what it left in the database is no mistake.
    #[must_use]
    pub fn retired(mut self, name: &'static str) -> Self {
        self.retired.push(name);
        self
    }

    /// How this node takes part.
    #[must_use]
    pub fn node(self, node: NodeOptions) -> Self {
        Self { node, ..self }
    }

    /// The runtime; it does nothing until it is started.
    #[must_use]
    pub fn build(self) -> Runtime {
        let Self { db, handlers, retired, node } = self;
        Runtime { db, handlers, retired, node, reactions: broadcast::Sender::new(REACTIONS) }
    }
}

/// An observer may lag behind by so many reactions before it misses some.
const REACTIONS: usize = 4096;

/// Runs durable handlers.
pub struct Runtime {
    db: Db,
    handlers: Vec<Arc<dyn AnyHandler>>,
    retired: Vec<&'static str>,
    node: NodeOptions,
    reactions: broadcast::Sender<Reaction>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("handlers", &self.handler_names()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RuntimeBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.handlers.iter().map(|handler| handler.name()).collect();
        f.debug_struct("RuntimeBuilder").field("handlers", &names).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Handlers on this database.
    #[must_use]
    pub fn builder(db: &Db) -> RuntimeBuilder {
        RuntimeBuilder {
            db: db.clone(),
            handlers: Vec::new(),
            retired: Vec::new(),
            node: NodeOptions::default(),
        }
    }

    /// The names of the handlers.
    #[must_use]
    pub fn handler_names(&self) -> Vec<&'static str> {
        self.handlers.iter().map(|handler| handler.name()).collect()
    }

    /// Tells what happens to deliveries on this node, from now on.
    #[must_use]
    pub fn reactions(&self) -> broadcast::Receiver<Reaction> {
        self.reactions.subscribe()
    }

    /// Checks that the database fits the handlers, and delivers until the tasks are stopped.
    ///
    /// # Errors
    ///
    /// [`StartError`]; nothing was delivered then.
    pub async fn start(&self, feed: &Feed, tasks: &Tasks) -> Result<(), StartError> {
        start::check(&self.db, &self.handlers, &self.retired).await?;
        let node =
            Node::register(self.context(feed), self.handlers.clone(), self.node.clone()).await?;
        tasks.spawn("handlers", node.run(tasks.token()));
        Ok(())
    }

    fn context(&self, feed: &Feed) -> LaneContext {
        #[expect(clippy::disallowed_methods, reason = "a node is no thing of the domain")]
        let node_id = Uuid::now_v7();
        LaneContext {
            db: self.db.clone(),
            feed: feed.clone(),
            reactions: self.reactions.clone(),
            node_id,
            paused: watch::Sender::default(),
        }
    }
}
