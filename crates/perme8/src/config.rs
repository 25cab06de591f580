//! Where the database is, where to listen, what to log: flags before environment before `perme8.toml`.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use api::{Limits, OperatorToken, TrustedProxies};
use erm::ErmOptions;
use llm::{ApiKey, CallLimits, ModelList, ModelName, Models, Provider, ProviderUrl, Timeouts};
use mail::{BaseUrl, Correspondent, SmtpServer, Stationery};
use perme8_events::sql::{DatabaseUrl, MasterKeys};
use serde::Serialize;

mod error;
mod keys;
mod parse;
mod shown;
mod sources;

pub use error::ConfigError;

pub(crate) use keys::suggestion;

use crate::{app::LlmOptions, telemetry::CollectorUrl};

use keys::Key;
use parse::Parser;
use sources::Given;

/// The settings of a host.
///
/// Each has a name, e.g. `log_format`: it is the key in `perme8.toml`, the environment variable `PERME8_LOG_FORMAT` and
/// the flag `--log-format`; the operator token, the master keys and the key of
/// the language model are no flags, because process lists show those. The first of flag, environment and file that names a setting wins.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches that have nothing to do with each other"
)]
pub struct Config {
    /// The database: `sqlite:<path>` or `postgres://…`.
    pub database: DatabaseUrl,
    /// Where the host listens for HTTP.
    pub listen: SocketAddr,
    /// Which messages are logged, in the syntax of `tracing`'s filters.
    pub log: String,
    /// How messages are written.
    pub log_format: LogFormat,
    /// The size of the connection pool on PostgreSQL.
    pub connections: u32,
    /// The name under which this host holds leases; one of its own when there is none.
    pub node: Option<String>,
    /// Whether browsers send the session cookie over HTTPS alone.
    pub secure_cookies: bool,
    /// Whether clients of the old system find its topics and messages here.
    pub legacy_bridge: bool,
    /// Proxies that are believed where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// Whether everybody may ask as often as they like.
    pub no_rate_limits: bool,
    /// How often anybody may ask otherwise.
    pub limits: Limits,
    /// What operators show at `/admin`; there is no `/admin` without it.
    pub operator_token: Option<OperatorToken>,
    /// What wraps the keys by which people are sealed in the log; those stand in the database as they are when there is none.
    pub master_keys: MasterKeys,
    /// So many days after the end of an account the log forgets whose it was.
    pub forget_after_days: u16,
    /// Whether a new workspace is set up by the process `perme8.onboarding`.
    pub onboarding: bool,
    /// What the host calls itself in mails.
    pub app_name: String,
    /// Where users reach the host; the address it listens at when there is none.
    pub base_url: Option<BaseUrl>,
    /// The server that sends the mails; they go to the mailbox when there is none.
    pub mail_smtp_url: Option<SmtpServer>,
    /// Who sends the mails.
    pub mail_from_address: String,
    /// What the sender is called; as the host when there is no name.
    pub mail_from_name: Option<String>,
    /// Where language models are asked; nowhere when there is no address.
    pub llm_base_url: Option<ProviderUrl>,
    /// What the provider of language models knows the host by.
    pub llm_api_key: Option<ApiKey>,
    /// The model that answers whoever names none.
    pub llm_model: Option<ModelName>,
    /// The models that may be asked beside it, and what they cost.
    pub llm_models: ModelList,
    /// How much of language models a person and a workspace have on this node.
    pub llm_limits: CallLimits,
    /// How long the provider of language models is waited for.
    pub llm_timeouts: Timeouts,
    /// For so many days it is known what was asked of language models.
    pub llm_usage_days: u16,
    /// How much the graph of a workspace may hold, how far a walk through it goes, and how long what was deleted can come back.
    pub erm: ErmOptions,
    /// Where traces are collected; nothing is traced when there is no address.
    pub trace_url: Option<CollectorUrl>,
    /// The share of all requests that are traced, 0 to 1.
    pub trace_share: f64,
    /// Whether the host shows every mail to everybody, for development; only where nothing but this machine reaches it.
    pub dev: bool,
}

/// How log messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line, for machines.
    Json,
}

/// What the command line says about the settings; every value as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// A file to read instead of `perme8.toml`.
    pub config: Option<PathBuf>,
    /// Settings by their names.
    pub settings: BTreeMap<&'static str, String>,
}

/// Where a value comes from that nobody gave.
const DEFAULT: &str = "default";

/// The settings together with where each comes from.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) config: Config,
    settings: Vec<Setting>,
}

/// One effective setting, fit to be shown.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    pub(crate) value: Option<String>,
    pub(crate) source: String,
    pub(crate) about: &'static str,
}

