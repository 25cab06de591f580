//! A mail on its way out.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::correspondent::Correspondent;

/// What a mail is for, `<context>.<word>`, e.g. `identity.invitation`; for operators and for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailKind(&'static str);

impl MailKind {
    /// The kind of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// A mail on its way out: enqueued in the transaction that causes it, sent by [`SendMail`](crate::SendMail).
///
/// [`Stationery`](crate::Stationery) makes one out of a letter. It may hold links with tokens, so `Debug` shows the kind alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    pub(crate) kind: String,
    pub(crate) to: Correspondent,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    #[serde(default)]
    pub(crate) worth_until: Option<DateTime<Utc>>,
}

impl Outgoing {
    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Who gets it.
    #[must_use]
    pub fn to(&self) -> &Correspondent {
        &self.to
    }

    /// Its subject, a single line.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What it says, as plain text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it says, as HTML.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.html
    }

    /// Whether sending it is pointless by now.
    pub(crate) fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.worth_until.is_some_and(|until| until <= now)
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("kind", &self.kind).finish_non_exhaustive()
    }
}
