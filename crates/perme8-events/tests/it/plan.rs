//! PostgreSQL: the low-water lock is really taken, before a position is drawn, and only by this database.

use perme8_events::{
    EventStore, Origin, Position, StorageError, Transaction as _, sql,
    sql::{DatabaseUrl, Db, LogReader, MIGRATIONS, STATEMENTS, Stmt, Tx, UnitOfWork},
    testing::TestDb,
};
use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::{sync::oneshot, task::JoinSet};

use crate::fixtures::{emit, noted, numbers, user};

async fn postgres(test: impl AsyncFnOnce(TestDb)) {
    if let Some(db) = TestDb::postgres(5, &[&MIGRATIONS]).await {
        db.run(test).await;
    }
}

/// A transaction that has appended one event and is not committed yet.
async fn appended(db: &Db, n: i64) -> Tx {
    let mut tx = UnitOfWork::new(db.clone()).begin(Origin::user(user(1))).await.unwrap();
    tx.emit(noted("a", n));
    assert!(tx.append().await.unwrap());
    tx
}

/// The same, and it will be committed.
struct Late {
    go: oneshot::Sender<()>,
    task: JoinSet<()>,
}

impl Late {
    async fn appended(db: &Db, n: i64) -> Self {
        let ((tell, told), (go, gone)) = (oneshot::channel(), oneshot::channel());
        let (uow, mut task) = (UnitOfWork::new(db.clone()), JoinSet::new());
        task.spawn(async move {
            uow.run(Origin::user(user(1)), async |tx| {
                tx.emit(noted("a", n));
                tx.append().await?;
                tell.send(()).unwrap();
                gone.await.unwrap();
                Ok::<_, StorageError>(())
            })
            .await
            .unwrap();
        });
        told.await.unwrap();
        Self { go, task }
    }

    async fn commit(self) {
        self.go.send(()).unwrap();
        self.task.join_all().await;
    }
}

/// The marks that are announced in this database.
async fn marks(db: &Db) -> Vec<i64> {
    let rows: Vec<(i64,)> = db
        .query(sql!(
            sqlite: "SELECT 1",
            postgres: "SELECT ((classid::bigint & 65535) << 32) | objid::bigint FROM pg_locks
                       WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = 77 AND mode = 'ShareLock'
                         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1"
        ))
        .all()
        .await
        .unwrap();
    rows.into_iter().map(|(mark,)| mark).collect()
}

/// The next non-empty page, or an empty one that says that something is held back.
async fn read(reader: &mut LogReader) -> (Vec<i64>, bool) {
    let page = reader.poll().await.unwrap();
    (numbers(&page.events), page.held_back)
}

