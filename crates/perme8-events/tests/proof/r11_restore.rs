//! R11: handlers go on where they were when a database comes back from a dump, from a backup or from a standby: nothing that
//! is in it is lost to them, and nothing reaches them twice.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc, time::Duration};

use perme8_events::{
    EventFilter, EventStore as _, Position,
    host::Runtime,
    sql::{DatabaseUrl, Db, DbOptions, MIGRATIONS},
    testing::{TestDb, figure, wait_until},
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::{
    checks::{Ledger, Verdict, moved},
    clusters::{Cluster, Programs},
    consumers::{Noting, OrderedBy},
    form::{Form, linger},
    world::{END, World},
    writers::Writers,
};

const HANDLER: &str = "proof.restored";
const DATABASE: &str = "proof";
const WRITERS: u64 = 8;
/// What is written afterwards has numbers from here on.
const AFTERWARDS: i64 = 1_000_000_000;
/// So many transaction ids are used up before, as in a cluster that has served for a while.
const USED_UP: u32 = 10_000;
/// What takes longer has gone wrong.
const SOON: Duration = Duration::from_mins(1);

fn runtime(world: &World, form: Form) -> Runtime {
    let handler = Noting::new(HANDLER, 8, OrderedBy::Account, 2, form);
    Runtime::builder(&world.db).handler(handler).build()
}

/// For how long something is written.
fn time(form: Form) -> Duration {
    if form.long { Duration::from_mins(1) } else { Duration::from_secs(3) }
}

/// The numbers of all events in a log.
async fn logged(db: &Db) -> BTreeSet<i64> {
    let (mut numbers, mut after) = (BTreeSet::new(), Position::START);
    loop {
        let page = db.read(&EventFilter::All, after, 1_000).await.unwrap();
        let Some(last) = page.last() else { return numbers };
        after = last.position;
        numbers.extend(page.iter().map(|event| moved(event).number));
    }
}

/// Writes and handles, and has it copied in the midst of that; what was acknowledged before the copy began.
async fn copied_in_the_midst(
    world: &Arc<World>,
    form: Form,
    copy: impl AsyncFnOnce(),
) -> BTreeSet<i64> {
    let ledger = Arc::new(Ledger::default());
    let (_, tasks) = world.start(&runtime(world, form)).await;
    let work = Writers { world: Arc::clone(world), ledger: Arc::clone(&ledger), troubled: false };
    let (_, before) = tokio::join!(work.write(WRITERS, time(form), form), async {
        linger(time(form) / 2).await;
        let before = ledger.so_far();
        copy().await;
        before
    });
    tasks.shutdown(Duration::from_secs(30)).await.unwrap();
    before
}

/// Writes more on a database that has taken over, lets the handler come to the end, and compares.
async fn afterwards(world: &Arc<World>, ledger: &Arc<Ledger>, form: Form) -> Verdict {
    let (_, tasks) = world.start(&runtime(world, form)).await;
    let work = Writers { world: Arc::clone(world), ledger: Arc::clone(ledger), troubled: false };
    work.write(WRITERS, time(form) / 3, form).await;
    world.say(-8, END).await;
    world.handlers_are_done().await;
    tasks.shutdown(Duration::from_secs(30)).await.unwrap();
    ledger.compare(&world.effects(HANDLER).await)
}

/// Goes on with what a copy holds: writes more, and lets the handler come to the end.
async fn gone_on(db: Db, form: Form) -> (BTreeSet<i64>, Verdict) {
    let world = World::again(db, AFTERWARDS);
    let copied = logged(&world.db).await;
    let ledger = Arc::new(Ledger::default());
    ledger.acknowledged(copied.iter().copied());
    let verdict = afterwards(&world, &ledger, form).await;
    (copied, verdict)
}

fn tell(engine: &str, how: &str, missing: usize, verdict: &Verdict) {
    let line = format!(
        "{how}: {missing} acknowledged before and not in it; handled by the end: {verdict}"
    );
    figure("R11", engine, &line);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_is_restored_into_a_fresh_cluster_postgres() {
    let Some(programs) = Programs::find().await else { return };
    let form = Form::of("R11");
    let (old, fresh) = (Cluster::start(&programs).await, Cluster::start(&programs).await);
    old.change("postgres", &format!("CREATE DATABASE {DATABASE}")).await;
    let db = old.open(DATABASE).await;
    db.migrate(&[&MIGRATIONS], |_| ()).await.unwrap();
    let world = World::on(db).await;
    let use_up = format!(
        "CREATE TABLE used_up (n int);\n\
         DO $$ BEGIN FOR n IN 1..{USED_UP} LOOP BEGIN INSERT INTO used_up VALUES (n); EXCEPTION WHEN unique_violation THEN NULL; END; END LOOP; END $$;\n\
         DROP TABLE used_up"
    );
    old.change(DATABASE, &use_up).await;
    let mut cursor = 0;
    let before = copied_in_the_midst(&world, form, async || {
        cursor = old.ask(DATABASE, "SELECT coalesce(max(xid), 0) FROM proof_steps").await;
        old.dump_into(&fresh, DATABASE).await;
    })
    .await;

    let (copied, verdict) = gone_on(fresh.open(DATABASE).await, form).await;
    let missing = before.difference(&copied).count();
    tell("PostgreSQL", "restored into a fresh cluster", missing, &verdict);
    assert!(missing == 0 && verdict.is_faultless(), "{missing} missing, {verdict}");

    // A cursor over transaction ids waits for ids that the fresh cluster will not come to for long.
    let passed_by = format!(
        "SELECT count(*) FROM proof_steps WHERE number >= {AFTERWARDS} AND xid <= {cursor}"
    );
    let lost = fresh.ask(DATABASE, &passed_by).await;
    let line =
        format!("control, a cursor over transaction ids: {lost} events lost after the restore");
    figure("R11", "PostgreSQL", &line);
    assert!(lost > 0, "the control is no control");
}

/// Whether commits wait until the standby has them, or a standby takes over that has lagged behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standby {
    Waited,
    Lagging,
}

/// Writes and handles until the server crashes and its standby takes over, and goes on there.
async fn failed_over(programs: &Programs, kind: Standby) -> Verdict {
    let form = Form::of("R11, failover");
    let mut primary = Cluster::start(programs).await;
    primary.change("postgres", &format!("CREATE DATABASE {DATABASE}")).await;
    let mut standby = primary.standby().await;
    let connected = async |sync: &str| {
        let question = format!(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = '{sync}'"
        );
        primary.ask("postgres", &question).await == 1
    };
    wait_until("the standby follows", SOON, async || connected("async").await).await;
    if kind == Standby::Waited {
        let wait = "ALTER SYSTEM SET synchronous_standby_names = '*';\nSELECT pg_reload_conf()";
        primary.change("postgres", wait).await;
        wait_until("commits wait for the standby", SOON, async || connected("sync").await).await;
    }
    let db = primary.open(DATABASE).await;
    db.migrate(&[&MIGRATIONS], |_| ()).await.unwrap();
    let world = World::on(db).await;
    let ledger = Arc::new(Ledger::default());
    let (_, tasks) = world.start(&runtime(&world, form)).await;
    let work = Writers { world: Arc::clone(&world), ledger: Arc::clone(&ledger), troubled: true };
    tokio::join!(work.write(WRITERS, time(form), form), async {
        linger(time(form) / 3).await;
        if kind == Standby::Lagging {
            standby.crash().await;
        }
        linger(time(form) / 3).await;
        primary.crash().await;
    });
    // Its database is gone, so it may not end in good order.
    let _ = tasks.shutdown(Duration::from_secs(5)).await;
    drop((work, world));

    if kind == Standby::Lagging {
        standby.begin().await;
    }
    standby.promote().await;
    let world = World::again(standby.open(DATABASE).await, AFTERWARDS);
    let verdict = afterwards(&world, &ledger, form).await;
    let who = match kind {
        Standby::Waited => "a standby that commits waited for takes over",
        Standby::Lagging => "control, a standby that has lagged behind takes over",
    };
    figure("R11", "PostgreSQL", &format!("{who}: {verdict}"));
    verdict
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_takes_over_and_handlers_go_on_postgres() {
    let Some(programs) = Programs::find().await else { return };
    let verdict = failed_over(&programs, Standby::Waited).await;
    assert!(verdict.is_faultless(), "{verdict}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_a_standby_that_lags_behind_is_noticed_postgres() {
    let Some(programs) = Programs::find().await else { return };
    let verdict = failed_over(&programs, Standby::Lagging).await;
    assert!(!verdict.lost.is_empty(), "{verdict}");
}

/// The numbers in a file that may be no whole database; none when nothing can be read.
async fn logged_in(path: &Path) -> BTreeSet<i64> {
    let Ok(mut conn) = SqliteConnectOptions::new().filename(path).connect().await else {
        return BTreeSet::new();
    };
    let question =
        "SELECT json_extract(data, '$.number') FROM event_log WHERE aggregate_type = 'account'";
    let numbers: Vec<i64> =
        sqlx::query_scalar(question).fetch_all(&mut conn).await.unwrap_or_default();
    numbers.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_taken_and_handlers_go_on_sqlite() {
    let test = TestDb::sqlite(&[&MIGRATIONS]).await;
    test.run(async |test| {
        let form = Form::of("R11");
        let world = World::new(&test).await;
        let DatabaseUrl::Sqlite(file) = &test.url else { panic!("this is SQLite") };
        let folder = test.folder().expect("it is in a folder");
        let (backup, bare) = (folder.join("backup.db"), folder.join("bare.db"));
        let before = copied_in_the_midst(&world, form, async || {
            let mut conn = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
            let statement = format!("VACUUM INTO '{}'", backup.display());
            sqlx::query(AssertSqlSafe(statement)).execute(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            fs::copy(file, &bare).unwrap();
        })
        .await;

        let db =
            Db::open(&DatabaseUrl::Sqlite(backup.clone()), DbOptions::default()).await.unwrap();
        let (copied, verdict) = gone_on(db, form).await;
        let missing = before.difference(&copied).count();
        tell("SQLite", "a backup while writers write", missing, &verdict);
        assert!(missing == 0 && verdict.is_faultless(), "{missing} missing, {verdict}");

        // What was committed last stands in the file beside it.
        let lost = before.difference(&logged_in(&bare).await).count();
        let line = format!(
            "control, the file copied without the one beside it: {lost} acknowledged events lost"
        );
        figure("R11", "SQLite", &line);
        assert!(lost > 0, "the control is no control");
    })
    .await;
}
