//! A host on a database of its own, the people who use it, and the proof at the end that nothing was left undone.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use api::Limits;
use erm::ErmOptions;
use identity::{ExpireInvitations, IssueConfirmation};
use llm::{Provider, testing::ProviderServer};
use mail::testing::MailServer;
use perme8::App;
use perme8_events::{
    Clock, Envelope, EventFilter, EventStore as _, Origin, Position, SystemClock,
    host::{CaseStatus, HandlerStatus, QueueStatus, Reaction, RuntimeBuilder},
    testing::{Driver, ManualClock, TestDb},
};
use serde_json::json;

pub(crate) mod answer;
mod company;
pub(crate) mod editors;
pub(crate) mod engines;
mod hosts;
mod mails;
pub(crate) mod page;
pub(crate) mod persona;
pub(crate) mod request;
pub(crate) mod socket;
pub(crate) mod stream;
pub(crate) mod wait;

use hosts::{Settings, host, listen};
use persona::Persona;
use wait::eventually;

/// The password of everybody.
const PASSWORD: &str = "correct horse battery";

/// What operators show.
const OPERATOR_TOKEN: &str = "operators-of-scenarios";

/// How long a host may take to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Where the host listens; it moves when the host restarts.
#[derive(Clone, Debug)]
pub(crate) struct Place(Arc<Mutex<SocketAddr>>);

impl Place {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self(Arc::new(Mutex::new(address)))
    }

    fn move_to(&self, address: SocketAddr) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The whole host on a fresh database, listening on a port of its own.
///
/// At first its clock stands still and handlers run when [`run_until_idle`](Self::run_until_idle) tells them to;
/// [`go_live`](Self::go_live) makes it a host as it runs in production.
#[derive(Debug)]
pub struct Scenario {
    test: TestDb,
    app: App,
    place: Place,
    driver: Option<Driver>,
    is_live: bool,
    settings: Settings,
}

impl Scenario {
    /// Starts a host on `test`.
    pub async fn start(test: TestDb) -> Self {
        let settings = Settings::default();
        let (app, address) = host(&test, Arc::new(test.clock.clone()), &settings).await;
        // Known to the database from the beginning, handlers see everything that happens.
        let driver = Some(app.runtime().driver(Some(test.clock.clone())).await);
        Self { test, app, place: Place::new(address), driver, is_live: false, settings }
    }

    /// From now on time passes, and handlers run by themselves.
    pub async fn go_live(&mut self) {
        self.is_live = true;
        self.restart().await;
    }

    /// From now on nobody may ask as often as they like.
    pub async fn limit(&mut self, limits: Limits) {
        self.settings.limits = Some(limits);
        self.restart().await;
    }

    /// From now on graphs and walks through them have these limits.
    pub async fn keep_graphs_within(&mut self, limits: ErmOptions) {
        self.settings.erm = limits;
        self.restart().await;
    }

    /// From now on every request begins a trace.
    pub async fn trace_everything(&mut self) {
        self.settings.trace_share = 1.0;
        self.restart().await;
    }

    /// From now on what is not there yet is waited for so long at most.
    pub async fn wait_at_most(&mut self, longest: Duration) {
        self.settings.longest_wait = longest;
        self.restart().await;
    }

    /// From now on the host sets up new workspaces.
    pub async fn set_up_workspaces(&mut self) {
        self.settings.onboarding = true;
        self.restart_with_more().await;
    }

    /// From now on the host also runs what somebody else has written.
    pub async fn run_beside(&mut self, more: fn(RuntimeBuilder) -> RuntimeBuilder) {
        self.settings.beside = more;
        self.restart_with_more().await;
    }

    async fn restart_with_more(&mut self) {
        self.restart().await;
        if !self.is_live {
            // Known to the database from here on.
            self.run_until_idle().await;
        }
    }

    /// From now on a model of this provider answers, which is called `scripted`.
    pub async fn ask_models_of(&mut self, server: &ProviderServer) {
        let base_url = server.url().parse().expect("an address makes a URL");
        self.settings.language_model = Some(Provider { base_url, api_key: None });
        self.restart().await;
    }

