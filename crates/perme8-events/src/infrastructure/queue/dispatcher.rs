//! One loop per node that looks for what is due: jobs, timers, schedules.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::{self, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    application::{job::QueueOptions, schedule::Schedule},
    domain::error::StorageError,
    infrastructure::{
        cadence::Cadence,
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
/// How often the rows are compared with what runs here, while something does, and while nothing does.
const LOOK_BUSY: Duration = Duration::from_secs(1);
const LOOK_IDLE: Duration = Duration::from_secs(10);
/// How often what need not be kept any longer is removed, and how much of it at a time.
const SWEEP: Duration = Duration::from_mins(10);
const SWEEP_AT_ONCE: u16 = 1000;
/// For so long it is remembered under which idempotency keys commands were committed.
const KEEP_COMMANDS: TimeDelta = TimeDelta::days(30);
/// For so long the cases of process managers are remembered that have ended well, or turned back.
const KEEP_CASES: TimeDelta = TimeDelta::days(30);

/// What a node has to do besides delivering events.
pub(crate) struct Dispatcher {
    db: Db,
    node_id: Uuid,
    workers: Vec<Hired>,
    schedules: Arc<Vec<Schedule>>,
    running: HashMap<task::Id, Running>,
    runs: JoinSet<()>,
    stop: CancellationToken,
    look: Cadence,
    sweep: Cadence,
}

/// A worker, with what it wants.
#[derive(Clone)]
struct Hired {
    worker: Arc<dyn AnyWorker>,
    options: QueueOptions,
}

struct Running {
    queue: &'static str,
    /// The job and its epoch. A job that was taken back may run here again before its former run has ended.
    key: (Uuid, i64),
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
        let hire = |worker: Arc<dyn AnyWorker>| Hired { options: worker.queue_options(), worker };
        Self {
            db,
            node_id,
            workers: workers.into_iter().map(hire).collect(),
            schedules,
            running: HashMap::new(),
            runs: JoinSet::new(),
            stop,
            look: Cadence::default(),
            sweep: Cadence::default(),
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
                Some(ended) = self.runs.join_next_with_id() => self.forget(&ended),
                () = tokio::time::sleep(pause) => {}
            }
            while let Some(ended) = self.runs.try_join_next_with_id() {
                self.forget(&ended);
            }
        }
        while self.runs.join_next().await.is_some() {}
    }

    fn pause(&self, due: Option<DateTime<Utc>>) -> Duration {
        let until = due.map(|due| (due - self.db.clock.now()).to_std().unwrap_or_default());
        until.unwrap_or(POLL).min(POLL)
    }

    fn forget(&mut self, ended: &Result<(task::Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => *id,
            Err(error) => {
                // A worker cannot panic its run. The look after its row lets the job run again.
                tracing::error!(error = error as &dyn Error, "a run broke off");
                error.id()
            }
        };
        self.running.remove(&id);
    }

    fn queues(&self) -> Vec<&'static str> {
        self.workers.iter().map(|hired| hired.worker.queue()).collect()
    }

    fn running_of(&self, queue: &str) -> usize {
        self.running.values().filter(|running| running.queue == queue).count()
    }

    /// Does what is due, and tells when there will be more.
    async fn round(&mut self) -> Result<Option<DateTime<Utc>>, StorageError> {
        let now = self.db.clock.now();
        self.look_after(now).await?;
        let mut next = None::<DateTime<Utc>>;
        let schedules: Vec<_> = self.schedules.iter().map(|schedule| schedule.name).collect();
        for signal in self.db.signals(&self.queues(), &schedules, now).await? {
            if signal.due_at > now {
                next = next.into_iter().chain([signal.due_at]).min();
            } else if let Some(hired) = self.hired(&signal) {
                for claim in self.claim(&hired).await? {
                    self.begin(&hired, claim);
                }
            } else if self.follow(&signal, now).await? > 0 {
                // There may be more of them.
                next = Some(now);
            }
        }
        if self.sweep(now).await? {
            next = Some(now);
        }
        Ok(next)
    }

    fn hired(&self, signal: &Signal) -> Option<Hired> {
        let of_queue = |hired: &&Hired| hired.worker.queue() == signal.name;
        (signal.kind == "queue").then(|| self.workers.iter().find(of_queue).cloned()).flatten()
    }

    async fn claim(&self, Hired { worker, options }: &Hired) -> Result<Vec<Claim>, StorageError> {
        let (queue, options) = (worker.queue(), *options);
        let free = usize::from(options.concurrency).saturating_sub(self.running_of(queue));
        if free == 0 {
            return Ok(Vec::new());
        }
        claims::claim(&self.db, queue, options, self.node_id, free).await
    }

    fn begin(&mut self, Hired { worker, options }: &Hired, claim: Claim) {
        let stop = self.stop.child_token();
        let key = (claim.job_id.uuid(), claim.epoch);
        let running = Running { queue: worker.queue(), key, stop: stop.clone() };
        self.spawn(running, run::run(self.db.clone(), Arc::clone(worker), *options, claim, stop));
    }

    fn spawn(&mut self, running: Running, run: impl Future<Output = ()> + Send + 'static) {
        let id = self.runs.spawn(run).id();
        self.running.insert(id, running);
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
    /// that nobody runs, because the answer to its claim was lost, is given back. Schedules are looked after as well.
    async fn look_after(&mut self, now: DateTime<Utc>) -> Result<(), StorageError> {
        if !self.look.is_due(if self.running.is_empty() { LOOK_IDLE } else { LOOK_BUSY }) {
            return Ok(());
        }
        schedules::pull_down(&self.db, &self.schedules, now).await?;
        let rows = self.db.runs_of(self.node_id).await?;
        for running in self.running.values() {
            if !rows.contains(&running.key) {
                running.stop.cancel();
            }
        }
        let known: HashSet<_> = self.running.values().map(|running| running.key).collect();
        for (job_id, epoch) in rows.into_iter().filter(|key| !known.contains(key)) {
            self.db.give_back(job_id, epoch, now).await?;
        }
        Ok(())
    }

    /// Removes what need not be kept any longer, so much at a time that jobs need not wait for long; true when there is more.
    async fn sweep(&mut self, now: DateTime<Utc>) -> Result<bool, StorageError> {
        if !self.sweep.is_due(SWEEP) {
            return Ok(false);
        }
        let at_once = i64::from(SWEEP_AT_ONCE);
        let mut most = 0;
        for Hired { worker, options } in &self.workers {
            let keep = TimeDelta::from_std(options.keep).unwrap_or(TimeDelta::MAX);
            if let Some(before) = now.checked_sub_signed(keep) {
                most = most.max(self.db.forget_jobs(worker.queue(), before, at_once).await?);
            }
        }
        most = most.max(self.db.forget_commands(now - KEEP_COMMANDS, at_once).await?);
        most = most.max(self.db.forget_cases(now - KEEP_CASES, at_once).await?);
        let more = most >= u64::from(SWEEP_AT_ONCE);
        if more {
            self.sweep.hurry();
        }
        Ok(more)
    }
}

