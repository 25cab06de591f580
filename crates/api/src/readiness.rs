//! The question whether the host is ready, which only the host can answer.

use std::fmt;

use async_trait::async_trait;

/// Tells whether the host is ready to work. The host implements it on what it runs.
#[async_trait]
pub trait Readiness: fmt::Debug + Send + Sync {
    /// How the parts of the host are, at this moment.
    async fn report(&self) -> ReadinessReport;

    /// Whether the database answers. Anybody may ask that, as often as they like, so it should cost little.
    async fn database(&self) -> Check {
        self.report().await.database
    }
}

/// How the parts of a host are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadinessReport {
    /// The database answers.
    pub database: Check,
    /// The reader of the log follows its end.
    pub log_reader: Check,
    /// The durable handlers run, or wait as a spare node does.
    pub handlers: Check,
}

/// How one part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// As it should be.
    Ok,
    /// Not as it should be; the text says why, to whoever asks, so it holds no secret.
    Failing(String),
}

impl Check {
    pub(crate) fn is_ok(&self) -> bool {
        *self == Self::Ok
    }
}

impl ReadinessReport {
    pub(crate) fn is_ready(&self) -> bool {
        self.database.is_ok() && self.log_reader.is_ok() && self.handlers.is_ok()
    }
}
