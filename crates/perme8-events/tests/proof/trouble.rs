//! What can happen on a PostgreSQL server while writers write.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{
    Position, StorageError, sql,
    sql::{DatabaseUrl, Stmt, Tx},
    testing::{SERVER, TestDb, wait_until},
};
use rand::{RngExt as _, rngs::StdRng};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::sync::{Notify, oneshot};

use crate::{
    checks::Ledger,
    consumers::Arrived,
    form::{Form, linger, say},
    world::{World, move_account, origin, scribble},
};

/// Accounts that no writer touches.
const OPEN_FOR_LONG: i64 = -1;
const PINNED: i64 = -2;
const PREPARED: i64 = -3;
const BYSTANDER: i64 = -4;

/// More than enough for a reader to catch up.
const SOON: Duration = Duration::from_mins(1);

/// Makes trouble, on one world.
#[derive(Debug)]
pub(crate) struct Trouble {
    world: Arc<World>,
    ledger: Arc<Ledger>,
    url: String,
}

impl Trouble {
    /// None on SQLite, where a transaction that stays open stops every writer, and nobody else has a connection to cut.
    pub(crate) fn on(test: &TestDb, world: &Arc<World>, ledger: &Arc<Ledger>) -> Option<Self> {
        let DatabaseUrl::Postgres(url) = &test.url else { return None };
        Some(Self { world: Arc::clone(world), ledger: Arc::clone(ledger), url: url.clone() })
    }

    /// Everything that can go wrong, one thing after another; events keep arriving at `reader` all the while.
    pub(crate) async fn make(&self, form: Form, reader: &Arrived, naive: &Arrived) {
        let deadline = Instant::now() + form.lasts();
        let mut elsewhere = pin_another_database().await;
        let (commit, (tell, told)) = (Notify::new(), oneshot::channel());
        let meanwhile = async {
            let spared = told.await.unwrap();
            self.pin(reader, naive).await;
            self.prepare(reader).await;
            let cut = self.cut_connections(deadline, spared, form.chance(u64::MAX)).await;
            say(&format!("  {cut} connections cut"));
            // Neither the long transaction nor the one in the other database holds anything back.
            let so_far = self.ledger.so_far();
            wait_until("a reader passes open transactions", SOON, async || reader.has_all(&so_far))
                .await;
            commit.notify_one();
        };
        tokio::join!(self.open_for_long(tell, &commit), meanwhile);
        elsewhere.execute("ROLLBACK").await.unwrap();
    }

    /// A transaction that writes at once, and appends and commits when it is told to.
    async fn open_for_long(&self, tell: oneshot::Sender<i64>, commit: &Notify) {
        let numbers = self.world.numbers(1);
        let done = self.world.uow.run(origin(), async |tx| {
            let pid = tx
                .query(sql!(sqlite: "SELECT 0", postgres: "SELECT pg_backend_pid()::bigint"))
                .scalar()
                .await?;
            move_account(tx, OPEN_FOR_LONG, numbers[0]).await?;
            let _ = tell.send(pid);
            // Open for long, but never idle for so long that the server ends it.
            while tokio::time::timeout(Duration::from_secs(1), commit.notified()).await.is_err() {
                scribble(tx).await?;
            }
            Ok::<_, StorageError>(())
        });
        done.await.unwrap();
        self.ledger.acknowledged(numbers);
    }

    /// A position is drawn, and a later one committed, seen and gone by before the first one is committed.
    pub(crate) async fn pin(&self, reader: &Arrived, naive: &Arrived) {
        let numbers = self.world.numbers(1);
        let done = self.world.uow.run(origin(), async |tx| {
            move_account(tx, PINNED, numbers[0]).await?;
            tx.append().await?;
            let drawn = position_of(tx, PINNED).await?;
            self.bystander().await;
            wait_until("the naive reader goes by", SOON, async || naive.reached() > drawn).await;
            assert!(reader.reached() < drawn, "a reader passes an open position");
            Ok::<_, StorageError>(())
        });
        done.await.unwrap();
        self.ledger.acknowledged(numbers);
    }

