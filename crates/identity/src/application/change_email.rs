//! Moving an account to another e-mail address.

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{
        acting::confirmed_in_person,
        ports::{EmailTokens, Invitations, TokenSource, Users},
        read_models::UserProfile,
    },
    domain::{
        fields::{FieldErrors, Problem},
        invitation::Invitation,
        secret::Secret,
        session::TokenPurpose,
        user::User,
    },
};

/// Moves the account of the person who acts to the address that this token was sent to; every other link in a mail dies.
///
/// Invitations stay with the address that they were made to: they wait for whoever has it next.
///
/// The token shows who reads the new address, and the session whose account it is: somebody who is sent a link for the
/// account of another gives nothing to that person by following it.
///
/// Emits [`EmailChanged`](crate::EmailChanged), [`InvitationUnannounced`](crate::InvitationUnannounced) for each invitation
/// of which the person was told, and [`UserDeleted`](crate::UserDeleted) of an account that has this address and that
/// nobody confirmed.
#[derive(Debug, Clone)]
pub struct ChangeEmail {
    /// The token from the mail.
    pub token: Secret,
}

/// Why the address stayed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeEmailError {
    /// No person acts, or one whose account is not confirmed.
    #[error("only people with a confirmed account have an address to change")]
    Forbidden,
    /// The token is unknown, used, expired or of another account; the same in every case.
    #[error("the link is not valid any more; ask for a new one")]
    InvalidToken,
    /// Somebody else has confirmed the address in the meantime.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ChangeEmail {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
        tokens: &dyn TokenSource,
    ) -> Result<UserProfile, ChangeEmailError>
    where
        T: Users + EmailTokens + Invitations + Save<User> + Save<Invitation>,
    {
        let user = confirmed_in_person(tx).await?.ok_or(ChangeEmailError::Forbidden)?;
        let hash = tokens.digest(&self.token).ok_or(ChangeEmailError::InvalidToken)?;
        // Whatever else is done with tokens of this account waits for its turn, too.
        tx.wait_for_turn(&user.email).await?;
        let taken = tx.take_token(&hash, TokenPurpose::ChangeEmail).await?;
        let taken = taken.filter(|taken| taken.user_id == user.id);
        let email = taken.ok_or(ChangeEmailError::InvalidToken)?.sent_to;
        tx.wait_for_turn(&email).await?;
        match tx.user_by_email(&email).await? {
            Some(other) if other.is_confirmed() => {
                let taken = FieldErrors::of("email", Problem::Taken);
                return Err(ChangeEmailError::Invalid(taken));
            }
            // An account that nobody has confirmed keeps nobody from an address that is theirs.
            Some(other) => {
                tx.forget_tokens(other.id).await?;
                Save::<User>::save(tx, other.delete()).await?;
            }
            None => {}
        }
        let user = Load::<User>::load(tx, user.id).await?.ok_or(ChangeEmailError::Forbidden)?;
        // They were made to whoever reads the mail, and that may be somebody else from now on.
        for invitation in tx.pending_invitations_of(&user.email).await? {
            Save::<Invitation>::save(tx, invitation.unannounced()).await?;
        }
        let user = Save::<User>::save(tx, user.move_to(email)).await?;
        tx.forget_tokens(user.id).await?;
        Ok(UserProfile::from(&user))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::testing::{
        CountedTokens, GUEST, INVITEE, NEWCOMER, OWNER, Person, Tables, company, invited, mail,
        report,
    };

    /// The owner is sent `token 1` to this address, and has a link to log in besides.
    async fn mailed(email: &str) -> FakeTx<Tables> {
        mailed_to(OWNER, email, company()).await
    }

    async fn mailed_to(person: Person, email: &str, mut tx: FakeTx<Tables>) -> FakeTx<Tables> {
        let tokens = CountedTokens::default();
        mail(&mut tx, person, email, TokenPurpose::ChangeEmail, &tokens).await;
        mail(&mut tx, person, person.email, TokenPurpose::LogIn, &tokens).await;
        tx
    }

    async fn follow(tx: &mut FakeTx<Tables>, token: &str) -> Result<UserProfile, ChangeEmailError> {
        ChangeEmail { token: token.into() }.execute(tx, &CountedTokens::default()).await
    }

    async fn check(actor: Actor, to: &str, token: &str, expected: Expect) {
        let mut tx = mailed(to).await.of(actor);
        let outcome = follow(&mut tx, token).await;
        expected.assert_eq(&report(&outcome.map(|user| user.email), &tx));
    }

    fn owner() -> Actor {
        Actor::User(OWNER.id())
    }

    #[tokio::test]
    async fn the_account_moves_to_the_address_that_was_written_to() {
        check(owner(), "countess@example.com", "token 1", expect![[r#"
            Ok("countess@example.com")
            identity.email_changed {"user_id":"00000000-0000-0000-0000-000000000002","previous_email":"owner@example.com","email":"countess@example.com"}
        "#]]).await;
        let mut tx = mailed("countess@example.com").await;
        follow(&mut tx, "token 1").await.unwrap();
        assert!(tx.state.tokens.is_empty());
        assert!(matches!(follow(&mut tx, "token 1").await, Err(ChangeEmailError::InvalidToken)));
    }

    #[tokio::test]
    async fn an_account_that_nobody_confirmed_makes_room() {
        check(owner(), NEWCOMER.email, "token 1", expect![[r#"
            Ok("newcomer@example.com")
            identity.user_deleted {"user_id":"00000000-0000-0000-0000-00000000000b"}
            identity.email_changed {"user_id":"00000000-0000-0000-0000-000000000002","previous_email":"owner@example.com","email":"newcomer@example.com"}
        "#]]).await;
    }

    #[tokio::test]
    async fn invitations_wait_for_whoever_has_the_address_next() {
        let (tx, _) = invited(INVITEE).await;
        let mut tx = mailed_to(INVITEE, "new@example.com", tx).await.of(Actor::User(INVITEE.id()));
        let outcome = follow(&mut tx, "token 1").await;
        expect![[r#"
            Ok("new@example.com")
            identity.invitation_unannounced {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
            identity.email_changed {"user_id":"00000000-0000-0000-0000-00000000000a","previous_email":"invitee@example.com","email":"new@example.com"}
        "#]].assert_eq(&report(&outcome.map(|user| user.email), &tx));
        let [invitation] = &tx.state.invitations[..] else { panic!("it waits on") };
        assert!(invitation.is_pending() && invitation.announced_to.is_none());
    }

    #[tokio::test]
    async fn an_address_that_was_confirmed_in_the_meantime_is_taken() {
        check(
            owner(),
            GUEST.email,
            "token 1",
            expect![[r#"
            Err(email has already been taken)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn other_tokens_and_tokens_of_others_move_nothing() {
        check(
            owner(),
            "countess@example.com",
            "token 2",
            expect![[r#"
            Err(the link is not valid any more; ask for a new one)
        "#]],
        )
        .await;
        check(
            owner(),
            "countess@example.com",
            "nonsense",
            expect![[r#"
            Err(the link is not valid any more; ask for a new one)
        "#]],
        )
        .await;
        check(
            Actor::User(GUEST.id()),
            "countess@example.com",
            "token 1",
            expect![[r#"
            Err(the link is not valid any more; ask for a new one)
        "#]],
        )
        .await;
        check(
            Actor::Anonymous,
            "countess@example.com",
            "token 1",
            expect![[r#"
            Err(only people with a confirmed account have an address to change)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_link_dies_after_a_week() {
        for (days, fits) in [(6, true), (7, false)] {
            let tx = mailed("countess@example.com").await;
            let later = tx.now() + TimeDelta::days(days);
            assert_eq!(follow(&mut tx.at(later), "token 1").await.is_ok(), fits, "{days}");
        }
    }
}
