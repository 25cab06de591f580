//! Finding out who wants a link that logs in.

use perme8_events::StorageError;

use crate::{
    application::ports::Users,
    domain::{discreet::discreet, email::Email, events::MagicLinkRequested},
};

/// Tells that whoever has this address wants a link that logs in; nothing if nobody has it. Only the system may.
///
/// Emits [`MagicLinkRequested`].
#[derive(Clone)]
pub struct IssueMagicLink {
    /// The address, confirmed or not.
    pub email: String,
}

discreet! { IssueMagicLink {  } }

/// Why nothing was told.
#[derive(Debug, thiserror::Error)]
pub enum IssueMagicLinkError {
    /// People ask by [`RequestMagicLink`](crate::RequestMagicLink).
    #[error("only the system looks up who wants a link")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl IssueMagicLink {
    pub(crate) async fn execute(&self, tx: &mut impl Users) -> Result<(), IssueMagicLinkError> {
        if !tx.origin().actor().is_system() {
            return Err(IssueMagicLinkError::Forbidden);
        }
        let Ok(email) = Email::parse(&self.email) else { return Ok(()) };
        if let Some(user) = tx.user_by_email(&email).await? {
            tx.emit(MagicLinkRequested { user_id: user.id });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{GUEST, NEWCOMER, OWNER, company, report};

    async fn check(actor: Actor, email: &str, expected: Expect) {
        let mut tx = company().of(actor);
        let outcome = IssueMagicLink { email: email.to_owned() }.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn who_has_an_account_gets_a_link_confirmed_or_not() {
        let system = || Actor::System("identity.link_requests".into());
        check(
            system(),
            "OWNER@example.com",
            expect![[r#"
            Ok(())
            identity.magic_link_requested {"user_id":"00000000-0000-0000-0000-000000000002"}
        "#]],
        )
        .await;
        check(
            system(),
            NEWCOMER.email,
            expect![[r#"
            Ok(())
            identity.magic_link_requested {"user_id":"00000000-0000-0000-0000-00000000000b"}
        "#]],
        )
        .await;
        for nobody in ["nobody@example.com", "no address"] {
            check(
                system(),
                nobody,
                expect![[r#"
                Ok(())
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn people_do_not_look_up_accounts() {
        for actor in [Actor::User(GUEST.id()), Actor::Anonymous] {
            check(
                actor,
                OWNER.email,
                expect![[r#"
                Err(only the system looks up who wants a link)
            "#]],
            )
            .await;
        }
    }
}
