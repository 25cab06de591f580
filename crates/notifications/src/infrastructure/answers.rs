//! Which invitations need no answer any more, in their table.

use chrono::{DateTime, Utc};
use identity::InvitationId;
use perme8_events::{StorageError, Transaction as _, sql, sql::Tx};

use crate::{application::ports::Answers, domain::action::NotificationAction};

impl Answers for Tx {
    async fn answer(
        &mut self,
        invitation: InvitationId,
    ) -> Result<Option<NotificationAction>, StorageError> {
        let row: Option<(String,)> = self
            .query(sql!("SELECT action FROM notifications_answers WHERE invitation_id = $1"))
            .bind(invitation)
            .opt()
            .await?;
        row.map(|(action,)| action.parse().map_err(StorageError::new)).transpose()
    }

    async fn remember_answer(
        &mut self,
        invitation: InvitationId,
        action: NotificationAction,
    ) -> Result<(), StorageError> {
        let now = self.now();
        self.query(sql!(
            "INSERT INTO notifications_answers (invitation_id, action, answered_at) VALUES ($1, $2, $3) \
             ON CONFLICT (invitation_id) DO NOTHING"
        ))
        .bind(invitation)
        .bind(action.as_str())
        .bind(now)
        .exec()
        .await?;
        Ok(())
    }

    async fn purge_answers(
        &mut self,
        up_to: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let delete = sql!(
            "DELETE FROM notifications_answers WHERE invitation_id IN
                (SELECT invitation_id FROM notifications_answers
                 WHERE answered_at <= $1 ORDER BY answered_at LIMIT $2)"
        );
        self.query(delete).bind(up_to).bind(i64::from(limit)).exec().await
    }
}
