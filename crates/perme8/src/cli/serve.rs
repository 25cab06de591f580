//! `perme8 serve`.

use std::{process::ExitCode, time::Duration};

use perme8_events::{host::Tasks, sql::DatabaseUrl};
use serde::Serialize;
use tokio::net::TcpListener;

use crate::{
    app::{App, AppError},
    cli::{Console, Failure, Paint, Report, migrate, paint, signals::Signals},
    config::{Config, Flags, Resolved},
    logging,
};

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Where to listen for HTTP [default: 127.0.0.1:4000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// The name under which this host holds leases [default: its process id]
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    /// Send the session cookie over HTTPS alone: true or false [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) secure_cookies: Option<String>,
    /// Speak to clients of the old system, too: true or false [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) legacy_bridge: Option<String>,
    /// Proxies that are believed where a request comes from, e.g. `127.0.0.1,10.0.0.0/8` [default: none]
    #[arg(long, value_name = "NETWORKS")]
    pub(crate) trusted_proxies: Option<String>,
    /// Let everybody ask as often as they like: true or false [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) no_rate_limits: Option<String>,
    /// Requests of a session or an API key [default: 600/min]
    #[arg(long, value_name = "QUOTA")]
    pub(crate) rate_limit_caller: Option<String>,
    /// Requests from one address by those who have not shown who they are [default: 120/min]
    #[arg(long, value_name = "QUOTA")]
    pub(crate) rate_limit_stranger: Option<String>,
    /// Log-ins, links and registrations from one address, each by itself [default: 10/min]
    #[arg(long, value_name = "QUOTA")]
    pub(crate) rate_limit_attempts: Option<String>,
    /// The same for one account; the right password is no attempt [default: 5/15min]
    #[arg(long, value_name = "QUOTA")]
    pub(crate) rate_limit_account: Option<String>,
    /// Invitations by one person [default: 1000/24h]
    #[arg(long, value_name = "QUOTA")]
    pub(crate) rate_limit_inviter: Option<String>,
    /// Invitations to one address, whoever invites it [default: 10/h]
    #[arg(long, value_name = "QUOTA")]
    pub(crate) rate_limit_invitee: Option<String>,
    /// Welcome the owner of each new workspace: true or false [default: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) onboarding: Option<String>,
    /// What the host calls itself in mails [default: Perme8]
    #[arg(long, value_name = "NAME")]
    pub(crate) app_name: Option<String>,
    /// Where users reach the host, e.g. `https://perme8.example`; links in mails begin with it [default: where it listens]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// The server that sends the mails, e.g. `smtps://<name>:<password>@<host>`; better given as `PERME8_MAIL_SMTP_URL`,
    /// since everybody on this machine sees flags [default: none, mails stay in the mailbox]
    #[arg(long, value_name = "URL")]
    pub(crate) mail_smtp_url: Option<String>,
    /// The address that sends the mails
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mail_from_address: Option<String>,
    /// What the sender of the mails is called [default: the name of the host]
    #[arg(long, value_name = "NAME")]
    pub(crate) mail_from_name: Option<String>,
    /// Where language models are asked, e.g. `https://api.openai.com/v1`; the key is given as `PERME8_LLM_API_KEY` alone
    /// [default: none, so no model answers]
    #[arg(long, value_name = "URL")]
    pub(crate) llm_base_url: Option<String>,
    /// The language model for whoever names none
    #[arg(long, value_name = "MODEL")]
    pub(crate) llm_model: Option<String>,
    /// Those that may be named, with prices of a million tokens, e.g. `small=0.15/0.6, big` [default: `llm_model` alone]
    #[arg(long, value_name = "MODELS")]
    pub(crate) llm_models: Option<String>,
    /// Answers that are written for one person at once, on this node [default: 4]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) llm_user_at_once: Option<String>,
    /// Answers that are written in one workspace at once, on this node [default: 20]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) llm_workspace_at_once: Option<String>,
    /// Questions of one person in a minute, on this node [default: 30]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) llm_user_per_minute: Option<String>,
    /// Questions in one workspace in a minute, on this node [default: 120]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) llm_workspace_per_minute: Option<String>,
    /// Seconds that a language model may be silent before its first word [default: 120]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) llm_first_word_seconds: Option<String>,
    /// Seconds that it may be silent after that [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) llm_silence_seconds: Option<String>,
    /// Seconds that its answer may take in all [default: 300]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) llm_answer_seconds: Option<String>,
    /// Days for which it is known what was asked of language models [default: 400]
    #[arg(long, value_name = "DAYS")]
    pub(crate) llm_usage_days: Option<String>,
    /// Days after the end of an account when the log forgets whose it was [default: 7]
    #[arg(long, value_name = "DAYS")]
    pub(crate) forget_after_days: Option<String>,
    /// Entities that the graph of a workspace may hold [default: 50000]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) erm_entities: Option<String>,
    /// Edges that the graph of a workspace may hold [default: 200000]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) erm_edges: Option<String>,
    /// Days for which deleted entities and edges can be restored [default: 30]
    #[arg(long, value_name = "DAYS")]
    pub(crate) erm_retention_days: Option<String>,
    /// Entities that a walk through a graph comes by before it is given up [default: 100000]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) erm_walk_entities: Option<String>,
    /// Seconds that a walk through a graph takes before it is given up [default: 5]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) erm_walk_seconds: Option<String>,
    /// The part of all walks through graphs of which an event tells operators, 0 to 1 [default: 0]
    #[arg(long, value_name = "PART")]
    pub(crate) erm_sampled_walks: Option<String>,
    /// Where traces are collected, as OTLP over HTTP, e.g. `http://127.0.0.1:4318` [default: none, so nothing is traced]
    #[arg(long, value_name = "URL")]
    pub(crate) trace_url: Option<String>,
    /// The part of all requests that are traced, 0 to 1 [default: 1]
    #[arg(long, value_name = "PART")]
    pub(crate) trace_share: Option<String>,
    /// For development: show every mail to everybody at /dev/mailbox, on this machine alone
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) dev: Option<String>,
}

