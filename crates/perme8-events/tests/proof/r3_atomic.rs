//! R3: wherever a transaction ends, there is both the state and its event, or neither.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{
    StorageError, Transaction as _, sql,
    sql::{DatabaseUrl, Tx},
    testing::{CutShort, TestDb, figure, wait_until},
};
use sqlx::{Connection as _, PgConnection};
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    form::Form,
    world::{AccountMoved, World, origin, proof},
};

/// How a transaction ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its body fails.
    Error,
    /// Its body panics.
    Panic,
    /// Its task is aborted.
    Abort,
    /// Its connection is cut by the server.
    Cut,
}

/// Where a transaction ends, and how.
#[derive(Debug, Clone)]
struct FailPoint {
    step: usize,
    end: End,
    reached: Arc<Notify>,
}

/// The fail points of the transaction below.
const STEPS: usize = 6;

impl FailPoint {
    /// Between two statements.
    async fn pass(&self, step: usize, tx: &mut Tx) -> Result<(), StorageError> {
        if step != self.step {
            return Ok(());
        }
        match self.end {
            End::Error => return Err(StorageError::conflict()),
            // Without the noise of the panic hook.
            End::Panic => std::panic::resume_unwind(Box::new("a fail point")),
            End::Abort => {
                self.reached.notify_one();
                std::future::pending::<()>().await;
            }
            End::Cut => {
                let cut = tx.query(sql!(
                    sqlite: "SELECT 0",
                    postgres: "SELECT CASE WHEN pg_terminate_backend(pg_backend_pid()) THEN 1 ELSE 0 END::bigint"
                ));
                cut.scalar::<i64>().await.unwrap_err();
            }
        }
        Ok(())
    }
}

/// A question, two rows and an event, with a fail point between every two of them.
async fn business(tx: &mut Tx, account: i64, fail: &FailPoint) -> Result<(), StorageError> {
    fail.pass(0, tx).await?;
    let _: i64 = tx
        .query(sql!("SELECT count(*) FROM proof_accounts WHERE account = $1"))
        .bind(account)
        .scalar()
        .await?;
    fail.pass(1, tx).await?;
    store(tx, account).await?;
    fail.pass(2, tx).await?;
    tx.query(sql!("INSERT INTO proof_effects (handler, number) VALUES ('proof.atomic', $1)"))
        .bind(account)
        .exec()
        .await?;
    fail.pass(3, tx).await?;
    tx.emit(AccountMoved { account, step: 1, number: account });
    fail.pass(4, tx).await?;
    tx.append().await?;
    fail.pass(5, tx).await
}

async fn store(tx: &mut Tx, account: i64) -> Result<(), StorageError> {
    tx.query(sql!("INSERT INTO proof_accounts (account, step) VALUES ($1, 1)"))
        .bind(account)
        .exec()
        .await?;
    Ok(())
}

/// The same with two rows and no fail points.
async fn uninterrupted(world: &World, account: i64) -> Result<(), StorageError> {
    world
        .uow
        .run(origin(), async |tx| {
            store(tx, account).await?;
            tx.query(sql!(
                "INSERT INTO proof_effects (handler, number) VALUES ('proof.atomic', $1)"
            ))
            .bind(account)
            .exec()
            .await?;
            tx.emit(AccountMoved { account, step: 1, number: account });
            Ok(())
        })
        .await
}

/// The negative control: the event follows in a transaction of its own.
async fn apart(world: &World, account: i64) -> Result<(), StorageError> {
    world
        .uow
        .run(origin(), async |tx| {
            store(tx, account).await?;
            tx.query(sql!(
                "INSERT INTO proof_effects (handler, number) VALUES ('proof.atomic', $1)"
            ))
            .bind(account)
            .exec()
            .await?;
            Ok::<_, StorageError>(())
        })
        .await?;
    world
        .uow
        .run(origin(), async |tx| {
            tx.emit(AccountMoved { account, step: 1, number: account });
            Ok(())
        })
        .await
}

/// What there is of an account, seen at one instant: its state, the second row, its event.
async fn parts(world: &World, account: i64) -> (i64, i64, i64) {
    world
        .db
        .query(sql!(
            "SELECT (SELECT count(*) FROM proof_accounts WHERE account = $1),
               (SELECT count(*) FROM proof_effects WHERE handler = 'proof.atomic' AND number = $1),
               (SELECT count(*) FROM event_log WHERE aggregate_type = 'account' AND aggregate_id = $2)"
        ))
        .bind(account)
        .bind(account.to_string())
        .one()
        .await
        .unwrap()
}

const NOTHING: (i64, i64, i64) = (0, 0, 0);
const ALL: (i64, i64, i64) = (1, 1, 1);