    /// From now on mails go out through this server.
    pub async fn send_mails_through(&mut self, server: &MailServer) {
        let url = server.url();
        self.settings.mail_server = Some(url.parse().expect("an address makes a URL"));
        self.restart().await;
    }

    /// Stops the host, and starts another on the same database.
    pub async fn restart(&mut self) {
        self.driver = None;
        self.stop().await;
        let clock: Arc<dyn Clock> =
            if self.is_live { Arc::new(SystemClock) } else { Arc::new(self.test.clock.clone()) };
        let (app, address) = host(&self.test, clock, &self.settings).await;
        if self.is_live {
            app.start().await.expect("the handlers fit the database");
        }
        self.place.move_to(address);
        self.app = app;
    }

    /// Stops the host; whoever asks for something is refused the connection.
    pub async fn stop(&self) {
        self.app.shutdown(GRACE).await.expect("a host stops when it is asked to");
    }

    /// One more host, live and on the same database.
    pub async fn another_host(&self) -> OtherHost {
        let (app, address) = host(&self.test, Arc::new(SystemClock), &self.settings).await;
        app.start().await.expect("the handlers fit the database");
        OtherHost { app, place: Place::new(address) }
    }

    /// Answers people from another HTTP edge over the same host.
    pub async fn serve(&self, edge: api::Api) {
        let (listener, address) = listen().await;
        let stopped = self.app.tasks().token().cancelled_owned();
        self.app.tasks().spawn("another edge", async move {
            api::serve(listener, edge, stopped).await.expect("the listener works");
        });
        self.place.move_to(address);
    }

    /// Delivers every event to every handler, and tells what happened; waits for retries by moving the clock.
    pub async fn run_until_idle(&mut self) -> Vec<Reaction> {
        assert!(!self.is_live, "the handlers of a live host run by themselves");
        let clock = self.test.clock.clone();
        if self.driver.is_none() {
            self.driver = Some(self.app.runtime().driver(Some(clock)).await);
        }
        self.driver.as_mut().expect("made above").run_until_idle().await
    }

    /// The same, and then what handlers have passed over is stored as well, as hosts do that run by themselves.
    pub async fn run_until_stored(&mut self) {
        self.run_until_idle().await;
        self.driver.as_ref().expect("it has just run").store_idle().await;
    }

    /// Ends invitations that nobody answered in time, as the host does every hour.
    pub async fn expire_invitations(&self) -> usize {
        let origin = Origin::system("identity.expiry");
        let expired =
            self.app.identity().expire_invitations(origin, ExpireInvitations { limit: 500 }).await;
        expired.expect("invitations expire")
    }

    /// Somebody with a confirmed account, logged in by a bearer token.
    pub async fn user(&self, name: &str) -> Persona {
        self.register(name).await;
        self.confirm(name).await
    }

    /// The same, in a browser, which keeps the cookie instead.
    pub async fn browser(&self, name: &str) -> Persona {
        let mut browser = self.user(name).await;
        browser.use_cookie().await;
        browser
    }

    /// Makes an account, as everybody can.
    pub async fn register(&self, name: &str) {
        let body = json!({
            "email": format!("{name}@example.com"),
            "first_name": capitalised(name),
            "last_name": "Example",
            "password": PASSWORD,
        });
        self.stranger().post("/api/users").json(body).await.is(201);
    }

    /// Confirms the account of this name, and begins a session.
    pub async fn confirm(&self, name: &str) -> Persona {
        let email = format!("{name}@example.com");
        let token = self.confirmation_token(&email).await;
        let body = json!({ "token": token, "password": PASSWORD });
        let answer = self.stranger().post("/api/sessions").json(body).await.is(201);
        Persona::logged_in(self.place.clone(), email, &answer)
    }

    /// Somebody whose account was confirmed before, with a new session.
    pub async fn confirmed(&self, name: &str) -> Persona {
        Persona::named(self.place.clone(), format!("{name}@example.com")).again().await
    }

