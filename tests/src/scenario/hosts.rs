//! The host of a scenario, as its settings say.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use api::{Limits, OperatorToken};
use erm::ErmOptions;
use llm::{Models, Provider};
use mail::SmtpServer;
use perme8::{App, AppOptions, LlmOptions, MailOptions};
use perme8_events::{
    Clock,
    host::RuntimeBuilder,
    sql::{Db, DbOptions},
    testing::TestDb,
};
use tokio::net::TcpListener;

use super::{
    OPERATOR_TOKEN,
    wait::{self, in_time},
};

/// Adds to a host what somebody else has written.
pub(super) type Beside = fn(RuntimeBuilder) -> RuntimeBuilder;

/// What a scenario may want of its host beside the defaults.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) onboarding: bool,
    pub(super) mail_server: Option<SmtpServer>,
    pub(super) language_model: Option<Provider>,
    pub(super) limits: Option<Limits>,
    pub(super) longest_wait: Duration,
    pub(super) erm: ErmOptions,
    pub(super) trace_share: f64,
    pub(super) beside: Beside,
}

impl Default for Settings {
    fn default() -> Self {
        // Whoever waits for what is on its way gets it, however slow this machine is.
        let longest_wait = wait::DEADLINE;
        let (mail_server, language_model) = (None, None);
        let erm = ErmOptions::default();
        Self {
            onboarding: false,
            mail_server,
            language_model,
            limits: None,
            longest_wait,
            erm,
            trace_share: 0.0,
            beside: |runtime| runtime,
        }
    }
}

/// The whole host on this database, listening.
pub(super) async fn host(
    test: &TestDb,
    clock: Arc<dyn Clock>,
    settings: &Settings,
) -> (App, SocketAddr) {
    let Settings {
        onboarding,
        mail_server,
        language_model,
        limits,
        longest_wait,
        erm,
        trace_share,
        beside,
    } = settings.clone();
    let options = DbOptions { clock, connections: 5, power_safe: false, ..DbOptions::default() };
    let db = Db::open(&test.url, options).await.expect("the database opens");
    let token = OperatorToken::new(OPERATOR_TOKEN).expect("the token is long enough");
    let options = AppOptions {
        cheap_passwords: true,
        legacy_bridge: true,
        limits,
        operator_token: Some(token),
        longest_wait,
        onboarding,
        mail: MailOptions { server: mail_server, ..MailOptions::default() },
        llm: LlmOptions { provider: language_model.map(scripted), ..LlmOptions::default() },
        erm,
        trace_share,
        ..AppOptions::default()
    };
    let app = App::builder(db, options).running(beside).assemble().await;
    let app = app.expect("the host fits the database");
    let (listener, _) = listen().await;
    let address = app.serve_on(listener).expect("the listener has an address");
    (app, address)
}

/// A provider with its one model.
fn scripted(provider: Provider) -> (Provider, Models) {
    let name = "scripted".parse().expect("a short word");
    (provider, Models::only(name, Vec::new()))
}

/// A free port, and its address.
pub(super) async fn listen() -> (TcpListener, SocketAddr) {
    let listener = in_time("a free port", TcpListener::bind("127.0.0.1:0"))
        .await
        .expect("there is a free port");
    let address = listener.local_addr().expect("the listener has an address");
    (listener, address)
}
