//! Notifications in their table.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use identity::InvitationId;
use perme8_events::{EventId, Position, StorageError, Store, UserId, WorkspaceId, sql, sql::Tx};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::ports::Inboxes,
    domain::notification::{Notification, NotificationId},
    infrastructure::row::{Row, notifications, select_notifications},
};

impl Store<Notification> for Tx {
    async fn store(&mut self, notification: &mut Notification) -> Result<(), StorageError> {
        let changed = match notification {
            Notification { version: 0, .. } => insert(self, notification).await?,
            Notification { is_deleted: true, .. } => delete(self, notification).await?,
            Notification { .. } => update(self, notification).await?,
        };
        if changed == 0 {
            return Err(StorageError::conflict());
        }
        notification.version += 1;
        Ok(())
    }
}

async fn insert(tx: &mut Tx, notification: &Notification) -> Result<u64, StorageError> {
    let Notification {
        id,
        user_id,
        notification_type,
        title,
        body,
        data,
        workspace_id,
        invitation_id,
        source,
        created_at,
        read_at,
        taken,
        awaits_digest,
        is_deleted: _,
        version,
    } = notification;
    tx.query(sql!(
        "INSERT INTO notifications_notifications (notification_id, user_id, notification_type, title, body, data, \
         workspace_id, invitation_id, event_id, event_position, created_at, read_at, action_taken, action_taken_at, awaits_digest, \
         version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    ))
    .bind(*id)
    .bind(*user_id)
    .bind(notification_type.as_str())
    .bind(title.as_str())
    .bind(body.as_str())
    .bind(Json(data))
    .bind(*workspace_id)
    .bind(*invitation_id)
    .bind(source.event_id)
    .bind(source.position.number())
    .bind(*created_at)
    .bind(*read_at)
    .bind(taken.map(|taken| taken.action.as_str()))
    .bind(taken.map(|taken| taken.at))
    .bind(*awaits_digest)
    .bind(version + 1)
    .exec()
    .await
}

/// Only what a decision can change.
async fn update(tx: &mut Tx, notification: &Notification) -> Result<u64, StorageError> {
    tx.query(sql!(
        "UPDATE notifications_notifications SET read_at = $3, action_taken = $4, action_taken_at = $5, version = $2 + 1 \
         WHERE notification_id = $1 AND version = $2"
    ))
    .bind(notification.id)
    .bind(notification.version)
    .bind(notification.read_at)
    .bind(notification.taken.map(|taken| taken.action.as_str()))
    .bind(notification.taken.map(|taken| taken.at))
    .exec()
    .await
}

async fn delete(tx: &mut Tx, notification: &Notification) -> Result<u64, StorageError> {
    tx.query(sql!(
        "DELETE FROM notifications_notifications WHERE notification_id = $1 AND version = $2"
    ))
    .bind(notification.id)
    .bind(notification.version)
    .exec()
    .await
}

impl Inboxes for Tx {
    async fn who_was_told(
        &mut self,
        people: &[UserId],
        of: EventId,
    ) -> Result<BTreeSet<UserId>, StorageError> {
        let rows: Vec<(UserId,)> = self
            .query(sql!(
                sqlite: "SELECT user_id FROM notifications_notifications
                         WHERE event_id = $1 AND user_id IN (SELECT unhex(value, '-') FROM json_each($2))",
                postgres: "SELECT user_id FROM notifications_notifications
                           WHERE event_id = $1
                             AND user_id IN (SELECT value::uuid FROM jsonb_array_elements_text($2::jsonb) AS value)"
            ))
            .bind(of)
            .bind(Json(people))
            .all()
            .await?;
        Ok(rows.into_iter().map(|(person,)| person).collect())
    }

    async fn notification_of(
        &mut self,
        user: UserId,
        id: NotificationId,
    ) -> Result<Option<Notification>, StorageError> {
        let row: Option<Row> = self
            .query(sql!(select_notifications!("WHERE notification_id = $1 AND user_id = $2")))
            .bind(id)
            .bind(user)
            .opt()
            .await?;
        row.map(Notification::try_from).transpose()
    }

    async fn asking_about(
        &mut self,
        invitation: InvitationId,
    ) -> Result<Vec<Notification>, StorageError> {
        let rows =
            self.query(sql!(select_notifications!("WHERE invitation_id = $1 ORDER BY user_id")));
        notifications(rows.bind(invitation).all().await?)
    }

    async fn pointing_into(
        &mut self,
        workspace: WorkspaceId,
        user: Option<UserId>,
        before: Position,
        after: Option<(UserId, NotificationId)>,
        limit: u32,
    ) -> Result<Vec<Notification>, StorageError> {
        let (reader, id) =
            after.unwrap_or((UserId::new(Uuid::nil()), NotificationId::new(Uuid::nil())));
        let rows = match user {
            Some(user) => self
                .query(sql!(select_notifications!(
                    "WHERE workspace_id = $1 AND event_position < $2 AND user_id = $5 \
                     AND (user_id, notification_id) > ($3, $4) ORDER BY user_id, notification_id LIMIT $6"
                )))
                .bind(workspace)
                .bind(before.number())
                .bind(reader)
                .bind(id)
                .bind(user),
            None => self
                .query(sql!(select_notifications!(
                    "WHERE workspace_id = $1 AND event_position < $2 \
                     AND (user_id, notification_id) > ($3, $4) ORDER BY user_id, notification_id LIMIT $5"
                )))
                .bind(workspace)
                .bind(before.number())
                .bind(reader)
                .bind(id),
        };
        notifications(rows.bind(i64::from(limit)).all().await?)
    }

    async fn read_up_to(
        &mut self,
        user: UserId,
        up_to: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, StorageError> {
        let rows: Vec<(DateTime<Utc>,)> = self
            .query(sql!(
                "UPDATE notifications_notifications SET read_at = $2, version = version + 1 \
                 WHERE user_id = $1 AND read_at IS NULL AND created_at <= $2 RETURNING created_at"
            ))
            .bind(user)
            .bind(up_to)
            .all()
            .await?;
        Ok(rows.into_iter().map(|(created_at,)| created_at).collect())
    }

    async fn purge_read(&mut self, up_to: DateTime<Utc>, limit: u32) -> Result<u64, StorageError> {
        let delete = sql!(
            "DELETE FROM notifications_notifications WHERE notification_id IN
                (SELECT notification_id FROM notifications_notifications
                 WHERE read_at IS NOT NULL AND read_at <= $1 ORDER BY read_at LIMIT $2)"
        );
        self.query(delete).bind(up_to).bind(i64::from(limit)).exec().await
    }

    async fn purge_unread(
        &mut self,
        up_to: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, StorageError> {
        let delete = sql!(
            "DELETE FROM notifications_notifications WHERE read_at IS NULL AND notification_id IN
                (SELECT notification_id FROM notifications_notifications
                 WHERE read_at IS NULL AND created_at <= $1 ORDER BY created_at LIMIT $2)"
        );
        self.query(delete).bind(up_to).bind(i64::from(limit)).exec().await
    }
}
