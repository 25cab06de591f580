//! What operators do about jobs that wait or were given up.

use async_trait::async_trait;
use perme8_events::{
    HandlerError, Job, JobRun, NewJob, Origin, StorageError, Transaction as _, Worker,
    host::{JobState, Runtime},
    on_both_engines,
    sql::UnitOfWork,
};
use serde::Deserialize;

use super::*;
use crate::{catalogue::MIGRATIONS, cli::failure::Kind};

const QUEUE: &str = "tests.errands";

#[derive(Serialize, Deserialize)]
struct Errand {
    what: String,
}

impl Job for Errand {
    const QUEUE: &'static str = QUEUE;
}

/// Runs errands, but for those that it has no way of running.
struct Runner {
    refuses: &'static str,
}

#[async_trait]
impl Worker for Runner {
    type Job = Errand;
    type Done = ();

    async fn work(&self, errand: Errand, _: &JobRun) -> Result<(), HandlerError> {
        if errand.what == self.refuses {
            return Err(HandlerError::permanent("the shop is gone"));
        }
        Ok(())
    }
}

fn runtime(db: &Db, refuses: &'static str) -> Runtime {
    Runtime::builder(db).worker(Runner { refuses }).build()
}

async fn work(db: &Db, refuses: &'static str) {
    runtime(db, refuses).driver(None).await.run_until_idle().await;
}

/// Errands to be run one after another.
async fn enqueue(db: &Db, errands: &[&str]) {
    UnitOfWork::new(db.clone())
        .run(Origin::system("tests"), async |tx| {
            for what in errands {
                let errand = Errand { what: (*what).to_owned() };
                tx.enqueue(NewJob::new(errand).ordered_by("key"));
            }
            Ok::<_, StorageError>(())
        })
        .await
        .unwrap();
}

/// The jobs in a state, oldest first.
async fn jobs(operations: &Operations, state: JobState) -> Vec<JobId> {
    let mut jobs = operations.jobs(Some(QUEUE), Some(state), 10).await.unwrap();
    jobs.sort_by_key(|job| job.enqueued_at);
    jobs.iter().map(|job| job.job_id).collect()
}

fn act(job: JobId, yes: bool) -> Act {
    Act { which: Which { job }, sure: Sure { yes } }
}

fn retry(job: Option<JobId>) -> RetryArgs {
    let all = job.is_none().then(|| QUEUE.to_owned());
    RetryArgs { job, all, sure: Sure { yes: true } }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn a_dead_job_is_shown_and_runs_again(test: TestDb) {
        let (db, console) = (&test.db, Console::standard(true));
        enqueue(db, &["bread", "milk"]).await;
        work(db, "bread").await;
        let operations = Operations::of(&runtime(db, ""), &[]);
        let dead = jobs(&operations, JobState::Dead).await;
        let detail = Detail { detail: operations.job(dead[0]).await.unwrap() };
        let shown = detail.text(Paint::PLAIN);
        assert!(shown.contains("the shop is gone") && shown.contains("bread"), "{shown}");
        let list = JobList { jobs: operations.jobs(None, None, 10).await.unwrap() }.text(Paint::PLAIN);
        assert!(list.contains("dead") && list.contains("waiting"), "{list}");
        retry(Some(dead[0])).run(&operations, &console).await.unwrap();
        work(db, "bread").await;
        retry(None).run(&operations, &console).await.unwrap();
        work(db, "").await;
        assert_eq!(jobs(&operations, JobState::Done).await.len(), 2);
        let again = retry(Some(dead[0])).run(&operations, &console).await.unwrap_err();
        assert!(again.message.contains("is done: only dead jobs are retried"), "{}", again.message);
        assert!(again.help.is_some_and(|help| help.contains("perme8 jobs show")));
        let none = retry(None).run(&operations, &console).await.unwrap_err();
        assert!(none.message.contains("has no dead jobs"), "{}", none.message);
    }

    async fn a_job_is_called_off_or_discarded_by_whoever_is_sure(test: TestDb) {
        let (db, console) = (&test.db, Console::standard(true));
        enqueue(db, &["bread", "milk", "salt"]).await;
        work(db, "bread").await;
        let operations = Operations::of(&runtime(db, ""), &[]);
        let bread = jobs(&operations, JobState::Dead).await[0];
        let milk = jobs(&operations, JobState::Waiting).await[0];
        let asked = act(milk, false).cancel(&operations, &console).await.unwrap_err();
        assert_eq!(asked.kind, Kind::Usage);
        let asked = act(bread, false).discard(&operations, &console).await.unwrap_err();
        assert_eq!(asked.kind, Kind::Usage);
        let wrong = act(bread, true).cancel(&operations, &console).await.unwrap_err();
        assert!(wrong.message.contains("is dead: only jobs that wait or run are called off"), "{}", wrong.message);
        let wrong = act(milk, true).discard(&operations, &console).await.unwrap_err();
        assert!(wrong.message.contains("is waiting: only dead jobs"), "{}", wrong.message);
        let cancelled = act(milk, true).cancel(&operations, &console).await.unwrap();
        assert_eq!(cancelled.text(Paint::PLAIN), format!("cancelled {milk}"));
        let discarded = act(bread, true).discard(&operations, &console).await.unwrap();
        assert_eq!(discarded.text(Paint::PLAIN), format!("discarded {bread}"));
        work(db, "").await;
        assert_eq!(jobs(&operations, JobState::Done).await.len(), 1, "the salt");
        assert_eq!(jobs(&operations, JobState::Cancelled).await.len(), 2);
    }
}
