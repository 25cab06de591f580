//! What people chose, and what waits for their mails, in memory.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use perme8_events::{Load, StorageError, Store, UserId, WorkspaceId, testing::FakeTx};

use super::Memory;
use crate::{
    application::ports::{Digests, Wish, Wishes},
    domain::{delivery::Delivery, notification_type::NotificationType, preferences::Preferences},
};

impl Load<Preferences> for FakeTx<Memory> {
    async fn load(&mut self, person: UserId) -> Result<Option<Preferences>, StorageError> {
        Ok(self.state.preferences.get(&person).cloned())
    }
}

impl Store<Preferences> for FakeTx<Memory> {
    async fn store(&mut self, preferences: &mut Preferences) -> Result<(), StorageError> {
        let stored = self.state.preferences.get(&preferences.user_id);
        if stored.map_or(0, |stored| stored.version) != preferences.version {
            return Err(StorageError::conflict());
        }
        preferences.version += 1;
        self.state.preferences.insert(preferences.user_id, preferences.clone());
        Ok(())
    }
}

impl Wishes for FakeTx<Memory> {
    async fn wishes(
        &mut self,
        people: &[UserId],
        kind: NotificationType,
        workspace: Option<WorkspaceId>,
    ) -> Result<BTreeMap<UserId, Wish>, StorageError> {
        let wish = |person: &UserId| -> Option<(UserId, Wish)> {
            let Preferences { digest_hour, deliveries, .. } = self.state.preferences.get(person)?;
            let exception = workspace.and_then(|id| deliveries.get(&(kind, Some(id))));
            let delivery: Delivery = *exception.or(deliveries.get(&(kind, None)))?;
            Some((*person, Wish { delivery, digest_hour: *digest_hour }))
        };
        Ok(people.iter().filter_map(wish).collect())
    }
}

impl Digests for FakeTx<Memory> {
    async fn digest_at(
        &mut self,
        person: UserId,
        at: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, StorageError> {
        Ok(*self.state.digests.entry(person).or_insert(at))
    }

    async fn take_digest(
        &mut self,
        person: UserId,
        due_at: DateTime<Utc>,
    ) -> Result<Vec<String>, StorageError> {
        if self.state.digests.get(&person) != Some(&due_at) {
            return Ok(Vec::new());
        }
        self.state.digests.remove(&person);
        let mut taken = Vec::new();
        for told in self.state.notifications.values_mut() {
            if told.user_id == person && std::mem::take(&mut told.awaits_digest) && !told.is_read()
            {
                taken.push((told.created_at, told.id, told.body.clone()));
            }
        }
        taken.sort();
        Ok(taken.into_iter().map(|(_, _, body)| body).collect())
    }
}
