//! How a system is composed.

use std::time::Duration;

use api::{ApiOptions, Limits, OperatorToken, TrustedProxies};
use erm::ErmOptions;
use llm::{CallLimits, Models, Provider, Timeouts};
use mail::{Correspondent, SmtpServer, Stationery};
use perme8_events::host::Tasks;

use crate::config::Config;

/// How a system is composed.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches that have nothing to do with each other"
)]
pub struct AppOptions {
    /// What the system runs is spawned here, and stops with it.
    pub tasks: Tasks,
    /// The name under which this host holds leases; one of its own by default.
    pub node: Option<String>,
    /// Whether browsers send the session cookie over HTTPS alone.
    pub secure_cookies: bool,
    /// Whether clients of the old system find its topics and messages.
    pub legacy_bridge: bool,
    /// How often anybody may ask; as often as they like when there are none.
    pub limits: Option<Limits>,
    /// Proxies that are believed where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// What operators show at `/admin`; there is no `/admin` without it.
    pub operator_token: Option<OperatorToken>,
    /// So long whoever shows the token of a commit waits at most.
    pub longest_wait: Duration,
    /// Whether a new workspace is set up by `perme8.onboarding`.
    pub onboarding: bool,
    /// How long after the end of an account the log forgets whose it was.
    pub forget_after: Duration,
    /// How mails look and go out.
    pub mail: MailOptions,
    /// Which language model answers, and how much of it.
    pub llm: LlmOptions,
    /// How much graphs hold, how far walks through them go, and how long what was deleted can come back.
    pub erm: ErmOptions,
    /// The share of all requests that are traced, 0 to 1; whoever traces has to collect the spans as well.
    pub trace_share: f64,
    /// Shows every mail to everybody, for development.
    pub dev: bool,
    /// Hashes passwords as cheaply as possible, for tests that do not ask how well they are kept.
    #[cfg(feature = "testing")]
    pub cheap_passwords: bool,
    /// Tells editors of edits so long before these are committed: the control of the proof that this matters.
    #[cfg(feature = "testing")]
    pub editors_told_early: Option<Duration>,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            tasks: Tasks::default(),
            node: None,
            secure_cookies: false,
            legacy_bridge: false,
            limits: Some(Limits::default()),
            trusted_proxies: TrustedProxies::default(),
            operator_token: None,
            longest_wait: ApiOptions::default().longest_wait,
            onboarding: false,
            forget_after: Config::default().forget_after(),
            mail: MailOptions::default(),
            llm: LlmOptions::default(),
            erm: ErmOptions::default(),
            trace_share: 0.0,
            dev: false,
            #[cfg(feature = "testing")]
            cheap_passwords: false,
            #[cfg(feature = "testing")]
            editors_told_early: None,
        }
    }
}

/// Which language model answers, and how much of it.
#[derive(Clone, Debug)]
pub struct LlmOptions {
    /// Who is asked, and for which models; nobody when there is none.
    pub provider: Option<(Provider, Models)>,
    /// How long it is waited for.
    pub timeouts: Timeouts,
    /// How much may be asked on this node.
    pub limits: CallLimits,
    /// So long it is known what was asked, and what it took.
    pub usage_kept: Duration,
}

impl Default for LlmOptions {
    fn default() -> Self {
        Self {
            provider: None,
            timeouts: Timeouts::default(),
            limits: CallLimits::default(),
            usage_kept: Duration::from_hours(400 * 24),
        }
    }
}

/// How the mails of a host look, and how they go out.
#[derive(Clone, Debug)]
pub struct MailOptions {
    /// How they look.
    pub stationery: Stationery,
    /// Who sends them.
    pub sender: Correspondent,
    /// The server that they go through; into the mailbox when there is none.
    pub server: Option<SmtpServer>,
}

impl Default for MailOptions {
    fn default() -> Self {
        let Config { mail_smtp_url: server, .. } = Config::default();
        let (stationery, sender) = (Config::default().stationery(), Config::default().sender());
        Self { stationery, sender, server }
    }
}
