//! What people prefer, in memory.

use perme8_events::{Load, StorageError, Store, testing::FakeTx};

use super::tables::{Tables, put};
use crate::domain::{member::MemberId, preferences::Preferences};

impl Tables {
    /// What somebody prefers ends with the membership.
    pub(super) fn forget_preferences_of_strangers(&mut self) {
        let members = &self.members;
        self.preferences.retain(|kept| members.iter().any(|member| member.id == kept.id));
    }
}

impl Load<Preferences> for FakeTx<Tables> {
    async fn load(&mut self, id: MemberId) -> Result<Option<Preferences>, StorageError> {
        Ok(self.state.preferences.iter().find(|kept| kept.id == id).cloned())
    }
}

impl Store<Preferences> for FakeTx<Tables> {
    async fn store(&mut self, preferences: &mut Preferences) -> Result<(), StorageError> {
        put(&mut self.state.preferences, preferences, |kept| &mut kept.version, |_, _| false)
    }
}
