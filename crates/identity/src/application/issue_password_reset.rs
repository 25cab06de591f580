//! Finding out who wants a link that sets another password.

use perme8_events::StorageError;

use crate::{
    application::ports::Users,
    domain::{
        account_events::PasswordResetRequested, discreet::discreet, email::Email,
        events::MagicLinkRequested,
    },
};

/// Tells that whoever has this address wants a link that sets another password; nothing if nobody has it. Only the system
/// may.
///
/// Where nobody has confirmed the address, no password of anybody's counts yet: what is wanted is the link that confirms.
///
/// Emits [`PasswordResetRequested`], or in that case [`MagicLinkRequested`].
#[derive(Clone)]
pub struct IssuePasswordReset {
    /// The address.
    pub email: String,
}

discreet! { IssuePasswordReset {  } }

/// Why nothing was told.
#[derive(Debug, thiserror::Error)]
pub enum IssuePasswordResetError {
    /// People ask by [`RequestPasswordReset`](crate::RequestPasswordReset).
    #[error("only the system looks up who wants a link")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl IssuePasswordReset {
    pub(crate) async fn execute(&self, tx: &mut impl Users) -> Result<(), IssuePasswordResetError> {
        if !tx.origin().actor().is_system() {
            return Err(IssuePasswordResetError::Forbidden);
        }
        let Ok(email) = Email::parse(&self.email) else { return Ok(()) };
        match tx.user_by_email(&email).await? {
            Some(user) if user.is_confirmed() => {
                tx.emit(PasswordResetRequested { user_id: user.id });
            }
            Some(user) => tx.emit(MagicLinkRequested { user_id: user.id }),
            None => {}
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
        let outcome = IssuePasswordReset { email: email.to_owned() }.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn who_has_an_account_gets_a_link() {
        let system = || Actor::System("identity.link_requests".into());
        check(
            system(),
            "OWNER@example.com",
            expect![[r#"
            Ok(())
            identity.password_reset_requested {"user_id":"00000000-0000-0000-0000-000000000002"}
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
        check(
            system(),
            "nobody@example.com",
            expect![[r#"
            Ok(())
        "#]],
        )
        .await;
        check(
            system(),
            "no address",
            expect![[r#"
            Ok(())
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn people_do_not_look_up_accounts() {
        check(
            Actor::User(GUEST.id()),
            OWNER.email,
            expect![[r#"
            Err(only the system looks up who wants a link)
        "#]],
        )
        .await;
        check(
            Actor::Anonymous,
            OWNER.email,
            expect![[r#"
            Err(only the system looks up who wants a link)
        "#]],
        )
        .await;
    }
}
