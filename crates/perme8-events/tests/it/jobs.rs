//! Jobs, one after another in virtual time.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use expect_test::expect;
use perme8_events::{
    Clock as _, JobGivenUp, NewJob, Origin, QueueOptions, Schedule, ScheduleError, StorageError,
    Transaction as _, UserId,
    host::{Feed, Runtime, RuntimeBuilder, StartError, Tasks},
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, UnitOfWork},
    testing::Driver,
};

use crate::{
    fixtures::{PROBE, change, log, user},
    orders::{Clerk, Order, QUICK, Turn, enqueue, jobs, order},
};

async fn driver(db: &Db, clerk: &Clerk) -> Driver {
    Runtime::builder(db).worker(clerk.clone()).build().driver(None).await
}

/// Why it is not started.
async fn refusal(db: &Db, builder: RuntimeBuilder) -> Option<StartError> {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await.unwrap();
    let refusal = builder.build().start(&feed, &tasks).await.err();
    tasks.shutdown(Duration::from_secs(10)).await.unwrap();
    refusal
}

fn schedule(name: &'static str) -> Schedule {
    Schedule::new(name, "0 * * * *", Order { what: "hourly".to_owned() }).unwrap()
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_job_is_enqueued_with_its_transaction_or_not_at_all(test: TestDb) {
        let db = &test.db;
        let failed: Result<(), StorageError> = UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)), async |tx| {
                tx.enqueue(order("never"));
                Err(StorageError::conflict())
            })
            .await;
        assert!(failed.is_err());
        UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)), async |tx| {
                tx.enqueue(order("kept"));
                let undone: Result<(), StorageError> = tx
                    .savepoint(async |tx| {
                        tx.enqueue(order("undone"));
                        Err(StorageError::conflict())
                    })
                    .await;
                assert!(undone.is_err());
                Ok::<_, StorageError>(())
            })
            .await
            .unwrap();
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        driver(db, &clerk).await.run_until_idle().await;
        expect![[r#"
            kept done 1 "did kept"
        "#]].assert_eq(&jobs(db).await);
    }

    async fn a_failing_job_is_tried_again_later_and_later_and_then_given_up(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("bad"), order("good")]).await;
        let clerk = Clerk::new(db, |what, _| if what == "bad" { Turn::Fail } else { Turn::Done });
        let start = test.clock.now();
        let runtime = Runtime::builder(db).worker(clerk.clone()).build();
        runtime.driver(None).await.run_until_idle().await;
        assert_eq!(clerk.runs(), ["bad 1", "good 1"], "without time passing, there is one attempt");
        // As after a restart: the attempts are counted in the row.
        let runtime = Runtime::builder(db).worker(clerk.clone()).build();
        runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
        assert_eq!(clerk.runs()[2..], ["bad 2", "bad 3"]);
        let waited = test.clock.now() - start;
        assert!(waited > TimeDelta::zero() && waited <= TimeDelta::seconds(3), "{waited}");
        expect![[r#"
            bad dead 3 bad fails
            good done 1 "did good"
        "#]].assert_eq(&jobs(db).await);
        let told = log(db).await;
        let [given_up] = &told[..] else { panic!("{told:?}") };
        assert_eq!(given_up.on_behalf_of, Some(user(1)));
        let JobGivenUp { queue, attempts, error, .. } = given_up.decode().unwrap().unwrap();
        assert_eq!((queue.as_str(), attempts, error.as_str()), ("tests.orders", 3, "bad fails"));
    }

    async fn what_is_hopeless_is_given_up_at_once_and_panics_are_failures(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("hopeless"), order("loud"), order("busy")]).await;
        let clerk = Clerk::new(db, |what, _| match what {
            "hopeless" => Turn::GiveUp,
            "loud" => Turn::Panic,
            _ => Turn::Busy,
        });
        driver(db, &clerk).await.run_until_idle().await;
        expect![[r#"
            hopeless dead 1 hopeless is wrong
            loud waiting 1 the handler panicked: loud is too much
            busy waiting 0 come back later
        "#]].assert_eq(&jobs(db).await);
    }

    async fn jobs_of_one_key_are_done_in_order_and_a_dead_one_holds_back_the_rest(test: TestDb) {
        let db = &test.db;
        enqueue(db, [
            order("a1").ordered_by("a"),
            order("a2").ordered_by("a"),
            order("b1").ordered_by("b"),
            order("b2").ordered_by("b"),
        ])
        .await;
        let clerk = Clerk::new(db, |what, _| if what == "a1" { Turn::GiveUp } else { Turn::Done });
        driver(db, &clerk).await.run_until_idle().await;
        expect![[r#"
            a1 dead 1 a1 is wrong
            a2 waiting 0
            b1 done 1 "did b1"
            b2 done 1 "did b2"
        "#]].assert_eq(&jobs(db).await);
        assert_eq!(clerk.runs()[1..], ["b1 1", "b2 1"]);
    }

    async fn a_retry_of_one_key_holds_back_the_rest_of_it(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("a1").ordered_by("a"), order("a2").ordered_by("a")]).await;
        let clerk = Clerk::new(db, |what, attempt| {
            if what == "a1" && attempt < 3 { Turn::Fail } else { Turn::Done }
        });
        let runtime = Runtime::builder(db).worker(clerk.clone()).build();
        runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
        assert_eq!(clerk.runs(), ["a1 1", "a1 2", "a1 3", "a2 1"]);
    }

    async fn an_idempotency_key_is_enqueued_once(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("first").once("key"), order("second").once("key"), order("other").once("other")]).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        let mut driver = driver(db, &clerk).await;
        driver.run_until_idle().await;
        enqueue(db, [order("third").once("key")]).await;
        driver.run_until_idle().await;
        assert_eq!(clerk.runs(), ["first 1", "other 1"]);
    }

    async fn a_job_waits_until_it_is_due(test: TestDb) {
        let db = &test.db;
        let due = test.clock.now() + TimeDelta::hours(1);
        enqueue(db, [order("later").due_at(due)]).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        let mut driver = driver(db, &clerk).await;
        test.clock.advance(Duration::from_mins(59));
        driver.run_until_idle().await;
        assert!(clerk.runs().is_empty());
        test.clock.advance(Duration::from_mins(1));
        driver.run_until_idle().await;
        assert_eq!(clerk.runs(), ["later 1"]);
    }

    async fn a_job_that_is_due_after_the_last_year_waits(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("never").due_at(DateTime::<Utc>::MAX_UTC), order("now")]).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        driver(db, &clerk).await.run_until_idle().await;
        assert_eq!(clerk.runs(), ["now 1"]);
    }

    async fn a_cancelled_job_is_not_done(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("unwanted").once("unwanted"), order("wanted").once("wanted")]).await;
        UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)), async |tx| {
                tx.cancel_job::<Order>("unwanted");
                Ok::<_, StorageError>(())
            })
            .await
            .unwrap();
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        driver(db, &clerk).await.run_until_idle().await;
        assert_eq!(clerk.runs(), ["wanted 1"]);
        expect![[r#"
            forgotten cancelled 0
            wanted done 1 "did wanted"
        "#]].assert_eq(&jobs(db).await);
    }

    async fn a_result_that_cannot_be_kept_is_no_reason_to_do_a_job_again(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("garbled"), order("long")]).await;
        let clerk = Clerk::new(db, |what, _| if what == "garbled" { Turn::Garble } else { Turn::Ramble });
        driver(db, &clerk).await.run_until_idle().await;
        expect![[r#"
            garbled done 1 null
            long done 1 null
        "#]].assert_eq(&jobs(db).await);
    }

    async fn a_run_that_panics_when_it_is_stopped_is_a_failure_like_any_other(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("clinging")]).await;
        let clerk = Clerk::new(db, |_, _| Turn::Cling)
            .with(QueueOptions { timeout: Duration::from_millis(20), ..QUICK });
        driver(db, &clerk).await.run_until_idle().await;
        expect![[r#"
            clinging waiting 1 the handler panicked: it clings to its run
        "#]].assert_eq(&jobs(db).await);
    }

    async fn a_command_of_a_job_commits_however_long_the_key_of_the_job_is(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("pay").once("x".repeat(500))]).await;
        let clerk = Clerk::new(db, |_, _| Turn::CommandThenFail);
        let runtime = Runtime::builder(db).worker(clerk.clone()).build();
        runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
        assert_eq!(clerk.runs(), ["pay 1", "pay 2"]);
        assert_eq!(log(db).await.len(), 1);
    }

    async fn a_command_commits_once_however_often_its_job_runs(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("pay")]).await;
        let clerk = Clerk::new(db, |_, _| Turn::CommandThenFail);
        let runtime = Runtime::builder(db).worker(clerk.clone()).build();
        runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
        assert_eq!(clerk.runs(), ["pay 1", "pay 2"], "the second run finds the command committed");
        let log = log(db).await;
        assert_eq!(log.len(), 1);
        assert_eq!(log[0].actor.to_string(), "tests.orders");
        assert_eq!(log[0].on_behalf_of, Some(UserId::new(uuid::Uuid::from_u128(1))));
        expect![[r#"
            pay done 2 null
        "#]].assert_eq(&jobs(db).await);
    }

    async fn a_job_whose_process_went_away_is_done_by_the_next_one(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("lost")]).await;
        change(db, sql!("UPDATE event_jobs SET state = 'running', attempts = 1, epoch = 1")).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        driver(db, &clerk).await.run_until_idle().await;
        assert_eq!(clerk.runs(), ["lost 2"], "the run that did not end counts");
    }

    async fn a_job_that_takes_every_process_with_it_is_given_up(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("deadly")]).await;
        change(db, sql!("UPDATE event_jobs SET state = 'running', attempts = 3, epoch = 3")).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        driver(db, &clerk).await.run_until_idle().await;
        assert!(clerk.runs().is_empty());
        expect![[r#"
            deadly dead 3 its last run did not come to an end
        "#]].assert_eq(&jobs(db).await);
    }

    async fn what_is_done_is_kept_as_long_as_the_queue_says(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("secret"), order("hopeless")]).await;
        let options = QueueOptions { keep: Duration::from_hours(1), keep_payload: false, ..QUICK };
        let script = |what: &str, _| if what == "secret" { Turn::Done } else { Turn::GiveUp };
        let clerk = Clerk::new(db, script).with(options);
        let mut driver = driver(db, &clerk).await;
        driver.run_until_idle().await;
        expect![[r#"
            forgotten done 1 "did secret"
            hopeless dead 1 hopeless is wrong
        "#]].assert_eq(&jobs(db).await);
        test.clock.advance(Duration::from_hours(2));
        driver.run_until_idle().await;
        expect![[r#"
            hopeless dead 1 hopeless is wrong
        "#]].assert_eq(&jobs(db).await);
        enqueue(db, [order("at once")]).await;
        let options = QueueOptions { keep: Duration::ZERO, ..QUICK };
        let clerk = Clerk::new(db, |_, _| Turn::Done).with(options);
        Runtime::builder(db).worker(clerk).build().driver(None).await.run_until_idle().await;
        expect![[r#"
            hopeless dead 1 hopeless is wrong
        "#]].assert_eq(&jobs(db).await);
    }

    async fn a_payload_of_another_shape_is_given_up_and_not_shown(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("x")]).await;
        change(db, sql!("UPDATE event_jobs SET payload = '{\"secret\":\"swordfish\"}'")).await;
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        driver(db, &clerk).await.run_until_idle().await;
        let log = log(db).await;
        let given_up: JobGivenUp = log[0].decode().unwrap().unwrap();
        assert!(given_up.error.contains("discard the job"), "{}", given_up.error);
        assert!(!given_up.error.contains("swordfish"));
    }

    async fn keys_and_payloads_have_limits(test: TestDb) {
        let long = "x".repeat(501);
        for job in [
            order("ok").once(long.clone()),
            order("ok").ordered_by(long.clone()),
            order("ok").once("a\0b"),
            order(&"x".repeat(300_000)),
            order("a\0b"),
        ] {
            let refused: Result<(), StorageError> = UnitOfWork::new(test.db.clone())
                .run(Origin::user(user(1)), async |tx| {
                    tx.enqueue(job);
                    Ok(())
                })
                .await;
            assert!(refused.is_err());
        }
        assert_eq!(jobs(&test.db).await, "");
    }

    async fn jobs_of_a_queue_without_a_worker_are_refused(test: TestDb) {
        let db = &test.db;
        enqueue(db, [order("orphan")]).await;
        let refusal_of = refusal(db, Runtime::builder(db)).await.unwrap();
        expect!["the database holds jobs of queues that this program does not have: tests.orders; run the program that has them, or say where the runtime is built that they are retired, by `.retired_queue(\"…\")`, or which contexts are this program's, by `.owning(\"…\")`, if another program has them"]
            .assert_eq(&refusal_of.to_string());
        assert!(refusal(db, Runtime::builder(db).retired_queue("tests.orders")).await.is_none());
        // Unless another program does them.
        assert!(refusal(db, Runtime::builder(db).owning("press")).await.is_none());
        let ours = refusal(db, Runtime::builder(db).owning("press").owning("tests")).await;
        assert!(matches!(ours, Some(StartError::UnknownQueues { names }) if names == ["tests.orders"]));
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        let twice = Runtime::builder(db).worker(clerk.clone()).worker(clerk.clone());
        assert!(matches!(refusal(db, twice).await, Some(StartError::DuplicateQueue { .. })));
    }

    async fn a_schedule_needs_a_name_of_its_own_and_a_worker(test: TestDb) {
        let db = &test.db;
        let lonely = Runtime::builder(db).schedule(schedule("tests.hourly"));
        assert!(matches!(refusal(db, lonely).await, Some(StartError::ScheduleWithoutWorker { .. })));
        let clerk = Clerk::new(db, |_, _| Turn::Done);
        let twice = Runtime::builder(db)
            .worker(clerk)
            .schedule(schedule("tests.hourly"))
            .schedule(schedule("tests.hourly"));
        assert!(matches!(refusal(db, twice).await, Some(StartError::DuplicateSchedule { .. })));
        let wrong = Schedule::new("tests.hourly", "often", Order { what: "x".to_owned() });
        assert!(matches!(wrong, Err(ScheduleError::Pattern { .. })));
    }
}

#[test]
fn debug_shows_no_payload() {
    let job: NewJob<Order> = order("swordfish");
    assert!(!format!("{job:?}").contains("swordfish"));
}
