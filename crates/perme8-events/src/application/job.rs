//! Work that is done outside of the transaction that asks for it, once that is committed.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    application::{
        deferred::{Deferred, What},
        handler::{HandlerError, RetryPolicy},
    },
    domain::{core_events::JobId, origin::Origin},
};

/// What is to be done outside of the transaction that asks for it: a mail to send, a command of a process manager.
///
/// It is enqueued by [`Transaction::enqueue`](crate::Transaction::enqueue), committed or forgotten with everything else of
/// the transaction, and done by the [`Worker`] of its queue. A queue has one kind of job.
///
/// Stored jobs outlive the program that stored them: fields are added with `#[serde(default)]`, never taken away.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The stable name of its queue, `<crate>.<word>`, e.g. `mail.outgoing`.
    const QUEUE: &'static str;
}

/// A job on its way into its queue.
///
/// ```
/// # use perme8_events::{Job, NewJob};
/// # #[derive(serde::Serialize, serde::Deserialize)]
/// # struct Greet { name: String }
/// # impl Job for Greet { const QUEUE: &'static str = "mail.greetings"; }
/// let greet = Greet { name: "Ada".to_owned() };
/// let job = NewJob::new(greet).ordered_by("ada").once("greeting of ada");
/// ```
pub struct NewJob<J> {
    pub(crate) payload: Result<String, String>,
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) ordering_key: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) is_told: bool,
    of: PhantomData<fn() -> J>,
}

impl<J: Job> NewJob<J> {
    /// A job that is due at once, in no order.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "a job is handed over")]
    pub fn new(job: J) -> Self {
        Self {
            payload: serde_json::to_string(&job).map_err(|error| error.to_string()),
            due_at: None,
            ordering_key: None,
            idempotency_key: None,
            is_told: false,
            of: PhantomData,
        }
    }

    /// The same, not before `instant`.
    #[must_use]
    pub fn due_at(self, instant: DateTime<Utc>) -> Self {
        Self { due_at: Some(instant), ..self }
    }

    /// The same, in order with the other jobs of this key in its queue: never two of them at a time, and each after those that
    /// were committed before it. Of two that are committed at the same moment, either may be the first. A dead letter holds
    /// back those behind it.
    #[must_use]
    pub fn ordered_by(self, key: impl Into<String>) -> Self {
        Self { ordering_key: Some(key.into()), ..self }
    }

    /// The same, unless the queue has or remembers a job of this idempotency key. How long it remembers, is said by
    /// [`QueueOptions::keep`].
    #[must_use]
    pub fn once(self, key: impl Into<String>) -> Self {
        Self { idempotency_key: Some(key.into()), ..self }
    }

    /// The same, and a [`JobDone`](crate::JobDone) event tells when it is done.
    #[must_use]
    pub fn told(self) -> Self {
        Self { is_told: true, ..self }
    }

    pub(crate) fn deferred(self) -> Deferred {
        let Self { payload, due_at, ordering_key, idempotency_key, is_told, of: _ } = self;
        Deferred(What::Enqueue(Enqueued {
            queue: J::QUEUE.into(),
            payload,
            due_at,
            ordering_key,
            idempotency_key,
            is_told,
        }))
    }
}

impl<J: Job> From<J> for NewJob<J> {
    fn from(job: J) -> Self {
        Self::new(job)
    }
}

impl<J: Job> fmt::Debug for NewJob<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewJob").field("queue", &J::QUEUE).finish_non_exhaustive()
    }
}

/// A job whose Rust type is forgotten. `Debug` leaves out the payload, which may be secret.
pub(crate) struct Enqueued {
    pub(crate) queue: std::borrow::Cow<'static, str>,
    pub(crate) payload: Result<String, String>,
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) ordering_key: Option<String>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) is_told: bool,
}

impl fmt::Debug for Enqueued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enqueued").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// How a queue wants to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueOptions {
    /// At most so many of its jobs run at a time, over all nodes.
    pub concurrency: u16,
    /// What happens after failures.
    pub retry: RetryPolicy,
    /// A run that takes longer is stopped, and counts as a transient failure.
    pub timeout: Duration,
    /// For so long a job that is done or cancelled stays visible, and its idempotency key remembered.
    pub keep: Duration,
    /// Whether its payload stays visible as well; false where it holds secrets, which then go when the job has ended.
    pub keep_payload: bool,
}

impl QueueOptions {
    /// Eight at a time, 30 s each; twelve attempts within about half an hour; visible for a week.
    pub const DEFAULT: Self = Self {
        concurrency: 8,
        retry: RetryPolicy {
            attempts: 12,
            base: Duration::from_secs(1),
            cap: Duration::from_mins(15),
        },
        timeout: Duration::from_secs(30),
        keep: Duration::from_hours(7 * 24),
        keep_payload: true,
    };
}

impl Default for QueueOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Does the jobs of one queue.
///
/// A job is done at least once: after a crash in its middle it runs again under the same [`JobRun::key`]. A worker makes its
/// effect on the outside idempotent by that key where the other side allows it. A command of a context, called with
/// [`JobRun::origin`], commits once whatever happens.
#[async_trait]
pub trait Worker: Send + Sync {
    /// What it does.
    type Job: Job;
    /// What it tells about a job that is done; kept with the job, for operators. `()` for nothing. Of what is longer than
    /// 256 KiB or contains a NUL character, nothing is kept.
    type Done: Serialize + Send;

