//! The composition root: the only module that knows every context.

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use agents::{Agents, AskAgents};
use api::{Api, ApiOptions, Limits, OperatorToken, Router, TrustedProxies};
use chat::Chat;
use documents::Documents;
use erm::Erm;
use identity::Identity;
use llm::Answers;
use mail::SendMail;
use notifications::Notifications;
use perme8_events::{
    host::{
        EventBus, Feed, Operations, ReadYourWrites, Runtime, RuntimeBuilder, StillRunning, Tasks,
    },
    sql::{Applied, Db, DbOptions},
};
use projects::Projects;
use tokio::net::TcpListener;

use crate::{
    answer_surroundings::AnswerSurroundings,
    catalogue::{CATALOGUES, MIGRATIONS},
    config::Config,
    legacy_bridge::LegacyBridge,
    metrics::HostMetrics,
    note_surroundings::NoteSurroundings,
    onboarding::{self, Onboarding, welcomer::Welcomer},
    rate_limits::HostLimitStore,
    readiness::HostReadiness,
    sights::HostSights,
    standings::IdentityStandings,
};

mod at_hand;
mod builder;
mod error;
mod options;
mod parts;

pub use builder::AppBuilder;
pub use error::AppError;
pub use options::{AppOptions, LlmOptions, MailOptions};

pub(crate) use parts::operations;

use parts::{
    answered, named, new_agents, new_answers, new_ask_agents, new_chat, new_documents, new_erm,
    new_identity, new_notifications, open_for_editors, projects_members, with_forgetting,
    with_handlers,
};

/// The composed system: facades, live bus, durable handlers and the HTTP edge over one database.
///
/// Once assembled it follows the log, but it neither runs handlers ([`start`](Self::start)) nor listens
/// ([`serve_on`](Self::serve_on)). Clones share everything.
#[derive(Clone)]
pub struct App {
    db: Db,
    identity: Identity,
    projects: Projects,
    documents: Documents,
    agents: Agents,
    ask_agents: AskAgents,
    notifications: Notifications,
    chat: Chat,
    erm: Erm,
    answers: Answers,
    feed: Feed,
    bus: EventBus,
    runtime: Arc<Runtime>,
    operations: Operations,
    tasks: Tasks,
    is_started: Arc<AtomicBool>,
    secure_cookies: bool,
    legacy_bridge: bool,
    limits: Option<Limits>,
    trusted_proxies: TrustedProxies,
    operator_token: Option<OperatorToken>,
    longest_wait: Duration,
    metrics: HostMetrics,
    trace_share: f64,
    dev: bool,
}

impl App {
    /// Opens the database that `config` names, tells `migrated` of each migration that it needed, and assembles.
    ///
    /// # Errors
    ///
    /// [`AppError`]; the database is unchanged unless a migration failed half-way.
    pub async fn open(config: &Config, migrated: impl FnMut(Applied)) -> Result<Self, AppError> {
        let options = DbOptions {
            connections: config.connections,
            master_keys: config.master_keys.clone(),
            ..DbOptions::default()
        };
        let db = Db::open(&config.database, options).await?;
        db.migrate(MIGRATIONS, migrated).await?;
        let Config {
            node,
            secure_cookies,
            legacy_bridge,
            no_rate_limits,
            limits,
            trusted_proxies,
            operator_token,
            onboarding,
            dev,
            ..
        } = config;
        let mail = MailOptions {
            stationery: config.stationery(),
            sender: config.sender(),
            server: config.mail_smtp_url.clone(),
        };
        let options = AppOptions {
            node: node.clone(),
            secure_cookies: *secure_cookies,
            legacy_bridge: *legacy_bridge,
            limits: (!no_rate_limits).then_some(*limits),
            trusted_proxies: trusted_proxies.clone(),
            operator_token: *operator_token,
            onboarding: *onboarding,
            forget_after: config.forget_after(),
            mail,
            llm: config.language_model(),
            erm: config.erm,
            trace_share: config.trace_url.as_ref().map_or(0.0, |_| config.trace_share),
            dev: *dev,
            ..AppOptions::default()
        };
        Self::assemble(db, options).await
    }

    /// Composes the system over a migrated database, and begins to follow its log.
    ///
    /// # Errors
    ///
    /// [`AppError::Storage`] when the log cannot be read, [`AppError::Mail`] when mails would not go out,
    /// [`AppError::LanguageModel`] when the model cannot be asked.
    pub async fn assemble(db: Db, options: AppOptions) -> Result<Self, AppError> {
        Self::builder(db, options).assemble().await
    }

    /// Begins a system over a migrated database that runs handlers of somebody else beside its own.
    #[must_use]
    pub fn builder(db: Db, options: AppOptions) -> AppBuilder {
        AppBuilder::new(db, options)
    }

