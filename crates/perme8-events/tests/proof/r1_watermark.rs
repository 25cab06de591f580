//! R1, the second control: a reader that looks for its watermark in the statement that reads the rows loses what commits
//! between the two, however it is paced; the reader of the house asks in statements of their own, in the right order.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    StorageError,
    sql::{DatabaseUrl, MIGRATIONS},
    testing::{TestDb, figure, wait_until},
};
use sqlx::{Connection as _, PgConnection};
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    checks::Ledger,
    consumers::{Arrived, read_log},
    world::{END, World, move_account, origin},
};

/// Accounts that move once.
const LATE: i64 = -2;
const EARLY: i64 = -4;
/// The gate in the midst of the statement.
const GATE: i64 = 99;
/// What takes longer has gone wrong.
const SOON: Duration = Duration::from_mins(1);

/// The rows behind a position, up to the lowest lock that is pending or the last position drawn: with one snapshot for the
/// rows, and locks as they are when it comes to them.
const AT_ONCE: &str = "
    WITH seen AS MATERIALIZED (
           SELECT seq, (data->>'number')::bigint AS number FROM event_log WHERE seq > $1),
         gate AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared($2)),
         mark AS MATERIALIZED (
           SELECT least(
             (SELECT last_value FROM event_log_seq),
             (SELECT min(((classid::bigint & 65535) << 32) | objid::bigint) FROM pg_locks
              WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 77
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
           ) AS upto FROM gate)
    SELECT seq, number FROM seen, mark WHERE seq <= upto ORDER BY seq";

async fn at_once(conn: &mut PgConnection, after: i64) -> Vec<(i64, i64)> {
    sqlx::query_as(AT_ONCE).bind(after).bind(GATE).fetch_all(conn).await.unwrap()
}

/// Whether a statement stands before the gate.
async fn stands_before_the_gate(conn: &mut PgConnection) -> bool {
    let question = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let waiting: i64 = sqlx::query_scalar(question).fetch_one(conn).await.unwrap();
    waiting > 0
}

async fn gate(conn: &mut PgConnection, statement: &'static str) {
    sqlx::query(statement).bind(GATE).execute(conn).await.unwrap();
}

/// What the reader with one statement has read in the end.
async fn read_across_a_commit(world: &World, url: &str, numbers: &[i64]) -> Vec<i64> {
    let mut reader = PgConnection::connect(url).await.unwrap();
    let mut keeper = PgConnection::connect(url).await.unwrap();
    let (appended, commit, committed) = (Notify::new(), Notify::new(), Notify::new());
    let late = async {
        let done = world.uow.run(origin(), async |tx| {
            move_account(tx, LATE, numbers[0]).await?;
            tx.append().await?;
            appended.notify_one();
            commit.notified().await;
            Ok::<_, StorageError>(())
        });
        done.await.unwrap();
        committed.notify_one();
    };
    let meanwhile = async {
        appended.notified().await;
        // Its position is greater, and it is visible before the other one.
        world.say(EARLY, numbers[1]).await;
        gate(&mut keeper, "SELECT pg_advisory_lock($1)::text").await;
        let (first, ()) = tokio::join!(at_once(&mut reader, 0), async {
            wait_until("the rows are read and the locks are not", SOON, async || {
                stands_before_the_gate(&mut keeper).await
            })
            .await;
            commit.notify_one();
            committed.notified().await;
            gate(&mut keeper, "SELECT pg_advisory_unlock($1)::text").await;
        });
        let reached = first.last().map_or(0, |(seq, _)| *seq);
        let second = at_once(&mut reader, reached).await;
        first.into_iter().chain(second).map(|(_, number)| number).collect::<Vec<i64>>()
    };
    let ((), read) = tokio::join!(late, meanwhile);
    read
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_a_watermark_in_the_statement_of_the_rows_loses_events_postgres() {
    let Some(test) = TestDb::postgres(5, &[&MIGRATIONS]).await else { return };
    test.run(async |test| {
        let DatabaseUrl::Postgres(url) = &test.url else { panic!("this is PostgreSQL") };
        let world = World::new(&test).await;
        let (house, ledger) = (Arc::new(Arrived::default()), Ledger::default());
        let mut consumers = JoinSet::new();
        consumers.spawn(read_log(Arc::clone(&world), false, Arc::clone(&house)));
        let numbers = world.numbers(2);
        let read = read_across_a_commit(&world, url, &numbers).await;
        ledger.acknowledged(numbers.iter().copied());
        world.say(-8, END).await;
        consumers.join_all().await;
        let control = ledger.compare(&read);
        let line = format!("control, the watermark in the statement of the rows: {control}");
        figure("R1", "PostgreSQL", &line);
        assert!(ledger.compare(&house.numbers()).is_faultless());
        assert_eq!(control.lost, [numbers[0]], "the control is no control");
    })
    .await;
}
