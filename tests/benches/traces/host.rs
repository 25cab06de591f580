//! A host with none, some or all of the telemetry, which founds workspaces whenever it is told to.

use std::{io::Write as _, sync::Arc, time::Duration};

use anyhow::{Context as _, ensure};
use identity::{ConfirmUser, CreateWorkspace, IssueConfirmation, RegisterUser};
use metrics::NoopRecorder;
use perme8::{App, AppOptions, MIGRATIONS, Spans};
use perme8_events::{
    Origin, SystemClock, TraceContext, UserId, host::Tasks, testing::TestDb, within_trace,
};
use reqwest::Client;
use scenarios::{Pace, Rounds, Way, listening, settled};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tracing::Instrument as _;
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{Args, Telemetry, Turn};

/// Founds workspaces, as the edge would have it done.
#[derive(Clone)]
struct Founding {
    app: Arc<App>,
    owner: UserId,
    share: f64,
}

impl Way for Founding {
    async fn once(&self, _: u32) -> anyhow::Result<u32> {
        let trace = TraceContext::begin(self.share);
        let origin = Origin::user(self.owner);
        let (origin, span) = match trace {
            Some(trace) => {
                let span = tracing::info_span!("request", kind = "server", traceparent = %trace);
                (origin.in_trace(trace), span)
            }
            None => (origin, tracing::info_span!("request")),
        };
        let command = CreateWorkspace { name: "Lumen".to_owned(), description: None, color: None };
        let identity = self.app.identity();
        let founded = identity.create_workspace(origin, command).instrument(span);
        within_trace(trace, founded).await?;
        Ok(1)
    }
}

/// Says whether there is such an engine, and then does a round for each line of its standard input.
pub(crate) async fn serve(telemetry: Telemetry, args: &Args) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    let share = set_up(telemetry, args, &tasks)?;
    let test = args.on.database(16, MIGRATIONS).await;
    say(&test.is_some())?;
    if let Some(test) = test {
        test.run(async |test| do_rounds(&test, telemetry, share, args).await).await?;
    }
    Ok(tasks.shutdown(Duration::from_secs(10)).await?)
}

/// Sets up what this process has of it; gives the share of all requests that are traced.
fn set_up(telemetry: Telemetry, args: &Args, tasks: &Tasks) -> anyhow::Result<f64> {
    if telemetry == Telemetry::Nothing {
        // The host sets a recorder of its own, unless there is one.
        ensure!(metrics::set_global_recorder(NoopRecorder).is_ok(), "something is recorded");
        return Ok(0.0);
    }
    let collector = args.collector.as_ref().context("a host is told where its spans go")?;
    let (spans, exporter) = collector.collect(None);
    tracing_subscriber::registry().with(spans.with_filter(Spans::filter())).init();
    tasks.spawn("traces", exporter.run(tasks.clone()));
    Ok(if telemetry == Telemetry::Everything { 1.0 } else { 0.0 })
}

async fn do_rounds(
    test: &TestDb,
    telemetry: Telemetry,
    share: f64,
    args: &Args,
) -> anyhow::Result<()> {
    let options = AppOptions {
        cheap_passwords: true,
        limits: None,
        trace_share: share,
        ..AppOptions::default()
    };
    let app = Arc::new(App::assemble(test.db_at(Arc::new(SystemClock)), options).await?);
    let owner = person(&app).await?;
    let address = listening(&app).await?;
    let metrics = (telemetry == Telemetry::Everything).then(|| format!("http://{address}/metrics"));
    let (way, client) = (Founding { app: Arc::clone(&app), owner, share }, Client::new());
    let time = Duration::from_secs_f64(args.seconds);
    let rounds = Rounds { count: 1, time, tasks: args.tasks };
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    while orders.next_line().await?.is_some() {
        let scraped = scrape(&client, metrics.as_deref(), time);
        let (pace, scraped) = tokio::join!(rounds.of(&way), scraped);
        let Pace { per_second, cpu } = pace?;
        scraped?;
        // What handlers still do is no part of anybody's next round.
        settled(&app).await;
        say(&Turn { per_second, cpu: cpu.is_finite().then_some(cpu) })?;
    }
    Ok(app.shutdown(Duration::from_mins(1)).await?)
}

/// Asks for the metrics in the middle of a round, where somebody does.
async fn scrape(client: &Client, metrics: Option<&str>, time: Duration) -> anyhow::Result<()> {
    let Some(metrics) = metrics else { return Ok(()) };
    // A third of a round goes by before it counts.
    tokio::time::sleep(time / 3 + time / 2).await;
    client.get(metrics).send().await?.error_for_status()?.text().await?;
    Ok(())
}

fn say(what: &impl Serialize) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{}", serde_json::to_string(what)?)?;
    Ok(())
}

async fn person(app: &App) -> anyhow::Result<UserId> {
    let system = || Origin::system("bench");
    let email = "owner@example.com".to_owned();
    let command = RegisterUser {
        email: email.clone(),
        first_name: "Some".to_owned(),
        last_name: "Body".to_owned(),
        password: None,
    };
    let user = app.identity().register_user(system(), command).await?;
    let token = app.identity().issue_confirmation(system(), IssueConfirmation { email }).await?;
    app.identity().confirm_user(system(), ConfirmUser { token, password: None }).await?;
    Ok(user.id)
}
