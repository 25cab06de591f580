//! What operators do to queues, jobs and schedules, and that it is recorded.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    Client, JobGivenUp, JobId, OperatorAction, Origin, QueueOptions, Schedule, SubjectKind,
    SystemClock,
    host::{Feed, JobState, OperationError, Operations, Operator, QueueState, Runtime, Tasks},
    on_both_engines,
    sql::{Db, MIGRATIONS},
    testing::wait_until,
};

use crate::{
    fixtures::{PROBE, log, operator, user},
    operations::acts,
    orders::{Clerk, Order, QUICK, Turn, enqueue, jobs, order},
};

const QUEUE: &str = "tests.orders";
const HOURLY: &str = "tests.hourly";
const SOON: Duration = Duration::from_secs(20);

fn runtime(db: &Db, clerk: &Clerk) -> Runtime {
    let schedule = Schedule::new(HOURLY, "0 * * * *", Order { what: "hourly".to_owned() });
    Runtime::builder(db).worker(clerk.clone()).schedule(schedule.unwrap()).build()
}

/// What operators of a program with this clerk can do.
fn operations(db: &Db, clerk: &Clerk) -> Operations {
    Operations::of(&runtime(db, clerk), &[])
}

async fn drive(db: &Db, clerk: &Clerk) {
    runtime(db, clerk).driver(None).await.run_until_idle().await;
}

fn giving_up(db: &Db, on: &'static [&'static str]) -> Clerk {
    Clerk::new(db, move |what, _| if on.contains(&what) { Turn::GiveUp } else { Turn::Done })
}

/// The only job in a state.
async fn only(operations: &Operations, state: JobState) -> JobId {
    let jobs = operations.jobs(Some(QUEUE), Some(state), 10).await.unwrap();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs[0].job_id
}