    /// What the mail with the link would say.
    pub async fn confirmation_token(&self, email: &str) -> String {
        let command = IssueConfirmation { email: email.to_owned() };
        let token =
            self.app.identity().issue_confirmation(Origin::system("scenario"), command).await;
        token.expect("the account waits for its confirmation").expose().to_owned()
    }

    /// Somebody without an account.
    #[must_use]
    pub fn stranger(&self) -> Persona {
        Persona::stranger(self.place.clone())
    }

    /// Somebody who runs the installation.
    #[must_use]
    pub fn operator(&self) -> Persona {
        self.stranger().with_bearer(OPERATOR_TOKEN)
    }

    /// The host.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The clock, which stands still until it is moved or a retry waits.
    #[must_use]
    pub fn clock(&self) -> &ManualClock {
        &self.test.clock
    }

    /// The database.
    #[must_use]
    pub fn test_db(&self) -> &TestDb {
        &self.test
    }

    /// Everything that happened so far, in order.
    pub async fn log(&self) -> Vec<Envelope> {
        let log = self.app.db().read(&EventFilter::All, Position::START, 10_000).await;
        log.expect("the log is readable")
    }

    /// The types of what happened behind `after`, in order.
    pub async fn types_after(&self, after: Position) -> Vec<String> {
        let log = self
            .app
            .db()
            .read(&EventFilter::All, after, 10_000)
            .await
            .expect("the log is readable");
        log.into_iter().map(|event| event.event_type).collect()
    }

    /// The end of the log.
    pub async fn head(&self) -> Position {
        self.app.db().head().await.expect("the log is readable")
    }

    /// Ends the scenario: every handler and every worker must have done everything, nothing may have failed, no case may be
    /// stuck, and the host must stop.
    pub async fn finish(mut self) {
        if self.is_live {
            let operations = self.app.operations().clone();
            eventually("everything is handled and every job is done", async || {
                // Jobs first: the last of them may have told something.
                let queues = operations.queues().await.expect("the queues are readable");
                let handlers = operations.handlers().await.expect("the handlers are readable");
                queues.iter().all(|queue| (queue.waiting, queue.running) == (0, 0))
                    && handlers.iter().all(|handler| handler.lag_events + handler.aside == 0)
            })
            .await;
        } else {
            self.run_until_idle().await;
        }
        let left = self.left().await;
        assert!(left.is_empty(), "something was left undone: {left:?}");
        self.driver = None;
        self.stop().await;
    }

    /// What handlers, queues and process managers have not done, a sentence for each that has left something.
    pub async fn left(&self) -> Vec<String> {
        let operations = self.app.operations();
        let mut left = Vec::new();
        for status in operations.handlers().await.expect("the handlers are readable") {
            let HandlerStatus { handler, retrying, parked, aside, dead, .. } = status;
            if (retrying, parked, aside, dead) != (0, 0, 0, 0) {
                left.push(format!(
                    "{handler}: {retrying} retrying, {parked} parked, {aside} aside, {dead} dead"
                ));
            }
        }
        for status in operations.queues().await.expect("the queues are readable") {
            let QueueStatus { queue, waiting, running, dead, .. } = status;
            if (waiting, running, dead) != (0, 0, 0) {
                left.push(format!("{queue}: {waiting} waiting, {running} running, {dead} dead"));
            }
        }
        for case in operations.cases(Some("stuck"), 10).await.expect("the cases are readable") {
            let CaseStatus { process, error, .. } = case;
            left.push(format!("{process}: a case is stuck, {}", error.unwrap_or_default()));
        }
        left
    }
}

/// A second host on the database of a scenario.
#[derive(Debug)]
pub struct OtherHost {
    app: App,
    place: Place,
}

impl OtherHost {
    /// The same person, with the same session, who asks this host.
    #[must_use]
    pub fn persona(&self, person: &Persona) -> Persona {
        person.clone().at_place(self.place.clone())
    }

    /// Stops it.
    pub async fn stop(&self) {
        self.app.shutdown(GRACE).await.expect("a host stops when it is asked to");
    }
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}
