//! What proves who somebody is, for a while.

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::UserId;

use crate::domain::{email::Email, references::SessionId, secret::TokenHash};

/// How long a session lasts.
const SESSION: TimeDelta = TimeDelta::days(14);

/// How long the token of a link in a mail is good.
const LINK: TimeDelta = TimeDelta::minutes(15);

/// How long a ticket is good.
const TICKET: TimeDelta = TimeDelta::seconds(60);

/// So many tickets of a session are good at the same time.
pub(crate) const TICKETS: i64 = 32;

/// Somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user_id: UserId,
    pub(crate) token_hash: TokenHash,
    pub(crate) authenticated_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Session {
    pub(crate) fn begin(
        id: SessionId,
        user_id: UserId,
        token_hash: TokenHash,
        now: DateTime<Utc>,
    ) -> Self {
        Self { id, user_id, token_hash, authenticated_at: now, expires_at: now + SESSION }
    }
}

/// A single-use token that was sent to the e-mail address of an account, and proves that its bearer reads that mail.
///
/// It logs in, and confirms the address where nobody has yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmailToken {
    pub(crate) token_hash: TokenHash,
    pub(crate) user_id: UserId,
    /// Where it was sent; worthless once the account has another address.
    pub(crate) sent_to: Email,
    pub(crate) expires_at: DateTime<Utc>,
}

impl EmailToken {
    pub(crate) fn issue(
        token_hash: TokenHash,
        user_id: UserId,
        sent_to: Email,
        now: DateTime<Utc>,
    ) -> Self {
        Self { token_hash, user_id, sent_to, expires_at: now + LINK }
    }
}

/// A single-use token that shows a session where its own token must not stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) token_hash: TokenHash,
    pub(crate) session_id: SessionId,
    pub(crate) user_id: UserId,
    pub(crate) expires_at: DateTime<Utc>,
}

impl Ticket {
    pub(crate) fn of(
        token_hash: TokenHash,
        session_id: SessionId,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Self {
        Self { token_hash, session_id, user_id, expires_at: now + TICKET }
    }
}
