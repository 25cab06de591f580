//! Everything about a person, in all tables of this context.

use perme8_events::{StorageError, UserId, sql, sql::Tx};

use crate::application::ports::People;

impl People for Tx {
    async fn forget_person(&mut self, user: UserId) -> Result<(), StorageError> {
        for delete in [
            sql!("DELETE FROM notifications_notifications WHERE user_id = $1"),
            sql!("DELETE FROM notifications_accesses WHERE user_id = $1"),
            sql!("DELETE FROM notifications_preferences WHERE user_id = $1"),
            sql!("DELETE FROM notifications_deliveries WHERE user_id = $1"),
            sql!("DELETE FROM notifications_digests WHERE user_id = $1"),
        ] {
            self.query(delete).bind(user).exec().await?;
        }
        Ok(())
    }
}