impl Config {
    /// The database file that a host uses when nobody names another.
    pub(crate) const DEFAULT_DATABASE: &str = "./data/perme8.db";

    /// An address of this host that this machine can connect to.
    pub(crate) fn reachable(&self) -> SocketAddr {
        let ip = match self.listen {
            SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            SocketAddr::V4(_) | SocketAddr::V6(_) => self.listen.ip(),
        };
        SocketAddr::new(ip, self.listen.port())
    }

    /// How the mails of this host look.
    pub(crate) fn stationery(&self) -> Stationery {
        let base_url = self.base_url.clone().unwrap_or_else(|| {
            let here = format!("http://{}", self.reachable());
            here.parse().expect("an address and a port make an address of a host")
        });
        Stationery::new(&self.app_name, base_url)
    }

    /// Who sends the mails of this host.
    pub(crate) fn sender(&self) -> Correspondent {
        let name = self.mail_from_name.as_ref().unwrap_or(&self.app_name);
        Correspondent::new(&self.mail_from_address, name).expect("checked when it was read")
    }

    /// How long after the end of an account the log forgets whose it was.
    pub(crate) fn forget_after(&self) -> Duration {
        Duration::from_hours(u64::from(self.forget_after_days) * 24)
    }

    /// Which language model answers on this host, and how much of it.
    pub(crate) fn language_model(&self) -> LlmOptions {
        let Self { llm_base_url, llm_api_key: api_key, llm_model, llm_models, .. } = self.clone();
        let provider = llm_base_url.zip(llm_model).map(|(base_url, model)| {
            (Provider { base_url, api_key }, Models::only(model, llm_models.0))
        });
        LlmOptions {
            provider,
            timeouts: self.llm_timeouts,
            limits: self.llm_limits,
            usage_kept: Duration::from_hours(u64::from(self.llm_usage_days) * 24),
        }
    }

    /// Reads `perme8.toml` in the current folder (or the file named), the environment and `flags`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with everything that is wrong, not just the first.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        resolve_here(flags).map(|resolved| resolved.config)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: DatabaseUrl::Sqlite(Self::DEFAULT_DATABASE.into()),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            connections: 16,
            node: None,
            secure_cookies: false,
            legacy_bridge: false,
            trusted_proxies: TrustedProxies::default(),
            no_rate_limits: false,
            limits: Limits::default(),
            operator_token: None,
            master_keys: MasterKeys::default(),
            forget_after_days: 7,
            onboarding: false,
            app_name: "Perme8".to_owned(),
            base_url: None,
            mail_smtp_url: None,
            mail_from_address: "noreply@perme8.invalid".to_owned(),
            mail_from_name: None,
            llm_base_url: None,
            llm_api_key: None,
            llm_model: None,
            llm_models: ModelList::default(),
            llm_limits: CallLimits::default(),
            llm_timeouts: Timeouts::default(),
            llm_usage_days: 400,
            erm: ErmOptions::default(),
            trace_url: None,
            trace_share: 1.0,
            dev: false,
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

impl Resolved {
    /// Every setting, in the order of the manual.
    pub(crate) fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Whether a flag named this setting.
    pub(crate) fn is_flag(&self, key: &str) -> bool {
        self.source(key).starts_with("--")
    }

    /// Whether nobody named this setting.
    pub(crate) fn is_default(&self, key: &str) -> bool {
        self.source(key) == DEFAULT
    }

    fn source(&self, key: &str) -> &str {
        self.settings
            .iter()
            .find(|setting| setting.key == key)
            .map_or(DEFAULT, |setting| &setting.source)
    }
}

/// Reads the settings of this process.
pub(crate) fn resolve_here(flags: &Flags) -> Result<Resolved, ConfigError> {
    resolve(flags, sources::environment(), Path::new("perme8.toml"))
}

/// Who runs this program, for the audit of what operators do.
pub(crate) fn operator() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the name of the user is a fact of the environment"
    )]
    let user =
        ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let user = user
        .filter(|user| !user.is_empty() && user.len() <= 64 && !user.contains(char::is_control));
    format!("cli:{}", user.as_deref().unwrap_or("unknown"))
}

