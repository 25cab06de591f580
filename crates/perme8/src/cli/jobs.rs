//! `perme8 jobs`.

use perme8_events::{
    JobId,
    host::{JobDetail, JobState, JobStatus, Operations},
    sql::Db,
};
use serde::Serialize;

use crate::{
    app,
    cli::{
        Console, Failure, Paint, Report,
        act::{Done, Sure, operator},
        plain,
        references::instant,
        show::facts,
        tables::table,
    },
};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List jobs, those first whose state changed last
    List {
        /// Only those of this queue, e.g. `mail.outgoing`
        #[arg(long, value_name = "QUEUE")]
        queue: Option<String>,
        /// Only those that are waiting, running, done, dead or cancelled
        #[arg(long, value_name = "STATE")]
        state: Option<JobState>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: u32,
    },
    /// Print one job with what it is about and what came of it
    Show(Which),
    /// Run a job again that was given up, and then what is ordered behind it
    Retry(RetryArgs),
    /// Call off a job that waits or runs
    Cancel(Act),
    /// Give up a dead job for good; what is ordered behind it runs
    Discard(Act),
}

/// A job, as `list` prints it.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// The id of the job
    #[arg(value_name = "JOB")]
    job: JobId,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Act {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    sure: Sure,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RetryArgs {
    /// The id of the job
    #[arg(value_name = "JOB", required_unless_present = "all", conflicts_with = "all")]
    job: Option<JobId>,
    /// All dead jobs of this queue, each key in order
    #[arg(long, value_name = "QUEUE")]
    all: Option<String>,
    #[command(flatten)]
    sure: Sure,
}

/// Jobs.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct JobList {
    jobs: Vec<JobStatus>,
}

/// One of them in full.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Detail {
    detail: JobDetail,
}

/// Which one something was done about.
#[derive(Debug, Serialize)]
struct OfJob {
    job_id: JobId,
}

/// How many were retried.
#[derive(Debug, Serialize)]
struct Retried {
    queue: String,
    retried: u64,
}

pub(crate) async fn run(db: &Db, command: &Command, console: &Console) -> Result<(), Failure> {
    let operations = app::operations(db);
    match command {
        Command::List { queue, state, limit } => {
            let jobs = operations.jobs(queue.as_deref(), *state, *limit).await?;
            console.report(&JobList { jobs })
        }
        Command::Show(Which { job }) => {
            console.report(&Detail { detail: operations.job(*job).await? })
        }
        Command::Retry(args) => args.run(&operations, console).await,
        Command::Cancel(act) => console.report(&act.cancel(&operations, console).await?),
        Command::Discard(act) => console.report(&act.discard(&operations, console).await?),
    }
}

impl RetryArgs {
    async fn run(&self, operations: &Operations, console: &Console) -> Result<(), Failure> {
        let Self { job, all, sure } = self;
        match (job, all) {
            (Some(job_id), _) => {
                let job = operations.job(*job_id).await?.job;
                sure.ask(console, &format!("Run a job of {} again?", plain(&job.queue)))?;
                operations.retry_job(&operator(), *job_id).await?;
                let says = format!("{job_id}; a running host takes it from here");
                console.report(&Done::new("retried", OfJob { job_id: *job_id }, says))
            }
            (None, Some(queue)) => {
                let (dead, name) = (operations.queue(queue).await?.dead, plain(queue));
                sure.ask(console, &format!("Run all {dead} dead jobs of {name} again?"))?;
                let retried = operations.retry_jobs(&operator(), queue).await?;
                let says = format!("{retried} jobs of {name}; a running host takes it from here");
                let outcome = Retried { queue: queue.clone(), retried };
                console.report(&Done::new("retried", outcome, says))
            }
            (None, None) => Err(Failure::usage("name a job, or a queue with --all")),
        }
    }
}

impl Act {
    async fn cancel(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfJob>, Failure> {
        let job_id = self.which.job;
        let job = operations.job(job_id).await?.job;
        let (queue, state) = (plain(&job.queue), job.state.as_str());
        self.sure.ask(console, &format!("A job of {queue} is {state}. Call it off?"))?;
        operations.cancel_job(&operator(), job_id).await?;
        Ok(Done::new("cancelled", OfJob { job_id }, job_id.to_string()))
    }

    async fn discard(
        &self,
        operations: &Operations,
        console: &Console,
    ) -> Result<Done<OfJob>, Failure> {
        let job_id = self.which.job;
        let queue = operations.job(job_id).await?.job.queue;
        let question = format!("This job of {} will never be done. Discard it?", plain(&queue));
        self.sure.ask(console, &question)?;
        operations.discard_job(&operator(), job_id).await?;
        Ok(Done::new("discarded", OfJob { job_id }, job_id.to_string()))
    }
}

impl Report for JobList {
    fn text(&self, _: Paint) -> String {
        if self.jobs.is_empty() {
            return "there are no such jobs".to_owned();
        }
        let rows = self.jobs.iter().map(|job| {
            vec![
                job.job_id.to_string(),
                job.queue.clone(),
                job.state.as_str().to_owned(),
                job.attempts.to_string(),
                instant(job.due_at),
                instant(job.updated_at),
                job.ordering_key.as_deref().map_or_else(|| "-".to_owned(), plain),
            ]
        });
        table(&["job", "queue", "state", "attempts", "due at", "since", "ordered by"], &[3], rows)
    }
}

impl Report for Detail {
    fn text(&self, paint: Paint) -> String {
        let JobDetail { job, correlation_id, payload, result } = &self.detail;
        let or_none = |text: Option<&str>| text.map_or_else(|| "-".to_owned(), plain);
        let rows = [
            ("job", job.job_id.to_string()),
            ("queue", job.queue.clone()),
            ("state", job.state.as_str().to_owned()),
            ("attempts", job.attempts.to_string()),
            ("due at", instant(job.due_at)),
            ("enqueued at", instant(job.enqueued_at)),
            ("since", instant(job.updated_at)),
            ("once", or_none(job.idempotency_key.as_deref())),
            ("ordered by", or_none(job.ordering_key.as_deref())),
            ("correlation", correlation_id.to_string()),
            ("error", or_none(job.error.as_deref())),
            (
                "payload",
                payload.as_ref().map_or_else(|| "not shown".to_owned(), |it| plain(it.get())),
            ),
            ("result", or_none(result.as_ref().map(|it| it.get()))),
        ];
        facts(paint, rows)
    }
}

#[cfg(test)]
mod tests;
