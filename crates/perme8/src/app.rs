//! The composition root: the only module that knows every context.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api::{Api, ApiOptions, AuditTrail, OperatorToken, Router};
use identity::{Identity, LinkRequests};
use mail::{Correspondent, Mailbox, SendMail, SmtpServer, SmtpSetupError, Stationery};
use notifications::Notifications;
use perme8_events::{
    StorageError,
    host::{
        EventBus, Feed, NodeOptions, Operations, Runtime, RuntimeBuilder, StartError, StillRunning,
        Tasks,
    },
    sql::{Applied, Db, DbOptions, MigrationError, OpenError},
};
use tokio::net::TcpListener;

use crate::{
    audit_log::{AuditLog, HostAuditTrail},
    catalogue::{CATALOGUES, MIGRATIONS},
    config::Config,
    legacy_bridge::LegacyBridge,
    metrics::HostMetrics,
    onboarding::{self, Onboarding, Welcomer},
    readiness::HostReadiness,
    standings::IdentityStandings,
    upkeep::{self, Upkeep},
};

/// The composed system: facades, live bus, durable handlers and the HTTP edge over one database.
///
/// Once assembled it follows the log, but it neither runs handlers ([`start`](Self::start)) nor listens
/// ([`serve_on`](Self::serve_on)). Clones share everything.
#[derive(Clone)]
pub struct App {
    db: Db,
    identity: Identity,
    notifications: Notifications,
    feed: Feed,
    bus: EventBus,
    runtime: Arc<Runtime>,
    operations: Operations,
    tasks: Tasks,
    is_started: Arc<AtomicBool>,
    secure_cookies: bool,
    legacy_bridge: bool,
    operator_token: Option<OperatorToken>,
    metrics: HostMetrics,
    dev: bool,
}

/// How a system is composed.
#[derive(Clone, Debug, Default)]
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
    /// What operators show at `/admin`; there is no `/admin` without it.
    pub operator_token: Option<OperatorToken>,
    /// Whether a new workspace is set up by `perme8.onboarding`.
    pub onboarding: bool,
    /// How mails look and go out.
    pub mail: MailOptions,
    /// Shows every mail to everybody, for development.
    pub dev: bool,
    /// Hashes passwords as cheaply as possible, for tests that do not ask how well they are kept.
    #[cfg(feature = "testing")]
    pub cheap_passwords: bool,
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

