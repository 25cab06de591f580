//! Changing what an account says of its person.

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{acting::confirmed_in_person, read_models::UserProfile},
    domain::{
        discreet::discreet,
        fields::FieldErrors,
        user::{MAX_NAME, User},
    },
};

/// Changes the profile of the person who acts. What is left out stays; what changes nothing is no event.
///
/// Emits [`ProfileUpdated`](crate::ProfileUpdated).
#[derive(Clone)]
pub struct UpdateProfile {
    /// Another first name; 1 to 100 characters.
    pub first_name: Option<String>,
    /// Another last name; 1 to 100 characters.
    pub last_name: Option<String>,
}

discreet! { UpdateProfile {  } }

/// Why the profile stayed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateProfileError {
    /// No person acts, or one whose account is not confirmed.
    #[error("only people with a confirmed account have a profile")]
    Forbidden,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl UpdateProfile {
    pub(crate) async fn execute<T: Load<User> + Save<User>>(
        &self,
        tx: &mut T,
    ) -> Result<UserProfile, UpdateProfileError> {
        let user = confirmed_in_person(tx).await?.ok_or(UpdateProfileError::Forbidden)?;
        let Self { first_name, last_name } = self;
        let mut errors = FieldErrors::default();
        let mut name = |field, given: Option<&str>, present: &str| {
            errors.line(field, given.unwrap_or(present), MAX_NAME)
        };
        let first_name = name("first_name", first_name.as_deref(), &user.first_name);
        let last_name = name("last_name", last_name.as_deref(), &user.last_name);
        let (Some(first_name), Some(last_name)) = (first_name, last_name) else {
            return Err(UpdateProfileError::Invalid(errors));
        };
        let user = match user.rename(first_name, last_name) {
            Some(renamed) => tx.save(renamed).await?,
            None => user,
        };
        Ok(UserProfile::from(&user))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{GUEST, NEWCOMER, company, report};

    async fn check(
        actor: Actor,
        first_name: Option<&str>,
        last_name: Option<&str>,
        expected: Expect,
    ) {
        let mut tx = company().of(actor);
        let [first_name, last_name] = [first_name, last_name].map(|name| name.map(str::to_owned));
        let outcome = UpdateProfile { first_name, last_name }.execute(&mut tx).await;
        let outcome = outcome.map(|user| (user.first_name, user.last_name));
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn what_is_left_out_stays() {
        check(Actor::User(GUEST.id()), Some(" Gaston "), None, expect![[r#"
            Ok(("Gaston", "Example"))
            identity.profile_updated {"user_id":"00000000-0000-0000-0000-000000000005","changes":{"first_name":{"from":"Guest","to":"Gaston"}}}
        "#]]).await;
        check(Actor::User(GUEST.id()), Some("Gaston"), Some("Lagaffe"), expect![[r#"
            Ok(("Gaston", "Lagaffe"))
            identity.profile_updated {"user_id":"00000000-0000-0000-0000-000000000005","changes":{"first_name":{"from":"Guest","to":"Gaston"},"last_name":{"from":"Example","to":"Lagaffe"}}}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_changes_nothing_is_no_event() {
        check(
            Actor::User(GUEST.id()),
            Some("Guest"),
            Some("Example"),
            expect![[r#"
            Ok(("Guest", "Example"))
        "#]],
        )
        .await;
        check(
            Actor::User(GUEST.id()),
            None,
            None,
            expect![[r#"
            Ok(("Guest", "Example"))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn names_are_single_lines_of_some_length() {
        let long = "x".repeat(101);
        check(
            Actor::User(GUEST.id()),
            Some(" "),
            Some(&long),
            expect![[r#"
            Err(first_name can't be blank; last_name should be at most 100 character(s))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn only_people_have_a_profile() {
        for actor in [Actor::Anonymous, Actor::System("cleaner".into()), Actor::User(NEWCOMER.id())]
        {
            check(
                actor,
                Some("Other"),
                None,
                expect![[r#"
                Err(only people with a confirmed account have a profile)
            "#]],
            )
            .await;
        }
    }
}