async fn every_fail_point_leaves_nothing_behind(test: TestDb) {
    let world = World::new(&test).await;
    let mut account = 1000;
    let mut ends = vec![End::Error, End::Panic, End::Abort];
    ends.extend(world.is_postgres().then_some(End::Cut));
    for end in ends {
        for step in 0..STEPS {
            account += 1;
            let fail = FailPoint { step, end, reached: Arc::default() };
            let reached = Arc::clone(&fail.reached);
            let working = Arc::clone(&world);
            let mut task = JoinSet::new();
            task.spawn(async move {
                working.uow.run(origin(), async |tx| business(tx, account, &fail).await).await
            });
            if end == End::Abort {
                reached.notified().await;
                task.abort_all();
            }
            let ended = task.join_next().await.expect("there is one task");
            assert!(!matches!(ended, Ok(Ok(()))), "{end:?} at {step} did not end the transaction");
            assert_eq!(parts(&world, account).await, NOTHING, "{end:?} at {step}");
        }
    }
    account += 1;
    let fail = FailPoint { step: STEPS, end: End::Error, reached: Arc::default() };
    world.uow.run(origin(), async |tx| business(tx, account, &fail).await).await.unwrap();
    assert_eq!(parts(&world, account).await, ALL);
}

/// Drops the work at its first wait, then at its second, and so on until it comes to an end by itself.
async fn cut_everywhere<F>(
    (world, watcher): (&Arc<World>, &mut Option<PgConnection>),
    accounts: &mut impl Iterator<Item = i64>,
    work: impl Fn(Arc<World>, i64) -> F,
) -> Vec<(usize, (i64, i64, i64))>
where
    F: Future<Output = Result<(), StorageError>> + Send,
{
    let mut found = Vec::new();
    for waits in 0.. {
        let account = accounts.next().expect("accounts do not run out");
        let done = CutShort::after(waits, work(Arc::clone(world), account)).await;
        if let Some(conn) = watcher {
            nobody_is_left_in_a_transaction(conn).await;
        }
        found.push((waits, parts(world, account).await));
        if let Some(done) = done {
            done.unwrap();
            break;
        }
    }
    found
}

/// On PostgreSQL with a single connection, so that whatever a dropped transaction leaves on it is seen by the next one.
async fn a_dropped_future_leaves_all_or_nothing(test: TestDb) {
    let form = Form::of("R3");
    let world = World::with_one_connection(&test).await;
    let mut watcher = watcher(&test).await;
    let mut accounts = 1000..;
    let deadline = Instant::now() + form.lasts() / 3;
    let (mut cuts, mut commits) = (0, 0);
    while Instant::now() < deadline {
        let at = (&world, &mut watcher);
        let found = cut_everywhere(at, &mut accounts, async |world, account| {
            uninterrupted(&world, account).await
        })
        .await;
        for (waits, parts) in &found {
            assert!([NOTHING, ALL].contains(parts), "cut after {waits} waits: {parts:?}");
        }
        assert_eq!(found.last().map(|(_, parts)| *parts), Some(ALL), "an uncut one commits");
        cuts += found.len() - 1;
        commits += found.iter().filter(|(_, parts)| *parts == ALL).count();
    }
    let line = format!("{cuts} cuts, {commits} commits, none torn");
    figure("R3", world.db.engine_name(), &line);
    assert!(cuts > 20, "hardly anything was cut");
}

/// A connection that sees what the others are doing.
async fn watcher(test: &TestDb) -> Option<PgConnection> {
    match &test.url {
        DatabaseUrl::Postgres(url) => Some(PgConnection::connect(url).await.unwrap()),
        DatabaseUrl::Sqlite(_) => None,
    }
}

async fn nobody_is_left_in_a_transaction(conn: &mut PgConnection) {
    wait_until("no connection is left in a transaction", Duration::from_secs(5), async || {
        let left: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
        )
        .fetch_one(&mut *conn)
        .await
        .unwrap();
        left == 0
    })
    .await;
}

async fn an_event_in_a_transaction_of_its_own_is_noticed(test: TestDb) {
    let world = World::with_one_connection(&test).await;
    let mut watcher = watcher(&test).await;
    let mut accounts = 1000..;
    let (mut cuts, mut torn) = (0, 0);
    // How often SQLite is waited for depends on how soon its thread answers.
    for _ in 0..20 {
        let at = (&world, &mut watcher);
        let found =
            cut_everywhere(at, &mut accounts, async |world, account| apart(&world, account).await)
                .await;
        cuts += found.len() - 1;
        torn += found.iter().filter(|(_, parts)| ![NOTHING, ALL].contains(parts)).count();
    }
    let line = format!("control, in two transactions: {torn} of {cuts} cuts torn");
    figure("R3", world.db.engine_name(), &line);
    assert!(torn > 0, "of {cuts} cuts none was noticed");
}

proof!(a_fail_point_between_every_two_statements, 2, every_fail_point_leaves_nothing_behind);
proof!(a_future_dropped_at_every_wait, 2, a_dropped_future_leaves_all_or_nothing);
proof!(control_state_and_event_apart_are_torn, 2, an_event_in_a_transaction_of_its_own_is_noticed);
