//! Running one job, and writing down how that ended.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{SubsecRound as _, TimeDelta};
use tokio_util::sync::CancellationToken;

use crate::{
    application::{
        handler::{ErrorClass, HandlerError},
        job::{JobRun, QueueOptions, Stop},
    },
    infrastructure::{
        db::Db,
        guard::guarded,
        log::append::is_storable,
        measures,
        queue::{
            claims::{Claim, Ended},
            erased::AnyWorker,
        },
        traces::Traced,
    },
};

/// Nobody is waited for longer than this, whatever a worker asks for.
const LONGEST: TimeDelta = TimeDelta::days(366);
/// A job whose other side is busy is tried again no sooner, or it would do nothing else.
const SOONEST: Duration = Duration::from_millis(100);
/// The result of a job that tells none, as JSON.
const NOTHING: &str = "null";
/// How soon it is tried again to write down how a run ended.
const BROKEN: Duration = Duration::from_secs(1);

#[async_trait]
impl Stop for CancellationToken {
    fn is_stopped(&self) -> bool {
        self.is_cancelled()
    }

    async fn stopped(&self) {
        self.cancelled().await;
    }
}

/// Runs a claimed job to its end. Gives up writing down how it ended when `stop` says so: after the lease of the node,
/// another one runs the job again.
pub(crate) async fn run(
    db: Db,
    worker: Arc<dyn AnyWorker>,
    options: QueueOptions,
    claim: Claim,
    stop: CancellationToken,
) {
    let begun = Instant::now();
    let ended = attempt(&db, &*worker, &claim, options, &stop).await;
    measures::ran(worker.queue(), &ended, begun.elapsed());
    tell(&claim, &ended);
    loop {
        match claim.end(&db, options, &ended).await {
            Ok(true) => return,
            Ok(false) => {
                let (queue, job_id) = (&*claim.queue, claim.job_id);
                tracing::warn!(queue, %job_id, "a job ended that was taken over or cancelled meanwhile");
                return;
            }
            Err(error) => {
                let (queue, error) = (&*claim.queue, &error as &dyn Error);
                tracing::warn!(queue, error, "how a job ended is not written down yet");
            }
        }
        if stop.is_cancelled() {
            return;
        }
        tokio::time::sleep(BROKEN).await;
    }
}

async fn attempt(
    db: &Db,
    worker: &dyn AnyWorker,
    claim: &Claim,
    options: QueueOptions,
    stop: &CancellationToken,
) -> Ended {
    let attempt = u16::try_from(claim.attempts).unwrap_or(u16::MAX);
    if attempt > options.retry.attempts {
        // Every run before this one took its process with it.
        let error = "its last run did not come to an end".to_owned();
        return Ended::Dead { attempts: attempt - 1, error };
    }
    let key = claim.key();
    let traced = Traced::job(claim, attempt);
    let run = JobRun {
        job_id: claim.job_id,
        attempt,
        origin: traced.origin(claim.origin()).once(format!("{}:{key}", claim.queue)),
        key,
        stop: Arc::new(stop.clone()),
    };
    let deadline = tokio::time::Instant::now() + options.timeout;
    let work = traced.part(worker.work_any(&claim.payload, &run));
    let error = match guarded(options.timeout, deadline, work).await {
        Ok(result) => {
            traced.came_to("done");
            return Ended::Done(kept(claim, result));
        }
        Err(error) if error.is_repeated() => {
            traced.came_to("repeated");
            return Ended::Done(NOTHING.to_owned());
        }
        Err(error) => error,
    };
    traced.failed(&error.chain());
    after(db, options, attempt, &error, stop.is_cancelled())
}

/// The result as it can be kept. A job is not done again because of what cannot.
fn kept(claim: &Claim, result: String) -> String {
    if is_storable(&result) {
        return result;
    }
    let (queue, job_id, bytes) = (&*claim.queue, claim.job_id, result.len());
    tracing::warn!(queue, %job_id, bytes, "the result of a job is too long, or contains a NUL character, and is not kept");
    NOTHING.to_owned()
}

/// How a failed job goes on.
fn after(
    db: &Db,
    options: QueueOptions,
    attempt: u16,
    error: &HandlerError,
    is_stopped: bool,
) -> Ended {
    let text = error.chain();
    let again = |attempts: u16, delay: Duration| {
        let delay = TimeDelta::from_std(delay).unwrap_or(LONGEST).min(LONGEST);
        let due_at = (db.clock.now() + delay).trunc_subsecs(6);
        Ended::Again { attempts, due_at, error: text.clone() }
    };
    match error.class() {
        ErrorClass::Permanent => Ended::Dead { attempts: attempt, error: text },
        ErrorClass::Busy(retry_after) => again(attempt - 1, retry_after.max(SOONEST)),
        // It was told to stop, so failing is no fault of its own.
        ErrorClass::Transient if is_stopped => again(attempt - 1, Duration::ZERO),
        ErrorClass::Transient if attempt >= options.retry.attempts => {
            Ended::Dead { attempts: attempt, error: text }
        }
        ErrorClass::Transient => again(attempt, options.retry.delay(attempt, rand::random())),
    }
}

fn tell(claim: &Claim, ended: &Ended) {
    let (queue, job_id) = (&*claim.queue, claim.job_id);
    match ended {
        Ended::Done(_) => tracing::debug!(queue, %job_id, "a job is done"),
        Ended::Again { attempts, due_at, error } => {
            tracing::warn!(queue, %job_id, attempts, %due_at, error, "a job failed");
        }
        Ended::Dead { attempts, error } => {
            tracing::error!(queue, %job_id, attempts, error, "a job became a dead letter");
        }
    }
}
