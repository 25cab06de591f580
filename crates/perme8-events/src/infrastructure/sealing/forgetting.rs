//! Forgetting a person: destroying the key, and what is left of it in the database.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, SqlitePool, pool::PoolConnection};

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
    /// emptied. That takes a moment in which nobody reads; for so long it is waited for, and nobody writes while it is. On
    /// PostgreSQL the dead rows of the table are removed; their bytes may stay in its file until they are written over.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn scrub_keys(&self, patience: Duration) -> Result<bool, StorageError> {
        match &*self.engine {
            Engine::Sqlite { writer, .. } => Ok(empty_log(writer, patience).await?),
            Engine::Postgres { side, .. } => {
                // Not by a prepared statement: it must not be within a transaction.
                sqlx::raw_sql("VACUUM event_subject_keys").execute(side).await?;
                Ok(true)
            }
        }
    }
}

/// The writer while it waits for others otherwise than usual. Dropped like that it is closed, and the next one waits as usual.
struct Borrowed {
    writer: PoolConnection<Sqlite>,
    is_as_usual: bool,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if !self.is_as_usual {
            self.writer.close_on_drop();
        }
    }
}

/// Takes the log of writes over into the file and empties it; false when somebody reads from it for longer than that.
async fn empty_log(writer: &SqlitePool, patience: Duration) -> sqlx::Result<bool> {
    let mut borrowed = Borrowed { writer: writer.acquire().await?, is_as_usual: true };
    let usual: i64 =
        sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut *borrowed.writer).await?;
    borrowed.is_as_usual = false;
    let patience = i64::try_from(patience.as_millis()).unwrap_or(usual);
    wait_for(&mut borrowed.writer, patience).await?;
    // Busy, pages in the log, pages taken over.
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *borrowed.writer).await?;
    wait_for(&mut borrowed.writer, usual).await?;
    borrowed.is_as_usual = true;
    Ok(busy == 0)
}

/// For so many milliseconds a connection waits for others from now on.
async fn wait_for(conn: &mut SqliteConnection, millis: i64) -> sqlx::Result<()> {
    let pragma = AssertSqlSafe(format!("PRAGMA busy_timeout = {millis}"));
    sqlx::query(pragma).persistent(false).execute(conn).await.map(drop)
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;
    use crate::{infrastructure::migrations::MIGRATIONS, testing::TestDb};

    async fn usual(writer: &SqlitePool) -> i64 {
        sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(writer).await.unwrap()
    }

    #[tokio::test]
    async fn writers_wait_for_it_no_longer_than_it_waits_for_readers() {
        let test = TestDb::sqlite(&[&MIGRATIONS]).await;
        let Engine::Sqlite { writer, readers, .. } = &*test.db.engine else { unreachable!() };
        let before = usual(writer).await;
        // So that there is something in the log of writes.
        sqlx::raw_sql("PRAGMA user_version = 7").execute(writer).await.unwrap();
        let mut reader = readers.acquire().await.unwrap();
        let read = "BEGIN; SELECT count(*) FROM event_log";
        sqlx::raw_sql(read).execute(&mut *reader).await.unwrap();

        let short = Duration::from_millis(1);
        let given_up = timeout(Duration::from_secs(3), test.db.scrub_keys(short)).await;
        assert!(!given_up.expect("it gives up").unwrap());
        assert_eq!(usual(writer).await, before);

        // Whoever asked for it is gone before it has ended.
        let called_off =
            timeout(Duration::from_millis(50), test.db.scrub_keys(Duration::from_secs(4)));
        assert!(called_off.await.is_err());
        sqlx::raw_sql("ROLLBACK").execute(&mut *reader).await.unwrap();
        assert_eq!(usual(writer).await, before);

        assert!(test.db.scrub_keys(short).await.unwrap());
        drop(reader);
        test.db.close().await;
    }
}