    /// How it wants to be run; asked when the host starts, not before each job.
    fn options(&self) -> QueueOptions {
        QueueOptions::DEFAULT
    }

    /// Does one job.
    ///
    /// # Errors
    ///
    /// [`HandlerError`]; the job is repeated or becomes a dead letter, as its class says. A command that an earlier run of
    /// the job has committed already counts as success.
    async fn work(&self, job: Self::Job, run: &JobRun) -> Result<Self::Done, HandlerError>;
}

/// One run of a job.
#[derive(Debug, Clone)]
pub struct JobRun {
    pub(crate) job_id: JobId,
    pub(crate) attempt: u16,
    pub(crate) key: String,
    pub(crate) origin: Origin,
    pub(crate) stop: Arc<dyn Stop>,
}

impl JobRun {
    /// A run for the test of a worker.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn fake(key: &str) -> Self {
        let origin = Origin::system("tests.worker").once(format!("tests.worker:{key}"));
        let job_id = JobId::new(uuid::Uuid::from_u128(1));
        Self { job_id, attempt: 1, key: key.to_owned(), origin, stop: Arc::new(Never) }
    }

    /// Which job.
    #[must_use]
    pub fn job_id(&self) -> JobId {
        self.job_id
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u16 {
        self.attempt
    }

    /// The same in every run of this job: its idempotency key, or else its id.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// For the one command that the job stands for: done by the system, for the person who caused it, at most once.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin.clone()
    }

    /// Whether the run should end early: the host stops, or the job was cancelled.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.is_stopped()
    }

    /// Waits until the run should end early.
    pub async fn stopped(&self) {
        self.stop.stopped().await;
    }
}

/// Tells a run that it should end.
#[async_trait]
pub(crate) trait Stop: fmt::Debug + Send + Sync {
    fn is_stopped(&self) -> bool;
    async fn stopped(&self);
}

/// A run that nobody stops.
#[cfg(any(test, feature = "testing"))]
#[derive(Debug)]
struct Never;

#[cfg(any(test, feature = "testing"))]
#[async_trait]
impl Stop for Never {
    fn is_stopped(&self) -> bool {
        false
    }

    async fn stopped(&self) {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use serde::Deserialize;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Greet {
        name: String,
    }

    impl Job for Greet {
        const QUEUE: &'static str = "mail.greetings";
    }

    fn greet() -> Greet {
        Greet { name: "Ada".to_owned() }
    }

    fn enqueued(job: impl Into<NewJob<Greet>>) -> Enqueued {
        let Deferred(What::Enqueue(job)) = job.into().deferred() else {
            panic!("a job is enqueued")
        };
        job
    }

    #[test]
    fn a_job_is_enqueued_as_it_was_asked_for() {
        let due = DateTime::UNIX_EPOCH;
        let job = NewJob::new(greet()).due_at(due).ordered_by("ada").once("her greeting").told();
        for (job, due, order, key, is_told) in [
            (enqueued(job), Some(due), Some("ada"), Some("her greeting"), true),
            (enqueued(greet()), None, None, None, false),
        ] {
            assert_eq!(job.queue, "mail.greetings");
            assert_eq!(job.payload.as_deref(), Ok(r#"{"name":"Ada"}"#));
            assert_eq!((job.due_at, job.is_told), (due, is_told));
            let keys = (job.ordering_key.as_deref(), job.idempotency_key.as_deref());
            assert_eq!(keys, (order, key));
        }
    }

    #[test]
    fn debug_tells_the_queue_of_a_job_and_not_what_it_says() {
        let shown = format!("{:?} {:?}", NewJob::new(greet()), enqueued(greet()));
        assert_eq!(shown.matches("mail.greetings").count(), 2, "{shown}");
        assert!(!shown.contains("Ada"), "{shown}");
    }

    /// The end of every run.
    #[derive(Debug)]
    struct Now;

    #[async_trait]
    impl Stop for Now {
        fn is_stopped(&self) -> bool {
            true
        }

        async fn stopped(&self) {}
    }

    #[test]
    fn a_run_tells_which_one_it_is_and_when_it_should_end() {
        let run = JobRun::fake("her greeting");
        assert_eq!((run.attempt(), run.key()), (1, "her greeting"));
        assert!(!run.is_stopped() && run.stopped().now_or_never().is_none());
        let run = JobRun { attempt: 3, stop: Arc::new(Now), ..run };
        assert_eq!(run.attempt(), 3);
        assert!(run.is_stopped() && run.stopped().now_or_never().is_some());
    }

    #[test]
    fn by_default_a_job_is_tried_for_half_an_hour_and_remembered_for_a_week() {
        let QueueOptions { retry, keep, .. } = QueueOptions::DEFAULT;
        let delays = (1..retry.attempts).map(|failed| retry.delay(failed, u64::MAX));
        assert_eq!(delays.sum::<Duration>().as_secs() / 60, 32);
        assert_eq!(keep.as_secs(), 604_800);
    }
}