/// How long requests and deliveries get to end before the process does.
const GRACE: Duration = Duration::from_secs(15);
/// How long the collector gets to take the last traces.
const LAST_TRACES: Duration = Duration::from_secs(5);

/// A host that listens.
#[derive(Debug, Serialize)]
pub(crate) struct Listening {
    #[serde(rename = "listening")]
    url: String,
    database: String,
    engine: &'static str,
    #[serde(skip)]
    command: String,
}

impl Args {
    pub(crate) fn add_to(self, flags: &mut Flags) {
        let Self {
            listen,
            node,
            secure_cookies,
            legacy_bridge,
            trusted_proxies,
            no_rate_limits,
            rate_limit_caller,
            rate_limit_stranger,
            rate_limit_attempts,
            rate_limit_account,
            rate_limit_inviter,
            rate_limit_invitee,
            onboarding,
            app_name,
            base_url,
            mail_smtp_url,
            mail_from_address,
            mail_from_name,
            llm_base_url,
            llm_model,
            llm_models,
            llm_user_at_once,
            llm_workspace_at_once,
            llm_user_per_minute,
            llm_workspace_per_minute,
            llm_first_word_seconds,
            llm_silence_seconds,
            llm_answer_seconds,
            llm_usage_days,
            forget_after_days,
            erm_entities,
            erm_edges,
            erm_retention_days,
            erm_walk_entities,
            erm_walk_seconds,
            erm_sampled_walks,
            trace_url,
            trace_share,
            dev,
        } = self;
        let given = [
            ("listen", listen),
            ("node", node),
            ("secure_cookies", secure_cookies),
            ("legacy_bridge", legacy_bridge),
            ("trusted_proxies", trusted_proxies),
            ("no_rate_limits", no_rate_limits),
            ("rate_limit_caller", rate_limit_caller),
            ("rate_limit_stranger", rate_limit_stranger),
            ("rate_limit_attempts", rate_limit_attempts),
            ("rate_limit_account", rate_limit_account),
            ("rate_limit_inviter", rate_limit_inviter),
            ("rate_limit_invitee", rate_limit_invitee),
            ("onboarding", onboarding),
            ("app_name", app_name),
            ("base_url", base_url),
            ("mail_smtp_url", mail_smtp_url),
            ("mail_from_address", mail_from_address),
            ("mail_from_name", mail_from_name),
            ("llm_base_url", llm_base_url),
            ("llm_model", llm_model),
            ("llm_models", llm_models),
            ("llm_user_at_once", llm_user_at_once),
            ("llm_workspace_at_once", llm_workspace_at_once),
            ("llm_user_per_minute", llm_user_per_minute),
            ("llm_workspace_per_minute", llm_workspace_per_minute),
            ("llm_first_word_seconds", llm_first_word_seconds),
            ("llm_silence_seconds", llm_silence_seconds),
            ("llm_answer_seconds", llm_answer_seconds),
            ("llm_usage_days", llm_usage_days),
            ("forget_after_days", forget_after_days),
            ("erm_entities", erm_entities),
            ("erm_edges", erm_edges),
            ("erm_retention_days", erm_retention_days),
            ("erm_walk_entities", erm_walk_entities),
            ("erm_walk_seconds", erm_walk_seconds),
            ("erm_sampled_walks", erm_sampled_walks),
            ("trace_url", trace_url),
            ("trace_share", trace_share),
            ("dev", dev),
        ];
        flags.settings.extend(given.into_iter().filter_map(|(key, value)| Some((key, value?))));
    }
}

