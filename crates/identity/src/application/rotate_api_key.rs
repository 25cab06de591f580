//! Giving an API key another token.

use chrono::TimeDelta;
use perme8_events::{Save, StorageError};

use crate::{
    application::{
        create_api_key::shown_prefix,
        key_maker::KeyMaker,
        ports::{ApiKeys, MintedToken, Sessions, TokenSource, Users},
    },
    domain::{
        api_key::ApiKey,
        fields::{FieldErrors, Problem},
        references::{ApiKeyId, SessionId},
        secret::Secret,
    },
};

/// The token before is good for at most so long: seven days.
const LONGEST_OVERLAP: i64 = 7 * 24 * 60 * 60;

/// Gives a key of the person who acts another token. Everything else about the key stays, its end as well.
///
/// That person has logged in within the last 20 minutes, or acts by a key that has at least as much.
///
/// Emits [`ApiKeyRotated`](crate::ApiKeyRotated).
#[derive(Debug, Clone)]
pub struct RotateApiKey {
    /// Which.
    pub id: ApiKeyId,
    /// The session in which it is done; a key has none.
    pub session_id: Option<SessionId>,
    /// For how many seconds the present token is good beside the new one; at most those of seven days.
    pub overlap_seconds: i64,
}

/// Why the key has the token that it had.
#[derive(Debug, thiserror::Error)]
pub enum RotateApiKeyError {
    /// There is no such key, or it is that of another person.
    #[error("there is no such key")]
    NotFound,
    /// No person with a confirmed account acts, or a key that may not change keys.
    #[error("only people with a confirmed account have keys")]
    Forbidden,
    /// The log-in was too long ago.
    #[error("show once more who you are")]
    NotFresh,
    /// The key is revoked, or its time is over.
    #[error("the key is worth nothing any more: make another one")]
    Inactive,
    /// The overlap cannot be as it is.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The key that acts has less.
    #[error("a key rotates none that has more than itself")]
    TooWide,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RotateApiKey {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
        tokens: &dyn TokenSource,
    ) -> Result<(ApiKey, Secret), RotateApiKeyError>
    where
        T: Users + Sessions + ApiKeys + Save<ApiKey>,
    {
        let maker = KeyMaker::acting_in(tx, self.session_id).await?;
        let key = maker.managed(tx, self.id).await?;
        let now = tx.now();
        if !key.is_active(now) {
            return Err(RotateApiKeyError::Inactive);
        }
        if !(0..=LONGEST_OVERLAP).contains(&self.overlap_seconds) {
            let problem = Problem::Malformed("must be 0 to 604800");
            return Err(RotateApiKeyError::Invalid(FieldErrors::of("overlap_seconds", problem)));
        }
        let MintedToken { plain, hash } = tokens.mint_key();
        let overlap = TimeDelta::seconds(self.overlap_seconds);
        let rotated = key.rotate(hash, shown_prefix(&plain), overlap, now);
        Ok((tx.save(rotated).await?, plain))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, testing::FakeTx};

    use super::*;
    use crate::testing::{
        CountedTokens, GUEST, MEMBER, Person, Tables, another, company, key_of, logged_in, report,
    };

    async fn check(tx: &mut FakeTx<Tables>, command: RotateApiKey, expected: Expect) {
        let outcome = command.execute(tx, &CountedTokens::default()).await;
        let outcome = outcome.map(|(key, token)| {
            assert!(token.expose().starts_with(&key.prefix));
            key.previous.map(|previous| previous.until.to_string())
        });
        expected.assert_eq(&report(&outcome, tx));
    }

    /// The guest has a key, and this person has logged in so many minutes ago.
    async fn check_of(person: Person, minutes: i64, overlap_seconds: i64, expected: Expect) {
        let (mut tx, session) = logged_in(company(), person, minutes).await;
        let key = key_of(GUEST, None, &[]);
        tx.state.keys.push(key.clone());
        let mut tx = tx.of(Actor::User(person.id()));
        let command = RotateApiKey { id: key.id, session_id: Some(session), overlap_seconds };
        check(&mut tx, command, expected).await;
    }

    #[tokio::test]
    async fn the_owner_gets_another_token_and_the_present_one_stays_good_for_a_while() {
        check_of(GUEST, 0, 0, expect![[r#"
            Ok(None)
            identity.api_key_rotated {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","previous_until":null}
        "#]]).await;
        check_of(GUEST, 0, 604_800, expect![[r#"
            Ok(Some("2026-01-12 09:00:00 UTC"))
            identity.api_key_rotated {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","previous_until":"2026-01-12T09:00:00Z"}
        "#]]).await;
    }

    #[tokio::test]
    async fn an_overlap_has_bounds() {
        for overlap in [-1, 604_801, i64::MAX] {
            check_of(
                GUEST,
                0,
                overlap,
                expect![[r#"
                Err(overlap_seconds must be 0 to 604800)
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn nobody_rotates_the_key_of_another_or_from_an_old_session() {
        check_of(
            MEMBER,
            0,
            0,
            expect![[r#"
            Err(there is no such key)
        "#]],
        )
        .await;
        check_of(
            GUEST,
            20,
            0,
            expect![[r#"
            Err(show once more who you are)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_key_rotates_itself_while_it_is_good_and_none_that_has_more() {
        let own = key_of(GUEST, Some(&["api_keys:write"]), &[]);
        let wide = another(key_of(GUEST, None, &[]));
        let mut tx = company().of(Actor::ApiKey { id: own.id.uuid(), user: GUEST.id() });
        let over = ApiKey { revoked_at: Some(own.created_at), ..own.clone() };
        tx.state.keys = vec![own.clone(), wide.clone()];
        let command = |id| RotateApiKey { id, session_id: None, overlap_seconds: 0 };
        check(
            &mut tx,
            command(wide.id),
            expect![[r#"
            Err(a key rotates none that has more than itself)
        "#]],
        )
        .await;
        check(&mut tx, command(own.id), expect![[r#"
            Ok(None)
            identity.api_key_rotated {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","previous_until":null}
        "#]]).await;
        let (mut tx, session) = logged_in(company(), GUEST, 0).await;
        tx.state.keys = vec![over];
        let mut tx = tx.of(Actor::User(GUEST.id()));
        let command = RotateApiKey { session_id: Some(session), ..command(own.id) };
        check(
            &mut tx,
            command,
            expect![[r#"
            Err(the key is worth nothing any more: make another one)
        "#]],
        )
        .await;
    }
}
