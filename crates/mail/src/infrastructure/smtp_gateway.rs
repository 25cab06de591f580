//! Sending mails through a server.

use std::time::Duration;

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    transport::smtp::{self, authentication::Credentials},
};

use crate::{
    application::ports::{Dispatch, DispatchError, Mailer},
    domain::outgoing::Outgoing,
    infrastructure::{
        message::{Parts, message},
        smtp_server::{Security, SmtpServer},
    },
};

/// How long sending a mail may take. The library has such a limit for connecting alone.
const PATIENCE: Duration = Duration::from_secs(30);

/// More of what a server says about a mail is not kept.
const MAX_REPLY: usize = 500;

/// Speaks to a mail server; each mail in a connection of its own.
#[derive(Debug)]
pub(crate) struct SmtpMailer {
    server: SmtpServer,
    transport: AsyncSmtpTransport<Tokio1Executor>,
    patience: Duration,
}

/// The connection to a mail server cannot be set up, e.g. because this machine trusts no certificates.
#[derive(Debug, thiserror::Error)]
#[error("mails cannot be sent through {server}")]
pub struct SmtpSetupError {
    server: SmtpServer,
    #[source]
    source: smtp::Error,
}

impl SmtpMailer {
    pub(crate) fn new(server: SmtpServer) -> Result<Self, SmtpSetupError> {
        Self::with_patience(server, PATIENCE)
    }

    fn with_patience(server: SmtpServer, patience: Duration) -> Result<Self, SmtpSetupError> {
        let SmtpServer { host, port, security, credentials } = &server;
        let builder = match security {
            Security::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host),
            Security::StartTls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host),
            Security::None => {
                Ok(AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.as_str()))
            }
        };
        let builder = match builder {
            Ok(builder) => builder.port(*port).timeout(Some(patience)),
            Err(source) => return Err(SmtpSetupError { server, source }),
        };
        let builder = match credentials.clone() {
            Some((name, password)) => builder.credentials(Credentials::new(name, password)),
            None => builder,
        };
        Ok(Self { transport: builder.build(), server, patience })
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    fn name(&self) -> String {
        self.server.to_string()
    }

    async fn send(&self, dispatch: &Dispatch) -> Result<(), DispatchError> {
        let Dispatch { id: _, message_id, from, mail, at } = dispatch;
        let Outgoing { kind: _, to, subject, text, html, worth_until: _ } = mail;
        let parts = Parts { message_id, from, to, subject, text, html, at: *at };
        let message = message(parts).map_err(|error| DispatchError::Refused(error.into()))?;
        match tokio::time::timeout(self.patience, self.transport.send(message)).await {
            Ok(Ok(_taken)) => Ok(()),
            Ok(Err(error)) => Err(classified(&error, to.address())),
            Err(_elapsed) => Err(DispatchError::NotNow("the server takes too long".into())),
        }
    }
}

/// A server that refuses for good is believed, unless it refuses us: that can be mended without the mail.
fn classified(error: &smtp::Error, recipient: &str) -> DispatchError {
    const AUTHENTICATION: [u16; 5] = [530, 534, 535, 538, 454];
    let code = error.status().map(u16::from);
    let reply = reply(error, recipient);
    if error.is_permanent() && !code.is_some_and(|code| AUTHENTICATION.contains(&code)) {
        DispatchError::Refused(reply.into())
    } else {
        DispatchError::NotNow(reply.into())
    }
}

/// What the server said, without the address that it is about: failures are logged.
fn reply(error: &smtp::Error, recipient: &str) -> String {
    let text = error.to_string().replace(recipient, "<recipient>");
    text.chars().filter(|c| !c.is_control()).take(MAX_REPLY).collect()
}

#[cfg(test)]
mod tests;
