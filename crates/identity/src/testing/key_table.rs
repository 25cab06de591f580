//! API keys in memory.

use perme8_events::{
    Clock as _, Id, Load, StorageError, Store, Transaction as _, UserId,
    testing::{FakeTx, ManualClock},
};
use uuid::Uuid;

use super::{
    company::{COMPANY, Person},
    tables::{Tables, purge, put},
};
use crate::{
    application::ports::ApiKeys,
    domain::{
        api_key::{ApiKey, KEPT_AFTER_END, KeyParticulars, NewApiKey},
        references::ApiKeyId,
        secret::TokenHash,
    },
};

/// Texts as commands take them.
pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// A key of somebody, which reaches the company or nothing.
pub(crate) fn key_of(person: Person, permissions: Option<&[&str]>, slugs: &[&str]) -> ApiKey {
    let permissions = permissions.map(texts);
    let new = NewApiKey {
        user_id: person.id(),
        made_by: None,
        particulars: KeyParticulars::check("Robot", None, permissions.as_deref(), Ok(())).unwrap(),
        workspaces: slugs.iter().map(|_| COMPANY).collect(),
        expires_at: None,
        token_hash: TokenHash::new([0xee; 32]),
        prefix: "eeeeeeee".to_owned(),
    };
    let id = Id::new(Uuid::from_u128(0xee));
    let created = ApiKey::create(id, new, ManualClock::monday_morning().now());
    ApiKey { version: 1, ..created.peek().clone() }
}

/// Another key that is the same otherwise.
pub(crate) fn another(key: ApiKey) -> ApiKey {
    let id = Id::new(Uuid::from_u128(0xef));
    ApiKey { id, token_hash: TokenHash::new([0xef; 32]), ..key }
}

impl Tables {
    /// What references do in a database: keys go with their owner, and reach a workspace as long as that is a member of it.
    pub(super) fn cut_keys(&mut self) {
        let Self { users, members, keys, .. } = self;
        keys.retain(|key| users.iter().any(|user| user.id == key.user_id));
        for key in keys {
            let owner = key.user_id;
            let belongs =
                |id| members.iter().any(|m| m.id.workspace_id == id && m.id.user_id == owner);
            key.workspaces.retain(|id| belongs(*id));
        }
    }
}

impl Load<ApiKey> for FakeTx<Tables> {
    async fn load(&mut self, id: ApiKeyId) -> Result<Option<ApiKey>, StorageError> {
        Ok(self.state.keys.iter().find(|key| key.id == id).cloned())
    }
}

impl Store<ApiKey> for FakeTx<Tables> {
    async fn store(&mut self, key: &mut ApiKey) -> Result<(), StorageError> {
        let same_token = |a: &ApiKey, b: &ApiKey| a.token_hash == b.token_hash;
        put(&mut self.state.keys, key, |key| &mut key.version, same_token)?;
        self.state.cut_keys();
        Ok(())
    }
}

impl ApiKeys for FakeTx<Tables> {
    async fn wait_for_keys(&mut self, _owner: UserId) -> Result<(), StorageError> {
        Ok(())
    }

    async fn count_active_keys(&mut self, owner: UserId) -> Result<i64, StorageError> {
        let now = self.now();
        let keys = self.state.keys.iter();
        let active = keys.filter(|key| key.user_id == owner && key.is_active(now));
        Ok(i64::try_from(active.count()).unwrap())
    }
    async fn purge_keys(&mut self, limit: u32) -> Result<u64, StorageError> {
        let now = self.now();
        let makers: Vec<ApiKeyId> = self.state.keys.iter().filter_map(|key| key.made_by).collect();
        Ok(purge(&mut self.state.keys, limit, |key| {
            let ended = key.revoked_at.into_iter().chain(key.expires_at).min();
            let is_over = ended.is_some_and(|ended| ended + KEPT_AFTER_END <= now);
            (is_over && !makers.contains(&key.id), ended.unwrap_or(now))
        }))
    }

    async fn keys_made_by(&mut self, maker: ApiKeyId) -> Result<Vec<ApiKey>, StorageError> {
        let keys = self.state.keys.iter();
        let made = keys.filter(|key| key.made_by == Some(maker) && key.revoked_at.is_none());
        Ok(made.cloned().collect())
    }
}
