//! Forgetting a person.

use std::time::Duration;

use serde::Serialize;

use crate::{
    domain::{error::StorageError, id::UserId},
    infrastructure::{
        runtime::operations::{Operations, operator::Operator},
        sealing::forgetting::Forgetting,
        unit_of_work::UnitOfWork,
    },
};

/// For so long somebody who is there to be told waits for readers of the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came of forgetting somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Whether there was anything to forget, or they were forgotten before.
    pub changed: bool,
    /// Whether what is left of the key is removed from the database as far as the engine does so at once.
    pub scrubbed: bool,
}

impl Operations {
    /// Makes what identifies a person in events unreadable for ever, and tells so by the event
    /// [`PersonForgotten`](crate::PersonForgotten) in the same commit. Doing it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be written; nobody is forgotten then.
    pub async fn forget(
        &self,
        operator: &Operator,
        user: UserId,
        how: Forgetting,
    ) -> Result<Forgotten, StorageError> {
        let changed = UnitOfWork::new(self.db.clone())
            .run(operator.origin().clone(), async |tx| {
                tx.forget(user, how, Some(operator.name())).await
            })
            .await?;
        // Also when nothing has changed: the last one who did so may have come no further.
        let scrubbed = match self.db.scrub_keys(PATIENCE).await {
            Ok(scrubbed) => scrubbed,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "what is left of a key that was destroyed is still there");
                false
            }
        };
        Ok(Forgotten { changed, scrubbed })
    }
}
