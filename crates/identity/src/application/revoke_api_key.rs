//! Revoking an API key.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        key_maker::KeyMaker,
        ports::{ApiKeys, Users},
    },
    domain::{api_key::ApiKey, references::ApiKeyId},
};

/// Makes a key of the person who acts worth nothing, for good, and with it every key that was made by it, or by one of those.
/// A key does so with keys that have no more than itself.
///
/// Whoever got hold of a key may have made others with it, so all of them end together, whatever they may by now. What is
/// revoked already is no event.
///
/// Emits [`ApiKeyRevoked`](crate::ApiKeyRevoked) for each.
#[derive(Debug, Clone)]
pub struct RevokeApiKey {
    /// Which.
    pub id: ApiKeyId,
}

/// Why the key stayed good.
#[derive(Debug, thiserror::Error)]
pub enum RevokeApiKeyError {
    /// There is no such key, or it is that of another person.
    #[error("there is no such key")]
    NotFound,
    /// No person with a confirmed account acts, or a key that may not revoke keys.
    #[error("only people with a confirmed account have keys")]
    Forbidden,
    /// The key that acts has less.
    #[error("a key revokes none that has more than itself")]
    TooWide,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RevokeApiKey {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<(), RevokeApiKeyError>
    where
        T: Users + ApiKeys + Save<ApiKey>,
    {
        let maker = KeyMaker::acting(tx).await?;
        let key = maker.managed(tx, self.id).await?;
        let now = tx.now();
        let mut worthless = vec![key];
        while let Some(key) = worthless.pop() {
            if let Some(revoked) = key.revoke(now) {
                tx.save(revoked).await?;
                worthless.extend(tx.keys_made_by(key.id).await?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::domain::secret::TokenHash;
    use crate::testing::{GUEST, NEWCOMER, OWNER, Tables, another, company, key_of, report};

    async fn check(tx: &mut FakeTx<Tables>, id: ApiKeyId, expected: Expect) {
        let outcome = RevokeApiKey { id }.execute(tx).await;
        expected.assert_eq(&report(&outcome, tx));
    }

    #[tokio::test]
    async fn the_owner_revokes_a_key_once() {
        let mut tx = company();
        let key = key_of(OWNER, None, &[]);
        tx.state.keys.push(key.clone());
        check(&mut tx, key.id, expect![[r#"
            Ok(())
            identity.api_key_revoked {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000002","name":"Robot","scopes":null,"workspaces":[]}
        "#]]).await;
        drop(tx.take_events());
        check(
            &mut tx,
            key.id,
            expect![[r#"
            Ok(())
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn the_key_of_another_looks_like_none() {
        let mut tx = company().of(Actor::User(GUEST.id()));
        let key = key_of(OWNER, None, &[]);
        tx.state.keys.push(key.clone());
        check(
            &mut tx,
            key.id,
            expect![[r#"
            Err(there is no such key)
        "#]],
        )
        .await;
        for actor in [Actor::Anonymous, Actor::User(NEWCOMER.id())] {
            check(
                &mut company().of(actor),
                key.id,
                expect![[r#"
                Err(only people with a confirmed account have keys)
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn a_key_revokes_itself_and_none_that_has_more() {
        let mut tx = company();
        let own = key_of(OWNER, Some(&["api_keys:write"]), &[]);
        let other = another(key_of(OWNER, None, &[]));
        tx.state.keys = vec![own.clone(), other.clone()];
        let mut tx = tx.of(Actor::ApiKey { id: own.id.uuid(), user: OWNER.id() });
        check(
            &mut tx,
            other.id,
            expect![[r#"
            Err(a key revokes none that has more than itself)
        "#]],
        )
        .await;
        check(&mut tx, own.id, expect![[r#"
            Ok(())
            identity.api_key_revoked {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000002","name":"Robot","scopes":["api_keys:write"],"workspaces":[]}
        "#]]).await;
        drop(tx.take_events());
        // By then it may nothing any more.
        check(
            &mut tx,
            own.id,
            expect![[r#"
            Err(only people with a confirmed account have keys)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_was_made_by_a_key_ends_with_it_and_so_on() {
        let mut tx = company();
        let leaked = key_of(OWNER, None, &[]);
        let mut by = |number, made_by| {
            let token_hash = TokenHash::new([number; 32]);
            ApiKey { id: tx.new_id(), token_hash, made_by, ..leaked.clone() }
        };
        let made = by(1, Some(leaked.id));
        let (last, unrelated) = (by(2, Some(made.id)), by(3, None));
        tx.state.keys = vec![leaked.clone(), made, last, unrelated];
        RevokeApiKey { id: leaked.id }.execute(&mut tx).await.unwrap();
        assert_eq!(tx.take_events().len(), 3);
        let good = tx.state.keys.iter().map(|key| key.revoked_at.is_none());
        assert_eq!(good.collect::<Vec<_>>(), [false, false, false, true]);
    }
}
