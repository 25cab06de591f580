//! `perme8 demo`: a morning of a small company, event by event.

use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{
    EventFilter, EventStore as _, Position, Topic, Viewer,
    host::HandlerStatus,
    sql::{DatabaseUrl, Db, DbOptions},
};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::{
    app::{App, AppOptions},
    catalogue::MIGRATIONS,
    cli::{Console, Failure},
    config::Config,
};

mod clock;
mod latency;
mod morning;
mod names;
mod stage;
mod summary;
mod timeline;
mod words;

use clock::StoryClock;
use stage::Stage;
use summary::Summary;
use timeline::Timeline;

#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Args {
    /// Do not pause between the acts: a few seconds instead of half a minute
    #[arg(long)]
    pub(crate) fast: bool,
}

/// How long the audience gets after each act.
const PAUSE: Duration = Duration::from_millis(380);
/// The same when nobody watches: long enough for most handlers, so that the story stays in order.
const BREATH: Duration = Duration::from_millis(20);
/// How long handlers get to finish after the last act.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the handlers are asked whether they are done.
const GLANCE: Duration = Duration::from_millis(20);
/// How long requests and deliveries get to end.
const GRACE: Duration = Duration::from_secs(10);

/// Plays the morning on a database of its own, or on the one that was named.
pub(crate) async fn run(
    args: &Args,
    named: Option<&Config>,
    console: &Console,
) -> Result<ExitCode, Failure> {
    let theatre = Theatre::open(named).await?;
    let played = tokio::select! {
        played = play(&theatre, args, console) => played,
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Err(Failure::new("interrupted"))
        }
    };
    // Also after a failure, so that the temporary database goes away in peace.
    theatre.app.shutdown(GRACE).await?;
    let summary = played?;
    console.line(&summary)?;
    Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where the morning is played.
struct Theatre {
    app: App,
    /// Only on a database of our own may time be made up.
    clock: Option<Arc<StoryClock>>,
    database: String,
    /// Removed when the demo ends.
    _folder: Option<TempDir>,
}

impl Theatre {
    async fn open(named: Option<&Config>) -> Result<Self, Failure> {
        if let Some(config) = named {
            // The people of the story read their mail, and nobody else gets any.
            let config = Config { mail_smtp_url: None, ..config.clone() };
            let app = App::open(&config, |_| ()).await?;
            return Ok(Self {
                app,
                clock: None,
                database: config.database.to_string(),
                _folder: None,
            });
        }
        let folder = TempDir::with_prefix("perme8-demo-")?;
        let url = DatabaseUrl::Sqlite(folder.path().join("demo.db"));
        let clock = Arc::new(StoryClock::at_nine());
        let db =
            Db::open(&url, DbOptions { clock: Arc::clone(&clock) as _, ..DbOptions::default() })
                .await?;
        db.migrate(MIGRATIONS, |_| ()).await?;
        let app = App::assemble(db, AppOptions::default()).await?;
        Ok(Self {
            app,
            clock: Some(clock),
            database: "a temporary SQLite file".to_owned(),
            _folder: Some(folder),
        })
    }
}

async fn play(theatre: &Theatre, args: &Args, console: &Console) -> Result<Summary, Failure> {
    let Theatre { app, clock, database, _folder: _ } = theatre;
    let begin = app.db().head().await?;
    let live = app.bus().subscribe(Viewer::Operator, vec![Topic::All], Some(begin)).await?;
    let (tell, told) = mpsc::unbounded_channel();
    let mut timeline = Timeline::new(live, app.runtime().reactions(), told, console);
    app.start().await?;
    let pause = if args.fast { BREATH } else { PAUSE };
    let stage = Stage::new(app.clone(), clock.clone(), tell, pause, begin)?;
    let started = Instant::now();
    let acting = async {
        morning::play(&stage).await?;
        let handlers = delivered(app).await?;
        stage.over();
        Ok::<_, Failure>(handlers)
    };
    let (handlers, ()) = tokio::try_join!(acting, timeline.run())?;
    let lasted = started.elapsed();
    let in_the_log = count(app.db(), begin).await?;
    Ok(Summary::new(database.clone(), timeline.into_record(), in_the_log, &handlers, lasted))
}

/// Waits until nothing is left to deliver, or nothing moves any more; how far the handlers have come then.
async fn delivered(app: &App) -> Result<Vec<HandlerStatus>, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let handlers = app.operations().handlers().await?;
        let is_done = handlers.iter().all(|status| {
            let HandlerStatus { lag_events, retrying, parked, aside, dead, .. } = status;
            // What waits behind a dead letter waits for an operator.
            (*lag_events, *retrying, *aside) == (0, 0, 0) && (*parked == 0 || *dead > 0)
        });
        if is_done || Instant::now() > deadline {
            return Ok(handlers);
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// How many events the log holds behind a position.
async fn count(db: &Db, mut after: Position) -> Result<usize, Failure> {
    const PAGE: u32 = 1000;
    let mut total = 0;
    loop {
        let page = db.read(&EventFilter::All, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(total) };
        after = last.position;
        total += page.len();
    }
}
