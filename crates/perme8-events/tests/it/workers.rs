//! Workers that run by themselves: side by side, on several nodes, stopped and taken over.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use perme8_events::{
    Origin, QueueOptions, StorageError, SystemClock, Transaction as _,
    host::{Feed, NodeOptions, Runtime, Tasks},
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, UnitOfWork},
    testing::{TestDb, wait_until},
};

use crate::{
    fixtures::{PROBE, change, log, user},
    orders::{Clerk, Order, QUICK, Turn, enqueue, jobs, order},
};

const DEADLINE: Duration = Duration::from_secs(30);
const GRACE: Duration = Duration::from_secs(10);

/// A node of its own, in real time.
async fn start(db: &Db, clerk: &Clerk) -> Tasks {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await.unwrap();
    let node = NodeOptions { lease: Duration::from_secs(1), ..NodeOptions::default() };
    let runtime = Runtime::builder(db).worker(clerk.clone()).node(node).build();
    runtime.start(&feed, &tasks).await.unwrap();
    tasks
}

fn real(test: &TestDb) -> Db {
    test.db_at(Arc::new(SystemClock))
}

async fn count(db: &Db, state: &str) -> i64 {
    db.query(sql!("SELECT count(*) FROM event_jobs WHERE state = $1"))
        .bind(state)
        .scalar()
        .await
        .unwrap()
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn two_nodes_share_a_queue_and_its_limit(test: TestDb) {
        let db = real(&test);
        let options = QueueOptions { concurrency: 3, ..QUICK };
        let clerk = Clerk::new(&db, |_, _| Turn::Wait).with(options);
        let nodes = [start(&db, &clerk).await, start(&db, &clerk).await];
        enqueue(&db, (0..40).map(|n| order(&format!("job {n}")))).await;
        wait_until("three jobs run", DEADLINE, async || count(&db, "running").await == 3).await;
        clerk.gate.add_permits(40);
        wait_until("all are done", DEADLINE, async || count(&db, "done").await == 40).await;
        assert!(clerk.busiest.load(Ordering::SeqCst) <= 3, "the limit holds over both nodes");
        let once: HashMap<_, _> = (0..40).map(|n| (format!("job {n}"), 1)).collect();
        assert_eq!(clerk.counts(), once);
        for node in nodes {
            node.shutdown(GRACE).await.unwrap();
        }
    }

    async fn a_paused_node_loses_its_job_and_says_nothing_about_it_any_more(test: TestDb) {
        let db = real(&test);
        enqueue(&db, [order("job")]).await;
        let slow = Clerk::new(&db, |_, _| Turn::Wait);
        let slow_node = start(&db, &slow).await;
        wait_until("the job runs", DEADLINE, async || slow.runs().len() == 1).await;
        // As if the node had not been heard of for longer than its lease.
        change(&db, sql!("DELETE FROM event_nodes")).await;
        change(&db, sql!("UPDATE event_jobs SET state = 'waiting', epoch = epoch + 1, node_id = NULL")).await;
        let quick = Clerk::new(&db, |_, _| Turn::Done);
        let quick_node = start(&db, &quick).await;
        wait_until("it runs again", DEADLINE, async || quick.runs().len() + slow.runs().len() == 2).await;
        slow.gate.add_permits(2);
        wait_until("it is done", DEADLINE, async || count(&db, "done").await == 1).await;
        slow_node.shutdown(GRACE).await.unwrap();
        quick_node.shutdown(GRACE).await.unwrap();
        assert_eq!(jobs(&db).await, "job done 2 \"did job\"\n");
        assert!(log(&db).await.is_empty());
    }

    async fn a_running_job_that_is_cancelled_is_told_to_stop(test: TestDb) {
        let db = real(&test);
        enqueue(&db, [order("long")]).await;
        let clerk = Clerk::new(&db, |_, _| Turn::WaitForStop)
            .with(QueueOptions { timeout: Duration::from_mins(10), ..QUICK });
        let node = start(&db, &clerk).await;
        wait_until("the job runs", DEADLINE, async || clerk.runs().len() == 1).await;
        change(&db, sql!("UPDATE event_jobs SET state = 'cancelled'")).await;
        wait_until("the run ends", DEADLINE, async || clerk.busy() == 0).await;
        node.shutdown(GRACE).await.unwrap();
        assert_eq!(jobs(&db).await, "long cancelled 1\n");
    }

    async fn jobs_of_one_key_never_run_side_by_side(test: TestDb) {
        let db = real(&test);
        enqueue(&db, [order("early"), order("late").ordered_by("key")]).await;
        // As if the first had not been committed yet.
        change(&db, sql!("UPDATE event_jobs SET state = 'open' WHERE ordering_key IS NULL")).await;
        let clerk = Clerk::new(&db, |_, _| Turn::Wait);
        let node = start(&db, &clerk).await;
        wait_until("the second runs", DEADLINE, async || clerk.runs() == ["late 1"]).await;
        change(&db, sql!("UPDATE event_jobs SET state = 'waiting', ordering_key = 'key' WHERE state = 'open'")).await;
        enqueue(&db, [order("other")]).await;
        wait_until("another one runs", DEADLINE, async || clerk.runs().contains(&"other 1".to_owned())).await;
        assert_eq!(clerk.runs(), ["late 1", "other 1"], "the first waits for the second");
        clerk.gate.add_permits(3);
        wait_until("all are done", DEADLINE, async || count(&db, "done").await == 3).await;
        node.shutdown(GRACE).await.unwrap();
        assert_eq!(clerk.runs(), ["late 1", "other 1", "early 1"]);
    }

    async fn the_program_calls_off_a_job_that_runs_whatever_the_clock_says(test: TestDb) {
        // Its clock stands still.
        let db = &test.db;
        enqueue(db, [order("long").once("long").ordered_by("key"), order("next").ordered_by("key")]).await;
        let clerk = Clerk::new(db, |what, _| if what == "long" { Turn::WaitForStop } else { Turn::Done })
            .with(QueueOptions { timeout: Duration::from_mins(10), ..QUICK });
        let node = start(db, &clerk).await;
        wait_until("the job runs", DEADLINE, async || clerk.busy() == 1).await;
        UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)), async |tx| {
                tx.cancel_job::<Order>("long");
                Ok::<_, StorageError>(())
            })
            .await
            .unwrap();
        wait_until("the next is done", DEADLINE, async || count(db, "done").await == 1).await;
        wait_until("the run ends", DEADLINE, async || clerk.busy() == 0).await;
        node.shutdown(GRACE).await.unwrap();
        assert_eq!(jobs(db).await, "forgotten cancelled 1\nnext done 1 \"did next\"\n");
        assert!(log(db).await.is_empty(), "nobody is told");
    }

    async fn stopping_a_host_hands_back_what_its_workers_cannot_finish(test: TestDb) {
        let db = real(&test);
        enqueue(&db, [order("long")]).await;
        let clerk = Clerk::new(&db, |_, attempt| if attempt == 1 { Turn::WaitForStop } else { Turn::Done })
            .with(QueueOptions { timeout: Duration::from_mins(10), ..QUICK });
        let node = start(&db, &clerk).await;
        wait_until("the job runs", DEADLINE, async || clerk.runs().len() == 1).await;
        node.shutdown(GRACE).await.unwrap();
        assert_eq!(jobs(&db).await, "long waiting 0 told to stop\n", "it is no fault of the job");
    }
}
