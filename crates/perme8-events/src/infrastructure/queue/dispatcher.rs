//! One loop per node that looks for what is due: jobs, timers, schedules.

use std::{collections::HashMap, error::Error, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    application::schedule::Schedule,
    domain::error::StorageError,
    infrastructure::{
        db::Db,
        queue::{
            claims::{self, Claim},
            erased::AnyWorker,
            rounds::Signal,
            run, schedules, timers,
        },
    },
};

/// How often the rows are looked at without any hint: what other nodes enqueue waits so long at most, when they have no room.
const POLL: Duration = Duration::from_secs(1);
/// How soon a node goes on after the database has failed.
const BROKEN: Duration = Duration::from_secs(1);
/// How often what need not be kept any longer is removed, and how much of it at a time.
const SWEEP: TimeDelta = TimeDelta::minutes(10);
const SWEEP_AT_ONCE: i64 = 1000;
/// For so long it is remembered under which idempotency keys commands were committed.
const KEEP_COMMANDS: TimeDelta = TimeDelta::days(30);

/// A run: the job and its epoch. A job that was taken back may run here again before its former run has ended.
type Key = (Uuid, i64);

/// What a node has to do besides delivering events.
pub(crate) struct Dispatcher {
    db: Db,
    node_id: Uuid,
    workers: Vec<Arc<dyn AnyWorker>>,
    schedules: Arc<Vec<Schedule>>,
    running: HashMap<Key, Running>,
    runs: JoinSet<Key>,
    stop: CancellationToken,
    looked_after: DateTime<Utc>,
    swept: DateTime<Utc>,
}

struct Running {
    queue: &'static str,
    stop: CancellationToken,
}