pub(crate) async fn serve(
    resolved: &Resolved,
    console: &Console,
    program: &str,
) -> Result<ExitCode, Failure> {
    let config = resolved.config.clone();
    let collector = config.trace_url.as_ref();
    let (spans, exporter) =
        collector.map(|collector| collector.collect(config.node.as_deref())).unzip();
    logging::init(&config, paint::has_colours(owo_colors::Stream::Stderr), spans);
    // Tasks of its own: what the host does while it stops is traced, too.
    let tracing_tasks = Tasks::new();
    if let Some(exporter) = exporter {
        tracing_tasks.spawn("traces", exporter.run(tracing_tasks.clone()));
    }
    // Heard from now on, so that a signal during the start is not lost.
    let mut signals = Signals::listen()?;
    // Before the database is touched: who cannot listen should not migrate.
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| AppError::Listen { address: config.listen.to_string(), source })?;
    // Links lead to the port that was picked.
    let config = Config { listen: listener.local_addr()?, ..config };
    let app = App::open(&config, |applied| {
        console.note(&format!("migrated {}", migrate::shown(&applied)));
    })
    .await?;
    app.start().await?;
    let address = app.serve_on(listener)?;
    tracing::info!(%address, database = %config.database, engine = app.db().engine_name(), "listening");
    if config.dev {
        tracing::warn!("every mail is shown to everybody at /dev/mailbox: dev is for development");
    } else if config.mail_smtp_url.is_none() {
        tracing::info!(
            "mails stay in the mailbox (`perme8 mail list`): mail_smtp_url names no server"
        );
    }
    console.line(&Listening {
        url: format!("http://{}", config.reachable()),
        database: config.database.to_string(),
        engine: app.db().engine_name(),
        command: command(resolved, program),
    })?;
    let by_itself = tokio::select! {
        () = signals.next() => false,
        // A part of the host is broken beyond repair, e.g. the log has lost events that were read before.
        () = app.tasks().stopped() => true,
    };
    tracing::info!("stopping: requests and deliveries end, streams close; once more to abort");
    tokio::select! {
        stopped = app.shutdown(GRACE) => {
            stopped?;
            if tracing_tasks.shutdown(LAST_TRACES).await.is_err() {
                tracing::warn!("the collector is too slow for the last traces");
            }
            if by_itself {
                return Err(Failure::new("the host stopped by itself")
                    .help("the log above says why; start it again when that is mended"));
            }
            tracing::info!("stopped");
            Ok(ExitCode::SUCCESS)
        }
        () = signals.next() => Err(Failure::new("aborted; what was not committed is as if it never was")),
    }
}

/// How to call this program so that it finds the same database.
fn command(resolved: &Resolved, program: &str) -> String {
    let database = match &resolved.config.database {
        // A URL may hold a password, which we do not print.
        DatabaseUrl::Postgres(_) if resolved.is_flag("database") => {
            " --database \"$DATABASE\"".to_owned()
        }
        DatabaseUrl::Sqlite(path) if resolved.is_flag("database") => {
            format!(" --database 'sqlite:{}'", path.display())
        }
        DatabaseUrl::Postgres(_) | DatabaseUrl::Sqlite(_) => String::new(),
    };
    format!("{program}{database}")
}

impl Report for Listening {
    fn text(&self, paint: Paint) -> String {
        let Self { url: at, database, engine, command } = self;
        let heading = format!(
            "{}, with its data in {database} ({engine})",
            paint.strong(&format!("perme8 listens on {at}"))
        );
        let comment = |text: &str| paint.faint(&format!("# {text}"));
        let post = "curl -sw '\\n' -H 'content-type: application/json'";
        let token = "sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/'";
        let link = "sed -n 's,^http.*/login/,,p'";
        format!(
            "{heading}
Ctrl-C stops it. Try next, in another terminal:

  {people}
  enter() {{
    {post} {at}/api/users -d \"{{\\\"email\\\":\\\"$1\\\",\\\"first_name\\\":\\\"$2\\\",\\\"last_name\\\":\\\"$3\\\"}}\" >&2; sleep 1
    {post} {at}/api/sessions -d \"{{\\\"token\\\":\\\"$({command} mail show latest | {link})\\\"}}\" | {token}
  }}
  ADA=$(enter ada@example.com Ada Okafor)
  BEN=$(enter ben@example.com Ben Lindqvist)

  {stream}
  curl -sN -H \"authorization: Bearer $BEN\" {at}/api/me/events/stream &

  {invite}
  {post} -H \"authorization: Bearer $ADA\" {at}/api/workspaces -d '{{\"name\":\"Lumen & Oak\"}}'
  {post} -H \"authorization: Bearer $ADA\" {at}/api/workspaces/lumen-oak/invitations -d '{{\"email\":\"ben@example.com\",\"role\":\"member\"}}'
  curl -sw '\\n' -H \"authorization: Bearer $BEN\" {at}/api/notifications

  {mail}
  {command} mail show latest
  {command} events tail --follow
",
            people = comment("two people register, and log in with the link of their mail"),
            stream = comment("Ben watches what is meant for him"),
            invite = comment("Ada founds a workspace and invites Ben: watch the stream"),
            mail = comment("the mail that Ben got, and the log as an operator sees it"),
        )
    }
}
