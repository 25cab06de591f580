//! R12: many writers share a SQLite file fairly, none of them is told that it is busy, and together they are quicker than
//! connections that fight for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{
    StorageError, Transaction as _, sql,
    sql::{DatabaseUrl, MIGRATIONS},
    testing::{TestDb, figure},
};
use sqlx::{
    ConnectOptions as _, Connection as _, Executor as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::task::JoinSet;

use crate::{
    form::Form,
    world::{AccountMoved, World, origin, proof},
};

const WRITERS: usize = 32;
/// Writers are on a par while none has committed more than so many times as often as another.
const FAIR: f64 = 2.0;

/// What each writer came to.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    committed: u32,
    /// So often it was told to come back later.
    refused: u32,
}

/// What all of them came to.
#[derive(Debug, Clone, Copy)]
struct Found {
    per_second: f64,
    refused: u32,
    /// The one that committed most against the one that committed least.
    unfairness: f64,
}

impl Found {
    fn of(tallies: &[Tally], time: Duration) -> Self {
        let committed = tallies.iter().map(|tally| tally.committed);
        let (least, most) =
            (committed.clone().min().unwrap_or(0), committed.clone().max().unwrap_or(0));
        Self {
            per_second: f64::from(committed.sum::<u32>()) / time.as_secs_f64(),
            refused: tallies.iter().map(|tally| tally.refused).sum(),
            unfairness: f64::from(most) / f64::from(least.max(1)),
        }
    }

    fn tell(self, who: &str) {
        let Self { per_second, refused, unfairness } = self;
        let line = format!(
            "{who}, {WRITERS} writers, synchronous=FULL: {per_second:.0} commits/s, {refused} refused, fairness {unfairness:.1} : 1"
        );
        figure("R12", "SQLite", &line);
    }
}

/// Reads and writes the state of an account, with an event, through the house.
async fn house(world: Arc<World>, account: i64, until: Instant) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < until {
        let done = world.uow.run(origin(), async |tx| {
            let step: i64 = tx
                .query(sql!("SELECT step FROM proof_accounts WHERE account = $1"))
                .bind(account)
                .scalar()
                .await?;
            tx.query(sql!("UPDATE proof_accounts SET step = $2 WHERE account = $1"))
                .bind(account)
                .bind(step + 1)
                .exec()
                .await?;
            tx.emit(AccountMoved { account, step: step + 1, number: account });
            Ok::<_, StorageError>(())
        });
        match done.await {
            Ok(()) => tally.committed += 1,
            Err(_) => tally.refused += 1,
        }
    }
    tally
}

/// The same on a connection of its own, in a transaction that begins when it first reads; the event is a bare row.
async fn naive(options: SqliteConnectOptions, account: i64, until: Instant) -> Tally {
    let mut conn = options.connect().await.unwrap();
    let mut tally = Tally::default();
    while Instant::now() < until {
        if attempt(&mut conn, account).await.is_ok() {
            tally.committed += 1;
        } else {
            tally.refused += 1;
            // Whether it still stands in a transaction depends on where it was refused.
            let _ = conn.execute("ROLLBACK").await;
        }
    }
    conn.close().await.unwrap();
    tally
}

async fn attempt(conn: &mut SqliteConnection, account: i64) -> sqlx::Result<()> {
    sqlx::query("BEGIN DEFERRED").execute(&mut *conn).await?;
    let step: i64 = sqlx::query_scalar("SELECT step FROM proof_accounts WHERE account = $1")
        .bind(account)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query("UPDATE proof_accounts SET step = $2 WHERE account = $1")
        .bind(account)
        .bind(step + 1)
        .execute(&mut *conn)
        .await?;
    sqlx::query("INSERT INTO proof_effects (handler, number) VALUES ('naive', $1)")
        .bind(account)
        .execute(&mut *conn)
        .await?;
    sqlx::query("COMMIT").execute(&mut *conn).await?;
    Ok(())
}

fn by_hand(url: &DatabaseUrl) -> Option<SqliteConnectOptions> {
    let DatabaseUrl::Sqlite(path) = url else { return None };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    Some(options)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_share_one_file_sqlite() {
    let test = TestDb::sqlite(&[&MIGRATIONS]).await;
    test.run(async |test| {
        let form = Form::of("R12");
        let world = World::new(&test).await;
        let options = by_hand(&test.url).expect("this is SQLite");
        let accounts = || 1..=i64::try_from(WRITERS).unwrap();

        let (begun, until) = (Instant::now(), Instant::now() + form.lasts());
        let mut writers = JoinSet::new();
        for account in accounts() {
            writers.spawn(house(Arc::clone(&world), account, until));
        }
        let ours = Found::of(&writers.join_all().await, begun.elapsed());
        ours.tell("through the house");

        let (begun, until) = (Instant::now(), Instant::now() + form.lasts());
        let mut writers = JoinSet::new();
        for account in accounts() {
            writers.spawn(naive(options.clone(), account, until));
        }
        let control = Found::of(&writers.join_all().await, begun.elapsed());
        control.tell("control, a connection each");
        let ratio = ours.per_second / control.per_second.max(f64::MIN_POSITIVE);
        figure(
            "R12",
            "SQLite",
            &format!("the house against a connection each: {ratio:.1} times as many commits"),
        );

        assert_eq!(ours.refused, 0, "nobody is told that the file is busy: {ours:?}");
        assert!(ours.unfairness <= FAIR, "{ours:?}");
        assert!(
            control.refused > 0 && control.unfairness > FAIR,
            "the control is no control: {control:?}"
        );
        // Three seconds on a busy machine tell no more than that neither stands still.
        assert!(!form.long || ratio > 1.0, "{ours:?} against {control:?}");
    })
    .await;
}

/// So that figures are told of the engines as they were.
async fn version(test: TestDb) {
    let found: String = test
        .db
        .query(sql!(
            sqlite: "SELECT sqlite_version()",
            postgres: "SELECT current_setting('server_version')"
        ))
        .scalar()
        .await
        .unwrap();
    let number = found.split(' ').next().unwrap_or_default();
    assert!(number.starts_with(|first: char| first.is_ascii_digit()), "{found}");
    figure("R12", test.db.engine_name(), &format!("version {number}"));
}

proof!(engines_tell_their_version, 2, version);
