//! Forgetting a person: destroying the key, and what is left of it in the database.

use crate::{
    application::transaction::Transaction as _,
    domain::{core_events::PersonForgotten, error::StorageError, id::UserId},
    infrastructure::{
        db::{Db, Engine},
        tx::Tx,
    },
    sql,
};

/// How far somebody is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgetting {
    /// What was said of them until now; what is said later is sealed with another key. For somebody who goes on to be there.
    UntilNow,
    /// Also whatever is said of them later, which is forgotten as it is written. For somebody who is gone.
    ForGood,
}

impl Tx {
    /// Forgets a person: what identifies them in events is unreadable from the commit on, on every node and in every copy of the
    /// log, and [`PersonForgotten`] tells those who keep something of it elsewhere. Whether there was anything to forget.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn forget(
        &mut self,
        user: UserId,
        how: Forgetting,
        operator: Option<&str>,
    ) -> Result<bool, StorageError> {
        let now = self.now();
        let statement = match how {
            Forgetting::UntilNow => sql!(
                "UPDATE event_subject_keys SET generation = generation + 1, key_bytes = NULL, wrapped_by = NULL, forgotten_at = $2
                 WHERE user_id = $1 AND key_bytes IS NOT NULL"
            ),
            Forgetting::ForGood => sql!(
                "INSERT INTO event_subject_keys (user_id, generation, is_gone, made_at, forgotten_at) VALUES ($1, 1, TRUE, $2, $2)
                 ON CONFLICT (user_id) DO UPDATE
                   SET generation = event_subject_keys.generation + 1, key_bytes = NULL, wrapped_by = NULL, is_gone = TRUE,
                     forgotten_at = excluded.forgotten_at
                   WHERE NOT event_subject_keys.is_gone"
            ),
        };
        let is_changed = self.query(statement).bind(user).bind(now).exec().await? > 0;
        if is_changed {
            let for_good = how == Forgetting::ForGood;
            let operator = operator.map(str::to_owned);
            self.emit(PersonForgotten { user_id: user, for_good, operator });
        }
        Ok(is_changed)
    }
}

impl Db {
    /// Removes what is left of keys that were destroyed, as far as the engine does so at once; whether it was.
    ///
    /// On SQLite the pages were overwritten when the key was destroyed, and the log of writes is taken over into the file and
    /// emptied. On PostgreSQL the dead rows of the table are removed; their bytes may stay in its file until they are written over.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn scrub_keys(&self) -> Result<bool, StorageError> {
        match &*self.engine {
            Engine::Sqlite { writer, .. } => {
                // Busy, pages in the log, pages taken over.
                let (busy, _, _): (i64, i64, i64) =
                    sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(writer).await?;
                Ok(busy == 0)
            }
            Engine::Postgres { side, .. } => {
                // Not by a prepared statement: it must not be within a transaction.
                sqlx::raw_sql("VACUUM event_subject_keys").execute(side).await?;
                Ok(true)
            }
        }
    }
}
