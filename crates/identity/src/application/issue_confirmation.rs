//! Making the token that confirms an e-mail address.

use perme8_events::StorageError;

use crate::{
    application::ports::{EmailTokens, TokenSource, Users},
    domain::{
        discreet::discreet,
        email::Email,
        secret::Secret,
        session::{EmailToken, TokenPurpose},
    },
};

/// Makes a token that confirms an e-mail address within 15 minutes; for whoever can send it there.
#[derive(Clone)]
pub struct IssueConfirmation {
    /// The address of an account that is not confirmed.
    pub email: String,
}

discreet! { IssueConfirmation {  } }

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum IssueConfirmationError {
    /// Only the system gets to see tokens.
    #[error("only the system issues confirmations")]
    Forbidden,
    /// Nobody registered the address.
    #[error("nobody registered this address")]
    UnknownUser,
    /// There is nothing left to confirm.
    #[error("the address is already confirmed")]
    AlreadyConfirmed,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl IssueConfirmation {
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl Users + EmailTokens),
        tokens: &dyn TokenSource,
    ) -> Result<Secret, IssueConfirmationError> {
        if !tx.origin().actor().is_system() {
            return Err(IssueConfirmationError::Forbidden);
        }
        let email = Email::parse(&self.email).map_err(|_| IssueConfirmationError::UnknownUser)?;
        let user = tx.user_by_email(&email).await?.ok_or(IssueConfirmationError::UnknownUser)?;
        if user.is_confirmed() {
            return Err(IssueConfirmationError::AlreadyConfirmed);
        }
        let minted = tokens.mint();
        let token =
            EmailToken::issue(TokenPurpose::LogIn, minted.hash, user.id, user.email, tx.now());
        tx.keep_token(&token).await?;
        Ok(minted.plain)
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{CountedTokens, GUEST, NEWCOMER, OWNER, company};

    async fn issue(actor: Actor, email: &str) -> Result<Secret, IssueConfirmationError> {
        let mut tx = company().of(actor);
        IssueConfirmation { email: email.to_owned() }
            .execute(&mut tx, &CountedTokens::default())
            .await
    }

    #[tokio::test]
    async fn only_the_system_gets_a_token_and_only_for_unconfirmed_accounts() {
        let system = || Actor::System("identity.mailer".into());
        assert!(issue(system(), "NEWCOMER@example.com").await.is_ok());
        assert!(matches!(
            issue(system(), OWNER.email).await,
            Err(IssueConfirmationError::AlreadyConfirmed)
        ));
        for stranger in ["nobody@example.com", "no address"] {
            assert!(matches!(
                issue(system(), stranger).await,
                Err(IssueConfirmationError::UnknownUser)
            ));
        }
        let people = [NEWCOMER, OWNER, GUEST].map(|person| Actor::User(person.id()));
        for actor in people.into_iter().chain([Actor::Anonymous]) {
            let refused = issue(actor, NEWCOMER.email).await;
            assert!(matches!(refused, Err(IssueConfirmationError::Forbidden)));
        }
    }
}