    /// Composes the system, with what this runtime has already.
    async fn compose(
        db: Db,
        options: AppOptions,
        runtime: RuntimeBuilder,
    ) -> Result<Self, AppError> {
        let identity = new_identity(&db, &options);
        let projects = Projects::new(db.clone(), projects_members(&identity));
        let documents = new_documents(&db, &identity);
        let notifications = new_notifications(&db, &identity);
        let erm = new_erm(&db, &identity, options.erm);
        let MailOptions { stationery, sender, server } = options.mail.clone();
        let sending = match server {
            Some(server) => SendMail::through(server, sender, &db)?,
            None => SendMail::into_mailbox(sender, &db),
        };
        let builder = runtime.node(named(options.node.clone()));
        let builder = if options.onboarding {
            let (projects, documents) = (projects.clone(), documents.clone());
            let directory = identity.directory();
            let welcomer = Welcomer::new(&db, directory, projects, documents, stationery.clone());
            builder.process(Onboarding, welcomer)
        } else {
            // What it left in the database waits until it is configured again.
            builder.retired(onboarding::NAME).retired_queue(onboarding::NAME)
        };
        let builder = with_forgetting(builder, &db, options.forget_after);
        let (llm, graphs) = (&options.llm, erm.clone());
        let runtime =
            with_handlers(builder, &db, &identity, stationery, sending, llm, graphs).build();
        let feed = Feed::start(&db, &options.tasks).await?;
        let standings = Arc::new(IdentityStandings::new(identity.directory()));
        let sights = Arc::new(HostSights::new(&db, identity.directory()));
        let bus = EventBus::new(feed.clone(), standings, CATALOGUES).narrowed_by(sights);
        let surroundings = Arc::new(NoteSurroundings::new(&bus, &options.tasks));
        let answering = AnswerSurroundings::new(&bus, &options.tasks);
        let answers = new_answers(&db, answering, options.llm.clone())?;
        let agents = new_agents(&db, &identity, answers.models());
        let ask_agents = new_ask_agents(&agents, &identity, &answers, &db);
        let chat = answered(new_chat(&db, &identity), &agents, &db, answers.clone());
        let operations = Operations::of(&runtime, CATALOGUES);
        Ok(Self {
            metrics: HostMetrics::new(&db, &operations),
            operations,
            db,
            identity,
            projects,
            documents: open_for_editors(documents, surroundings, &options),
            agents,
            ask_agents,
            notifications,
            chat,
            erm,
            answers,
            feed,
            bus,
            runtime: Arc::new(runtime),
            tasks: options.tasks,
            is_started: Arc::default(),
            secure_cookies: options.secure_cookies,
            legacy_bridge: options.legacy_bridge,
            limits: options.limits,
            trusted_proxies: options.trusted_proxies,
            operator_token: options.operator_token,
            longest_wait: options.longest_wait,
            trace_share: options.trace_share,
            dev: options.dev,
        })
    }

    /// Runs the durable handlers, the workers and the schedules from now on.
    ///
    /// # Errors
    ///
    /// [`AppError::Handlers`] when a checkpoint or a dead letter belongs to a handler of one of the contexts that this program does
    /// not have, or lies beyond the end of the log. Handlers of other programs on the same database are left to these.
    pub async fn start(&self) -> Result<(), AppError> {
        self.runtime.start(&self.feed, &self.tasks).await?;
        self.metrics.start(&self.tasks);
        self.is_started.store(true, Ordering::Release);
        Ok(())
    }

    /// Serves HTTP on `listener` from now on, until the tasks are stopped; gives the address.
    ///
    /// # Errors
    ///
    /// [`AppError::Listen`] when the listener has no address.
    pub fn serve_on(&self, listener: TcpListener) -> Result<SocketAddr, AppError> {
        let address = listener.local_addr().map_err(|source| AppError::Listen {
            address: "an unknown address".to_owned(),
            source,
        })?;
        let (api, stopped) = (self.api(), self.tasks.token().cancelled_owned());
        self.tasks.spawn("http", async move {
            if let Err(error) = api::serve(listener, api, stopped).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the HTTP server ended");
            }
        });
        Ok(address)
    }

    /// The HTTP edge, for whoever serves it in a way of their own.
    pub fn router(&self) -> Router {
        api::router(self.api())
    }

    fn api(&self) -> Api {
        let readiness = HostReadiness {
            db: self.db.clone(),
            feed: self.feed.clone(),
            operations: self.operations.clone(),
            handlers: self.runtime.handler_names(),
            is_started: Arc::clone(&self.is_started),
        };
        let options = ApiOptions {
            secure_cookies: self.secure_cookies,
            trusted_proxies: self.trusted_proxies.clone(),
            operator_token: self.operator_token,
            mailbox: self.dev.then(|| self.mailbox()),
            clock: Arc::clone(self.db.clock()),
            longest_wait: self.longest_wait,
            trace_share: self.trace_share,
            ..ApiOptions::default()
        };
        let (bus, audit_trail) = (self.bus.clone(), self.audit_trail());
        let api = Api::new(self.facades(), bus, audit_trail, Arc::new(readiness));
        let api = api
            .with_options(options)
            .with_operations(self.operations.clone())
            .with_reads(ReadYourWrites::of(&self.runtime))
            .with_metrics(Arc::new(self.metrics.clone()));
        let api = match self.limits {
            Some(limits) => api.with_limits(limits, Arc::new(HostLimitStore::new(&self.db))),
            None => api,
        };
        if self.legacy_bridge {
            let bridge = LegacyBridge::new(&self.notifications, &self.documents.directory());
            api.with_legacy_bridge(Arc::new(bridge))
        } else {
            api
        }
    }

    /// Stops accepting requests, ends streams, finishes what handlers have begun, releases leases, closes connections.
    ///
    /// # Errors
    ///
    /// [`StillRunning`] when some tasks take longer than `grace`; what they had not committed is as if it never was.
    pub async fn shutdown(&self, grace: Duration) -> Result<(), StillRunning> {
        self.tasks.shutdown(grace).await?;
        self.db.close().await;
        Ok(())
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("db", &self.db)
            .field("is_started", &self.is_started)
            .finish_non_exhaustive()
    }
}
