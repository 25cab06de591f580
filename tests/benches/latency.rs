//! How soon a handler's effect is committed after the event that it reacts to.
//!
//! The real host: an invitation is committed, and `notifications.on_invitation` writes the notification. Beside it, of the
//! same run, how soon a live subscriber is told and how soon another connection sees the event at all.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::bail;
use clap::Parser as _;
use identity::{ConfirmUser, CreateWorkspace, InviteMember, IssueConfirmation, RegisterUser, Role};
use perme8::{App, AppOptions, MIGRATIONS};
use perme8_events::{
    CorrelationId, DomainEvent as _, EventFilter, EventStore as _, Origin, Position, SystemClock,
    Topic, UserId, Viewer,
    host::{Delivery, Outcome},
    testing::TestDb,
};
use scenarios::{Engine, on_each};
use serde::Serialize;
use tokio::task::JoinSet;

/// The handler whose effect is waited for.
const HANDLER: &str = "notifications.on_invitation";
/// So many people are invited, each into many workspaces.
const PEOPLE: usize = 100;

/// Commit → effect, paced.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Invitations per second
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For how long
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// For machines
    #[arg(long)]
    json: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What one engine does.
#[derive(Debug, Serialize)]
struct Figures {
    engine: &'static str,
    rate: u32,
    invitations: usize,
    commit_to_effect: Percentiles,
    commit_to_subscriber: Percentiles,
    commit_to_visible: Percentiles,
    command: Percentiles,
}

/// In milliseconds.
#[derive(Debug, Serialize)]
struct Percentiles {
    p50: f64,
    p99: f64,
    max: f64,
}

impl Percentiles {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
        };
        Self { p50: at(50), p99: at(99), max: at(100) }
    }
}

/// When something happened, by the request that led to it.
type Times = Arc<Mutex<HashMap<CorrelationId, Instant>>>;

fn note(times: &Times, correlation: CorrelationId) {
    let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
    times.entry(correlation).or_insert_with(Instant::now);
}

/// A command, by its request.
struct Command {
    correlation: CorrelationId,
    sent: Instant,
    acknowledged: Instant,
    /// How long another connection took to see it, for some.
    visible: Option<Duration>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let measure = on_each(&Engine::ALL, 16, MIGRATIONS, async |test| measure(test, &args).await);
    let all = runtime.block_on(measure)?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&all)?)?;
        return Ok(());
    }
    for figures in all {
        let Figures { engine, rate, invitations, .. } = figures;
        writeln!(out, "{engine}, {rate}/s, {invitations} invitations (milliseconds)")?;
        writeln!(out, "  {:<34}{:>9}{:>9}{:>9}", "", "p50", "p99", "max")?;
        for (what, Percentiles { p50, p99, max }) in [
            ("commit → effect committed", figures.commit_to_effect),
            ("commit → live subscriber", figures.commit_to_subscriber),
            ("commit → visible elsewhere", figures.commit_to_visible),
            ("the command itself", figures.command),
        ] {
            writeln!(out, "  {what:<34}{p50:>9.2}{p99:>9.2}{max:>9.2}")?;
        }
    }
    Ok(())
}