fn resolve(
    flags: &Flags,
    environment: impl IntoIterator<Item = (String, Option<String>)>,
    default_file: &Path,
) -> Result<Resolved, ConfigError> {
    let mut given = Given::default();
    let from_environment = given.environment(environment);
    let named = flags.config.clone().or(from_environment);
    given.file(named.as_deref(), default_file);
    given.flags(flags);
    let mut parser = Parser::new(given);
    let default = Config::default();
    let config = Config {
        database: parser.value(&Key::DATABASE, default.database),
        listen: parser.value_with(&Key::LISTEN, default.listen, parse::address),
        log: parser.value_with(&Key::LOG, default.log, parse::log_filter),
        log_format: parser.value_with(&Key::LOG_FORMAT, default.log_format, parse::log_format),
        connections: parser.value_with(&Key::CONNECTIONS, default.connections, parse::connections),
        node: parser.optional_with(&Key::NODE, parse::node),
        secure_cookies: parser.value_with(
            &Key::SECURE_COOKIES,
            default.secure_cookies,
            parse::yes_or_no,
        ),
        legacy_bridge: parser.value_with(
            &Key::LEGACY_BRIDGE,
            default.legacy_bridge,
            parse::yes_or_no,
        ),
        trusted_proxies: parser.value(&Key::TRUSTED_PROXIES, default.trusted_proxies),
        no_rate_limits: parser.value_with(
            &Key::NO_RATE_LIMITS,
            default.no_rate_limits,
            parse::yes_or_no,
        ),
        limits: Limits {
            caller: parser.value(&Key::RATE_LIMIT_CALLER, default.limits.caller),
            stranger: parser.value(&Key::RATE_LIMIT_STRANGER, default.limits.stranger),
            attempts: parser.value(&Key::RATE_LIMIT_ATTEMPTS, default.limits.attempts),
            account: parser.value(&Key::RATE_LIMIT_ACCOUNT, default.limits.account),
            inviter: parser.value(&Key::RATE_LIMIT_INVITER, default.limits.inviter),
            invitee: parser.value(&Key::RATE_LIMIT_INVITEE, default.limits.invitee),
        },
        operator_token: parser.optional_with(&Key::OPERATOR_TOKEN, parse::operator_token),
        master_keys: parser.value(&Key::MASTER_KEYS, default.master_keys),
        forget_after_days: parser.value_with(
            &Key::FORGET_AFTER_DAYS,
            default.forget_after_days,
            parse::days,
        ),
        onboarding: parser.value_with(&Key::ONBOARDING, default.onboarding, parse::yes_or_no),
        app_name: parser.value_with(&Key::APP_NAME, default.app_name, parse::label),
        base_url: parser.optional(&Key::BASE_URL),
        mail_smtp_url: parser.optional(&Key::MAIL_SMTP_URL),
        mail_from_address: parser.value_with(
            &Key::MAIL_FROM_ADDRESS,
            default.mail_from_address,
            parse::mail_address,
        ),
        mail_from_name: parser.optional_with(&Key::MAIL_FROM_NAME, parse::label),
        llm_base_url: parser.optional(&Key::LLM_BASE_URL),
        llm_api_key: parser.optional(&Key::LLM_API_KEY),
        llm_model: parser.optional(&Key::LLM_MODEL),
        llm_models: parser.value(&Key::LLM_MODELS, default.llm_models),
        llm_limits: parser.call_limits(default.llm_limits),
        llm_timeouts: parser.call_timeouts(default.llm_timeouts),
        llm_usage_days: parser.value_with(
            &Key::LLM_USAGE_DAYS,
            default.llm_usage_days,
            parse::days,
        ),
        erm: parser.graphs(default.erm),
        trace_url: parser.optional(&Key::TRACE_URL),
        trace_share: parser.value_with(&Key::TRACE_SHARE, default.trace_share, parse::part),
        dev: parser.value_with(&Key::DEV, default.dev, parse::yes_or_no),
    };
    let because = "a server refuses mails without a sender of its own";
    parser.needs(&Key::MAIL_SMTP_URL, &Key::MAIL_FROM_ADDRESS, because);
    let because = "the links in mails begin with it";
    parser.needs(&Key::MAIL_SMTP_URL, &Key::BASE_URL, because);
    parser.needs_for_language_models();
    parser.needs(&Key::TRACE_SHARE, &Key::TRACE_URL, "without it nothing is traced");
    if config.dev && !config.listen.ip().to_canonical().is_loopback() {
        let because = format!(
            "it shows every mail to everybody, and other machines can reach {}: listen on 127.0.0.1 or [::1], or leave it out",
            config.listen
        );
        parser.refuse(&Key::DEV, &because);
    }
    let sources = parser.finish()?;
    let settings = keys::ALL
        .iter()
        .map(|key| Setting {
            key: key.name,
            value: config.shown(key),
            source: sources.get(key.name).cloned().unwrap_or_else(|| DEFAULT.to_owned()),
            about: key.about,
        })
        .collect();
    Ok(Resolved { config, settings })
}

#[cfg(test)]
mod tests;