/// Why the host does not run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The database was not opened; nothing in it was changed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database was not brought to the schema of this program.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The handlers do not fit the database.
    #[error(transparent)]
    Handlers(#[from] StartError),
    /// Mails would not go out.
    #[error(transparent)]
    Mail(#[from] SmtpSetupError),
    /// The database gave an error.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Nobody can listen there.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: String,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}

impl App {
    /// Opens the database that `config` names, tells `migrated` of each migration that it needed, and assembles.
    ///
    /// # Errors
    ///
    /// [`AppError`]; the database is unchanged unless a migration failed half-way.
    pub async fn open(config: &Config, migrated: impl FnMut(Applied)) -> Result<Self, AppError> {
        let options = DbOptions { connections: config.connections, ..DbOptions::default() };
        let db = Db::open(&config.database, options).await?;
        db.migrate(MIGRATIONS, migrated).await?;
        let Config { node, secure_cookies, legacy_bridge, operator_token, onboarding, dev, .. } =
            config;
        let mail = MailOptions {
            stationery: config.stationery(),
            sender: config.sender(),
            server: config.mail_smtp_url.clone(),
        };
        let options = AppOptions {
            node: node.clone(),
            secure_cookies: *secure_cookies,
            legacy_bridge: *legacy_bridge,
            operator_token: *operator_token,
            onboarding: *onboarding,
            mail,
            dev: *dev,
            ..AppOptions::default()
        };
        Self::assemble(db, options).await
    }

    /// Composes the system over a migrated database, and begins to follow its log.
    ///
    /// # Errors
    ///
    /// [`AppError::Storage`] when the log cannot be read, [`AppError::Mail`] when mails would not go out.
    pub async fn assemble(db: Db, options: AppOptions) -> Result<Self, AppError> {
        let identity = new_identity(&db, &options);
        let notifications = Notifications::new(db.clone(), notifications_directory(&identity));
        let MailOptions { stationery, sender, server } = options.mail;
        let sending = match server {
            Some(server) => SendMail::through(server, sender, &db)?,
            None => SendMail::into_mailbox(sender, &db),
        };
        let builder = Runtime::builder(&db).node(named(options.node));
        let builder = if options.onboarding {
            let welcomer = Welcomer::new(&db, identity.directory(), stationery.clone());
            builder.process(Onboarding, welcomer)
        } else {
            // What it left in the database waits until it is configured again.
            builder.retired(onboarding::NAME).retired_queue(onboarding::NAME)
        };
        let runtime = with_handlers(builder, &db, &identity, stationery, sending).build();
        let feed = Feed::start(&db, &options.tasks).await?;
        let standings = Arc::new(IdentityStandings::new(identity.directory()));
        let bus = EventBus::new(feed.clone(), standings, CATALOGUES);
        let operations = Operations::of(&runtime, CATALOGUES);
        Ok(Self {
            metrics: HostMetrics::new(&db, &operations),
            operations,
            db,
            identity,
            notifications,
            feed,
            bus,
            runtime: Arc::new(runtime),
            tasks: options.tasks,
            is_started: Arc::default(),
            secure_cookies: options.secure_cookies,
            legacy_bridge: options.legacy_bridge,
            operator_token: options.operator_token,
            dev: options.dev,
        })
    }

    /// Runs the durable handlers, the workers and the schedules from now on.
    ///
    /// # Errors
    ///
    /// [`AppError::Handlers`] when a checkpoint or a dead letter belongs to a handler that this program does not have, or
    /// lies beyond the end of the log.
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
            operator_token: self.operator_token,
            mailbox: self.dev.then(|| self.mailbox()),
            clock: Arc::clone(self.db.clock()),
            ..ApiOptions::default()
        };
        let api = Api::new(
            self.identity.clone(),
            self.notifications.clone(),
            self.bus.clone(),
            self.audit_trail(),
            Arc::new(readiness),
        );
        let api = api
            .with_options(options)
            .with_operations(self.operations.clone())
            .with_metrics(Arc::new(self.metrics.clone()));
        if self.legacy_bridge {
            api.with_legacy_bridge(Arc::new(LegacyBridge::new(&self.notifications)))
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

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// People, workspaces, members, invitations.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What people are told.
    #[must_use]
    pub fn notifications(&self) -> &Notifications {
        &self.notifications
    }

    /// Who did what, when and because of what.
    #[must_use]
    pub fn audit_trail(&self) -> Arc<dyn AuditTrail> {
        Arc::new(HostAuditTrail::new(self.db.clone(), self.identity.directory()))
    }

    /// The mails of a host without a mail server.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.db.clone())
    }

    /// Live subscriptions.
    #[must_use]
    pub fn bus(&self) -> &EventBus {
        &self.bus
    }

    /// The settled end of the log.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The durable handlers.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// What operators see and do.
    #[must_use]
    pub fn operations(&self) -> &Operations {
        &self.operations
    }

    /// What the system runs.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
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

#[cfg(feature = "testing")]
fn new_identity(db: &Db, options: &AppOptions) -> Identity {
    if options.cheap_passwords {
        Identity::with_cheap_passwords(db.clone())
    } else {
        Identity::new(db.clone())
    }
}

#[cfg(not(feature = "testing"))]
fn new_identity(db: &Db, _options: &AppOptions) -> Identity {
    Identity::new(db.clone())
}

/// What operators can do, for who runs no handlers: the program knows them all the same.
pub(crate) fn operations(db: &Db) -> Operations {
    let (identity, mail) = (Identity::new(db.clone()), MailOptions::default());
    let sending = SendMail::into_mailbox(mail.sender, db);
    let welcomer = Welcomer::new(db, identity.directory(), mail.stationery.clone());
    let builder = Runtime::builder(db).process(Onboarding, welcomer);
    let runtime = with_handlers(builder, db, &identity, mail.stationery, sending).build();
    Operations::of(&runtime, CATALOGUES)
}

fn named(node: Option<String>) -> NodeOptions {
    let default = NodeOptions::default();
    NodeOptions { name: node.unwrap_or(default.name), lease: default.lease }
}

/// Who is who, for notifications.
fn notifications_directory(identity: &Identity) -> Arc<dyn notifications::Directory> {
    Arc::new(notifications::IdentityGateway::new(identity.directory()))
}

/// Every durable handler, worker and schedule that no setting turns off. A handler that goes away is declared
/// `.retired("its.name")` here, a queue `.retired_queue("its.name")`.
fn with_handlers(
    builder: RuntimeBuilder,
    db: &Db,
    identity: &Identity,
    stationery: Stationery,
    sending: SendMail,
) -> RuntimeBuilder {
    let directory = notifications_directory(identity);
    let notifications = Notifications::new(db.clone(), Arc::clone(&directory));
    let builder = builder
        .handler(identity::OnUserConfirmed)
        .handler(identity.mailer(stationery))
        .handler(notifications::OnInvitation::new(Arc::clone(&directory)))
        .handler(notifications::OnWorkspaceActivity::new(directory))
        .handler(notifications::OnAccessLost::new())
        .handler(AuditLog::new())
        .worker(LinkRequests::new(identity.clone()))
        .worker(sending)
        .worker(Upkeep::new(identity.clone(), Mailbox::new(db.clone()), notifications));
    upkeep::schedules().into_iter().fold(builder, RuntimeBuilder::schedule)
}
