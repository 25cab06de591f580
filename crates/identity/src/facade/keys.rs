//! API keys.

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{Actor, Origin, StorageError};

use super::{Identity, Refusal, person};
use crate::{
    application::{
        create_api_key::{CreateApiKey, CreateApiKeyError},
        issue_api_key::{IssueApiKey, IssueApiKeyError},
        key_read_models::{ApiKeySummary, AuthenticatedKey, IssuedApiKey},
        read_models::QueryError,
        revoke_api_key::{RevokeApiKey, RevokeApiKeyError},
        rotate_api_key::{RotateApiKey, RotateApiKeyError},
        update_api_key::{UpdateApiKey, UpdateApiKeyError},
    },
    domain::{api_key::ApiKey, references::ApiKeyId, secret::Secret},
    infrastructure::key_queries::note_key_use,
};

/// The use of a key is noted when it has not been noted for so long: not every request is worth a write.
const KEY_USE_NOTED: TimeDelta = TimeDelta::minutes(1);

impl Identity {
    /// Makes a key of the person who acts.
    ///
    /// # Errors
    ///
    /// [`CreateApiKeyError`].
    #[tracing::instrument(skip_all)]
    pub async fn create_api_key(
        &self,
        origin: Origin,
        command: CreateApiKey,
    ) -> Result<IssuedApiKey, CreateApiKeyError> {
        let (key, token) = transact!(self, origin, tx => command.execute(tx, &*self.tokens))?;
        Ok(IssuedApiKey { key: self.summary(&key).await?, token })
    }

    /// Makes a key of somebody. Only the system may.
    ///
    /// # Errors
    ///
    /// [`IssueApiKeyError`].
    #[tracing::instrument(skip_all)]
    pub async fn issue_api_key(
        &self,
        origin: Origin,
        command: IssueApiKey,
    ) -> Result<IssuedApiKey, IssueApiKeyError> {
        let (key, token) = transact!(self, origin, tx => command.execute(tx, &*self.tokens))?;
        Ok(IssuedApiKey { key: self.summary(&key).await?, token })
    }

    /// Changes a key of the person who acts.
    ///
    /// # Errors
    ///
    /// [`UpdateApiKeyError`].
    #[tracing::instrument(skip_all, fields(api_key.id = %command.id))]
    pub async fn update_api_key(
        &self,
        origin: Origin,
        command: UpdateApiKey,
    ) -> Result<ApiKeySummary, UpdateApiKeyError> {
        let key = transact!(self, origin, tx => command.execute(tx))?;
        Ok(self.summary(&key).await?)
    }

    /// Gives a key of the person who acts another token.
    ///
    /// # Errors
    ///
    /// [`RotateApiKeyError`].
    #[tracing::instrument(skip_all, fields(api_key.id = %command.id))]
    pub async fn rotate_api_key(
        &self,
        origin: Origin,
        command: RotateApiKey,
    ) -> Result<IssuedApiKey, RotateApiKeyError> {
        let (key, token) = transact!(self, origin, tx => command.execute(tx, &*self.tokens))?;
        Ok(IssuedApiKey { key: self.summary(&key).await?, token })
    }

    /// Makes a key of the person who acts worth nothing.
    ///
    /// # Errors
    ///
    /// [`RevokeApiKeyError`].
    #[tracing::instrument(skip_all, fields(api_key.id = %command.id))]
    pub async fn revoke_api_key(
        &self,
        origin: Origin,
        command: RevokeApiKey,
    ) -> Result<(), RevokeApiKeyError> {
        transact!(self, origin, tx => command.execute(tx))
    }

    /// The keys of the person who asks, newest first, good ones and others; a key sees those that have no more than itself.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn api_keys(&self, origin: &Origin) -> Result<Vec<ApiKeySummary>, QueryError> {
        let user = person(origin)?;
        let (now, mut keys) = (self.queries.now(), self.queries.api_keys(user).await?);
        if let Actor::ApiKey { id, .. } = origin.actor() {
            let id = ApiKeyId::new(*id);
            let asking = keys.iter().map(|found| &found.key).find(|key| key.id == id);
            let asking = asking.filter(|key| key.deals_with_keys(now));
            let asking = asking.ok_or(QueryError::Forbidden)?.clone();
            keys.retain(|found| found.key.extent().is_within(asking.extent()));
        }
        Ok(keys.into_iter().map(|found| found.summary(now)).collect())
    }

    /// Whose key a token proves, while the key is good.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    #[tracing::instrument(skip_all)]
    pub async fn authenticate_key(
        &self,
        token: &Secret,
    ) -> Result<Option<AuthenticatedKey>, StorageError> {
        let Some(hash) = self.tokens.digest_key(token) else { return Ok(None) };
        let Some((key, used_at)) = self.queries.key_by_token(&hash).await? else {
            return Ok(None);
        };
        if used_at.is_none_or(|used_at| used_at + KEY_USE_NOTED <= self.queries.now()) {
            self.note_key_use(key.key_id, used_at).await;
        }
        Ok(Some(key))
    }

    /// A key of the person who asks, while it is good.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(api_key.id = %id))]
    pub async fn api_key(
        &self,
        origin: &Origin,
        id: ApiKeyId,
    ) -> Result<Option<AuthenticatedKey>, QueryError> {
        Ok(self.queries.good_key(person(origin)?, id).await?)
    }

    /// What fails here, keeps nobody from what they came for.
    async fn note_key_use(&self, key: ApiKeyId, seen: Option<DateTime<Utc>>) {
        let origin = Origin::system("identity.api_keys");
        let noted: Result<(), StorageError> =
            self.uow.run(origin, async |tx| note_key_use(tx, key, seen).await).await;
        if let Err(error) = noted {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the use of an API key is not noted"
            );
        }
    }

    /// What its owner sees of a key that was just saved.
    async fn summary(&self, key: &ApiKey) -> Result<ApiKeySummary, StorageError> {
        let found = self.queries.api_key(key.user_id, key.id).await?;
        // Only the deletion of the account comes in between.
        let found = found.ok_or_else(StorageError::conflict)?;
        Ok(found.summary(self.queries.now()))
    }
}
