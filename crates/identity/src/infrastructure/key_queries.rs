//! What callers of the facade get to read of API keys.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction as _, UserId, sql, sql::Tx};
use subtle::ConstantTimeEq as _;

use crate::{
    application::{
        key_read_models::{ApiKeySummary, AuthenticatedKey},
        ports::Accounts as _,
        read_models::UserProfile,
    },
    domain::{api_key::ApiKey, references::ApiKeyId, secret::TokenHash, user::User},
    infrastructure::{
        key_rows::{ApiKeyRow, FoundKey, postgres_keys, select_keys, sqlite_keys},
        queries::Queries,
    },
};

impl FoundKey {
    pub(crate) fn summary(self, now: DateTime<Utc>) -> ApiKeySummary {
        ApiKeySummary::of(&self.key, self.slugs, self.last_used_at, now)
    }

    /// The key as whoever has shown it acts by it, with its present token or the one before.
    fn shown_by(self, user: UserProfile, is_present: bool) -> AuthenticatedKey {
        let Self { key: ApiKey { id: key_id, scopes, workspaces, .. }, slugs, .. } = self;
        let workspaces = workspaces.into_iter().zip(slugs).collect();
        AuthenticatedKey { user, key_id, scopes, workspaces, is_present }
    }
}

impl Queries {
    /// Whose key it is, while it is good, and when it was last used.
    pub(crate) async fn key_by_token(
        &self,
        token: &TokenHash,
    ) -> Result<Option<(AuthenticatedKey, Option<DateTime<Utc>>)>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: sqlite_keys!("WHERE k.token_hash = $1 OR k.previous_token_hash = $1"),
            postgres: postgres_keys!("WHERE k.token_hash = $1 OR k.previous_token_hash = $1")
        ));
        let row: Option<ApiKeyRow> = query.bind(token.as_bytes()).opt().await?;
        let Some(found) = row.map(FoundKey::from) else { return Ok(None) };
        // How far a digest is right must not be seen from the time that it takes.
        let same = |hash: &TokenHash| bool::from(hash.as_bytes().ct_eq(token.as_bytes()));
        let now = self.now();
        let previous = found.key.previous.as_ref().filter(|previous| previous.until > now);
        let is_present = same(&found.key.token_hash);
        let is_good = is_present || previous.is_some_and(|previous| same(&previous.token_hash));
        if !is_good || !found.key.is_active(now) {
            return Ok(None);
        }
        let last_used_at = found.last_used_at;
        Ok(self.acting(found, is_present).await?.map(|key| (key, last_used_at)))
    }

    /// The same, of a key that was shown before; by which token, nobody knows any more, so it deals with no keys.
    pub(crate) async fn good_key(
        &self,
        user: UserId,
        id: ApiKeyId,
    ) -> Result<Option<AuthenticatedKey>, StorageError> {
        let found = self.api_key(user, id).await?;
        match found.filter(|found| found.key.is_active(self.now())) {
            Some(found) => self.acting(found, false).await,
            None => Ok(None),
        }
    }

    /// The key for whoever acts by it, as long as its owner has a confirmed account.
    async fn acting(
        &self,
        found: FoundKey,
        is_present: bool,
    ) -> Result<Option<AuthenticatedKey>, StorageError> {
        let owner = self.db.account(found.key.user_id).await?;
        let owner = owner.filter(User::is_confirmed);
        Ok(owner.map(|owner| found.shown_by(UserProfile::from(&owner), is_present)))
    }

    /// A key of a person.
    pub(crate) async fn api_key(
        &self,
        user: UserId,
        id: ApiKeyId,
    ) -> Result<Option<FoundKey>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: sqlite_keys!("WHERE k.id = $1 AND k.user_id = $2"),
            postgres: postgres_keys!("WHERE k.id = $1 AND k.user_id = $2")
        ));
        let row: Option<ApiKeyRow> = query.bind(id).bind(user).opt().await?;
        Ok(row.map(FoundKey::from))
    }

    /// The keys of a person, newest first.
    pub(crate) async fn api_keys(&self, user: UserId) -> Result<Vec<FoundKey>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: sqlite_keys!("WHERE k.user_id = $1 ORDER BY k.created_at DESC, k.id DESC"),
            postgres: postgres_keys!("WHERE k.user_id = $1 ORDER BY k.created_at DESC, k.id DESC")
        ));
        let rows: Vec<ApiKeyRow> = query.bind(user).all().await?;
        Ok(rows.into_iter().map(FoundKey::from).collect())
    }
}

/// Notes that a key was used just now, unless somebody noted so since it was `seen`.
pub(crate) async fn note_key_use(
    tx: &mut Tx,
    id: ApiKeyId,
    seen: Option<DateTime<Utc>>,
) -> Result<(), StorageError> {
    let now = tx.now();
    let update = sql!(
        "UPDATE identity_api_keys SET last_used_at = $1 WHERE id = $2 AND last_used_at IS NOT DISTINCT FROM $3"
    );
    tx.query(update).bind(now).bind(id).bind(seen).exec().await.map(drop)
}
