//! Rights for tests in which nobody has any.

use async_trait::async_trait;

use crate::{
    application::rights::{Standing, Standings},
    domain::{
        error::StorageError,
        id::{UserId, WorkspaceId},
    },
};

/// Standings of people who belong nowhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strangers;

#[async_trait]
impl Standings for Strangers {
    async fn standing(&self, _: UserId, _: WorkspaceId) -> Result<Option<Standing>, StorageError> {
        Ok(None)
    }
}
