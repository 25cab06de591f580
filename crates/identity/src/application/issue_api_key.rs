//! Making an API key of somebody who has none yet to make it with.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        create_api_key::{CreateApiKey, CreateApiKeyError},
        key_maker::KeyMaker,
        ports::{ApiKeys, TokenSource, Users, Workspaces},
    },
    domain::{api_key::ApiKey, discreet::discreet, email::Email, secret::Secret, user::User},
};

/// Makes a key of somebody, for those who run the installation. Only the system may.
///
/// Emits [`ApiKeyCreated`](crate::ApiKeyCreated).
#[derive(Clone)]
pub struct IssueApiKey {
    /// The address of the account, in any letter case.
    pub email: String,
    /// The key; no session counts.
    pub key: CreateApiKey,
}

discreet! { IssueApiKey { key } }

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum IssueApiKeyError {
    /// Somebody else than the system acts.
    #[error("only the system makes keys of others")]
    Forbidden,
    /// Nobody has confirmed an account of this address.
    #[error("there is no confirmed account with this address")]
    UnknownUser,
    /// The owner could not make such a key either.
    #[error(transparent)]
    Refused(CreateApiKeyError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl IssueApiKey {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
        tokens: &dyn TokenSource,
    ) -> Result<(ApiKey, Secret), IssueApiKeyError>
    where
        T: Users + Workspaces + ApiKeys + Save<ApiKey>,
    {
        if !tx.origin().actor().is_system() {
            return Err(IssueApiKeyError::Forbidden);
        }
        let email = Email::parse(&self.email).map_err(|_| IssueApiKeyError::UnknownUser)?;
        let owner = tx.user_by_email(&email).await?.filter(User::is_confirmed);
        let owner = owner.ok_or(IssueApiKeyError::UnknownUser)?;
        tx.wait_for_keys(owner.id).await?;
        let maker = KeyMaker { owner, limits: None };
        let made = self.key.make(tx, tokens, &maker).await;
        made.map_err(|refused| {
            if let CreateApiKeyError::Storage(error) = refused {
                return IssueApiKeyError::Storage(error);
            }
            IssueApiKeyError::Refused(refused)
        })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{CountedTokens, GUEST, NEWCOMER, OWNER, company, report};

    async fn check(actor: Actor, email: &str, name: &str, slug: &str, expected: Expect) {
        let mut tx = company().of(actor);
        let key = CreateApiKey {
            session_id: None,
            name: name.to_owned(),
            description: None,
            permissions: None,
            workspace_access: vec![slug.to_owned()],
            expires_at: None,
        };
        let command = IssueApiKey { email: email.to_owned(), key };
        let outcome = command.execute(&mut tx, &CountedTokens::default()).await;
        expected.assert_eq(&report(&outcome.map(|(key, _)| key.user_id), &tx));
    }

    fn system() -> Actor {
        Actor::System("perme8.cli".into())
    }

    #[tokio::test]
    async fn the_system_makes_a_key_of_somebody() {
        check(system(), "GUEST@example.com", "Robot", "the-company", expect![[r#"
            Ok(00000000-0000-0000-0000-000000000005)
            identity.api_key_created {"api_key_id":"00000000-0000-0000-0000-000000000101","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","scopes":null,"workspaces":["00000000-0000-0000-0000-000000000001"],"expires_at":null}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_the_owner_could_not_make_the_system_does_not_make() {
        check(
            system(),
            GUEST.email,
            " ",
            "the-company",
            expect![[r#"
            Err(name can't be blank)
        "#]],
        )
        .await;
        check(
            system(),
            GUEST.email,
            "Robot",
            "elsewhere",
            expect![[r#"
            Err(a key reaches workspaces of its owner only)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn strangers_and_the_unconfirmed_have_no_keys() {
        for email in [NEWCOMER.email, "nobody@example.com", "nonsense"] {
            check(
                system(),
                email,
                "Robot",
                "the-company",
                expect![[r#"
                Err(there is no confirmed account with this address)
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn nobody_makes_keys_of_others() {
        for actor in [Actor::Anonymous, Actor::User(OWNER.id())] {
            check(
                actor,
                GUEST.email,
                "Robot",
                "the-company",
                expect![[r#"
                Err(only the system makes keys of others)
            "#]],
            )
            .await;
        }
    }
}
