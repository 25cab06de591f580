//! Telling everybody in a large workspace the same thing: how long it takes and how much memory, and what becomes of it when
//! the process that does it is killed.
//!
//! The handler and the queue of the notifications context run as they do in production; who belongs to the workspace is made
//! up, so that nothing but the telling is measured.

use std::{
    fmt,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use notifications::testing::{Crowd, Told, kept, leave};
use perme8_events::{
    SystemClock,
    host::{Feed, Tasks},
    sql,
    sql::Db,
    testing::TestDb,
};
use scenarios::{Engine, address, on_each, resident};
use serde::Serialize;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use crate::Args;

/// What takes longer has gone wrong.
const PATIENCE: Duration = Duration::from_mins(10);

pub(crate) const HEAD: &str =
    "              people   seconds    people/s    page  growth MiB   killed at  finished after s";

/// What one engine does.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    engine: &'static str,
    people: u32,
    #[serde(flatten)]
    undisturbed: Undisturbed,
    #[serde(flatten)]
    killed: Killed,
}

/// One process tells everybody.
#[derive(Debug, Serialize)]
struct Undisturbed {
    seconds: f64,
    people_per_second: f64,
    largest_page: usize,
    /// By how much the process grew at most, in mebibytes; not known everywhere.
    growth: Option<f64>,
}

/// One process is killed, and the next one goes on.
#[derive(Debug, Serialize)]
struct Killed {
    /// How many knew by then.
    killed_at: u32,
    /// How many seconds the next process needed from its start for the others, with the wait for what the dead one held.
    finished_after: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, people, undisturbed, killed } = self;
        let Undisturbed { seconds, people_per_second, largest_page, growth } = undisturbed;
        let Killed { killed_at, finished_after } = killed;
        let growth = growth.map_or("-".to_owned(), |growth| format!("{growth:.1}"));
        write!(f, "{engine:<12}{people:>8}{seconds:>10.2}{people_per_second:>12.0}")?;
        write!(f, "{largest_page:>8}{growth:>12}{killed_at:>12}{finished_after:>18.2}")
    }
}

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Figures>> {
    let migrations = [&sql::MIGRATIONS, &notifications::MIGRATIONS];
    let people = args.people;
    let undisturbed = on_each(&Engine::ALL, 8, &migrations, async |test| {
        Ok((test.db.engine_name(), undisturbed(test, people).await?))
    });
    let undisturbed = undisturbed.await?;
    let killed =
        on_each(&Engine::ALL, 8, &migrations, async |test| killed(test, people).await).await?;
    let both = undisturbed.into_iter().zip(killed);
    Ok(both
        .map(|((engine, undisturbed), killed)| Figures { engine, people, undisturbed, killed })
        .collect())
}

/// From the commit of the event until the last one is told.
async fn undisturbed(test: &TestDb, people: u32) -> anyhow::Result<Undisturbed> {
    let (db, tasks) = (test.db_at(Arc::new(SystemClock)), Tasks::new());
    let crowd = Crowd::of(people);
    let feed = Feed::start(&db, &tasks).await?;
    crowd.runtime(&db).build().start(&feed, &tasks).await?;
    let before = resident();
    let begun = Instant::now();
    leave(&db).await;
    let (mut told, mut most) = (Told::default(), before);
    let look = || {
        most = most.max(resident());
        Ok(())
    };
    until_told(&db, &mut told, people, look).await?;
    let seconds = begun.elapsed().as_secs_f64();
    each_once(&db, people).await?;
    tasks.shutdown(Duration::from_secs(10)).await.context("the runtime does not stop")?;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let figures = Undisturbed {
        seconds,
        people_per_second: f64::from(people) / seconds,
        largest_page: crowd.largest_page(),
        growth: most.zip(before).map(|(most, before)| most.saturating_sub(before) as f64 / 1024.0),
    };
    Ok(figures)
}

/// A process tells half of them and is killed, and another one tells the others.
async fn killed(test: &TestDb, people: u32) -> anyhow::Result<Killed> {
    let db = test.db_at(Arc::new(SystemClock));
    leave(&db).await;
    let mut told = Told::default();
    let mut first = teller(test, people)?;
    until_told(&db, &mut told, people / 2, || is_alive(&mut first)).await?;
    first.kill().await?;
    told.look(&db).await;
    let killed_at = told.people();
    ensure!(killed_at < people, "it was killed too late: try with more --people");
    let begun = Instant::now();
    let mut second = teller(test, people)?;
    until_told(&db, &mut told, people, || is_alive(&mut second)).await?;
    let finished_after = begun.elapsed().as_secs_f64();
    second.kill().await?;
    each_once(&db, people).await?;
    Ok(Killed { killed_at, finished_after })
}

/// A process that tells.
fn teller(test: &TestDb, people: u32) -> anyhow::Result<Child> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_victim"));
    command.args(["tell", &address(&test.url), &people.to_string()]);
    // It lives while this process could still write to it.
    command.stdin(Stdio::piped()).kill_on_drop(true);
    command.spawn().context("the process that tells does not start")
}

fn is_alive(teller: &mut Child) -> anyhow::Result<()> {
    let ended = teller.try_wait()?;
    ensure!(ended.is_none(), "the process that tells has ended by itself: {ended:?}");
    Ok(())
}

async fn until_told(
    db: &Db,
    told: &mut Told,
    people: u32,
    mut look: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let begun = Instant::now();
    while told.people() < people {
        let so_far = told.people();
        ensure!(begun.elapsed() < PATIENCE, "{so_far} were told in ten minutes");
        sleep(Duration::from_millis(20)).await;
        told.look(db).await;
        look()?;
    }
    Ok(())
}

/// Everybody was told, in one event and in one row.
async fn each_once(db: &Db, people: u32) -> anyhow::Result<()> {
    let (told, kept) = (Told::by_now(db).await, kept(db).await);
    ensure!(
        told.people() == people && told.times().all(|times| times == 1),
        "somebody was told twice"
    );
    ensure!(
        kept.len() == usize::try_from(people)? && kept.values().all(|rows| *rows == 1),
        "somebody has two notifications, or none"
    );
    Ok(())
}