async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Figures> {
    let db = test.db_at(Arc::new(SystemClock));
    let options = AppOptions { cheap_passwords: true, limits: None, ..AppOptions::default() };
    let app = App::assemble(db, options).await?;
    let total = usize::try_from(args.rate * args.seconds)?;
    let (owner, workspaces) = prepare(&app, total.div_ceil(PEOPLE)).await?;

    let (effects, deliveries) = (Times::default(), Times::default());
    let mut reactions = app.runtime().reactions();
    app.start().await?;
    let mut live = app.bus().subscribe(Viewer::Operator, vec![Topic::All], None).await?;
    let mut observers = JoinSet::new();
    let (seen, told) = (Arc::clone(&effects), Arc::clone(&deliveries));
    observers.spawn(async move {
        while let Ok(reaction) = reactions.recv().await {
            if reaction.handler == HANDLER && reaction.outcome == Outcome::Handled {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.insert(reaction.event.correlation_id, reaction.at);
            }
        }
    });
    observers.spawn(async move {
        while let Ok(Delivery::Event(event)) = live.next().await {
            if event.event_type == identity::MemberInvited::TYPE {
                note(&told, event.correlation_id);
            }
        }
    });

    let mut tasks = JoinSet::new();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / args.rate);
    for number in 0..total {
        pace.tick().await;
        let workspace = workspaces[number / PEOPLE].clone();
        let email = address(number % PEOPLE);
        tasks.spawn(invite(app.clone(), owner, workspace, email, number % 10 == 0));
    }
    let commands = tasks.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let arrived = |times: &Times| times.lock().unwrap_or_else(PoisonError::into_inner).len();
    let deadline = Instant::now() + Duration::from_mins(1);
    while arrived(&effects) < total || arrived(&deliveries) < total {
        if Instant::now() > deadline {
            bail!("{} of {total} invitations had an effect", arrived(&effects));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    app.shutdown(Duration::from_secs(10)).await?;
    Ok(figures(test, args, &commands, &effects, &deliveries))
}

fn figures(
    test: &TestDb,
    args: &Args,
    commands: &[Command],
    effects: &Times,
    deliveries: &Times,
) -> Figures {
    let since_commit = |times: &Times| {
        let times = times.lock().unwrap_or_else(PoisonError::into_inner);
        let after = |command: &Command| {
            times[&command.correlation].saturating_duration_since(command.acknowledged)
        };
        Percentiles::of(commands.iter().map(after).collect())
    };
    let took = |command: &Command| command.acknowledged - command.sent;
    Figures {
        engine: test.db.engine_name(),
        rate: args.rate,
        invitations: commands.len(),
        commit_to_effect: since_commit(effects),
        commit_to_subscriber: since_commit(deliveries),
        commit_to_visible: Percentiles::of(commands.iter().filter_map(|c| c.visible).collect()),
        command: Percentiles::of(commands.iter().map(took).collect()),
    }
}

async fn invite(
    app: App,
    owner: UserId,
    workspace: identity::WorkspaceRef,
    email: String,
    look: bool,
) -> anyhow::Result<Command> {
    let origin = Origin::user(owner);
    let correlation = origin.correlation_id();
    let sent = Instant::now();
    let command = InviteMember { workspace, email, role: Role::Member };
    app.identity().invite_member(origin, command).await?;
    let acknowledged = Instant::now();
    let mut visible = None;
    if look {
        let filter = EventFilter::Correlation(correlation);
        while app.db().read(&filter, Position::START, 1).await?.is_empty() {}
        visible = Some(acknowledged.elapsed());
    }
    Ok(Command { correlation, sent, acknowledged, visible })
}

fn address(person: usize) -> String {
    format!("person-{person}@example.com")
}

/// An owner with many workspaces, and people to invite.
async fn prepare(
    app: &App,
    workspaces: usize,
) -> anyhow::Result<(UserId, Vec<identity::WorkspaceRef>)> {
    let owner = person(app, "owner@example.com".to_owned()).await?;
    for number in 0..PEOPLE {
        person(app, address(number)).await?;
    }
    let mut slugs = Vec::new();
    for number in 0..workspaces {
        let command =
            CreateWorkspace { name: format!("Workspace {number}"), description: None, color: None };
        let workspace = app.identity().create_workspace(Origin::user(owner), command).await?;
        slugs.push(identity::WorkspaceRef::Id(workspace.id));
    }
    Ok((owner, slugs))
}

async fn person(app: &App, email: String) -> anyhow::Result<UserId> {
    let system = || Origin::system("bench");
    let command = RegisterUser {
        email: email.clone(),
        first_name: "Some".to_owned(),
        last_name: "Body".to_owned(),
        password: None,
    };
    let user = app.identity().register_user(system(), command).await?;
    let issue = IssueConfirmation { email };
    let token = app.identity().issue_confirmation(system(), issue).await?;
    app.identity().confirm_user(system(), ConfirmUser { token, password: None }).await?;
    Ok(user.id)
}