#[tokio::test]
async fn the_plan_takes_the_lock_below_the_position() {
    postgres(async |test| {
        let DatabaseUrl::Postgres(url) = &test.url else { unreachable!() };
        let mut conn = PgConnection::connect(url).await.unwrap();
        let appends: Vec<&Stmt> = STATEMENTS
            .iter()
            .filter(|stmt| stmt.postgres.contains("INSERT INTO event_log (seq"))
            .collect();
        assert_eq!(appends.len(), 2, "one for a single event, one for several");
        for (n, stmt) in appends.into_iter().enumerate() {
            let prepare = format!("PREPARE append_{n} AS {}", stmt.postgres);
            conn.execute(sqlx::AssertSqlSafe(prepare)).await.unwrap();
            let nulls = ["NULL"; 17].join(", ");
            let explain = format!("EXPLAIN (VERBOSE, COSTS OFF) EXECUTE append_{n} ({nulls})");
            let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(explain))
                .fetch_all(&mut conn)
                .await
                .unwrap();
            let line = |text: &str| plan.iter().position(|line| line.contains(text));
            let depth = |line: usize| {
                plan[line].find(|c: char| !c.is_whitespace() && c != '-' && c != '>').unwrap()
            };
            let plan_text = plan.join("\n");
            let lock = line("pg_advisory_xact_lock_shared").expect(&plan_text);
            let cte = line("CTE mark").expect(&plan_text);
            let scan = line("CTE Scan on mark").expect(&plan_text);
            let drawn = line("nextval(").expect(&plan_text);
            assert!(
                cte < lock && lock < scan,
                "the lock is not in the CTE that is scanned:\n{plan_text}"
            );
            // The position is a column of the scan itself, or of something above it.
            assert!(depth(drawn) <= depth(scan + 1), "drawn below the scan:\n{plan_text}");
            assert!(
                !plan_text.contains("InitPlan"),
                "the lock became a plan of its own:\n{plan_text}"
            );
        }
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_time_is_looked_up_by_positions() {
    postgres(async |test| {
        let DatabaseUrl::Postgres(url) = &test.url else { unreachable!() };
        let mut conn = PgConnection::connect(url).await.unwrap();
        // A log of a few rows is read as a whole, whatever its indexes.
        conn.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
            .await
            .unwrap();
        let lookups: Vec<&Stmt> =
            STATEMENTS.iter().filter(|stmt| stmt.at.contains("times.rs")).collect();
        assert_eq!(lookups.len(), 2, "one by the time of writing, one by that of happening");
        for (n, stmt) in lookups.into_iter().enumerate() {
            let prepare = format!("PREPARE lookup_{n} AS {}", stmt.postgres);
            conn.execute(sqlx::AssertSqlSafe(prepare)).await.unwrap();
            let parameters = &["0", "100", "now()"][..stmt.postgres.matches('$').count()];
            let explain =
                format!("EXPLAIN (COSTS OFF) EXECUTE lookup_{n} ({})", parameters.join(", "));
            let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(explain))
                .fetch_all(&mut conn)
                .await
                .unwrap();
            let mut scans = plan.iter().filter(|line| line.contains("Scan")).peekable();
            assert!(scans.peek().is_some(), "{plan:?}");
            // In the order of the key, so nothing is sorted and the first row is enough.
            assert!(
                scans.all(|scan| scan.contains("Index") && scan.contains("_pkey")),
                "{}",
                plan.join("\n")
            );
        }
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn positions_are_drawn_one_by_one() {
    postgres(async |test| {
        let cache: i64 = test
            .db
            .query(sql!(
                sqlite: "SELECT 1",
                postgres: "SELECT seqcache FROM pg_sequence WHERE seqrelid = 'event_log_seq'::regclass"
            ))
            .scalar()
            .await
            .unwrap();
        assert_eq!(cache, 1);
    })
    .await;
}

#[tokio::test]
async fn each_open_append_announces_the_last_position_drawn_before_it() {
    postgres(async |test| {
        let db = &test.db;
        let first = appended(db, 1).await;
        assert_eq!(marks(db).await, [0], "a fresh sequence has drawn nothing");
        let second = appended(db, 2).await;
        let mut third = UnitOfWork::new(db.clone()).begin(Origin::user(user(1))).await.unwrap();
        for n in 3..=7 {
            third.emit(noted("a", n));
        }
        third.append().await.unwrap();
        assert_eq!(marks(db).await, [0, 1, 2]);
        assert_eq!(db.head().await.unwrap(), Position::START);
        for tx in [first, second, third] {
            tx.rollback().await.unwrap();
        }
        assert!(marks(db).await.is_empty());
        assert_eq!(db.head().await.unwrap(), Position::new(7));
    })
    .await;
}

#[tokio::test]
async fn the_first_event_of_a_fresh_log_is_waited_for() {
    postgres(async |test| {
        let db = &test.db;
        let mut reader = LogReader::open(db, Position::START).await.unwrap();
        let first = Late::appended(db, 1).await;
        assert_eq!(read(&mut reader).await, (vec![], false));
        emit(db, [noted("a", 2)]).await;
        assert_eq!(read(&mut reader).await, (vec![], true));
        assert_eq!(db.head().await.unwrap(), Position::START);
        first.commit().await;
        assert_eq!(read(&mut reader).await, (vec![1, 2], false));
    })
    .await;
}

#[tokio::test]
async fn a_hole_is_passed_when_nobody_can_fill_it_any_more() {
    postgres(async |test| {
        let db = &test.db;
        let mut reader = LogReader::open(db, Position::START).await.unwrap();
        let (doomed, late) = (appended(db, 404).await, Late::appended(db, 2).await);
        emit(db, [noted("a", 3)]).await;
        assert_eq!(read(&mut reader).await, (vec![], true));
        doomed.rollback().await.unwrap();
        // The hole of the first is passed, the second still holds back what follows it.
        assert_eq!(read(&mut reader).await, (vec![], true));
        late.commit().await;
        let mut found = Vec::new();
        while found.len() < 2 {
            found.extend(read(&mut reader).await.0);
        }
        assert_eq!(found, [2, 3]);
    })
    .await;
}

#[tokio::test]
async fn an_open_append_of_another_database_holds_nothing_back() {
    postgres(async |other| {
        let open = appended(&other.db, 1).await;
        postgres(async |test| {
            let db = &test.db;
            appended(db, 404).await.rollback().await.unwrap();
            emit(db, [noted("a", 2)]).await;
            let mut reader = LogReader::open(db, Position::START).await.unwrap();
            assert_eq!(read(&mut reader).await, (vec![2], false));
            assert_eq!(db.head().await.unwrap(), Position::new(2));
        })
        .await;
        open.rollback().await.unwrap();
    })
    .await;
}
