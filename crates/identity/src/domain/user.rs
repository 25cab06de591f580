//! People and their accounts.

use chrono::{DateTime, Utc};
use perme8_events::{Aggregate, Unsaved, UserId};

use crate::domain::{
    account_events::{
        Change, EmailChanged, PasswordChanged, ProfileChanges, ProfileUpdated, UserDeleted,
    },
    email::Email,
    events::{MagicLinkRequested, UserConfirmed, UserRegistered},
    secret::PasswordHash,
};

/// The longest first or last name, in characters.
pub(crate) const MAX_NAME: usize = 100;

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) email: Email,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) password_hash: Option<PasswordHash>,
    pub(crate) registered_at: DateTime<Utc>,
    pub(crate) confirmed_at: Option<DateTime<Utc>>,
    /// Storing it deletes it.
    pub(crate) is_gone: bool,
    pub(crate) version: i64,
}

/// What is known of a person who registers.
#[derive(Debug, Clone)]
pub(crate) struct NewUser {
    pub(crate) email: Email,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) password_hash: Option<PasswordHash>,
}

impl Aggregate for User {
    const TYPE: &'static str = "user";
    type Id = UserId;

    fn id(&self) -> UserId {
        self.id
    }
}

impl User {
    /// A new account, whose address is not confirmed.
    pub(crate) fn register(id: UserId, new: NewUser, now: DateTime<Utc>) -> Unsaved<Self> {
        let NewUser { email, first_name, last_name, password_hash } = new;
        let event = UserRegistered {
            user_id: id,
            email: email.to_string().into(),
            first_name: first_name.clone().into(),
            last_name: last_name.clone().into(),
        };
        let (registered_at, confirmed_at, is_gone, version) = (now, None, false, 0);
        let user = Self {
            id,
            email,
            first_name,
            last_name,
            password_hash,
            registered_at,
            confirmed_at,
            is_gone,
            version,
        };
        Unsaved::new(user).record(event)
    }

    /// Somebody else, for all that is known, registers the address, which nobody has confirmed. The account stays the one that
    /// was told of; what is new is that a link is wanted once more.
    pub(crate) fn register_anew(self, new: NewUser) -> Unsaved<Self> {
        let NewUser { email: _, first_name, last_name, password_hash } = new;
        let event = MagicLinkRequested { user_id: self.id };
        Unsaved::new(Self { first_name, last_name, password_hash, ..self }).record(event)
    }

    /// The address is proven to be theirs.
    ///
    /// Anybody could have registered it with a password of their own; so a password stays only if whoever proves the
    /// address has presented it, which is what `presented` says.
    pub(crate) fn confirm(
        self,
        presented: Option<&PasswordHash>,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let event = UserConfirmed { user_id: self.id, email: self.email.to_string().into() };
        let password_hash = self.password_hash.filter(|hash| presented == Some(hash));
        Unsaved::new(Self { password_hash, confirmed_at: Some(now), ..self }).record(event)
    }

    /// Other names; nothing if they are the same.
    pub(crate) fn rename(&self, first_name: String, last_name: String) -> Option<Unsaved<Self>> {
        let changes = ProfileChanges {
            first_name: Change::between(self.first_name.clone().into(), first_name.clone().into()),
            last_name: Change::between(self.last_name.clone().into(), last_name.clone().into()),
        };
        if changes == ProfileChanges::default() {
            return None;
        }
        let event = ProfileUpdated { user_id: self.id, changes };
        Some(Unsaved::new(Self { first_name, last_name, ..self.clone() }).record(event))
    }

    /// Another password.
    pub(crate) fn set_password(self, hash: PasswordHash) -> Unsaved<Self> {
        let event = PasswordChanged { user_id: self.id };
        Unsaved::new(Self { password_hash: Some(hash), ..self }).record(event)
    }

    /// Another address, proven to be theirs.
    pub(crate) fn move_to(self, email: Email) -> Unsaved<Self> {
        let event = EmailChanged {
            user_id: self.id,
            previous_email: self.email.to_string().into(),
            email: email.to_string().into(),
        };
        Unsaved::new(Self { email, ..self }).record(event)
    }

    /// The account is given up.
    pub(crate) fn delete(self) -> Unsaved<Self> {
        let email = self.is_confirmed().then(|| self.email.to_string().into());
        let event = UserDeleted { user_id: self.id, email };
        Unsaved::new(Self { is_gone: true, ..self }).record(event)
    }

    /// Whether this is what is stored of the password.
    pub(crate) fn has_password(&self, hash: &PasswordHash) -> bool {
        self.password_hash.as_ref() == Some(hash)
    }

    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// What somebody knows who wants to guess a secret of this person.
    pub(crate) fn about(&self) -> [&str; 3] {
        [self.email.as_str(), &self.first_name, &self.last_name]
    }

    pub(crate) fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Clock as _, Id, testing::ManualClock};
    use uuid::Uuid;

    use super::*;

    fn registered(password: Option<&str>) -> User {
        let new = NewUser {
            email: Email::parse("Ada@Example.com").unwrap(),
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            password_hash: password.map(hash),
        };
        let unsaved =
            User::register(Id::new(Uuid::from_u128(1)), new, ManualClock::monday_morning().now());
        expect![[r#"
            identity.user_registered {"user_id":"00000000-0000-0000-0000-000000000001","email":"ada@example.com","first_name":"Ada","last_name":"Lovelace"}
        "#]]
        .assert_eq(&unsaved.transcript());
        unsaved.peek().clone()
    }

    fn hash(password: &str) -> PasswordHash {
        PasswordHash::new(format!("hash of {password}"))
    }

    fn has_password_after(user: User, presented: Option<&PasswordHash>) -> bool {
        let confirmed = user.confirm(presented, ManualClock::monday_morning().now());
        expect![[r#"
            identity.user_confirmed {"user_id":"00000000-0000-0000-0000-000000000001","email":"ada@example.com"}
        "#]]
        .assert_eq(&confirmed.transcript());
        assert!(confirmed.peek().is_confirmed());
        confirmed.peek().password_hash.is_some()
    }

    #[test]
    fn confirming_keeps_a_password_only_if_it_was_presented() {
        assert!(has_password_after(registered(Some("known")), Some(&hash("known"))));
        assert!(!has_password_after(registered(Some("of a stranger")), None));
        assert!(!has_password_after(registered(Some("changed since")), Some(&hash("known"))));
        assert!(!has_password_after(registered(None), None));
    }
}
