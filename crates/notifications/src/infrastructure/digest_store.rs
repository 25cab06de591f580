//! What waits for the mails of the day, in its tables.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, sql, sql::Tx};

use crate::{application::ports::Digests, domain::notification::NotificationId};

impl Digests for Tx {
    async fn digest_at(
        &mut self,
        person: UserId,
        at: DateTime<Utc>,
    ) -> Result<DateTime<Utc>, StorageError> {
        // The update changes nothing but locks the row, as a plain conflict would not.
        self.query(sql!(
            "INSERT INTO notifications_digests (user_id, due_at) VALUES ($1, $2) \
             ON CONFLICT (user_id) DO UPDATE SET due_at = notifications_digests.due_at RETURNING due_at"
        ))
        .bind(person)
        .bind(at)
        .scalar()
        .await
    }

    async fn take_digest(
        &mut self,
        person: UserId,
        due_at: DateTime<Utc>,
    ) -> Result<Vec<String>, StorageError> {
        let due = self
            .query(sql!("DELETE FROM notifications_digests WHERE user_id = $1 AND due_at = $2"))
            .bind(person)
            .bind(due_at)
            .exec()
            .await?;
        if due == 0 {
            return Ok(Vec::new());
        }
        let mut rows: Vec<(DateTime<Utc>, NotificationId, String, bool)> = self
            .query(sql!(
                "UPDATE notifications_notifications SET awaits_digest = FALSE WHERE user_id = $1 AND awaits_digest \
                 RETURNING created_at, notification_id, body, read_at IS NOT NULL"
            ))
            .bind(person)
            .all()
            .await?;
        rows.retain(|(.., is_read)| !is_read);
        rows.sort_by_key(|(created_at, id, ..)| (*created_at, *id));
        Ok(rows.into_iter().map(|(_, _, body, _)| body).collect())
    }
}
