//! Log-ins by password, against the bare comparison of a password with its hash.

use std::{fmt, sync::Arc, thread};

use anyhow::ensure;
use identity::{
    Identity, LogIn,
    testing::{PASSWORD, bare_comparison, user_with_password},
};
use perme8_events::{Origin, SystemClock, sql, testing::TestDb};
use scenarios::{Comparison, Engine, Way, on_each};
use serde::Serialize;
use tokio::sync::Semaphore;

use crate::Args;

pub(crate) const HEAD: &str =
    "             at once  log-ins/s    bare/s   ratio  lowest–highest   log-in ms   bare ms";

/// Per second.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    engine: &'static str,
    at_once: u32,
    log_ins: f64,
    bare: f64,
    ratio: f64,
    lowest: f64,
    highest: f64,
    /// Milliseconds of processor time for one, which tell even on a busy machine; not known everywhere.
    log_in_cpu: f64,
    bare_cpu: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, at_once, log_ins, bare, ratio, lowest, highest, log_in_cpu, bare_cpu } =
            self;
        let range = format!("{lowest:.2}–{highest:.2}");
        write!(f, "{engine:<12}{at_once:>8}{log_ins:>11.1}{bare:>10.1}{ratio:>8.2}{range:>16}")?;
        write!(f, "{log_in_cpu:>12.1}{bare_cpu:>10.1}")
    }
}

pub(crate) async fn measure(args: &Args) -> anyhow::Result<Vec<Figures>> {
    let mut all = Vec::new();
    for &at_once in &args.at_once {
        let migrations = [&sql::MIGRATIONS, &identity::MIGRATIONS];
        all.extend(
            on_each(&Engine::ALL, at_once, &migrations, async |test| {
                let people = People::on(test, at_once).await;
                let cores = thread::available_parallelism().map_or(2, usize::from);
                let turns = Arc::new(Semaphore::new(cores));
                let bare = Bare { comparison: bare_comparison(), turns };
                let found = args.rounds(at_once).of_both(&people, &bare).await?;
                let Comparison { ours, other, ratio, lowest, highest } = found;
                let engine = test.db.engine_name();
                Ok(Figures {
                    engine,
                    at_once,
                    log_ins: ours.per_second,
                    bare: other.per_second,
                    ratio,
                    lowest,
                    highest,
                    log_in_cpu: ours.cpu / 1000.0,
                    bare_cpu: other.cpu / 1000.0,
                })
            })
            .await?,
        );
    }
    Ok(all)
}

/// Each logs in again and again.
#[derive(Clone)]
struct People {
    identity: Identity,
    emails: Arc<[String]>,
}

impl People {
    async fn on(test: &TestDb, many: u32) -> Self {
        let identity = Identity::new(test.db_at(Arc::new(SystemClock)));
        let emails: Arc<[String]> =
            (0..many).map(|number| format!("person-{number}@example.com")).collect();
        for email in &*emails {
            user_with_password(&identity, email, "Person", "Example").await;
        }
        Self { identity, emails }
    }
}

impl Way for People {
    async fn once(&self, task: u32) -> anyhow::Result<u32> {
        let email = self.emails[usize::try_from(task)?].clone();
        let command = LogIn { email, password: PASSWORD.into() };
        self.identity.log_in(Origin::anonymous(), command).await?;
        Ok(1)
    }
}

/// The comparison alone, on no more threads at once than there are cores, like that of a log-in.
#[derive(Clone)]
struct Bare<C> {
    comparison: C,
    turns: Arc<Semaphore>,
}

impl<C: Fn() -> bool + Clone + Send + Sync + 'static> Way for Bare<C> {
    async fn once(&self, _: u32) -> anyhow::Result<u32> {
        let _turn = self.turns.acquire().await?;
        let matches = tokio::task::spawn_blocking(self.comparison.clone()).await?;
        ensure!(matches, "a password does not match its hash");
        Ok(1)
    }
}
