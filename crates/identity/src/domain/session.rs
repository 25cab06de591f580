//! What proves who somebody is, for a while.

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{Client, UserId};

use crate::domain::{email::Email, references::SessionId, secret::TokenHash};

/// How long a session lasts.
const SESSION: TimeDelta = TimeDelta::days(14);

/// The use of a session is noted when it has not been noted for so long: not every request is worth a write.
pub(crate) const USE_NOTED: TimeDelta = TimeDelta::minutes(5);

/// So long somebody who has shown who they are may do what others must not do with a session that was left open.
pub(crate) const FRESH: TimeDelta = TimeDelta::minutes(20);

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
    pub(crate) began_at: DateTime<Utc>,
    /// When the person last showed who they are.
    pub(crate) authenticated_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    /// Where it began.
    pub(crate) client: Option<Client>,
}

impl Session {
    pub(crate) fn begin(
        id: SessionId,
        user_id: UserId,
        token_hash: TokenHash,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            user_id,
            token_hash,
            began_at: now,
            authenticated_at: now,
            expires_at: now + SESSION,
            client: None,
        }
    }

    /// The same, begun by this client.
    pub(crate) fn by(self, client: Option<Client>) -> Self {
        Self { client, ..self }
    }

    /// Whether the person has shown who they are in this session a moment ago.
    pub(crate) fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        is_fresh(self.authenticated_at, now) && self.expires_at > now
    }
}

/// Whether somebody who showed at that time who they are has done so a moment ago.
pub(crate) fn is_fresh(authenticated_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    authenticated_at > now - FRESH
}

/// What the token of a mail is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenPurpose {
    /// It logs in, and confirms the address where nobody has yet.
    LogIn,
    /// It sets another password.
    ResetPassword,
    /// It moves the account to the address that it was sent to.
    ChangeEmail,
}

impl TokenPurpose {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::LogIn => "log_in",
            Self::ResetPassword => "reset_password",
            Self::ChangeEmail => "change_email",
        }
    }

    const fn lifetime(self) -> TimeDelta {
        match self {
            Self::LogIn => TimeDelta::minutes(15),
            Self::ResetPassword => TimeDelta::hours(1),
            Self::ChangeEmail => TimeDelta::days(7),
        }
    }
}

/// A single-use token that was sent to an e-mail address, and proves that its bearer reads that mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmailToken {
    pub(crate) token_hash: TokenHash,
    pub(crate) purpose: TokenPurpose,
    pub(crate) user_id: UserId,
    /// Where it was sent. Every token of a person is forgotten when the account has another address.
    pub(crate) sent_to: Email,
    pub(crate) expires_at: DateTime<Utc>,
}

impl EmailToken {
    pub(crate) fn issue(
        purpose: TokenPurpose,
        token_hash: TokenHash,
        user_id: UserId,
        sent_to: Email,
        now: DateTime<Utc>,
    ) -> Self {
        Self { token_hash, purpose, user_id, sent_to, expires_at: now + purpose.lifetime() }
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

#[cfg(test)]
mod tests {
    use perme8_events::{Clock as _, Id, testing::ManualClock};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_session_is_fresh_for_less_than_twenty_minutes() {
        let now = ManualClock::monday_morning().now();
        let id = Uuid::from_u128(1);
        let session = Session::begin(Id::new(id), Id::new(id), TokenHash::new([1; 32]), now);
        for (minutes, fresh) in [(0, true), (19, true), (20, false), (21, false)] {
            assert_eq!(session.is_fresh(now + TimeDelta::minutes(minutes)), fresh, "{minutes}");
        }
        let over = Session { expires_at: now, ..session };
        assert!(!over.is_fresh(now));
    }
}
