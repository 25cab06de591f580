//! Process managers: what they remember, command, time and take back.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use expect_test::expect;
use perme8_events::{
    Envelope, HandlerError, Input, Job, JobRun, ProcessManager, QueueOptions, Steps, Subscription,
    Worker,
    host::{JobState, Operations, Runtime},
    on_both_engines, sql,
    sql::{Db, MIGRATIONS},
    testing::ProcessTest,
};
use serde::{Deserialize, Serialize};

use crate::{
    fixtures::{Noted, PROBE, change, emit, noted, operator},
    orders::QUICK,
};

/// A journey: a flight and a hotel, both booked within an hour of the last note 1, or neither.
struct Journey {
    subscriptions: [Subscription; 1],
}

impl Journey {
    fn new() -> Self {
        Self { subscriptions: [Subscription::to::<Noted>()] }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Booked {
    flight: bool,
    hotel: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Agency {
    what: String,
}

impl Job for Agency {
    const QUEUE: &'static str = "tests.journey";
}

fn agency(what: &str) -> Agency {
    Agency { what: what.to_owned() }
}

impl ProcessManager for Journey {
    type State = Booked;
    type Command = Agency;

    fn name(&self) -> &'static str {
        "tests.journey"
    }

    fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    fn instance(&self, event: &Envelope) -> Option<String> {
        let noted: Noted = event.decode().ok()??;
        (noted.n == 1).then_some(noted.note)
    }

    fn decide(
        &self,
        state: Option<Booked>,
        input: Input<'_>,
        steps: &mut Steps<Agency>,
    ) -> Result<Option<Booked>, HandlerError> {
        let Some(mut booked) = state else {
            steps.command("flight", agency("book the flight"));
            steps.compensate_with("flight", agency("cancel the flight"));
            steps.command("hotel", agency("book the hotel"));
            steps.compensate_with("hotel", agency("cancel the hotel"));
            steps.set_timer("patience", Duration::from_hours(1));
            return Ok(Some(Booked { flight: false, hotel: false }));
        };
        match input {
            Input::Event(_) => steps.set_timer("patience", Duration::from_hours(1)),
            Input::Done(step) => {
                booked.flight |= step == "flight";
                booked.hotel |= step == "hotel";
                if booked.flight && booked.hotel {
                    steps.complete();
                }
            }
            Input::TimedOut(timer) => steps.fail(format!("{timer} is at an end")),
            Input::Failed { step, error } => steps.fail(format!("{step}: {error}")),
        }
        Ok(Some(booked))
    }
}

type Refusals = Arc<Mutex<Vec<&'static str>>>;

/// Does what the journey commands, unless it is among the refusals: for good, or as long as it is asked to wait.
#[derive(Clone, Default)]
struct Desk {
    done: Arc<Mutex<Vec<String>>>,
    refused: Refusals,
    closed: Refusals,
}

#[async_trait]
impl Worker for Desk {
    type Job = Agency;
    type Done = ();

    fn options(&self) -> QueueOptions {
        QUICK
    }

    async fn work(&self, job: Agency, _: &JobRun) -> Result<(), HandlerError> {
        if self.refused.lock().unwrap().contains(&job.what.as_str()) {
            return Err(HandlerError::permanent("fully booked"));
        }
        if self.closed.lock().unwrap().contains(&job.what.as_str()) {
            return Err(HandlerError::busy(Duration::from_mins(10), "closed"));
        }
        self.done.lock().unwrap().push(job.what);
        Ok(())
    }
}

impl Desk {
    fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }
}

async fn drive(db: &Db, desk: &Desk) {
    let runtime = Runtime::builder(db).process(Journey::new(), desk.clone()).build();
    runtime.driver(None).await.run_until_idle().await;
}

/// One line a case.
async fn cases(db: &Db) -> String {
    let rows: Vec<(String, String, Option<String>)> = db
        .query(sql!("SELECT instance, status, error FROM event_processes ORDER BY instance"))
        .all()
        .await
        .unwrap();
    let line = |(instance, status, error): (String, String, Option<String>)| {
        format!("{instance} {status} {}", error.unwrap_or_default()).trim_end().to_owned() + "\n"
    };
    rows.into_iter().map(line).collect()
}

async fn count_timers(db: &Db) -> i64 {
    db.query(sql!("SELECT count(*) FROM event_timers")).scalar().await.unwrap()
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_case_goes_well(test: TestDb) {
        let db = &test.db;
        let desk = Desk::default();
        emit(db, [noted("rome", 1), noted("rome", 2), noted("oslo", 1), noted("rome", 1)]).await;
        drive(db, &desk).await;
        let mut done = desk.done();
        done.sort();
        assert_eq!(done, ["book the flight", "book the flight", "book the hotel", "book the hotel"]);
        expect![[r#"
            oslo completed
            rome completed
        "#]].assert_eq(&cases(db).await);
        assert_eq!(count_timers(db).await, 0, "nobody waits any more");
        let handlers = Operations::new(db).handlers().await.unwrap();
        assert!(handlers.iter().all(|handler| handler.dead == 0 && handler.retrying == 0));
    }

    async fn what_was_done_is_undone_in_reverse(test: TestDb) {
        let db = &test.db;
        let desk = Desk::default();
        desk.refused.lock().unwrap().push("book the hotel");
        emit(db, [noted("rome", 1)]).await;
        drive(db, &desk).await;
        assert_eq!(desk.done(), ["book the flight", "cancel the hotel", "cancel the flight"]);
        expect![[r#"
            rome compensated hotel: fully booked
        "#]].assert_eq(&cases(db).await);
        assert_eq!(count_timers(db).await, 0);
    }

    async fn a_case_that_takes_too_long_is_taken_back(test: TestDb) {
        let db = &test.db;
        let desk = Desk::default();
        desk.closed.lock().unwrap().push("book the hotel");
        emit(db, [noted("rome", 1)]).await;
        drive(db, &desk).await;
        assert_eq!(desk.done(), ["book the flight"]);
        test.clock.advance(Duration::from_mins(61));
        drive(db, &desk).await;
        assert_eq!(desk.done(), ["book the flight", "cancel the hotel", "cancel the flight"]);
        expect![[r#"
            rome compensated patience is at an end
        "#]].assert_eq(&cases(db).await);
    }

    async fn a_case_turns_back_when_an_operator_calls_off_its_command(test: TestDb) {
        let db = &test.db;
        let desk = Desk::default();
        desk.closed.lock().unwrap().push("book the hotel");
        emit(db, [noted("rome", 1)]).await;
        drive(db, &desk).await;
        assert_eq!(desk.done(), ["book the flight"]);
        let operations = Operations::new(db);
        let [hotel] = &operations.jobs(None, Some(JobState::Waiting), 10).await.unwrap()[..] else {
            panic!("one job waits")
        };
        operations.cancel_job(&operator(), hotel.job_id).await.unwrap();
        drive(db, &desk).await;
        assert_eq!(desk.done(), ["book the flight", "cancel the hotel", "cancel the flight"]);
        expect![[r#"
            rome compensated hotel: called off by an operator
        "#]].assert_eq(&cases(db).await);
        assert_eq!(count_timers(db).await, 0, "nobody waits any more");
    }

    async fn what_runs_when_a_case_turns_back_is_waited_for_and_not_tried_again(test: TestDb) {
        let db = &test.db;
        let desk = Desk::default();
        desk.closed.lock().unwrap().push("book the hotel");
        emit(db, [noted("rome", 1)]).await;
        drive(db, &desk).await;
        // A node that is alive runs what waits.
        change(db, sql!(
            sqlite: "INSERT INTO event_nodes (node_id, name, handlers, started_at, beat_at, expires_at)
                     VALUES (unhex('01'), 'slow', '[]', '1970-01-01T00:00:00+00:00', '1970-01-01T00:00:00+00:00',
                       '2999-01-01T00:00:00+00:00')",
            postgres: "INSERT INTO event_nodes (node_id, name, handlers, started_at, beat_at, expires_at)
                       VALUES ('00000000-0000-0000-0000-000000000001', 'slow', '[]', '1970-01-01', '1970-01-01', '2999-01-01')"
        ))
        .await;
        change(db, sql!(
            "UPDATE event_jobs SET state = 'running', node_id = (SELECT node_id FROM event_nodes WHERE name = 'slow')
             WHERE state = 'waiting'"
        ))
        .await;
        test.clock.advance(Duration::from_mins(61));
        drive(db, &desk).await;
        assert_eq!(desk.done(), ["book the flight"], "the hotel may still be booked");
        expect![[r#"
            rome compensating patience is at an end
        "#]].assert_eq(&cases(db).await);
        desk.closed.lock().unwrap().clear();
        change(db, sql!("DELETE FROM event_nodes WHERE name = 'slow'")).await;
        drive(db, &desk).await;
        assert_eq!(desk.done(), ["book the flight", "cancel the hotel", "cancel the flight"]);
        expect![[r#"
            rome compensated patience is at an end
        "#]].assert_eq(&cases(db).await);
    }

    async fn a_timer_that_was_moved_is_not_told_of_at_its_old_instant(test: TestDb) {
        let db = &test.db;
        let desk = Desk::default();
        desk.closed.lock().unwrap().push("book the hotel");
        emit(db, [noted("rome", 1)]).await;
        drive(db, &desk).await;
        // While the process rests it is written to, and only then the timer fires.
        let operations = Operations::new(db);
        operations.pause(&operator(), "tests.journey").await.unwrap();
        emit(db, [noted("rome", 1)]).await;
        test.clock.advance(Duration::from_mins(61));
        drive(db, &desk).await;
        assert_eq!(count_timers(db).await, 0, "it has fired");
        operations.resume(&operator(), "tests.journey").await.unwrap();
        drive(db, &desk).await;
        expect![[r#"
            rome running
        "#]].assert_eq(&cases(db).await);
        test.clock.advance(Duration::from_mins(61));
        drive(db, &desk).await;
        expect![[r#"
            rome compensated patience is at an end
        "#]].assert_eq(&cases(db).await);
    }

    async fn what_an_operator_discards_need_not_be_taken_back(test: TestDb) {
        let db = &test.db;
        let desk = Desk::default();
        desk.refused.lock().unwrap().extend(["book the hotel", "cancel the hotel"]);
        emit(db, [noted("rome", 1)]).await;
        drive(db, &desk).await;
        expect![[r#"
            rome stuck undo hotel: fully booked
        "#]].assert_eq(&cases(db).await);
        let operations = Operations::new(db);
        let [undo] = &operations.jobs(None, Some(JobState::Dead), 10).await.unwrap()[..] else {
            panic!("one job is dead")
        };
        operations.discard_job(&operator(), undo.job_id).await.unwrap();
        drive(db, &desk).await;
        assert_eq!(desk.done(), ["book the flight", "cancel the flight"]);
        expect![[r#"
            rome compensated undo hotel: fully booked
        "#]].assert_eq(&cases(db).await);
    }

    async fn what_cannot_be_taken_back_is_stuck_until_somebody_helps(test: TestDb) {
        let db = &test.db;
        let desk = Desk::default();
        desk.refused.lock().unwrap().extend(["book the hotel", "cancel the flight"]);
        emit(db, [noted("rome", 1)]).await;
        drive(db, &desk).await;
        expect![[r#"
            rome stuck undo flight: fully booked
        "#]].assert_eq(&cases(db).await);
        desk.refused.lock().unwrap().clear();
        change(db, sql!("UPDATE event_jobs SET state = 'waiting' WHERE state = 'dead'")).await;
        drive(db, &desk).await;
        expect![[r#"
            rome compensated undo flight: fully booked
        "#]].assert_eq(&cases(db).await);
    }
}

#[test]
fn a_case_is_told_without_a_database() {
    let mut case = ProcessTest::new(Journey::new());
    expect![[r#"
        flight: {"what":"book the flight"}
        hotel: {"what":"book the hotel"}
        timer patience in 3600s
    "#]]
    .assert_eq(&case.when(noted("rome", 1)));
    expect![[""]].assert_eq(&case.done("flight"));
    expect![[r#"
        patience is due
        failed: patience is at an end
        undo hotel: {"what":"cancel the hotel"}
        undo flight: {"what":"cancel the flight"}
    "#]]
    .assert_eq(&case.after(Duration::from_hours(2)));
    expect![[r#"
        the case has ended
    "#]]
    .assert_eq(&case.done("hotel"));
}
