//! What the handlers have at hand.

use std::{sync::Arc, time::Duration};

use agents::{Agents, AskAgents};
use chat::Chat;
use documents::Documents;
use erm::Erm;
use identity::Identity;
use mail::Mailbox;
use notifications::Notifications;
use perme8_events::{
    Clock, SystemClock,
    host::{EventBus, Operations, ReadYourWrites},
};
use projects::Projects;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::task::TaskTracker;

use crate::{
    audit_trail::AuditTrail,
    client_address::TrustedProxies,
    error::ApiError,
    legacy::LegacyBridge,
    limits::{Limiter, Limits, store::LimitStore},
    metrics::Metrics,
    operator::OperatorToken,
    readiness::Readiness,
    seats::Seats,
};

/// What the HTTP edge stands on: the facades, the live events, the audit trail, and who knows whether the host is ready.
#[derive(Clone, Debug)]
pub struct Api {
    pub(crate) identity: Identity,
    pub(crate) projects: Projects,
    pub(crate) documents: Documents,
    pub(crate) agents: Agents,
    pub(crate) ask_agents: AskAgents,
    pub(crate) notifications: Notifications,
    pub(crate) chat: Chat,
    pub(crate) erm: Erm,
    pub(crate) bus: EventBus,
    pub(crate) audit_trail: Arc<dyn AuditTrail>,
    pub(crate) readiness: Arc<dyn Readiness>,
    pub(crate) legacy: Option<Arc<dyn LegacyBridge>>,
    pub(crate) operations: Option<Operations>,
    pub(crate) reads: Option<ReadYourWrites>,
    pub(crate) metrics: Option<Arc<dyn Metrics>>,
    pub(crate) limiter: Option<Limiter>,
    pub(crate) options: ApiOptions,
    log_ins: Arc<Semaphore>,
    /// The open sockets, which are no longer connections of the server.
    pub(crate) sockets: TaskTracker,
    pub(crate) seats: Seats,
}

/// The contexts that the HTTP edge shows.
#[derive(Clone, Debug)]
pub struct Facades {
    /// People, workspaces, members, invitations.
    pub identity: Identity,
    /// What the members of workspaces work on.
    pub projects: Projects,
    /// What they write.
    pub documents: Documents,
    /// Whom they ask.
    pub agents: Agents,
    /// Asks them.
    pub ask_agents: AskAgents,
    /// What they are told.
    pub notifications: Notifications,
    /// What they talk about with a model.
    pub chat: Chat,
    /// What they know, as graphs.
    pub erm: Erm,
}

/// What a host can decide about the HTTP edge.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// Whether browsers send the session cookie over HTTPS only; true wherever the outside sees HTTPS.
    pub secure_cookies: bool,
    /// How often an idle stream gives a sign of life, and asks whether its session still holds.
    pub heartbeat: Duration,
    /// How long whoever has written something waits at most until it can be read.
    pub longest_wait: Duration,
    /// How many log-ins and registrations may be under way at once; further ones are told to come back.
    ///
    /// Each costs time and memory on purpose, so they would only wait for each other.
    pub log_ins: usize,
    /// How many streams and WebSockets a person may have open at once on this node; further ones are refused.
    pub connections_per_person: usize,
    /// Proxies that are believed where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// What operators show at `/admin`; there is no `/admin` without it.
    pub operator_token: Option<OperatorToken>,
    /// What the mails of the host would be if it sent them, shown at `/dev/mailbox` to everybody who asks; only for hosts that
    /// somebody develops with.
    pub mailbox: Option<Mailbox>,
    /// The share of all requests of which a trace is begun, 0 to 1; for hosts that collect spans.
    pub trace_share: f64,
    /// Tells how long a cookie has to live, and when who was refused may come back; the clock of the database.
    pub clock: Arc<dyn Clock>,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            secure_cookies: false,
            heartbeat: Duration::from_secs(15),
            longest_wait: Duration::from_secs(3),
            log_ins: 64,
            connections_per_person: 32,
            trusted_proxies: TrustedProxies::default(),
            operator_token: None,
            mailbox: None,
            trace_share: 0.0,
            clock: Arc::new(SystemClock),
        }
    }
}

impl Api {
    /// The edge over these facades, with the default options.
    #[must_use]
    pub fn new(
        facades: Facades,
        bus: EventBus,
        audit_trail: Arc<dyn AuditTrail>,
        readiness: Arc<dyn Readiness>,
    ) -> Self {
        let Facades { identity, projects, documents, agents, ask_agents, notifications, chat, erm } =
            facades;
        let options = ApiOptions::default();
        let log_ins = Arc::new(Semaphore::new(options.log_ins));
        Self {
            identity,
            projects,
            documents,
            agents,
            ask_agents,
            notifications,
            chat,
            erm,
            bus,
            audit_trail,
            readiness,
            legacy: None,
            operations: None,
            reads: None,
            metrics: None,
            limiter: None,
            options,
            log_ins,
            sockets: TaskTracker::new(),
            seats: Seats::default(),
        }
    }

    /// The same, with other options.
    #[must_use]
    pub fn with_options(self, options: ApiOptions) -> Self {
        Self { log_ins: Arc::new(Semaphore::new(options.log_ins)), options, ..self }
    }

    /// The same, with the topics and messages of the old system.
    #[must_use]
    pub fn with_legacy_bridge(self, bridge: Arc<dyn LegacyBridge>) -> Self {
        Self { legacy: Some(bridge), ..self }
    }

    /// The same, with what operators see and do at `/admin` once there is an operator token.
    #[must_use]
    pub fn with_operations(self, operations: Operations) -> Self {
        Self { operations: Some(operations), ..self }
    }

    /// The same, with what lets those who have written read it; without it nobody waits.
    #[must_use]
    pub fn with_reads(self, reads: ReadYourWrites) -> Self {
        Self { reads: Some(reads), ..self }
    }

    /// The same, with what `/metrics` shows.
    #[must_use]
    pub fn with_metrics(self, metrics: Arc<dyn Metrics>) -> Self {
        Self { metrics: Some(metrics), ..self }
    }

    /// The same, with limits on how often anybody may ask; without them everybody may, as often as they like.
    #[must_use]
    pub fn with_limits(self, limits: Limits, store: Arc<dyn LimitStore>) -> Self {
        Self { limiter: Some(Limiter::new(limits, store)), ..self }
    }

    /// Held by a log-in or a registration from the moment in which its body is there: slow senders take no turns.
    pub(crate) fn log_in_turn(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        self.log_ins.try_acquire().map_err(|_| ApiError::busy())
    }
}
