//! The runtime of durable handlers, workers and schedules.
//!
//! Each handler's events are spread over partitions by the hash of their key. A partition is leased by one node at a time
//! and delivered by one [`Lane`](lane::Lane) in order: the effect of an event, the events that it leads to and the
//! checkpoint of the partition commit together, fenced by the epoch of the lease. What fails is set aside as a row with its
//! attempts and due time, and later events of the same key wait behind it; everything else flows on. So is what a tenant
//! floods a partition with, beyond its share, while others wait; it is caught up in turns.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    application::{
        handler::EventHandler, job::Worker, process::ProcessManager, schedule::Schedule,
    },
    domain::{envelope::Envelope, origin::Origin},
    infrastructure::{
        db::Db,
        feed::Feed,
        process::ProcessHandler,
        projection::{Projection, ProjectionHandler},
        queue::{self, dispatcher::Dispatcher, erased::AnyWorker},
        runtime::{
            erased::AnyHandler,
            lane::LaneContext,
            node::Node,
            start::{Owned, StartError},
        },
        tasks::Tasks,
        tx::Tx,
        unit_of_work::UnitOfWork,
    },
};

mod aside;
mod buckets;
#[cfg(any(test, feature = "testing"))]
mod controls;
mod deliveries;
#[cfg(any(test, feature = "testing"))]
pub(crate) mod driver;
pub(crate) mod erased;
mod fairness;
mod lane;
pub(crate) mod layout;
pub(crate) mod leases;
mod node;
pub(crate) mod operations;
mod partitions;
pub(crate) mod reads;
pub(crate) mod start;

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
    /// It has stepped aside for other tenants, and will have its turn.
    Aside,
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

/// Puts a [`Runtime`] together.
pub struct RuntimeBuilder {
    db: Db,
    handlers: Vec<Arc<dyn AnyHandler>>,
    retired: Vec<&'static str>,
    late: Vec<&'static str>,
    workers: Vec<Arc<dyn AnyWorker>>,
    schedules: Vec<Schedule>,
    retired_queues: Vec<&'static str>,
    owned: Owned,
    node: NodeOptions,
    fenced: bool,
    sequenced: bool,
    most_aside: usize,
    swaps_apart: Option<fn()>,
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

    /// Adds a projection, with what builds its next generation.
    #[must_use]
    pub fn projection<P: Projection + 'static>(mut self, projection: P) -> Self {
        for handler in ProjectionHandler::pair(projection) {
            self.handlers.push(Arc::new(handler));
        }
        self
    }

    /// Says that a handler of this name no longer exists, so that what it left in the database is no mistake.
    #[must_use]
    pub fn retired(mut self, name: &'static str) -> Self {
        self.retired.push(name);
        self
    }

    /// Says that a handler of this name, where the database has not met it and its beginning is archived, begins with what the
    /// log still keeps. Otherwise a program is not started whose handlers would miss events that stand in archives.
    #[must_use]
    pub fn beginning_with_what_is_kept(mut self, name: &'static str) -> Self {
        self.late.push(name);
        self
    }

    /// Adds the worker of a queue.
    #[must_use]
    pub fn worker<W: Worker + 'static>(mut self, worker: W) -> Self {
        self.workers.push(Arc::new(worker));
        self
    }

    /// Adds a process manager, with the worker that does what it commands.
    #[must_use]
    pub fn process<P, W>(self, process: P, worker: W) -> Self
    where
        P: ProcessManager + 'static,
        W: Worker<Job = P::Command> + 'static,
    {
        self.handler(ProcessHandler::new(process)).worker(worker)
    }

    /// Adds a schedule; the queue of its jobs needs a worker.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedules.push(schedule);
        self
    }

    /// Says that a queue of this name no longer exists, so that jobs which are left in it are no mistake.
    #[must_use]
    pub fn retired_queue(mut self, name: &'static str) -> Self {
        self.retired_queues.push(name);
        self
    }

    /// Says that this program has the handlers and queues of a context, those whose names begin with it and a dot, and that
    /// another program on the same database has those of every context of which this is not said.
    ///
    /// A program that is not told so has all there are. Either way it is not started on a database that knows one of its names
    /// which it lacks, unless that is [retired](Self::retired); what belongs to another program does not concern it.
    ///
    /// # Examples
    ///
    /// A program of its own on the database of a host:
    ///
    /// ```
    /// # use perme8_events::{EventHandler, host::{Runtime, RuntimeBuilder}, sql::{Db, Tx}};
    /// # fn beside<H: EventHandler<Tx> + 'static>(db: &Db, on_project_created: H) -> RuntimeBuilder {
    /// Runtime::builder(db).owning("noticeboard").handler(on_project_created)
    /// # }
    /// ```
    #[must_use]
    pub fn owning(mut self, context: &'static str) -> Self {
        self.owned.add(context);
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
        let Self { db, handlers, retired, late, workers, schedules, retired_queues, .. } = self;
        let Self { owned, node, fenced, sequenced, most_aside, swaps_apart, .. } = self;
        Runtime {
            db,
            handlers,
            retired,
            late,
            workers,
            schedules: Arc::new(schedules),
            retired_queues,
            owned,
            node,
            fenced,
            sequenced,
            most_aside,
            swaps_apart,
            reactions: broadcast::Sender::new(REACTIONS),
        }
    }
}

