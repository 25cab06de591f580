//! The little world of the proofs: accounts that move step by step, and an event for every step.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use perme8_events::{
    Actor, DomainEvent, Origin, StorageError, SystemClock, Transaction as _,
    host::{Feed, Operations, Runtime, Tasks},
    sql,
    sql::{Db, DbOptions, Tx, UnitOfWork},
    testing::{TestDb, wait_until},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Emitted when an account of a proof has moved one step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "proof.account_moved", aggregate = "account", audience(operators))]
pub(crate) struct AccountMoved {
    #[event(aggregate_id)]
    pub(crate) account: i64,
    /// Rises by one with each event of the account.
    pub(crate) step: i64,
    /// Tells all events of a proof apart.
    pub(crate) number: i64,
}

/// The last event of a proof has this number.
pub(crate) const END: i64 = i64::MAX;

/// Writers move the accounts from zero to this one; those below zero are for special purposes.
pub(crate) const ACCOUNTS: i64 = 64;

/// A database with the tables of the proofs, and the clock of the operating system.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) uow: UnitOfWork,
    numbers: AtomicI64,
}

impl World {
    pub(crate) async fn new(test: &TestDb) -> Arc<Self> {
        Self::on(test.db_at(Arc::new(SystemClock))).await
    }

    /// Everybody takes the same connection, one after another.
    pub(crate) async fn with_one_connection(test: &TestDb) -> Arc<Self> {
        let options = DbOptions { connections: 1, ..DbOptions::default() };
        Self::on(Db::open(&test.url, options).await.unwrap()).await
    }

    /// By the clock of the test, which stands still until it is moved.
    pub(crate) async fn in_virtual_time(test: &TestDb) -> Arc<Self> {
        Self::on(test.db.clone()).await
    }

    /// On a database that somebody else has opened.
    pub(crate) async fn on(db: Db) -> Arc<Self> {
        let world = Self { uow: UnitOfWork::new(db.clone()), db, numbers: AtomicI64::new(1) };
        world.set_up().await.unwrap();
        Arc::new(world)
    }

    /// The same tables once more, on a database that was taken over; the next event has the number `first`.
    pub(crate) fn again(db: Db, first: i64) -> Arc<Self> {
        Arc::new(Self { uow: UnitOfWork::new(db.clone()), db, numbers: AtomicI64::new(first) })
    }

