//! The keys of people, in a table of their own.
//!
//! A row says which of the keys that somebody has had is the current one. When it is destroyed, the next one gets another
//! number, so a value that was sealed in the meantime by a key that is gone is forgotten like all others.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sqlx::types::Json;

use super::{
    cipher::Key,
    master::{MasterKeys, Unusable},
};
use crate::{
    domain::{error::StorageError, id::UserId},
    infrastructure::{db::Db, sql::Stmt, tx::Conn},
    sql,
};

pub(crate) static KEYS: &Stmt = sql!(
    sqlite: "SELECT user_id, generation, key_bytes, wrapped_by, is_gone FROM event_subject_keys
             WHERE user_id IN (SELECT unhex(value, '-') FROM json_each($1))",
    postgres: "SELECT user_id, generation, key_bytes, wrapped_by, is_gone FROM event_subject_keys
               WHERE user_id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
);

/// Of two transactions that make the key of one person, the second waits for the first, and uses its key.
static MAKE: &Stmt = sql!(
    "INSERT INTO event_subject_keys (user_id, generation, key_bytes, wrapped_by, is_gone, made_at)
     VALUES ($1, 1, $2, $3, FALSE, $4)
     ON CONFLICT (user_id) DO UPDATE
       SET key_bytes = excluded.key_bytes, wrapped_by = excluded.wrapped_by, made_at = excluded.made_at
       WHERE event_subject_keys.key_bytes IS NULL AND NOT event_subject_keys.is_gone"
);

#[derive(sqlx::FromRow)]
pub(crate) struct KeyRow {
    user_id: UserId,
    generation: i64,
    /// None once it is destroyed.
    key_bytes: Option<Vec<u8>>,
    wrapped_by: Option<String>,
    /// Whether there will never be another one.
    is_gone: bool,
}

/// The keys of some people, as they were at one moment.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<UserId, (i64, Key)>);

impl Keys {
    /// The keys that stand in these rows.
    pub(crate) fn read(rows: Vec<KeyRow>, master: &MasterKeys) -> Result<Self, StorageError> {
        let mut keys = HashMap::with_capacity(rows.len());
        for KeyRow { user_id, generation, key_bytes, wrapped_by, is_gone: _ } in rows {
            let Some(bytes) = key_bytes else { continue };
            let key = master.unwrap(user_id, &bytes, wrapped_by.as_deref());
            let key = key.map_err(StorageError::new)?;
            keys.insert(user_id, (generation, key));
        }
        Ok(Self(keys))
    }

    /// The current key of somebody and its number, unless it is destroyed.
    pub(super) fn of(&self, user: UserId) -> Option<(i64, &Key)> {
        self.0.get(&user).map(|(generation, key)| (*generation, key))
    }

    /// A key that is always the same.
    #[cfg(test)]
    pub(super) fn fixed(user: UserId, generation: i64) -> Self {
        let key = Key::of(&[7; super::cipher::KEY_BYTES]).expect("it is as long as a key");
        Self(HashMap::from([(user, (generation, key))]))
    }
}

impl Db {
    /// Refuses a database in which keys of people are wrapped by a master key that this host was not given.
    pub(crate) async fn check_master_keys(&self) -> Result<(), StorageError> {
        let names: Vec<(String,)> = self
            .query(sql!(
                "SELECT DISTINCT wrapped_by FROM event_subject_keys WHERE wrapped_by IS NOT NULL"
            ))
            .all()
            .await?;
        match names.into_iter().find(|(name,)| !self.master_keys.knows(name)) {
            Some((name,)) => Err(StorageError::new(Unusable::Unknown(name))),
            None => Ok(()),
        }
    }
}

/// The keys of these people, made where there is none yet; there is none for those who are forgotten for good.
pub(super) async fn to_seal(
    conn: &mut Conn,
    people: &BTreeSet<UserId>,
    now: DateTime<Utc>,
    master: &MasterKeys,
) -> Result<Keys, StorageError> {
    let rows = read(conn, people).await?;
    let is_settled = |user: &&UserId| {
        rows.iter().any(|row| row.user_id == **user && (row.key_bytes.is_some() || row.is_gone))
    };
    let missing: Vec<UserId> = people.iter().filter(|user| !is_settled(user)).copied().collect();
    if missing.is_empty() {
        return Keys::read(rows, master);
    }
    // In the order of their ids, so that two transactions do not wait for each other.
    for user in missing {
        let (bytes, wrapped_by) = master.wrap(user, &Key::fresh());
        conn.query(MAKE).bind(user).bind(bytes).bind(wrapped_by).bind(now).exec().await?;
    }
    Keys::read(read(conn, people).await?, master)
}

async fn read(conn: &mut Conn, people: &BTreeSet<UserId>) -> Result<Vec<KeyRow>, StorageError> {
    conn.query(KEYS).bind(Json(people)).all().await
}