/// Everything that a refused wish must leave as it is.
async fn everything(db: &Db) -> String {
    let operations = Operations::new(db);
    let jobs = operations.jobs(None, None, 100).await.unwrap();
    format!("{jobs:?}\n{:?}\n{}", operations.schedules().await.unwrap(), log(db).await.len())
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_paused_queue_begins_no_job_until_it_is_resumed(test: TestDb) {
        let db = &test.db;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        let operations = operations(db, &clerk);
        assert!(operations.pause_queue(&operator(), QUEUE).await.unwrap());
        assert!(!operations.pause_queue(&operator(), QUEUE).await.unwrap(), "it is paused already");
        enqueue(db, [order("one"), order("two")]).await;
        drive(db, &clerk).await;
        let status = operations.queue(QUEUE).await.unwrap();
        assert_eq!((status.state, status.waiting, status.lag_seconds), (QueueState::Paused, 2, Some(0.0)));
        assert_eq!(status.pause.unwrap().operator, "ada");
        assert!(operations.resume_queue(&operator(), QUEUE).await.unwrap());
        assert!(!operations.resume_queue(&operator(), QUEUE).await.unwrap(), "it goes on already");
        drive(db, &clerk).await;
        assert_eq!(clerk.runs(), ["one 1", "two 1"]);
        let status = operations.queue(QUEUE).await.unwrap();
        assert_eq!((status.state, status.waiting, status.lag_seconds), (QueueState::Running, 0, None));
        let acts = acts(db).await;
        let did: Vec<_> = acts.iter().map(|act| (act.action, act.subject_kind)).collect();
        assert_eq!(did, [OperatorAction::Pause, OperatorAction::Resume].map(|act| (act, SubjectKind::Queue)));
    }

    async fn a_dead_job_runs_again_and_then_what_is_ordered_behind_it(test: TestDb) {
        let db = &test.db;
        enqueue(db, ["bad", "next"].map(|what| order(what).ordered_by("key"))).await;
        drive(db, &giving_up(db, &["bad"])).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        let operations = operations(db, &clerk);
        let status = operations.queue(QUEUE).await.unwrap();
        assert_eq!((status.state, status.dead, status.waiting), (QueueState::Stuck, 1, 1));
        assert!(status.oldest_dead_at.is_some());
        let dead = only(&operations, JobState::Dead).await;
        let detail = operations.job(dead).await.unwrap();
        assert_eq!((detail.job.error.as_deref(), detail.job.attempts), (Some("bad is wrong"), 1));
        assert_eq!(detail.payload.unwrap().get().replace(' ', ""), r#"{"what":"bad"}"#);
        operations.retry_job(&operator(), dead).await.unwrap();
        drive(db, &clerk).await;
        assert_eq!(clerk.runs(), ["bad 1", "next 1"]);
        assert_eq!(operations.jobs(None, Some(JobState::Done), 10).await.unwrap().len(), 2);
        assert_eq!(acts(db).await[0].detail, Some(format!("job {dead}")));
    }

    async fn all_dead_jobs_of_a_queue_run_again(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("one"), order("two"), order("three")]).await;
        drive(db, &giving_up(db, &["one", "three"])).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        assert_eq!(operations(db, &clerk).retry_jobs(&operator(), QUEUE).await.unwrap(), 2);
        drive(db, &clerk).await;
        assert_eq!(clerk.runs(), ["one 1", "three 1"]);
    }

    async fn a_discarded_job_lets_what_is_ordered_behind_it_run(test: TestDb) {
        let db = &test.db;
        enqueue(db, ["bad", "next"].map(|what| order(what).ordered_by("key"))).await;
        drive(db, &giving_up(db, &["bad"])).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        let operations = operations(db, &clerk);
        let dead = only(&operations, JobState::Dead).await;
        operations.discard_job(&operator(), dead).await.unwrap();
        drive(db, &clerk).await;
        assert_eq!(clerk.runs(), ["next 1"]);
        assert_eq!(only(&operations, JobState::Cancelled).await, dead);
    }

    async fn a_job_is_called_off_before_and_while_it_runs(test: TestDb) {
        let db = &test.db_at(Arc::new(SystemClock));
        let clerk = Clerk::new(db, |_, _| Turn::WaitForStop)
            .with(QueueOptions { timeout: Duration::from_mins(10), concurrency: 1, ..QUICK });
        let operations = operations(db, &clerk);
        enqueue(db, [order("long"), order("waiting")]).await;
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        runtime(db, &clerk).start(&feed, &tasks).await.unwrap();
        wait_until("the first runs", SOON, async || clerk.busy() == 1).await;
        let (running, waiting) =
            (only(&operations, JobState::Running).await, only(&operations, JobState::Waiting).await);
        operations.cancel_job(&operator(), waiting).await.unwrap();
        operations.cancel_job(&operator(), running).await.unwrap();
        wait_until("its run ends", SOON, async || clerk.busy() == 0).await;
        tasks.shutdown(SOON).await.unwrap();
        assert_eq!(clerk.runs(), ["long 1"]);
        assert_eq!(operations.jobs(None, Some(JobState::Cancelled), 10).await.unwrap().len(), 2);
    }

    async fn what_is_called_off_is_told_as_given_up_and_holds_back_nothing(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("bad").ordered_by("key").once("once"), order("next").ordered_by("key")]).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        let operations = operations(db, &clerk);
        let waiting = operations.jobs(Some(QUEUE), Some(JobState::Waiting), 10).await.unwrap();
        let bad = waiting.iter().find(|job| job.idempotency_key.is_some()).unwrap().job_id;
        let origin = Origin::system("tests").with_client(Client::new("10.0.0.1", None));
        let by = Operator::new("ada", origin.clone()).unwrap();
        operations.cancel_job(&by, bad).await.unwrap();
        drive(db, &clerk).await;
        assert_eq!(clerk.runs(), ["next 1"]);
        let log = log(db).await;
        let [told, acted] = &log[..] else { panic!("two events: {log:?}") };
        let given_up = JobGivenUp {
            job_id: bad,
            queue: QUEUE.to_owned(),
            idempotency_key: Some("once".to_owned()),
            ordering_key: Some("key".to_owned()),
            attempts: 0,
            error: "called off by an operator".to_owned(),
        };
        assert_eq!(told.decode().unwrap(), Some(given_up));
        assert_eq!(told.on_behalf_of, Some(user(1)), "what follows is done for whom the job was done");
        assert_eq!(acted.correlation_id, origin.correlation_id());
        let clients = db.clients(&[told.correlation_id, acted.correlation_id]).await.unwrap();
        assert_eq!(clients, [(acted.correlation_id, origin.client().unwrap().clone())]);
    }

    async fn what_may_hold_secrets_is_not_shown(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("secret")]).await;
        let secretive = Clerk::new(db, |_, _| Turn::Done).with(QueueOptions { keep_payload: false, ..QUICK });
        for operations in [operations(db, &secretive), Operations::new(db)] {
            let job = only(&operations, JobState::Waiting).await;
            assert!(operations.job(job).await.unwrap().payload.is_none());
        }
    }

    async fn what_an_operator_ends_keeps_no_secrets(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("bad"), order("waiting")]).await;
        drive(db, &giving_up(db, &["bad", "waiting"])).await;
        let secretive = giving_up(db, &[]).with(QueueOptions { keep_payload: false, ..QUICK });
        let operations = operations(db, &secretive);
        let dead = operations.jobs(Some(QUEUE), Some(JobState::Dead), 10).await.unwrap();
        operations.retry_job(&operator(), dead[0].job_id).await.unwrap();
        operations.cancel_job(&operator(), dead[0].job_id).await.unwrap();
        operations.discard_job(&operator(), dead[1].job_id).await.unwrap();
        let rows = jobs(db).await;
        assert!(rows.lines().all(|row| row.starts_with("forgotten cancelled")), "{rows}");
    }

    async fn a_paused_schedule_passes_its_times_by(test: TestDb) {
        let db = &test.db;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        drive(db, &clerk).await;
        let operations = operations(db, &clerk);
        assert!(operations.pause_schedule(&operator(), HOURLY).await.unwrap());
        test.clock.advance(Duration::from_hours(3));
        drive(db, &clerk).await;
        assert!(clerk.runs().is_empty());
        let [schedule] = &operations.schedules().await.unwrap()[..] else { panic!("one schedule") };
        assert_eq!((schedule.queue.as_str(), schedule.last_at), (QUEUE, None));
        assert_eq!(schedule.pause.as_ref().unwrap().operator, "ada");
        assert!(operations.resume_schedule(&operator(), HOURLY).await.unwrap());
        drive(db, &clerk).await;
        assert_eq!(clerk.runs(), ["hourly 1"], "what it has missed counts as one");
    }

    async fn what_is_not_there_is_left_alone(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("one")]).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        drive(db, &clerk).await;
        let operations = operations(db, &clerk);
        let (done, before) = (only(&operations, JobState::Done).await, everything(db).await);
        let nobody = "00000000-0000-7000-8000-000000000001".parse().unwrap();
        let by = operator();
        let unknown = operations.retry_job(&by, nobody).await;
        assert!(matches!(unknown, Err(OperationError::UnknownJob { .. })), "{unknown:?}");
        for ended in [operations.retry_job(&by, done).await, operations.discard_job(&by, done).await] {
            assert!(matches!(ended, Err(OperationError::NotDead { state: JobState::Done, .. })), "{ended:?}");
        }
        let ended = operations.cancel_job(&by, done).await;
        assert!(matches!(ended, Err(OperationError::HasEnded { .. })), "{ended:?}");
        let none = operations.retry_jobs(&by, QUEUE).await;
        assert!(matches!(none, Err(OperationError::NoDeadJobs { .. })), "{none:?}");
        let unknown = operations.pause_queue(&by, "tests.order").await;
        assert!(
            matches!(&unknown, Err(OperationError::UnknownQueue { known, .. }) if known == &[QUEUE]),
            "{unknown:?}"
        );
        let unknown = operations.pause_schedule(&by, "tests.daily").await;
        assert!(
            matches!(&unknown, Err(OperationError::UnknownSchedule { known, .. }) if known == &[HOURLY]),
            "{unknown:?}"
        );
        assert_eq!(everything(db).await, before);
    }
}
