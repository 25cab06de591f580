//! Making an API key.

use chrono::{DateTime, Datelike as _, Utc};
use perme8_events::{Save, StorageError};

use crate::{
    application::{
        key_maker::KeyMaker,
        ports::{ApiKeys, MintedToken, Sessions, TokenSource, Users, Workspaces},
    },
    domain::{
        api_key::{ApiKey, Extent, KeyParticulars, MAX_ACTIVE, NewApiKey},
        discreet::discreet,
        fields::{FieldErrors, Problem},
        references::SessionId,
        secret::Secret,
    },
};

/// So much of a token is shown, so that its owner can tell it from others.
const PREFIX: usize = 8;

/// Later instants are written with more digits, and sorted before earlier ones.
const LAST_YEAR: i32 = 9999;

/// Makes a key of the person who acts.
///
/// That person has logged in within the last 20 minutes, or acts by a key: then the new key grants no more, reaches nothing
/// more and lasts no longer. Emits [`ApiKeyCreated`](crate::ApiKeyCreated).
#[derive(Clone)]
pub struct CreateApiKey {
    /// The session in which it is made; a key has none.
    pub session_id: Option<SessionId>,
    /// What to call it; 1 to 255 characters.
    pub name: String,
    /// What it is for; at most 1,000 characters.
    pub description: Option<String>,
    /// What it may do; left out, it may everything that its owner may, or what the key may that makes it.
    pub permissions: Option<Permissions>,
    /// Where it reaches: slugs of workspaces of its owner, at most 100.
    pub workspace_access: Vec<String>,
    /// Until when; left out, it lasts until it is revoked, or as long as the key that makes it.
    pub expires_at: Option<DateTime<Utc>>,
}

discreet! { CreateApiKey { session_id, permissions, expires_at } }

/// What a key may do: at most 100 scopes, or beginnings of them with `*` behind; nothing stands for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions(pub Option<Vec<String>>);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum CreateApiKeyError {
    /// No person with a confirmed account acts, or a key that may not make keys.
    #[error("only people with a confirmed account make keys")]
    Forbidden,
    /// The log-in was too long ago.
    #[error("show once more who you are")]
    NotFresh,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The owner does not belong to one of the workspaces, or the key that makes it does not reach it.
    #[error("a key reaches workspaces of its owner only")]
    WorkspaceForbidden,
    /// The key that makes it has less.
    #[error("a key gives no more than it has: ask for less")]
    TooWide,
    /// The owner has as many keys as there may be.
    #[error("there are too many keys: revoke one first")]
    TooMany,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CreateApiKey {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
        tokens: &dyn TokenSource,
    ) -> Result<(ApiKey, Secret), CreateApiKeyError>
    where
        T: Users + Sessions + Workspaces + ApiKeys + Save<ApiKey>,
    {
        let maker = KeyMaker::acting_in(tx, self.session_id).await?;
        self.make(tx, tokens, &maker).await
    }

    /// The same, by whoever that is, whose turn it is.
    pub(crate) async fn make<T>(
        &self,
        tx: &mut T,
        tokens: &dyn TokenSource,
        maker: &KeyMaker,
    ) -> Result<(ApiKey, Secret), CreateApiKeyError>
    where
        T: Workspaces + ApiKeys + Save<ApiKey>,
    {
        let KeyMaker { owner, limits } = maker;
        let now = tx.now();
        let expires_at = self.expires_at.or(limits.as_ref().and_then(|key| key.expires_at));
        let permissions = match (&self.permissions, limits) {
            (Some(Permissions(permissions)), _) => permissions.as_deref(),
            (None, Some(key)) => key.scopes.entries(),
            (None, None) => None,
        };
        let expiry = check_expiry(expires_at, now);
        let description = self.description.as_deref();
        let particulars = KeyParticulars::check(&self.name, description, permissions, expiry);
        let particulars = particulars.map_err(CreateApiKeyError::Invalid)?;
        let workspaces = maker.reached(tx, &self.workspace_access).await?;
        let extent = Extent { scopes: &particulars.scopes, workspaces: &workspaces, expires_at };
        if !maker.may_give(extent) {
            return Err(CreateApiKeyError::TooWide);
        }
        if tx.count_active_keys(owner.id).await? >= MAX_ACTIVE {
            return Err(CreateApiKeyError::TooMany);
        }
        let MintedToken { plain, hash: token_hash } = tokens.mint_key();
        let prefix = shown_prefix(&plain);
        let (user_id, made_by) = (owner.id, limits.as_ref().map(|key| key.id));
        let new =
            NewApiKey { user_id, made_by, particulars, workspaces, expires_at, token_hash, prefix };
        let key = ApiKey::create(tx.new_id(), new, now);
        Ok((tx.save(key).await?, plain))
    }
}

