//! What is counted, and for whom.

use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv6Addr},
};

use perme8_events::UserId;
use sha2::{Digest as _, Sha256};

use crate::auth::{Caller, Credential};

/// Something that can be guessed, or that sends mails to whoever is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    LogIn,
    MagicLink,
    PasswordReset,
    Registration,
    Reauthentication,
    EmailChange,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::LogIn => "log_in",
            Self::MagicLink => "magic_link",
            Self::PasswordReset => "password_reset",
            Self::Registration => "registration",
            Self::Reauthentication => "reauthentication",
            Self::EmailChange => "email_change",
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Requests of a session or of an API key.
    Caller,
    /// Requests from an address, by whoever has not shown who they are.
    Stranger,
    /// Attempts of this kind from an address.
    Attempts(Action),
    /// Attempts of this kind at an account.
    Account(Action),
    /// Invitations by somebody.
    Inviter,
    /// Invitations to somebody, wherever to and by whomever.
    Invitee,
}

impl Kind {
    /// What is counted, and by what; the two labels of the metric.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Caller => ("requests", "caller"),
            Self::Stranger => ("requests", "address"),
            Self::Attempts(action) => (action.word(), "address"),
            Self::Account(action) => (action.word(), "account"),
            Self::Inviter => ("invitation", "inviter"),
            Self::Invitee => ("invitation", "account"),
        }
    }
}

/// An account at which somebody aims, which need not exist.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Account(String);

impl Account {
    /// The account of this e-mail address, however it is written; none if it is no address.
    pub(crate) fn at(email: &str) -> Option<Self> {
        identity::folded_email(email).map(|email| Self(digest(&email)))
    }

    /// The account of this person.
    pub(crate) fn of(person: UserId) -> Self {
        Self(digest(&person.to_string()))
    }
}

/// A bucket: what is counted, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bucket {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

impl Bucket {
    /// The requests of this caller.
    pub(crate) fn caller(caller: &Caller) -> Self {
        match &caller.credential {
            Credential::Session(id) => Self::new(Kind::Caller, &id.to_string()),
            Credential::Key(key) => Self::new(Kind::Caller, &key.key_id.to_string()),
        }
    }

    /// The requests from this address.
    pub(crate) fn stranger(address: IpAddr) -> Self {
        Self::new(Kind::Stranger, &digest(&network(address).to_string()))
    }

    /// The attempts from this address.
    pub(crate) fn attempts(action: Action, address: IpAddr) -> Self {
        Self::new(Kind::Attempts(action), &digest(&network(address).to_string()))
    }

    /// The attempts at this account.
    pub(crate) fn account(action: Action, Account(account): &Account) -> Self {
        Self::new(Kind::Account(action), account)
    }

    /// The invitations by this person.
    pub(crate) fn inviter(person: UserId) -> Self {
        Self::new(Kind::Inviter, &person.to_string())
    }

    /// The invitations to this account.
    pub(crate) fn invitee(Account(account): &Account) -> Self {
        Self::new(Kind::Invitee, account)
    }

    fn new(kind: Kind, whose: &str) -> Self {
        let (what, by) = kind.words();
        Self { kind, name: format!("{what}:{by}:{whose}") }
    }
}

/// Where the client is: whoever has an address of version 6 has the 2⁶⁴ beside it as well.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address @ IpAddr::V4(_) => address,
    }
}

/// Stands for an address in the database, where it could be read by whoever only looks after that.
fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest[..16].iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("texts take everything");
        digits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(address: &str) -> Bucket {
        Bucket::attempts(Action::LogIn, address.parse().unwrap())
    }

    #[test]
    fn neighbours_of_version_6_share_a_bucket() {
        assert_eq!(bucket("2001:db8:1:2::1"), bucket("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(bucket("2001:db8:1:2::1"), bucket("2001:db8:1:3::1"));
        assert_ne!(bucket("192.0.2.1"), bucket("192.0.2.2"));
        assert_eq!(bucket("192.0.2.1"), bucket("::ffff:192.0.2.1"));
    }

    #[test]
    fn an_account_is_the_same_however_its_address_is_written() {
        assert_eq!(Account::at(" ADA@Example.com"), Account::at("ada@example.com"));
        assert_ne!(Account::at("ben@example.com"), Account::at("ada@example.com"));
        assert_eq!(Account::at("no address"), None);
    }

    #[test]
    fn buckets_name_nobody_and_actions_share_none() {
        let account = Account::at("ada@example.com").unwrap();
        let by_password = Bucket::account(Action::LogIn, &account);
        assert_eq!(by_password.name, "log_in:account:b5fc85e55755f9e0d030a10ab4429b6b");
        assert_ne!(by_password, Bucket::account(Action::MagicLink, &account));
    }
}
