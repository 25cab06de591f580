//! `perme8 serve`.

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use perme8_events::sql::DatabaseUrl;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::{
    app::{App, AppError},
    cli::{Console, Failure, Paint, Report, migrate, paint, signals::Signals},
    config::{Flags, Resolved},
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
}

/// How long requests and deliveries get to end before the process does.
const GRACE: Duration = Duration::from_secs(15);

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
        let Self { listen, node, secure_cookies, legacy_bridge } = self;
        let given = [
            ("listen", listen),
            ("node", node),
            ("secure_cookies", secure_cookies),
            ("legacy_bridge", legacy_bridge),
        ];
        flags.settings.extend(given.into_iter().filter_map(|(key, value)| Some((key, value?))));
    }
}

pub(crate) async fn serve(
    resolved: &Resolved,
    console: &Console,
    program: &str,
) -> Result<ExitCode, Failure> {
    let config = &resolved.config;
    logging::init(config, paint::has_colours(owo_colors::Stream::Stderr));
    // Heard from now on, so that a signal during the start is not lost.
    let mut signals = Signals::listen()?;
    // Before the database is touched: who cannot listen should not migrate.
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| AppError::Listen { address: config.listen.to_string(), source })?;
    let app = App::open(config, |applied| {
        console.note(&format!("migrated {}", migrate::shown(&applied)));
    })
    .await?;
    app.start().await?;
    let address = app.serve_on(listener)?;
    tracing::info!(%address, database = %config.database, engine = app.db().engine_name(), "listening");
    console.line(&Listening {
        url: format!("http://{}", reachable(address)),
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

/// An address that this machine can connect to.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        SocketAddr::V4(_) | SocketAddr::V6(_) => address.ip(),
    };
    SocketAddr::new(ip, address.port())
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
        format!(
            "{heading}
Ctrl-C stops it. Try next, in another terminal:

  {people}
  echo 'correct horse battery' | {command} users create ada@example.com --first-name Ada --last-name Okafor --confirmed --password-stdin
  echo 'correct horse battery' | {command} users create ben@example.com --first-name Ben --last-name Lindqvist --confirmed --password-stdin

  {login}
  ADA=$({post} {at}/api/sessions -d '{{\"email\":\"ada@example.com\",\"password\":\"correct horse battery\"}}' | {token})
  BEN=$({post} {at}/api/sessions -d '{{\"email\":\"ben@example.com\",\"password\":\"correct horse battery\"}}' | {token})

  {stream}
  curl -sN -H \"authorization: Bearer $BEN\" {at}/api/me/events/stream &

  {invite}
  {post} -H \"authorization: Bearer $ADA\" {at}/api/workspaces -d '{{\"name\":\"Lumen & Oak\"}}'
  {post} -H \"authorization: Bearer $ADA\" {at}/api/workspaces/lumen-oak/invitations -d '{{\"email\":\"ben@example.com\",\"role\":\"member\"}}'
  curl -sw '\\n' -H \"authorization: Bearer $BEN\" {at}/api/notifications

  {log}
  {command} events tail --follow
",
            people = comment("two people with confirmed accounts"),
            login = comment("both log in"),
            stream = comment("Ben watches what is meant for him"),
            invite = comment("Ada founds a workspace and invites Ben: watch the stream"),
            log = comment("the log as an operator sees it"),
        )
    }
}