/// How a token begins, as far as that is shown.
pub(crate) fn shown_prefix(token: &Secret) -> String {
    token.expose().chars().take(PREFIX).collect()
}

/// Whether a key can end then.
pub(crate) fn check_expiry(
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(expires_at) = expires_at else { return Ok(()) };
    if expires_at <= now {
        Err(Problem::Past)
    } else if expires_at.year() > LAST_YEAR {
        Err(Problem::Malformed("must be before the year 10000"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::testing::{
        CountedTokens, GUEST, NEWCOMER, OWNER, Person, Tables, company, elsewhere, key_of,
        logged_in, report, texts,
    };

    fn wish() -> CreateApiKey {
        CreateApiKey {
            session_id: None,
            name: " Robot ".to_owned(),
            description: None,
            permissions: None,
            workspace_access: Vec::new(),
            expires_at: None,
        }
    }

    async fn check(tx: &mut FakeTx<Tables>, command: CreateApiKey, expected: Expect) {
        let before = tx.state.keys.len();
        let outcome = command.execute(tx, &CountedTokens::default()).await;
        assert_eq!(outcome.is_ok(), tx.state.keys.len() > before);
        let outcome = outcome.map(|(key, token)| {
            assert!(token.expose().starts_with(&key.prefix));
            (key.name, key.expires_at.map(|expires_at| expires_at.to_string()))
        });
        expected.assert_eq(&report(&outcome, tx));
    }

    /// The same, by this person in a session that began so many minutes ago.
    async fn check_of(person: Person, minutes: i64, command: CreateApiKey, expected: Expect) {
        let (tx, session_id) = logged_in(company(), person, minutes).await;
        let mut tx = tx.of(Actor::User(person.id()));
        check(&mut tx, CreateApiKey { session_id: Some(session_id), ..command }, expected).await;
    }

    #[tokio::test]
    async fn whoever_has_just_logged_in_makes_keys_of_any_width() {
        let access = vec!["the-company".to_owned(), "the-company".to_owned()];
        let wide = CreateApiKey { workspace_access: access, ..wish() };
        check_of(GUEST, 19, wide, expect![[r#"
            Ok(("Robot", None))
            identity.api_key_created {"api_key_id":"00000000-0000-0000-0000-000000000102","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","scopes":null,"workspaces":["00000000-0000-0000-0000-000000000001"],"expires_at":null}
        "#]]).await;
        let narrow = CreateApiKey {
            permissions: Some(Permissions(Some(texts(&["agents:read", "mcp:*"])))),
            ..wish()
        };
        check_of(GUEST, 19, narrow, expect![[r#"
            Ok(("Robot", None))
            identity.api_key_created {"api_key_id":"00000000-0000-0000-0000-000000000102","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","scopes":["agents:read","mcp:*"],"workspaces":[],"expires_at":null}
        "#]]).await;
        check_of(
            GUEST,
            20,
            wish(),
            expect![[r#"
            Err(show once more who you are)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn only_people_who_have_shown_who_they_are_make_keys() {
        for actor in [Actor::Anonymous, Actor::System("cleaner".into()), Actor::User(NEWCOMER.id())]
        {
            check(
                &mut company().of(actor),
                wish(),
                expect![[r#"
                Err(only people with a confirmed account make keys)
            "#]],
            )
            .await;
        }
        check(
            &mut company(),
            wish(),
            expect![[r#"
            Err(show once more who you are)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let wrong = CreateApiKey {
            name: " ".to_owned(),
            description: Some("x".repeat(1001)),
            permissions: Some(Permissions(Some(texts(&["agents:fly"])))),
            expires_at: Some(company().now()),
            ..wish()
        };
        check_of(GUEST, 0, wrong, expect![[r#"
            Err(name can't be blank; description should be at most 1000 character(s); permissions must be scopes such as agents:read, beginnings of them such as agents:*, or *; expires_at must be in the future)
        "#]]).await;
        let access = vec!["the-company".to_owned(); 101];
        let wrong = CreateApiKey { workspace_access: access, ..wish() };
        check_of(
            GUEST,
            0,
            wrong,
            expect![[r#"
            Err(workspace_access should have at most 100 item(s))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_key_reaches_no_workspace_of_others() {
        for slug in ["elsewhere", "nowhere", ""] {
            let (tx, _) = elsewhere(company(), OWNER);
            let (tx, session) = logged_in(tx, GUEST, 0).await;
            let access = vec!["the-company".to_owned(), slug.to_owned()];
            let command =
                CreateApiKey { session_id: Some(session), workspace_access: access, ..wish() };
            let mut tx = tx.of(Actor::User(GUEST.id()));
            check(
                &mut tx,
                command,
                expect![[r#"
                Err(a key reaches workspaces of its owner only)
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn a_key_gives_no_more_than_it_has() {
        let limited = || {
            let mut tx = company();
            let now = tx.now();
            let key = key_of(GUEST, Some(&["api_keys:write", "agents:*"]), &["the-company"]);
            let expires_at = Some(now + TimeDelta::days(7));
            tx.state.keys.push(ApiKey { expires_at, ..key.clone() });
            tx.of(Actor::ApiKey { id: key.id.uuid(), user: GUEST.id() })
        };
        check(&mut limited(), wish(), expect![[r#"
            Ok(("Robot", Some("2026-01-12 09:00:00 UTC")))
            identity.api_key_created {"api_key_id":"00000000-0000-0000-0000-000000000101","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","scopes":["api_keys:write","agents:*"],"workspaces":[],"expires_at":"2026-01-12T09:00:00Z"}
        "#]]).await;
        let access = || vec!["the-company".to_owned()];
        let less = CreateApiKey {
            permissions: Some(Permissions(Some(texts(&["agents:read"])))),
            workspace_access: access(),
            expires_at: Some(company().now() + TimeDelta::days(1)),
            ..wish()
        };
        check(&mut limited(), less.clone(), expect![[r#"
            Ok(("Robot", Some("2026-01-06 09:00:00 UTC")))
            identity.api_key_created {"api_key_id":"00000000-0000-0000-0000-000000000101","user_id":"00000000-0000-0000-0000-000000000005","name":"Robot","scopes":["agents:read"],"workspaces":["00000000-0000-0000-0000-000000000001"],"expires_at":"2026-01-06T09:00:00Z"}
        "#]]).await;
        let longer = Some(company().now() + TimeDelta::days(8));
        for more in [
            CreateApiKey { permissions: Some(Permissions(None)), ..less.clone() },
            CreateApiKey {
                permissions: Some(Permissions(Some(texts(&["chat:read"])))),
                ..less.clone()
            },
            CreateApiKey { expires_at: longer, ..less.clone() },
        ] {
            check(
                &mut limited(),
                more,
                expect![[r#"
                Err(a key gives no more than it has: ask for less)
            "#]],
            )
            .await;
        }
        let mut tx = limited();
        tx.state.keys[0].workspaces.clear();
        check(
            &mut tx,
            less.clone(),
            expect![[r#"
                Err(a key reaches workspaces of its owner only)
            "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_key_that_is_over_or_may_not_makes_none() {
        let expired = |key: ApiKey| ApiKey { expires_at: Some(company().now()), ..key };
        let revoked = |key: ApiKey| ApiKey { revoked_at: Some(company().now()), ..key };
        for key in [
            key_of(GUEST, Some(&["agents:*"]), &[]),
            expired(key_of(GUEST, None, &[])),
            revoked(key_of(GUEST, None, &[])),
            key_of(OWNER, None, &[]),
        ] {
            let mut tx = company();
            tx.state.keys.push(key.clone());
            let mut tx = tx.of(Actor::ApiKey { id: key.id.uuid(), user: GUEST.id() });
            check(
                &mut tx,
                wish(),
                expect![[r#"
                Err(only people with a confirmed account make keys)
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn a_person_has_so_many_good_keys() {
        let (mut tx, session) = logged_in(company(), OWNER, 0).await;
        let most = usize::try_from(MAX_ACTIVE).unwrap();
        tx.state.keys = vec![key_of(OWNER, None, &[]); most];
        tx.state.keys[0].revoked_at = Some(tx.now());
        let command = || CreateApiKey { session_id: Some(session), ..wish() };
        check(&mut tx, command(), expect![[r#"
            Ok(("Robot", None))
            identity.api_key_created {"api_key_id":"00000000-0000-0000-0000-000000000102","user_id":"00000000-0000-0000-0000-000000000002","name":"Robot","scopes":null,"workspaces":[],"expires_at":null}
        "#]]).await;
        drop(tx.take_events());
        check(
            &mut tx,
            command(),
            expect![[r#"
            Err(there are too many keys: revoke one first)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_key_does_not_learn_where_its_owner_belongs() {
        for slug in ["the-company", "elsewhere", "nowhere"] {
            let (mut tx, _) = elsewhere(company(), OWNER);
            let key = key_of(GUEST, None, &[]);
            tx.state.keys.push(key.clone());
            let command = CreateApiKey { workspace_access: vec![slug.to_owned()], ..wish() };
            let mut tx = tx.of(Actor::ApiKey { id: key.id.uuid(), user: GUEST.id() });
            let outcome = command.execute(&mut tx, &CountedTokens::default()).await;
            assert!(matches!(outcome, Err(CreateApiKeyError::WorkspaceForbidden)), "{slug}");
        }
    }
}
