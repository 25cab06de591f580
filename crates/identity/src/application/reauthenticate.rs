//! Showing once more who one is.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId};

use crate::{
    application::{
        ports::{Accounts, EmailTokens, Passwords, Sessions, TokenSource, Users},
        presented_token::PresentedToken,
        shown_password::shown,
    },
    domain::{
        account_events::UserReauthenticated,
        events::LogInMethod,
        references::SessionId,
        secret::{PasswordHash, Secret},
        session::FRESH,
        user::User,
    },
};

/// Shows that whoever acts in a session is still the person who began it; for the 20 minutes that follow, that person may do
/// with it what takes an account away.
///
/// Emits [`UserReauthenticated`].
#[derive(Debug, Clone)]
pub struct Reauthenticate {
    /// In which session.
    pub session_id: SessionId,
    /// By what.
    pub proof: Proof,
}

/// What shows who somebody is.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The password.
    Password(Secret),
    /// The token of a link that logs in, which is used up.
    Token(Secret),
}

/// Why nothing was shown.
#[derive(Debug, thiserror::Error)]
pub enum ReauthenticateError {
    /// No person acts.
    #[error("only people have sessions")]
    Forbidden,
    /// The password or the token is not that of the person who acts; the same in every case.
    #[error("the password or the link is wrong")]
    Rejected,
    /// The person has no such session, or no longer.
    #[error("there is no such session")]
    SessionNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What was presented, looked at.
#[derive(Debug)]
pub(crate) struct PresentedProof {
    user_id: UserId,
    session_id: SessionId,
    kind: ProofKind,
}

#[derive(Debug)]
enum ProofKind {
    Password(PasswordHash),
    Token(PresentedToken),
}

impl Reauthenticate {
    /// What can be done before the transaction: checks the password, or looks whose token it is.
    pub(crate) async fn present(
        &self,
        acting: Option<UserId>,
        accounts: &impl Accounts,
        passwords: &dyn Passwords,
        tokens: &dyn TokenSource,
    ) -> Result<PresentedProof, ReauthenticateError> {
        let user_id = acting.ok_or(ReauthenticateError::Forbidden)?;
        let kind = match &self.proof {
            Proof::Password(password) => {
                let account = accounts.account(user_id).await?;
                let stored = account.and_then(|user| user.password_hash);
                shown(password, stored, passwords).await.map(ProofKind::Password)
            }
            Proof::Token(token) => {
                let token = PresentedToken::look(token, None, accounts, passwords, tokens).await?;
                token.filter(|token| token.user_id == user_id).map(ProofKind::Token)
            }
        };
        let kind = kind.ok_or(ReauthenticateError::Rejected)?;
        Ok(PresentedProof { user_id, session_id: self.session_id, kind })
    }
}

impl PresentedProof {
    /// Says until when it holds.
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<DateTime<Utc>, ReauthenticateError>
    where
        T: Users + Sessions + EmailTokens,
    {
        let Self { user_id, session_id, kind } = self;
        let (user_id, session_id) = (*user_id, *session_id);
        let (user, method) = match kind {
            ProofKind::Password(hash) => {
                // The password may have been changed while it was being checked.
                let user = tx.load(user_id).await?;
                let user = user.filter(|user: &User| user.has_password(hash));
                (user, LogInMethod::Password)
            }
            ProofKind::Token(token) => (token.redeem(tx).await?, LogInMethod::MagicLink),
        };
        if !user.is_some_and(|user| user.is_confirmed()) {
            return Err(ReauthenticateError::Rejected);
        }
        if !tx.refresh_session(session_id, user_id).await? {
            return Err(ReauthenticateError::SessionNotFound);
        }
        tx.emit(UserReauthenticated { user_id, session_id, method });
        Ok(tx.now() + FRESH)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::{
        application::{acting::acting_in_person, fresh_session::is_fresh},
        domain::session::TokenPurpose,
        testing::{
            CountedTokens, GUEST, OWNER, Tables, company, log_in_as, mail, plain_passwords, report,
        },
    };

    /// An hour after the owner has logged in, with a link for the owner and one for the guest.
    async fn an_hour_later(tokens: &CountedTokens) -> (FakeTx<Tables>, SessionId) {
        let mut tx = company();
        let session_id = log_in_as(&mut tx, OWNER, tokens).await;
        let later = tx.now() + TimeDelta::hours(1);
        let mut tx = tx.at(later);
        for person in [OWNER, GUEST] {
            mail(&mut tx, person, person.email, TokenPurpose::LogIn, tokens).await;
        }
        (tx, session_id)
    }

    async fn show(
        tx: &mut FakeTx<Tables>,
        session_id: SessionId,
        proof: Proof,
    ) -> Result<DateTime<Utc>, ReauthenticateError> {
        let (passwords, tokens) = (plain_passwords(), CountedTokens::default());
        let acting = acting_in_person(tx.origin());
        let command = Reauthenticate { session_id, proof };
        let presented = command.present(acting, &tx.state.clone(), &passwords, &tokens).await?;
        presented.execute(tx).await
    }

    async fn check(actor: Actor, proof: Proof, expected: Expect) {
        let (tx, session) = an_hour_later(&CountedTokens::default()).await;
        let mut tx = tx.of(actor);
        assert!(!is_fresh(&mut tx, session, OWNER.id()).await.unwrap());
        let outcome = show(&mut tx, session, proof).await;
        assert_eq!(is_fresh(&mut tx, session, OWNER.id()).await.unwrap(), outcome.is_ok());
        expected.assert_eq(&report(&outcome.map(|until| until.to_string()), &tx));
    }

    #[tokio::test]
    async fn the_password_or_a_link_shows_who_one_is() {
        let owner = || Actor::User(OWNER.id());
        check(owner(), Proof::Password("of the owner".into()), expect![[r#"
            Ok("2026-01-05 10:20:00 UTC")
            identity.user_reauthenticated {"user_id":"00000000-0000-0000-0000-000000000002","session_id":"00000000-0000-0000-0000-000000000101","method":"password"}
        "#]]).await;
        check(owner(), Proof::Token("token 2".into()), expect![[r#"
            Ok("2026-01-05 10:20:00 UTC")
            identity.user_reauthenticated {"user_id":"00000000-0000-0000-0000-000000000002","session_id":"00000000-0000-0000-0000-000000000101","method":"magic_link"}
        "#]]).await;
    }

    #[tokio::test]
    async fn the_secrets_of_others_show_nothing() {
        let owner = || Actor::User(OWNER.id());
        check(
            owner(),
            Proof::Password("of the newcomer".into()),
            expect![[r#"
            Err(the password or the link is wrong)
        "#]],
        )
        .await;
        check(
            owner(),
            Proof::Token("token 3".into()),
            expect![[r#"
            Err(the password or the link is wrong)
        "#]],
        )
        .await;
        check(
            owner(),
            Proof::Token("nonsense".into()),
            expect![[r#"
            Err(the password or the link is wrong)
        "#]],
        )
        .await;
        let system = Actor::System("cleaner".into());
        check(
            system,
            Proof::Password("of the owner".into()),
            expect![[r#"
            Err(only people have sessions)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn people_refresh_their_own_sessions_only() {
        check(
            Actor::User(GUEST.id()),
            Proof::Token("token 3".into()),
            expect![[r#"
            Err(there is no such session)
        "#]],
        )
        .await;
    }
}
