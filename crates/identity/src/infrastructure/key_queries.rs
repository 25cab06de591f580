//! What callers of the facade get to read of API keys.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction as _, UserId, WorkspaceId, sql, sql::Tx};
use sqlx::FromRow;
use subtle::ConstantTimeEq as _;

use crate::{
    application::{
        key_read_models::{ApiKeySummary, AuthenticatedKey},
        ports::Accounts as _,
        read_models::UserProfile,
    },
    domain::{api_key::ApiKey, references::ApiKeyId, secret::TokenHash, user::User},
    infrastructure::{
        key_rows::{ApiKeyRow, select_keys},
        queries::Queries,
    },
};

#[derive(FromRow)]
struct ReachRow {
    api_key_id: ApiKeyId,
    workspace_id: WorkspaceId,
    slug: String,
}

/// A key, the slugs of what it reaches, and when it was last used.
pub(crate) struct FoundKey {
    pub(crate) key: ApiKey,
    slugs: Vec<String>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

impl FoundKey {
    fn new(row: ApiKeyRow, reach: Vec<(WorkspaceId, String)>) -> Self {
        let last_used_at = row.last_used_at;
        let (workspaces, slugs) = reach.into_iter().unzip();
        Self { key: row.reaching(workspaces), slugs, last_used_at }
    }

    pub(crate) fn summary(self, now: DateTime<Utc>) -> ApiKeySummary {
        ApiKeySummary::of(&self.key, self.slugs, self.last_used_at, now)
    }

    /// The key as whoever has shown it acts by it.
    fn shown_by(self, user: UserProfile) -> AuthenticatedKey {
        let Self { key: ApiKey { id: key_id, scopes, workspaces, .. }, slugs, .. } = self;
        let workspaces = workspaces.into_iter().zip(slugs).collect();
        AuthenticatedKey { user, key_id, scopes, workspaces }
    }
}

impl Queries {
    /// Whose key it is, while it is good, and when it was last used.
    pub(crate) async fn key_by_token(
        &self,
        token: &TokenHash,
    ) -> Result<Option<(AuthenticatedKey, Option<DateTime<Utc>>)>, StorageError> {
        let query = self
            .db
            .query(sql!(select_keys!("WHERE k.token_hash = $1 OR k.previous_token_hash = $1")));
        let row = query.bind(token.as_bytes()).opt::<ApiKeyRow>().await?;
        let Some(found) = self.found(row).await? else { return Ok(None) };
        // How far a digest is right must not be seen from the time that it takes.
        let same = |hash: &TokenHash| bool::from(hash.as_bytes().ct_eq(token.as_bytes()));
        let now = self.now();
        let previous = found.key.previous.as_ref().filter(|previous| previous.until > now);
        let is_good = same(&found.key.token_hash)
            || previous.is_some_and(|previous| same(&previous.token_hash));
        if !is_good || !found.key.is_active(now) {
            return Ok(None);
        }
        let last_used_at = found.last_used_at;
        Ok(self.acting(found).await?.map(|key| (key, last_used_at)))
    }

    /// The same, of a key that was shown before.
    pub(crate) async fn good_key(
        &self,
        user: UserId,
        id: ApiKeyId,
    ) -> Result<Option<AuthenticatedKey>, StorageError> {
        let found = self.api_key(user, id).await?;
        match found.filter(|found| found.key.is_active(self.now())) {
            Some(found) => self.acting(found).await,
            None => Ok(None),
        }
    }

    /// The key for whoever acts by it, as long as its owner has a confirmed account.
    async fn acting(&self, found: FoundKey) -> Result<Option<AuthenticatedKey>, StorageError> {
        let owner = self.db.account(found.key.user_id).await?;
        let owner = owner.filter(User::is_confirmed);
        Ok(owner.map(|owner| found.shown_by(UserProfile::from(&owner))))
    }

    /// A key of a person.
    pub(crate) async fn api_key(
        &self,
        user: UserId,
        id: ApiKeyId,
    ) -> Result<Option<FoundKey>, StorageError> {
        let query = self.db.query(sql!(select_keys!("WHERE k.id = $1 AND k.user_id = $2")));
        let row = query.bind(id).bind(user).opt::<ApiKeyRow>().await?;
        self.found(row).await
    }

    /// The keys of a person, newest first.
    pub(crate) async fn api_keys(&self, user: UserId) -> Result<Vec<FoundKey>, StorageError> {
        let query = self.db.query(sql!(select_keys!(
            "WHERE k.user_id = $1 ORDER BY k.created_at DESC, k.id DESC"
        )));
        let rows: Vec<ApiKeyRow> = query.bind(user).all().await?;
        let query = self.db.query(sql!(
            "SELECT r.api_key_id, r.workspace_id, w.slug FROM identity_api_key_workspaces r
             JOIN identity_workspaces w ON w.id = r.workspace_id
             WHERE r.user_id = $1 ORDER BY r.api_key_id, r.place"
        ));
        let mut reach: HashMap<ApiKeyId, Vec<(WorkspaceId, String)>> = HashMap::new();
        for ReachRow { api_key_id, workspace_id, slug } in query.bind(user).all().await? {
            reach.entry(api_key_id).or_default().push((workspace_id, slug));
        }
        let found = rows.into_iter().map(|row| {
            let reach = reach.remove(&row.id()).unwrap_or_default();
            FoundKey::new(row, reach)
        });
        Ok(found.collect())
    }

    async fn found(&self, row: Option<ApiKeyRow>) -> Result<Option<FoundKey>, StorageError> {
        let Some(row) = row else { return Ok(None) };
        let query = self.db.query(sql!(
            "SELECT r.workspace_id, w.slug FROM identity_api_key_workspaces r
             JOIN identity_workspaces w ON w.id = r.workspace_id
             WHERE r.api_key_id = $1 ORDER BY r.place"
        ));
        let reach: Vec<(WorkspaceId, String)> = query.bind(row.id()).all().await?;
        Ok(Some(FoundKey::new(row, reach)))
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