/// What a test drives by hand.
#[cfg(any(test, feature = "testing"))]
impl Dispatcher {
    /// Does everything that is due, one thing after another, and tells whether there was anything.
    pub(crate) async fn drive(&mut self) -> Result<bool, StorageError> {
        let mut worked = false;
        // The time of a test may have passed since, or an operator may have done something.
        self.look.hurry();
        self.sweep.hurry();
        loop {
            let next = self.round().await?;
            let begun = !self.runs.is_empty();
            while let Some(ended) = self.runs.join_next_with_id().await {
                self.forget(&ended);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{infrastructure::migrations::MIGRATIONS, testing::TestDb};

    #[tokio::test]
    async fn a_run_that_breaks_off_makes_room() {
        TestDb::sqlite(&[&MIGRATIONS])
            .await
            .run(async |test| {
                let stop = CancellationToken::new();
                let schedules = Arc::default();
                let mut dispatcher = Dispatcher::new(
                    test.db.clone(),
                    Uuid::nil(),
                    Vec::new(),
                    schedules,
                    stop.clone(),
                );
                let running = Running { queue: "tests.orders", key: (Uuid::nil(), 1), stop };
                dispatcher.spawn(running, async { panic!("it broke off") });
                dispatcher.drive().await.unwrap();
                assert_eq!(dispatcher.running_of("tests.orders"), 0);
            })
            .await;
    }
}
