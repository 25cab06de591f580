//! What it costs that every request is traced: workspaces are founded by requests that are and requests that are not, in turns.
//!
//! The host runs as in production, so handlers react meanwhile, and spans go to a collector that takes them and forgets them.
//! What is asked for is a ratio of 0.95 at least.

use std::{io::Write as _, sync::Arc, time::Duration};

use clap::Parser as _;
use identity::{ConfirmUser, CreateWorkspace, IssueConfirmation, RegisterUser};
use perme8::{App, AppOptions, CollectorUrl, MIGRATIONS, Spans};
use perme8_events::{
    Origin, SystemClock, TraceContext, UserId, host::Tasks, testing::TestDb, within_trace,
};
use scenarios::{Comparison, Rounds, Way};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tracing::Instrument as _;
use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// With and without traces, in turns.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Rounds of each
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Seconds of each
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Requests at once
    #[arg(long, default_value_t = 4)]
    tasks: u32,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

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

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let tasks = Tasks::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let collector: CollectorUrl = format!("http://{}", listener.local_addr()?).parse()?;
    let (spans, exporter) = collector.collect(None);
    tracing_subscriber::registry().with(spans.with_filter(Spans::filter())).init();
    tasks.spawn("traces", exporter.run(tasks.clone()));
    let (stop, others) = (tasks.token(), tasks.clone());
    tasks.spawn("collector", async move {
        while let Some(Ok((connection, _))) = stop.run_until_cancelled(listener.accept()).await {
            let stop = others.token();
            others.spawn("connection", async move {
                stop.run_until_cancelled(forget(connection)).await;
            });
        }
    });
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{:<12}{:>12}{:>12}{:>8}{:>16}",
        "", "traced/s", "plain/s", "ratio", "worst, best"
    )?;
    let mut engines = vec![TestDb::sqlite(MIGRATIONS).await];
    engines.extend(TestDb::postgres(16, MIGRATIONS).await);
    for test in engines {
        let engine = test.db.engine_name();
        let found = test.run(async |test| measure(&test, &args).await).await?;
        let Comparison { ours, other, ratio, lowest, highest } = found;
        let (ours, other) = (ours.per_second, other.per_second);
        writeln!(
            out,
            "{engine:<12}{ours:>12.0}{other:>12.0}{ratio:>8.3}{lowest:>9.3}, {highest:.3}"
        )?;
    }
    tasks.shutdown(Duration::from_secs(10)).await?;
    Ok(())
}

async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Comparison> {
    let options = AppOptions { cheap_passwords: true, limits: None, ..AppOptions::default() };
    let app = Arc::new(App::assemble(test.db_at(Arc::new(SystemClock)), options).await?);
    let owner = person(&app).await?;
    app.start().await?;
    let way = |share| Founding { app: Arc::clone(&app), owner, share };
    let time = Duration::from_secs_f64(args.seconds);
    let rounds = Rounds { count: args.rounds, time, tasks: args.tasks };
    let found = rounds.of_both(&way(1.0), &way(0.0)).await?;
    app.shutdown(Duration::from_mins(1)).await?;
    Ok(found)
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

/// Takes requests on a connection, each with its length, until it is closed.
async fn forget(mut connection: TcpStream) {
    let (mut head, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    let mut left = 0;
    while let Ok(read @ 1..) = connection.read(&mut buffer).await {
        let mut bytes = &buffer[..read];
        while !bytes.is_empty() {
            if left == 0 {
                let (byte, rest) = bytes.split_at(1);
                head.extend_from_slice(byte);
                bytes = rest;
                if head.ends_with(b"\r\n\r\n") {
                    left = length(&head);
                    head.clear();
                }
            } else {
                let taken = left.min(bytes.len());
                left -= taken;
                bytes = &bytes[taken..];
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                if left == 0 && connection.write_all(answer).await.is_err() {
                    return;
                }
            }
        }
    }
}

fn length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}