/// An observer may lag behind by so many reactions before it misses some.
const REACTIONS: usize = 4096;

/// Runs durable handlers, the workers of queues, and schedules.
pub struct Runtime {
    db: Db,
    handlers: Vec<Arc<dyn AnyHandler>>,
    retired: Vec<&'static str>,
    late: Vec<&'static str>,
    workers: Vec<Arc<dyn AnyWorker>>,
    schedules: Arc<Vec<Schedule>>,
    retired_queues: Vec<&'static str>,
    owned: Owned,
    node: NodeOptions,
    fenced: bool,
    sequenced: bool,
    most_aside: usize,
    swaps_apart: Option<fn()>,
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
            late: Vec::new(),
            workers: Vec::new(),
            schedules: Vec::new(),
            retired_queues: Vec::new(),
            owned: Owned::default(),
            node: NodeOptions::default(),
            fenced: true,
            sequenced: true,
            most_aside: fairness::MOST_ASIDE,
            swaps_apart: None,
        }
    }

    /// The names of the handlers; what builds the next generations of projections is not among them.
    #[must_use]
    pub fn handler_names(&self) -> Vec<&'static str> {
        let lasting = self.handlers.iter().filter(|handler| handler.builds().is_none());
        lasting.map(|handler| handler.name()).collect()
    }

    /// The names of the queues.
    #[must_use]
    pub fn queue_names(&self) -> Vec<&'static str> {
        self.workers.iter().map(|worker| worker.queue()).collect()
    }

    /// Tells what happens to deliveries on this node, from now on.
    #[must_use]
    pub fn reactions(&self) -> broadcast::Receiver<Reaction> {
        self.reactions.subscribe()
    }

    /// Checks that the database fits the handlers, workers and schedules, and runs them until the tasks are stopped.
    ///
    /// # Errors
    ///
    /// [`StartError`]; nothing was delivered then.
    pub async fn start(&self, feed: &Feed, tasks: &Tasks) -> Result<(), StartError> {
        self.check().await?;
        let context = self.context(feed);
        let dispatcher = self.dispatcher(context.node_id, tasks.token());
        let node = Node::register(context, self.handlers.clone(), self.node.clone()).await?;
        // The node gives signs of life until the last job has ended, or others would run it again meanwhile.
        let jobs = CancellationToken::new();
        let ended = jobs.clone().drop_guard();
        tasks.spawn("jobs", async move {
            let _ended = ended;
            dispatcher.run().await;
        });
        tasks.spawn("handlers", node.run(tasks.token(), jobs));
        Ok(())
    }

    async fn check(&self) -> Result<(), StartError> {
        let handlers = (&*self.retired, &self.owned, &*self.late);
        let queues = (&*self.retired_queues, &self.owned);
        queue::start::check(&self.db, &self.workers, &self.schedules, queues).await?;
        start::check(&self.db, &self.handlers, handlers).await?;
        UnitOfWork::new(self.db.clone())
            .run(Origin::system("events.start"), async |tx| {
                queue::start::ensure(tx, &self.schedules).await
            })
            .await?;
        Ok(())
    }

    fn dispatcher(&self, node_id: Uuid, stop: CancellationToken) -> Dispatcher {
        let (workers, schedules) = (self.workers.clone(), Arc::clone(&self.schedules));
        Dispatcher::new(self.db.clone(), node_id, workers, schedules, stop)
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
            fenced: self.fenced,
            sequenced: self.sequenced,
            most_aside: self.most_aside,
            swaps_apart: self.swaps_apart,
            swapped: Arc::default(),
        }
    }
}
