//! A queue of the tests, with a worker that does what it is told.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use perme8_events::{
    HandlerError, Job, JobRun, NewJob, Origin, QueueOptions, RetryPolicy, StorageError,
    Transaction, Worker, sql,
    sql::{Db, UnitOfWork},
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::fixtures::{noted, user};

/// Something to be done; what becomes of it is up to the worker of the test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) what: String,
}

impl Job for Order {
    const QUEUE: &'static str = "tests.orders";
}

pub(crate) fn order(what: &str) -> NewJob<Order> {
    NewJob::new(Order { what: what.to_owned() })
}

/// Quick, and with few attempts.
pub(crate) const QUICK: QueueOptions = QueueOptions {
    retry: RetryPolicy { attempts: 3, base: Duration::from_secs(1), cap: Duration::from_secs(10) },
    timeout: Duration::from_secs(5),
    ..QueueOptions::DEFAULT
};

/// What a run of an order comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Done,
    Fail,
    GiveUp,
    Busy,
    Panic,
    /// Emits an event in a command of its own, and fails after that.
    CommandThenFail,
    /// Tells something that PostgreSQL cannot store.
    Garble,
    /// Tells more than can be kept.
    Ramble,
    /// Waits for ever, and panics when it is dropped.
    Cling,
    /// Waits until the test lets it go on.
    Wait,
    /// Waits until it is told to stop.
    WaitForStop,
}

type Script = dyn Fn(&str, u16) -> Turn + Send + Sync;

/// Does orders as a script says, which is told the order and the attempt.
#[derive(Clone)]
pub(crate) struct Clerk {
    db: Db,
    options: QueueOptions,
    script: Arc<Script>,
    runs: Arc<Mutex<Vec<String>>>,
    busy: Arc<AtomicUsize>,
    pub(crate) busiest: Arc<AtomicUsize>,
    pub(crate) gate: Arc<Semaphore>,
}

impl Clerk {
    pub(crate) fn new(db: &Db, script: impl Fn(&str, u16) -> Turn + Send + Sync + 'static) -> Self {
        Self {
            db: db.clone(),
            options: QUICK,
            script: Arc::new(script),
            runs: Arc::default(),
            busy: Arc::default(),
            busiest: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    pub(crate) fn with(self, options: QueueOptions) -> Self {
        Self { options, ..self }
    }

    /// Which orders were run, in order, `what attempt` each.
    pub(crate) fn runs(&self) -> Vec<String> {
        self.runs.lock().unwrap().clone()
    }

    /// How many orders are run at this moment.
    pub(crate) fn busy(&self) -> usize {
        self.busy.load(Ordering::SeqCst)
    }

    /// How often each order was run.
    pub(crate) fn counts(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for run in self.runs() {
            let what = run.rsplit_once(' ').unwrap().0.to_owned();
            *counts.entry(what).or_default() += 1;
        }
        counts
    }

    async fn perform(&self, what: &str, run: &JobRun) -> Result<String, HandlerError> {
        match (self.script)(what, run.attempt()) {
            Turn::Done => {}
            Turn::Garble => return Ok("\0".to_owned()),
            Turn::Ramble => return Ok("x".repeat(300_000)),
            Turn::Cling => {
                let _clinging = Clinging;
                std::future::pending::<()>().await;
            }
            Turn::Fail => return Err(HandlerError::transient(format!("{what} fails"))),
            Turn::GiveUp => return Err(HandlerError::permanent(format!("{what} is wrong"))),
            Turn::Busy => {
                return Err(HandlerError::busy(Duration::from_mins(1), "come back later"));
            }
            Turn::Panic => panic!("{what} is too much"),
            Turn::CommandThenFail => {
                self.command(run.origin(), what).await?;
                return Err(HandlerError::transient("the answer is lost"));
            }
            Turn::Wait => self.gate.acquire().await.unwrap().forget(),
            Turn::WaitForStop => {
                run.stopped().await;
                return Err(HandlerError::transient("told to stop"));
            }
        }
        Ok(format!("did {what}"))
    }

    /// A command, with an error of its own as use cases have.
    async fn command(&self, origin: Origin, what: &str) -> Result<(), CommandError> {
        UnitOfWork::new(self.db.clone())
            .run(origin, async |tx| {
                tx.emit(noted(what, 1));
                Ok(())
            })
            .await
    }
}

/// Does not want to go.
struct Clinging;

impl Drop for Clinging {
    fn drop(&mut self) {
        panic!("it clings to its run");
    }
}

#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Storage(#[from] StorageError),
}

#[async_trait]
impl Worker for Clerk {
    type Job = Order;
    type Done = String;

    fn options(&self) -> QueueOptions {
        self.options
    }

    async fn work(&self, job: Order, run: &JobRun) -> Result<String, HandlerError> {
        self.runs.lock().unwrap().push(format!("{} {}", job.what, run.attempt()));
        let busy = self.busy.fetch_add(1, Ordering::SeqCst) + 1;
        self.busiest.fetch_max(busy, Ordering::SeqCst);
        let done = self.perform(&job.what, run).await;
        self.busy.fetch_sub(1, Ordering::SeqCst);
        done
    }
}

/// Commits a transaction of user 1 that enqueues these.
pub(crate) async fn enqueue(db: &Db, jobs: impl IntoIterator<Item = NewJob<Order>>) {
    let jobs: Vec<_> = jobs.into_iter().collect();
    UnitOfWork::new(db.clone())
        .run(Origin::user(user(1)), async |tx| {
            for job in jobs {
                tx.enqueue(job);
            }
            Ok::<_, StorageError>(())
        })
        .await
        .unwrap();
}

/// What the rows say, one line a job, in the order in which they were enqueued: payload, state, attempts, error or result.
pub(crate) async fn jobs(db: &Db) -> String {
    type Row = (String, String, i64, Option<String>, Option<String>);
    let rows: Vec<Row> = db
        .query(sql!(
            "SELECT CAST(payload AS TEXT), state, attempts, error, CAST(result AS TEXT) FROM event_jobs ORDER BY seq"
        ))
        .all()
        .await
        .unwrap();
    rows.into_iter()
        .map(|(payload, state, attempts, error, result)| {
            let what: Option<Order> = serde_json::from_str(&payload).unwrap();
            let what = what.map_or_else(|| "forgotten".to_owned(), |order| order.what);
            let end = error.or(result).unwrap_or_default();
            format!("{what} {state} {attempts} {end}").trim_end().to_owned() + "\n"
        })
        .collect()
}