    async fn set_up(&self) -> Result<(), StorageError> {
        self.uow
            .run(origin(), async |tx| {
                tx.query(sql!("CREATE TABLE proof_accounts (account bigint PRIMARY KEY, step bigint NOT NULL)"))
                    .exec()
                    .await?;
                tx.query(sql!("CREATE TABLE proof_steps (account bigint, step bigint, number bigint, xid bigint)"))
                    .exec()
                    .await?;
                tx.query(sql!("CREATE TABLE proof_scribbles (step bigint)")).exec().await?;
                tx.query(sql!(
                    sqlite: "CREATE TABLE proof_effects (effect INTEGER PRIMARY KEY AUTOINCREMENT, handler text, number bigint)",
                    postgres: "CREATE TABLE proof_effects (effect bigint GENERATED ALWAYS AS IDENTITY, handler text, number bigint)"
                ))
                .exec()
                .await?;
                tx.query(sql!("CREATE TABLE proof_checkpoints (reader text PRIMARY KEY, position bigint NOT NULL)"))
                    .exec()
                    .await?;
                tx.query(sql!(
                    "CREATE TABLE proof_heads (handler text, account bigint, step bigint NOT NULL, wrong bigint NOT NULL,
                       PRIMARY KEY (handler, account))"
                ))
                .exec()
                .await?;
                tx.query(sql!(
                    "WITH RECURSIVE accounts (account) AS (SELECT -8 UNION ALL SELECT account + 1 FROM accounts WHERE account < $1)
                     INSERT INTO proof_accounts (account, step) SELECT account, 0 FROM accounts"
                ))
                .bind(ACCOUNTS)
                .exec()
                .await?;
                Ok(())
            })
            .await
    }

    /// Numbers that no event has yet.
    pub(crate) fn numbers(&self, count: i64) -> Vec<i64> {
        let first = self.numbers.fetch_add(count, Ordering::Relaxed);
        (first..first + count).collect()
    }

    /// Whether several transactions can be open at once.
    pub(crate) fn is_postgres(&self) -> bool {
        self.db.engine_name() == "PostgreSQL"
    }

    /// Commits one event by itself.
    pub(crate) async fn say(&self, account: i64, number: i64) {
        patiently(async || {
            self.uow
                .run(origin(), async |tx| {
                    tx.emit(AccountMoved { account, step: 0, number });
                    Ok::<_, StorageError>(())
                })
                .await
        })
        .await;
    }

    /// So many events of each of these accounts, step by step; their numbers.
    pub(crate) async fn fill(
        &self,
        accounts: impl IntoIterator<Item = i64>,
        steps: std::ops::RangeInclusive<i64>,
    ) -> Vec<i64> {
        let accounts: Vec<i64> = accounts.into_iter().collect();
        let mut all = Vec::new();
        for step in steps {
            // Far fewer transactions than events.
            for some in accounts.chunks(500) {
                let numbers = self.numbers(i64::try_from(some.len()).unwrap());
                let done = self.uow.run(origin(), async |tx| {
                    for (account, number) in some.iter().zip(&numbers) {
                        tx.emit(AccountMoved { account: *account, step, number: *number });
                    }
                    Ok::<_, StorageError>(())
                });
                done.await.unwrap();
                all.extend(numbers);
            }
        }
        all
    }

    /// Starts handlers, which run until the tasks are stopped.
    pub(crate) async fn start(&self, runtime: &Runtime) -> (Feed, Tasks) {
        let tasks = Tasks::new();
        let feed = Feed::start(&self.db, &tasks).await.unwrap();
        runtime.start(&feed, &tasks).await.unwrap();
        (feed, tasks)
    }

    /// Waits until nothing is left of what was cut short: a transaction that is dropped ends a moment later.
    pub(crate) async fn is_quiet(&self) {
        wait_until("no transaction is open", std::time::Duration::from_secs(10), async || {
            let open: i64 = self
                .db
                .query(sql!(
                    sqlite: "SELECT 0",
                    postgres: "SELECT count(*) FROM pg_stat_activity
                               WHERE datname = current_database() AND application_name = 'perme8'
                                 AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
                ))
                .scalar()
                .await
                .unwrap();
            open == 0
        })
        .await;
    }

    /// Waits until every handler has handled everything.
    pub(crate) async fn handlers_are_done(&self) {
        let operations = Operations::new(&self.db);
        wait_until(
            "every handler is at the head",
            std::time::Duration::from_mins(20),
            async || {
                let Ok(handlers) = operations.handlers().await else { return false };
                assert!(
                    handlers.iter().all(|handler| handler.dead == 0),
                    "dead letters: {handlers:?}"
                );
                handlers.iter().all(|handler| {
                    handler.position == handler.head
                        && handler.retrying + handler.parked + handler.aside == 0
                })
            },
        )
        .await;
    }
}

/// Tries again while connections turn out to be cut.
pub(crate) async fn patiently<R>(mut work: impl AsyncFnMut() -> Result<R, StorageError>) -> R {
    loop {
        match work().await {
            Ok(result) => return result,
            Err(error) => assert!(error.is_unavailable(), "{error:?}"),
        }
    }
}

/// On whose behalf everything happens.
pub(crate) fn origin() -> Origin {
    Origin::new(Actor::System("proof".into()))
}

/// Moves an account, which locks its row until the end of the transaction, and says so.
pub(crate) async fn move_account(
    tx: &mut Tx,
    account: i64,
    number: i64,
) -> Result<(), StorageError> {
    let step = tx
        .query(sql!("UPDATE proof_accounts SET step = step + 1 WHERE account = $1 RETURNING step"))
        .bind(account)
        .scalar()
        .await?;
    tx.query(sql!(
        sqlite: "INSERT INTO proof_steps (account, step, number, xid) VALUES ($1, $2, $3, 0)",
        postgres: "INSERT INTO proof_steps (account, step, number, xid) VALUES ($1, $2, $3, pg_current_xact_id()::text::bigint)"
    ))
    .bind(account)
    .bind(step)
    .bind(number)
    .exec()
    .await?;
    tx.emit(AccountMoved { account, step, number });
    Ok(())
}

/// Writes what no event speaks of; on PostgreSQL this draws the transaction id.
pub(crate) async fn scribble(tx: &mut Tx) -> Result<(), StorageError> {
    tx.query(sql!("INSERT INTO proof_scribbles (step) VALUES (1)")).exec().await?;
    Ok(())
}

/// Declares a proof as two tests, `sqlite` and `postgres`, in a module of its name.
macro_rules! proof {
    ($name:ident, $connections:literal, $body:expr) => {
        mod $name {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                TestDb::sqlite(&[&perme8_events::sql::MIGRATIONS]).await.run($body).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let test = TestDb::postgres($connections, &[&perme8_events::sql::MIGRATIONS]).await;
                if let Some(test) = test {
                    test.run($body).await;
                }
            }
        }
    };
}
pub(crate) use proof;
