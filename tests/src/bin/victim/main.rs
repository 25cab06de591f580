//! A process that lives to be killed or paused: it moves money, reacts to that, and can say afterwards whether its books
//! balance; or it tells many people something; or it is the whole host.
//!
//! `victim <command> <database> [<people> or <provider>]`; a victim that serves or writes ends, at the latest, when its standard input does.

mod apart;
mod audit;
mod bank;
mod handlers;
mod host;
mod ledger;
mod paying;
mod telling;

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, bail};
use perme8::AppOptions;
use perme8_events::{
    host::{Feed, NodeOptions, Outcome, Runtime, RuntimeBuilder, Tasks},
    sql::{Db, DbOptions},
};
use tokio::io::AsyncReadExt as _;

use crate::{
    bank::Bank,
    handlers::{COUNTING, Counting, Forwarding},
    paying::Paying,
};

/// How soon another process takes over from one that was killed.
const LEASE: Duration = Duration::from_millis(400);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let (command, url) = words.next().zip(words.next()).context("victim <command> <database>")?;
    let further = words.next().unwrap_or_default();
    let db = Db::open(&url.parse()?, DbOptions { connections: 12, ..DbOptions::default() }).await?;
    let bank = Bank::new(&db);
    match command.as_str() {
        "set-up" => bank.set_up().await?,
        "serve" => serve(&db, &bank, 4, runtime(&db).build()).await?,
        "serve-unfenced" => serve(&db, &bank, 4, runtime(&db).unfenced().build()).await?,
        "serve-rebuilding" => rebuild(&db, &bank, ledger::runtime(&db).build()).await?,
        "serve-swapping-apart" => {
            let runtime = ledger::runtime(&db).swapping_apart(|| say("between")).build();
            rebuild(&db, &bank, runtime).await?;
        }
        "audit-ledger" => say(&serde_json::to_string(&audit::audit_ledger(&db).await?)?),
        "host" => host::serve(db, AppOptions::default()).await?,
        "host-telling-early" => host::serve(db, host::telling_early()).await?,
        "host-asking" => host::serve(db, host::asking(&further)?).await?,
        "tell" => until_orphaned(telling::tell(&db, further.parse()?)).await?,
        "tell-apart" => until_orphaned(telling::tell_apart(&db, further.parse()?)).await?,
        "serve-apart" => {
            say("ready");
            until_orphaned(apart::keep_counting(&db, apart::APART)).await?;
        }
        "write" => until_orphaned(bank.keep_depositing(2, true)).await?,
        "audit" => {
            audit::handlers_finish(&db).await?;
            say(&serde_json::to_string(&audit::audit(&db, &COUNTING).await?)?);
        }
        "audit-apart" => {
            apart::catch_up(&db).await?;
            say(&serde_json::to_string(&audit::audit(&db, &COUNTING[..1]).await?)?);
        }
        other => bail!("there is no command {other}"),
    }
    Ok(())
}

/// The handlers of the bank.
fn runtime(db: &Db) -> RuntimeBuilder {
    let node = NodeOptions { lease: LEASE, ..NodeOptions::default() };
    Runtime::builder(db)
        .handler(Counting::smoothly())
        .handler(Counting::stumbling())
        .handler(Forwarding)
        .worker(Paying::new(db))
        .node(node)
}

/// The same, while a read model is built anew again and again.
async fn rebuild(db: &Db, bank: &Bank, runtime: Runtime) -> anyhow::Result<()> {
    tokio::select! {
        ended = serve(db, bank, 1, runtime) => ended,
        ended = ledger::keep_rebuilding(db) => ended.map(|never| match never {}),
    }
}

/// Runs handlers and so many tellers that take deposits, for ever; says when the first effect is there.
async fn serve(db: &Db, bank: &Bank, tellers: u32, runtime: Runtime) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await?;
    let mut reactions = runtime.reactions();
    runtime.start(&feed, &tasks).await?;
    let first_effect = async {
        while reactions.recv().await?.outcome != Outcome::Handled {}
        say("handled");
        anyhow::Ok(())
    };
    let depositing = bank.keep_depositing(tellers, false);
    until_orphaned(async { tokio::try_join!(first_effect, depositing).map(drop) }).await
}

/// A line for whoever started this process; when that is gone, so is the line.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Works until the one who started this process is gone.
async fn until_orphaned(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let mut nothing = Vec::new();
    let mut input = tokio::io::stdin();
    tokio::select! {
        done = work => done,
        _ = input.read_to_end(&mut nothing) => Ok(()),
    }
}
