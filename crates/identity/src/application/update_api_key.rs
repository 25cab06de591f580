//! Changing an API key.

use chrono::{DateTime, Utc};
use perme8_events::{Save, StorageError};

use crate::{
    application::{
        create_api_key::{Permissions, check_expiry},
        key_maker::KeyMaker,
        ports::{ApiKeys, Sessions, Users, Workspaces},
    },
    domain::{
        api_key::{ApiKey, Extent, KeyParticulars},
        discreet::discreet,
        fields::FieldErrors,
        references::{ApiKeyId, SessionId},
    },
};

/// Changes a key of the person who acts. What is left out stays, a blank description goes; what changes nothing is no event.
///
/// That person has logged in within the last 20 minutes, or acts by a key: then the changed key grants no more, reaches nothing
/// more and lasts no longer than that one, neither before nor afterwards.
///
/// Emits [`ApiKeyUpdated`](crate::ApiKeyUpdated).
#[derive(Clone)]
pub struct UpdateApiKey {
    /// Which.
    pub id: ApiKeyId,
    /// The session in which it is changed; a key has none.
    pub session_id: Option<SessionId>,
    /// What to call it; 1 to 255 characters.
    pub name: Option<String>,
    /// What it is for; at most 1,000 characters.
    pub description: Option<String>,
    /// What it may do.
    pub permissions: Option<Permissions>,
    /// Where it reaches: slugs of workspaces of its owner, at most 100.
    pub workspace_access: Option<Vec<String>>,
    /// Until when; a key may end no key later than itself.
    pub expiry: Option<Expiry>,
}

discreet! { UpdateApiKey { id, session_id, permissions, expiry } }

/// When a key ends; without an instant it lasts until it is revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry(pub Option<DateTime<Utc>>);

