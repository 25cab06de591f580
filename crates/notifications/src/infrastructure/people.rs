//! Everything about a person, in all tables of this context.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction as _, UserId, sql, sql::Tx};
use sqlx::types::Json;

use crate::application::ports::People;

impl People for Tx {
    async fn who_is_gone(&mut self, people: &[UserId]) -> Result<BTreeSet<UserId>, StorageError> {
        // Rows that can be locked must be there first, as with those of the accesses.
        self.query(sql!(
            sqlite: "INSERT INTO notifications_people (user_id)
                     SELECT unhex(value, '-') FROM json_each($1) WHERE TRUE
                     ON CONFLICT (user_id) DO NOTHING",
            postgres: "INSERT INTO notifications_people (user_id)
                       SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value
                       ON CONFLICT (user_id) DO NOTHING"
        ))
        .bind(Json(people))
        .exec()
        .await?;
        let rows: Vec<(UserId, bool)> = self
            .query(sql!(
                sqlite: "SELECT user_id, gone_at IS NOT NULL FROM notifications_people
                         WHERE user_id IN (SELECT unhex(value, '-') FROM json_each($1))",
                postgres: "SELECT user_id, gone_at IS NOT NULL FROM notifications_people
                           WHERE user_id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)
                           ORDER BY user_id FOR SHARE"
            ))
            .bind(Json(people))
            .all()
            .await?;
        Ok(rows.into_iter().filter_map(|(person, is_gone)| is_gone.then_some(person)).collect())
    }

    async fn forget_person(&mut self, user: UserId) -> Result<(), StorageError> {
        // First, because it waits for whoever is just telling this person something.
        let now = self.now();
        self.query(sql!(
            "INSERT INTO notifications_people (user_id, gone_at) VALUES ($1, $2) \
             ON CONFLICT (user_id) DO UPDATE SET gone_at = COALESCE(notifications_people.gone_at, excluded.gone_at)"
        ))
        .bind(user)
        .bind(now)
        .exec()
        .await?;
        for delete in [
            // Accesses before notifications, as whoever loses one.
            sql!("DELETE FROM notifications_accesses WHERE user_id = $1"),
            sql!("DELETE FROM notifications_notifications WHERE user_id = $1"),
            sql!("DELETE FROM notifications_preferences WHERE user_id = $1"),
            sql!("DELETE FROM notifications_deliveries WHERE user_id = $1"),
            sql!("DELETE FROM notifications_digests WHERE user_id = $1"),
        ] {
            self.query(delete).bind(user).exec().await?;
        }
        Ok(())
    }

    async fn purge_gone(&mut self, up_to: DateTime<Utc>, limit: u32) -> Result<u64, StorageError> {
        // What a handler noted of them after they had gone.
        let forget = sql!(
            "DELETE FROM notifications_accesses WHERE user_id IN
                (SELECT user_id FROM notifications_people
                 WHERE gone_at IS NOT NULL AND gone_at <= $1 ORDER BY gone_at LIMIT $2)"
        );
        self.query(forget).bind(up_to).bind(i64::from(limit)).exec().await?;
        let delete = sql!(
            "DELETE FROM notifications_people WHERE user_id IN
                (SELECT user_id FROM notifications_people
                 WHERE gone_at IS NOT NULL AND gone_at <= $1 ORDER BY gone_at LIMIT $2)"
        );
        self.query(delete).bind(up_to).bind(i64::from(limit)).exec().await
    }
}
