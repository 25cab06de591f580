//! The command line: what can be asked, and what becomes of it.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, error::ErrorKind};
use perme8_events::sql::Db;

use crate::config::{self, Flags};

mod act;
mod api_keys;
mod archives;
mod audit;
mod catalog;
mod console;
mod database;
mod dead_letters;
mod erm;
mod failure;
mod forget;
mod handlers;
mod http_api;
mod jobs;
mod mailbox;
mod migrate;
mod paint;
pub(crate) mod passwords;
mod processes;
mod queues;
mod references;
mod report;
mod schedules;
mod serve;
mod settings;
mod show;
mod signals;
mod tables;
mod tail;
mod trace;
mod usage;
mod users;

pub(crate) use console::Console;
pub(crate) use failure::Failure;
pub(crate) use paint::{Paint, plain};
pub(crate) use report::Report;

/// A collaboration platform whose parts are joined by events alone.
///
/// Without a command it serves: it migrates an embedded database under ./data, listens on 127.0.0.1:4000 and prints what to
/// try next.
#[derive(Debug, Parser)]
#[command(
    name = "perme8",
    version,
    arg_required_else_help = false,
    after_help = "Start here:\n  \
        perme8                       serve, on an embedded database under ./data\n  \
        perme8 demo                  watch a company's morning as events and reactions\n  \
        perme8 events tail --follow  watch the log of a running host\n\n\
        Every setting is a flag, a variable (PERME8_DATABASE, …) and a key of perme8.toml, in this order of strength;\n\
        `perme8 config` shows them. Exit codes: 0 done, 1 failed, 2 misused."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The database: `sqlite:<path>` or `postgres://<user>@<host>/<database>` [default: sqlite:./data/perme8.db]
    #[arg(long, global = true, value_name = "URL", help_heading = "Everywhere")]
    pub(crate) database: Option<String>,
    /// A file of settings to read instead of ./perme8.toml
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) config: Option<PathBuf>,
    /// Which messages go to standard error, e.g. `info,perme8_events=debug` [default: info; warn for commands that end]
    #[arg(long, global = true, value_name = "FILTER", help_heading = "Everywhere")]
    pub(crate) log: Option<String>,
    /// How messages are written: text or json
    #[arg(long, global = true, value_name = "FORMAT", help_heading = "Everywhere")]
    pub(crate) log_format: Option<String>,
    /// The size of the connection pool on PostgreSQL [default: 16]
    #[arg(long, global = true, value_name = "NUMBER", help_heading = "Everywhere")]
    pub(crate) connections: Option<String>,
    /// Print JSON: one document, or a document a line where the output is a stream; errors too
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Migrate the database, run the handlers and serve HTTP until Ctrl-C
    Serve(Box<serve::Args>),
    /// Bring the database to the schema of this program, and tell what was done
    Migrate,
    /// Play a morning of a small company and watch every event and every reaction to it
    ///
    /// People register, found workspaces, invite each other, accept, decline, leave. Everything happens through the public
    /// facades on a temporary database, with the handlers that a real host runs.
    Demo(crate::demo::Args),
    /// Read the event log, and move its old end into files
    #[command(subcommand)]
    Events(Events),
    /// Look after the handlers that react to events
    ///
    /// What changes something is asked first (--yes answers), takes effect on every running host within a second, and is
    /// recorded as the event `perme8_events.operator_acted`.
    #[command(subcommand)]
    Handlers(handlers::Command),
    /// Look after deliveries that were given up
    ///
    /// When a handler fails on an event until its retries are used up, the delivery becomes a dead letter. Later events of
    /// the same key wait behind it, in order; everything else flows on.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    /// Read who did what, export it, and cut off its old end
    ///
    /// The trail has an entry for each event, written by the handler `perme8.audit_log` of a running host.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Look after the queues of work that is done outside of the transactions that asked for it
    #[command(subcommand)]
    Queues(queues::Command),
    /// Look after the jobs of the queues
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Look after what happens again and again
    #[command(subcommand)]
    Schedules(schedules::Command),
    /// Look at what waits for its time
    #[command(subcommand)]
    Timers(schedules::Timers),
    /// Look at the cases that process managers follow
    #[command(subcommand)]
    Processes(processes::Command),
    /// Look after accounts
    #[command(subcommand)]
    Users(users::Command),
    /// Look after API keys
    #[command(subcommand)]
    ApiKeys(api_keys::Command),
    /// Read the mails of a host that has no mail server
    #[command(subcommand)]
    Mail(mailbox::Command),
    /// Look at what was asked of language models
    #[command(subcommand)]
    Llm(usage::Command),
    /// Write the graphs of workspaces into files, and take them over from files
    #[command(subcommand)]
    Erm(erm::Command),
    /// Look at what programs can ask a host over HTTP
    #[command(subcommand)]
    Api(http_api::Command),
    /// Show every setting, its value and where that comes from
    Config,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Events {
    /// Print the last events, or those behind a position; with --follow, go on as they happen
    Tail(tail::Args),
    /// Print one event in full
    Show(show::Args),
    /// Print what one request led to: request → event → handler → event …
    Trace(trace::Args),
    /// List every type of event that this program knows
    Catalog(catalog::Args),
    /// Move the old end of the log into compressed files, with checksums
    ///
    /// What somebody still needs does not go: a handler that has not come so far, a dead letter, a job or a case that is not
    /// over, a client that may come back. The files are read back before an event is removed. After an interruption, ask again.
    Archive(archives::ArchiveArgs),
    /// Put archived events back into the log: the same ones, at the same positions
    Restore(archives::RestoreArgs),
    /// Read every archive, and say whether it is whole, follows the one before it, and says what the log says
    Verify(archives::VerifyArgs),
    /// Make what identifies a person in events unreadable, for ever
    ///
    /// Fields that say whose they are are sealed with a key of that person; this destroys the key, in one commit, on every host.
    /// Everything else of the events stays, so they can be replayed. Nothing brings it back but a backup of the database from
    /// before.
    Forget(forget::Args),
}