impl Dispatcher {
    pub(crate) fn new(
        db: Db,
        node_id: Uuid,
        workers: Vec<Arc<dyn AnyWorker>>,
        schedules: Arc<Vec<Schedule>>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            db,
            node_id,
            workers,
            schedules,
            running: HashMap::new(),
            runs: JoinSet::new(),
            stop,
            looked_after: DateTime::UNIX_EPOCH,
            swept: DateTime::UNIX_EPOCH,
        }
    }

    /// Does what is due until told to stop; then waits for the jobs that run.
    pub(crate) async fn run(mut self) {
        let mut hints = self.db.later.subscribe();
        while !self.stop.is_cancelled() {
            // Seen before the look, so that what is committed during it wakes the wait below.
            hints.mark_unchanged();
            let pause = match self.round().await {
                Ok(due) => self.pause(due),
                Err(error) => {
                    let error = &error as &dyn Error;
                    tracing::warn!(error, "jobs and timers are interrupted; trying again");
                    BROKEN
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => {}
                _ = hints.changed() => {}
                Some(ended) = self.runs.join_next() => self.forget(ended.ok()),
                () = tokio::time::sleep(pause) => {}
            }
            while let Some(ended) = self.runs.try_join_next() {
                self.forget(ended.ok());
            }
        }
        while self.runs.join_next().await.is_some() {}
    }

    fn pause(&self, due: Option<DateTime<Utc>>) -> Duration {
        let until = due.map(|due| (due - self.db.clock.now()).to_std().unwrap_or_default());
        until.unwrap_or(POLL).min(POLL)
    }

    fn forget(&mut self, ended: Option<Key>) {
        // A worker cannot panic its run; a run that did is found out by the look after its row.
        if let Some(key) = ended {
            self.running.remove(&key);
        }
    }

    fn queues(&self) -> Vec<&'static str> {
        self.workers.iter().map(|worker| worker.queue()).collect()
    }

    fn running_of(&self, queue: &str) -> usize {
        self.running.values().filter(|running| running.queue == queue).count()
    }

    /// Does what is due, and tells when there will be more.
    async fn round(&mut self) -> Result<Option<DateTime<Utc>>, StorageError> {
        let now = self.db.clock.now();
        self.look_after(now).await?;
        let mut next = None::<DateTime<Utc>>;
        for signal in self.db.signals(&self.queues(), now).await? {
            if signal.due_at > now {
                next = next.into_iter().chain([signal.due_at]).min();
            } else if let Some(worker) = self.worker(&signal) {
                for claim in self.claim(&worker).await? {
                    self.begin(&worker, claim);
                }
            } else if self.follow(&signal, now).await? > 0 {
                // There may be more of them.
                next = Some(now);
            }
        }
        self.sweep(now).await?;
        Ok(next)
    }

    fn worker(&self, signal: &Signal) -> Option<Arc<dyn AnyWorker>> {
        let of_queue = |worker: &&Arc<dyn AnyWorker>| worker.queue() == signal.name;
        (signal.kind == "queue").then(|| self.workers.iter().find(of_queue).cloned()).flatten()
    }

    async fn claim(&self, worker: &Arc<dyn AnyWorker>) -> Result<Vec<Claim>, StorageError> {
        let (queue, options) = (worker.queue(), worker.queue_options());
        let free = usize::from(options.concurrency).saturating_sub(self.running_of(queue));
        if free == 0 {
            return Ok(Vec::new());
        }
        claims::claim(&self.db, queue, options, self.node_id, free).await
    }

    fn begin(&mut self, worker: &Arc<dyn AnyWorker>, claim: Claim) {
        let (key, stop) = ((claim.job_id.uuid(), claim.epoch), self.stop.child_token());
        self.running.insert(key, Running { queue: worker.queue(), stop: stop.clone() });
        let (db, worker) = (self.db.clone(), Arc::clone(worker));
        self.runs.spawn(async move {
            run::run(db, worker, claim, stop).await;
            key
        });
    }

    /// Follows a signal that is no queue's; tells how much there was to do.
    async fn follow(&self, signal: &Signal, now: DateTime<Utc>) -> Result<usize, StorageError> {
        match signal.kind.as_str() {
            "timers" => timers::fire(&self.db).await,
            "schedules" => schedules::fire(&self.db, &self.schedules).await,
            "orphans" => {
                let adopted = self.db.adopt_orphans(&self.queues(), now).await?;
                tracing::info!(adopted, "jobs are taken over from a process that is gone");
                Ok(usize::try_from(adopted).unwrap_or(usize::MAX))
            }
            _ => Ok(0),
        }
    }

    /// Compares what runs here with what the rows say: a run whose job was cancelled or taken over is stopped, and a job
    /// that nobody runs, because the answer to its claim was lost, is given back.
    async fn look_after(&mut self, now: DateTime<Utc>) -> Result<(), StorageError> {
        let idle = self.running.is_empty() && now - self.looked_after < TimeDelta::seconds(10);
        let lately = now - self.looked_after < TimeDelta::seconds(1);
        if idle || lately {
            return Ok(());
        }
        self.looked_after = now;
        let rows = self.db.runs_of(self.node_id).await?;
        for (key, running) in &self.running {
            if !rows.contains(key) {
                running.stop.cancel();
            }
        }
        for (job_id, epoch) in rows.into_iter().filter(|key| !self.running.contains_key(key)) {
            self.db.give_back(job_id, epoch, now).await?;
        }
        Ok(())
    }

    /// Removes what need not be kept any longer.
    async fn sweep(&mut self, now: DateTime<Utc>) -> Result<(), StorageError> {
        if now - self.swept < SWEEP {
            return Ok(());
        }
        self.swept = now;
        for worker in &self.workers {
            let keep = TimeDelta::from_std(worker.queue_options().keep).unwrap_or(TimeDelta::MAX);
            if let Some(before) = now.checked_sub_signed(keep) {
                self.db.forget_jobs(worker.queue(), before, SWEEP_AT_ONCE).await?;
            }
        }
        self.db.forget_commands(now - KEEP_COMMANDS, SWEEP_AT_ONCE).await.map(drop)
    }
}

/// What a test drives by hand.
#[cfg(any(test, feature = "testing"))]
impl Dispatcher {
    /// Does everything that is due, one thing after another, and tells whether there was anything.
    pub(crate) async fn drive(&mut self) -> Result<bool, StorageError> {
        let mut worked = false;
        loop {
            let next = self.round().await?;
            let begun = !self.runs.is_empty();
            while let Some(ended) = self.runs.join_next().await {
                self.forget(ended.ok());
            }
            if !begun && next.is_none_or(|next| next > self.db.clock.now()) {
                return Ok(worked);
            }
            worked = true;
        }
    }

    /// When the next job is due that has failed before.
    pub(crate) async fn next_retry(&self) -> Result<Option<DateTime<Utc>>, StorageError> {
        let due = self.db.next_job_retry(&self.queues()).await?;
        // What is due by now and was not done cannot be done.
        Ok(due.filter(|due| *due > self.db.clock.now()))
    }
}