    async fn bystander(&self) {
        let numbers = self.world.numbers(1);
        self.world.say(BYSTANDER, numbers[0]).await;
        self.ledger.acknowledged(numbers);
    }

    /// A transaction is prepared, and committed later from another connection.
    async fn prepare(&self, reader: &Arrived) {
        let mut conn = PgConnection::connect(&self.url).await.unwrap();
        let allowed: String = sqlx::query_scalar("SHOW max_prepared_transactions")
            .fetch_one(&mut conn)
            .await
            .unwrap();
        if allowed == "0" {
            say(
                "  LEFT OUT: a prepared transaction, because the server has max_prepared_transactions = 0",
            );
            return;
        }
        // Such names are shared by all databases of the server.
        let name = self.url.rsplit('/').next().unwrap_or_default();
        let numbers = self.world.numbers(1);
        let mut tx = self.world.uow.begin(origin()).await.unwrap();
        move_account(&mut tx, PREPARED, numbers[0]).await.unwrap();
        tx.append().await.unwrap();
        let drawn = position_of(&mut tx, PREPARED).await.unwrap();
        tx.query(statement(format!("PREPARE TRANSACTION '{name}'"))).exec().await.unwrap();
        drop(tx);
        self.bystander().await;
        linger(Duration::from_millis(100)).await;
        assert!(reader.reached() < drawn, "a reader passes a prepared position");
        conn.execute(AssertSqlSafe(format!("COMMIT PREPARED '{name}'"))).await.unwrap();
        self.ledger.acknowledged(numbers.iter().copied());
        wait_until("what was prepared arrives", SOON, async || {
            reader.numbers().contains(&numbers[0])
        })
        .await;
    }

    /// Terminates backends, one after another; how many.
    async fn cut_connections(&self, deadline: Instant, spared: i64, mut chance: StdRng) -> usize {
        let mut conn = PgConnection::connect(&self.url).await.unwrap();
        let mut cut = 0;
        while Instant::now() < deadline {
            let pids: Vec<i32> = sqlx::query_scalar(
                "SELECT pid FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name = 'perme8' AND pid <> $1 ORDER BY pid",
            )
            .bind(spared)
            .fetch_all(&mut conn)
            .await
            .unwrap();
            if !pids.is_empty() {
                let pid = pids[chance.random_range(0..pids.len())];
                sqlx::query("SELECT pg_terminate_backend($1)")
                    .bind(pid)
                    .execute(&mut conn)
                    .await
                    .unwrap();
                cut += 1;
            }
            linger(Duration::from_millis(100)).await;
        }
        cut
    }
}

/// A transaction in another database of the server, with a write, and with the lowest of the locks that readers look for.
async fn pin_another_database() -> PgConnection {
    #[expect(clippy::disallowed_methods, reason = "tests are configured by their environment")]
    let server = std::env::var(SERVER).unwrap();
    let mut conn = PgConnection::connect(&server).await.unwrap();
    conn.execute("BEGIN; CREATE TEMPORARY TABLE pinned (n int); INSERT INTO pinned VALUES (1)")
        .await
        .unwrap();
    conn.execute("SELECT pg_advisory_xact_lock_shared(77::bigint << 48)").await.unwrap();
    conn
}

/// Where the one event of an account is.
async fn position_of(tx: &mut Tx, account: i64) -> Result<Position, StorageError> {
    let position = tx
        .query(sql!(
            "SELECT seq FROM event_log WHERE aggregate_type = 'account' AND aggregate_id = $1"
        ))
        .bind(account.to_string())
        .scalar()
        .await?;
    Ok(Position::new(position))
}

/// A statement whose text is not known before; the few that proofs make stay in memory.
fn statement(text: String) -> &'static Stmt {
    let text: &'static str = String::leak(text);
    Box::leak(Box::new(Stmt { sqlite: text, postgres: text, at: "made by a proof" }))
}