/// Runs the program with these arguments, the first of which is its own name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return misused(&error, &arguments),
    };
    let console = Console::standard(cli.global.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return console.fail(&error.into()),
    };
    let program = arguments
        .first()
        .map_or_else(|| "perme8".into(), |name| name.to_string_lossy().into_owned());
    let done = runtime.block_on(cli.execute(&console, &program));
    // Whoever asked twice to stop does not wait for what runs on in the background.
    runtime.shutdown_background();
    done.unwrap_or_else(|failure| console.fail(&failure))
}

fn misused(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let json = arguments.iter().any(|argument| argument == "--json");
    if is_help || !json {
        // Clap knows where its texts go and which of them deserve colours; a reader that has gone away needs no text.
        drop(error.print());
        return ExitCode::from(if is_help { 0 } else { 2 });
    }
    let text = error.render().to_string();
    let message = text.trim().strip_prefix("error: ").unwrap_or(&text).trim();
    Console::standard(true).fail(&Failure::usage(message))
}

impl Events {
    async fn execute(self, global: &Global, console: &Console) -> Result<ExitCode, Failure> {
        match self {
            // It needs no setting, so a wrong one does not get in its way.
            Self::Catalog(args) => console.report(&catalog::catalog(&args))?,
            Self::Tail(args) => {
                tail::tail(&global.quiet()?, &args, console).await?;
            }
            Self::Show(args) => {
                let config = global.quiet()?;
                let event = database::with(&config, async |db| show::show(db, &args).await).await?;
                console.report(&event)?;
            }
            Self::Trace(args) => {
                let config = global.quiet()?;
                let tree =
                    database::with(&config, async |db| trace::trace(db, &args, console).await)
                        .await?;
                console.report(&tree)?;
            }
            Self::Archive(args) => {
                let run = async |db: &Db| archives::archive(db, &args, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Self::Restore(args) => {
                let run = async |db: &Db| archives::restore(db, &args, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Self::Verify(args) if args.offline => {
                return archives::verify(None, &args, console).await;
            }
            Self::Verify(args) => {
                let run = async |db: &Db| archives::verify(Some(db), &args, console).await;
                return database::with(&global.quiet()?, run).await;
            }
            Self::Forget(args) => {
                let run = async |db: &Db| forget::run(db, args, console).await;
                database::with(&global.quiet()?, run).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Cli {
    async fn execute(self, console: &Console, program: &str) -> Result<ExitCode, Failure> {
        let Self { global, command } = self;
        let command = command.unwrap_or_else(|| Command::Serve(Box::default()));
        match command {
            // It needs no setting, so a wrong one does not get in its way.
            Command::Api(command) => console.report(&http_api::http_api(&command))?,
            Command::Config => {
                console.report(&settings::settings(&config::resolve_here(&global.flags())?))?;
            }
            Command::Serve(args) => {
                let mut flags = global.flags();
                args.add_to(&mut flags);
                return serve::serve(&config::resolve_here(&flags)?, console, program).await;
            }
            Command::Migrate => {
                let config = global.quiet()?;
                console.report(&migrate::migrate(&config).await?)?;
            }
            Command::Demo(args) => {
                let config = global.quiet()?;
                // A variable or a file names the database of the host, where a play has no place.
                let named = global.database.is_some().then_some(&config);
                return crate::demo::run(&args, named, console).await;
            }
            Command::Events(command) => return command.execute(&global, console).await,
            Command::Handlers(command) => {
                let run = async |db: &Db| handlers::run(db, &command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::DeadLetters(command) => {
                let run = async |db: &Db| dead_letters::run(db, &command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Audit(command) => {
                let run = async |db: &Db| audit::run(db, command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Mail(command) => {
                let run = async |db: &Db| mailbox::run(db, &command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Llm(command) => {
                let run = async |db: &Db| usage::run(db, command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Erm(command) => {
                let config = global.quiet()?;
                let run = async |db: &Db| erm::run(db, config.erm, command, console).await;
                return database::with(&config, run).await;
            }
            Command::Queues(command) => {
                let run = async |db: &Db| queues::run(db, &command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Jobs(command) => {
                let run = async |db: &Db| jobs::run(db, &command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Schedules(command) => {
                let run = async |db: &Db| schedules::run(db, &command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Timers(command) => {
                let run = async |db: &Db| schedules::timers(db, &command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Processes(command) => {
                let run = async |db: &Db| processes::run(db, &command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
            Command::Users(command) => {
                let config = global.quiet()?;
                let run = async |db: &Db| users::run(db, &config, command, console).await;
                database::with(&config, run).await?;
            }
            Command::ApiKeys(command) => {
                let run = async |db: &Db| api_keys::run(db, command, console).await;
                database::with(&global.quiet()?, run).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Global {
    pub(crate) fn flags(&self) -> Flags {
        let Self { database, config, log, log_format, connections, json: _ } = self;
        let given = [
            ("database", database),
            ("log", log),
            ("log_format", log_format),
            ("connections", connections),
        ];
        let settings: BTreeMap<_, _> =
            given.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))).collect();
        Flags { config: config.clone(), settings }
    }

    /// The settings of a command that ends by itself: its output matters, not what happens on the way.
    fn quiet(&self) -> Result<config::Config, Failure> {
        let resolved = config::resolve_here(&self.flags())?;
        let mut config = resolved.config.clone();
        if resolved.is_default("log") {
            "warn".clone_into(&mut config.log);
        }
        crate::logging::init(&config, paint::has_colours(owo_colors::Stream::Stderr), None);
        Ok(config)
    }
}

#[cfg(test)]
mod tests;