/// Why the key stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateApiKeyError {
    /// There is no such key.
    #[error("there is no such key")]
    NotFound,
    /// No person with a confirmed account acts, a key that may not change keys, or somebody whose key it is not.
    #[error("only the owner changes a key")]
    Forbidden,
    /// The log-in was too long ago.
    #[error("show once more who you are")]
    NotFresh,
    /// The key is revoked, or its time is over.
    #[error("the key is worth nothing any more: make another one")]
    Inactive,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The owner does not belong to one of the workspaces, or the key that acts does not reach it.
    #[error("a key reaches workspaces of its owner only")]
    WorkspaceForbidden,
    /// The key that acts has less.
    #[error("a key gives no more than it has: ask for less")]
    TooWide,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl UpdateApiKey {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<ApiKey, UpdateApiKeyError>
    where
        T: Users + Sessions + Workspaces + ApiKeys + Save<ApiKey>,
    {
        let maker = KeyMaker::acting_in(tx, self.session_id).await?;
        let key = maker.managed(tx, self.id).await?;
        let now = tx.now();
        if !key.is_active(now) {
            return Err(UpdateApiKeyError::Inactive);
        }
        let permissions = match &self.permissions {
            Some(Permissions(permissions)) => permissions.as_deref(),
            None => key.scopes.entries(),
        };
        let expires_at = self.expiry.map_or(key.expires_at, |Expiry(expires_at)| expires_at);
        let particulars = KeyParticulars::check(
            self.name.as_deref().unwrap_or(&key.name),
            self.description.as_deref().or(key.description.as_deref()),
            permissions,
            check_expiry(expires_at, now),
        );
        let particulars = particulars.map_err(UpdateApiKeyError::Invalid)?;
        let workspaces = match &self.workspace_access {
            Some(slugs) => maker.reached(tx, slugs).await?,
            None => key.workspaces.clone(),
        };
        let extent = Extent { scopes: &particulars.scopes, workspaces: &workspaces, expires_at };
        if !maker.may_give(extent) {
            return Err(UpdateApiKeyError::TooWide);
        }
        match key.update(particulars, workspaces, expires_at, now) {
            Some(updated) => Ok(tx.save(updated).await?),
            None => Ok(key),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::testing::{
        COMPANY, GUEST, MEMBER, Tables, another, company, key_of, logged_in, report, texts,
    };

    fn nothing(key: &ApiKey) -> UpdateApiKey {
        UpdateApiKey {
            id: key.id,
            session_id: None,
            name: None,
            description: None,
            permissions: None,
            workspace_access: None,
            expiry: None,
        }
    }

    async fn check(tx: &mut FakeTx<Tables>, command: UpdateApiKey, expected: Expect) {
        let outcome = command.execute(tx).await.map(|key| (key.name, key.scopes, key.workspaces));
        expected.assert_eq(&report(&outcome, tx));
    }

    /// The guest has a key, and has logged in so many minutes ago.
    async fn with_key(minutes: i64) -> (FakeTx<Tables>, ApiKey, SessionId) {
        let (mut tx, session) = logged_in(company(), GUEST, minutes).await;
        let key = key_of(GUEST, Some(&["agents:read"]), &["the-company"]);
        tx.state.keys.push(key.clone());
        (tx.of(Actor::User(GUEST.id())), key, session)
    }

    #[tokio::test]
    async fn the_owner_changes_what_is_named() {
        let (mut tx, key, session) = with_key(19).await;
        let more = UpdateApiKey {
            session_id: Some(session),
            name: Some("Other".to_owned()),
            description: Some("for more".to_owned()),
            permissions: Some(Permissions(None)),
            workspace_access: Some(Vec::new()),
            ..nothing(&key)
        };
        check(&mut tx, more, expect![[r#"
            Ok(("Other", Scopes(None), []))
            identity.api_key_updated {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000005","name":"Other","scopes":null,"workspaces":[],"changes":{"name":{"from":"Robot","to":"Other"},"description":{"from":null,"to":"for more"},"scopes":{"from":["agents:read"],"to":null},"workspaces":{"from":["00000000-0000-0000-0000-000000000001"],"to":[]}}}
        "#]]).await;
        let (mut tx, key, session) = with_key(19).await;
        let same = UpdateApiKey { session_id: Some(session), ..nothing(&key) };
        check(
            &mut tx,
            same,
            expect![[r#"
            Ok(("Robot", Scopes(Some(["agents:read"])), [00000000-0000-0000-0000-000000000001]))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn an_old_session_changes_nothing() {
        let (mut tx, key, session) = with_key(20).await;
        let command = UpdateApiKey { session_id: Some(session), ..nothing(&key) };
        check(
            &mut tx,
            command,
            expect![[r#"
            Err(show once more who you are)
        "#]],
        )
        .await;
        let (mut tx, key, _) = with_key(0).await;
        check(
            &mut tx,
            nothing(&key),
            expect![[r#"
            Err(show once more who you are)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nobody_changes_the_key_of_another() {
        let (tx, key, _) = with_key(0).await;
        let (tx, session) = logged_in(tx, MEMBER, 0).await;
        let mut tx = tx.of(Actor::User(MEMBER.id()));
        let command = || UpdateApiKey { session_id: Some(session), ..nothing(&key) };
        check(
            &mut tx,
            command(),
            expect![[r#"
            Err(only the owner changes a key)
        "#]],
        )
        .await;
        let unknown = UpdateApiKey { id: tx.new_id(), ..command() };
        check(
            &mut tx,
            unknown,
            expect![[r#"
            Err(there is no such key)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_and_what_is_over_stays() {
        let (mut tx, key, session) = with_key(0).await;
        let command = || UpdateApiKey { session_id: Some(session), ..nothing(&key) };
        let wrong =
            UpdateApiKey { permissions: Some(Permissions(Some(texts(&["a*"])))), ..command() };
        check(&mut tx, wrong, expect![[r#"
            Err(permissions must be scopes such as agents:read, beginnings of them such as agents:*, or *)
        "#]]).await;
        let access = Some(vec!["nowhere".to_owned()]);
        let elsewhere = UpdateApiKey { workspace_access: access, ..command() };
        check(
            &mut tx,
            elsewhere,
            expect![[r#"
            Err(a key reaches workspaces of its owner only)
        "#]],
        )
        .await;
        tx.state.keys[0].revoked_at = Some(tx.now());
        check(
            &mut tx,
            command(),
            expect![[r#"
            Err(the key is worth nothing any more: make another one)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_key_changes_itself_and_others_within_its_own_limits() {
        let (tx, narrow, _) = with_key(0).await;
        let maker =
            ApiKey { id: narrow.id, ..key_of(GUEST, Some(&["api_keys:write", "agents:*"]), &[]) };
        let mut tx = tx.of(Actor::ApiKey { id: maker.id.uuid(), user: GUEST.id() });
        tx.state.keys = vec![maker.clone()];
        let less = UpdateApiKey {
            permissions: Some(Permissions(Some(texts(&["agents:*"])))),
            ..nothing(&maker)
        };
        let more =
            UpdateApiKey { permissions: Some(Permissions(Some(texts(&["*"])))), ..nothing(&maker) };
        let access = Some(vec!["the-company".to_owned()]);
        let elsewhere = UpdateApiKey { workspace_access: access, ..nothing(&maker) };
        check(
            &mut tx,
            more,
            expect![[r#"
            Err(a key gives no more than it has: ask for less)
        "#]],
        )
        .await;
        check(
            &mut tx,
            elsewhere,
            expect![[r#"
            Err(a key reaches workspaces of its owner only)
        "#]],
        )
        .await;
        let wider = ApiKey { workspaces: vec![COMPANY], ..another(narrow) };
        tx.state.keys.push(wider.clone());
        let rename = UpdateApiKey { name: Some("Mine".to_owned()), ..nothing(&wider) };
        check(
            &mut tx,
            rename,
            expect![[r#"
            Err(a key gives no more than it has: ask for less)
        "#]],
        )
        .await;
        check(&mut tx, less, expect![[r#"
            Ok(("Robot", Scopes(Some(["agents:*"])), []))
            identity.api_key_updated {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","scopes":["agents:*"],"workspaces":[],"changes":{"scopes":{"from":["api_keys:write","agents:*"],"to":["agents:*"]}}}
        "#]]).await;
    }

    #[tokio::test]
    async fn the_owner_says_when_a_key_ends_and_that_it_does_not() {
        let (mut tx, key, session) = with_key(0).await;
        let tomorrow = tx.now() + TimeDelta::days(1);
        let ending = |expires_at| UpdateApiKey {
            session_id: Some(session),
            expiry: Some(Expiry(expires_at)),
            ..nothing(&key)
        };
        check(&mut tx, ending(Some(tomorrow)), expect![[r#"
            Ok(("Robot", Scopes(Some(["agents:read"])), [00000000-0000-0000-0000-000000000001]))
            identity.api_key_updated {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","scopes":["agents:read"],"workspaces":["00000000-0000-0000-0000-000000000001"],"changes":{"expires_at":{"from":null,"to":"2026-01-06T09:00:00Z"}}}
        "#]]).await;
        assert_eq!(tx.state.keys[0].expires_at, Some(tomorrow));
        drop(tx.take_events());
        check(&mut tx, ending(None), expect![[r#"
            Ok(("Robot", Scopes(Some(["agents:read"])), [00000000-0000-0000-0000-000000000001]))
            identity.api_key_updated {"api_key_id":"00000000-0000-0000-0000-0000000000ee","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","scopes":["agents:read"],"workspaces":["00000000-0000-0000-0000-000000000001"],"changes":{"expires_at":{"from":"2026-01-06T09:00:00Z","to":null}}}
        "#]]).await;
        assert_eq!(tx.state.keys[0].expires_at, None);
        drop(tx.take_events());
        let past = Some(tx.now());
        check(
            &mut tx,
            ending(past),
            expect![[r#"
            Err(expires_at must be in the future)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_key_lengthens_no_key_beyond_its_own_end() {
        let (tx, key, _) = with_key(0).await;
        let end = tx.now() + TimeDelta::days(7);
        let maker = ApiKey { expires_at: Some(end), ..key_of(GUEST, None, &["the-company"]) };
        let other = ApiKey { expires_at: Some(end), ..another(key) };
        let mut tx = tx.of(Actor::ApiKey { id: maker.id.uuid(), user: GUEST.id() });
        tx.state.keys = vec![maker.clone(), other.clone()];
        for changed in [&maker, &other] {
            for expires_at in [None, Some(end + TimeDelta::seconds(1))] {
                let later = UpdateApiKey { expiry: Some(Expiry(expires_at)), ..nothing(changed) };
                let outcome = later.execute(&mut tx).await;
                assert!(matches!(outcome, Err(UpdateApiKeyError::TooWide)), "{outcome:?}");
            }
        }
        let sooner = Some(Expiry(Some(end - TimeDelta::days(1))));
        let sooner = UpdateApiKey { expiry: sooner, ..nothing(&other) };
        assert!(sooner.execute(&mut tx).await.is_ok());
    }
}
