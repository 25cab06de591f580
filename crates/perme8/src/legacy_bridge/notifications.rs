//! What the old system said of notifications: the whole record.

use ::notifications::{NotificationCreated, NotificationSummary, Notifications, QueryError};
use api::{LegacyMessage, LegacyTopic};
use perme8_events::{Origin, StorageError, UserId};
use serde_json::{Value, json};

use super::LegacyBridge;

pub(super) fn translations(bridge: &mut LegacyBridge, notifications: &Notifications) {
    let notifications = notifications.clone();
    bridge.on_looking_up(move |event| Box::pin(created(notifications.clone(), event)));
}

/// Nothing when it is gone by now: there is nothing left to show.
async fn created(
    notifications: Notifications,
    event: NotificationCreated,
) -> Result<Vec<LegacyMessage>, StorageError> {
    let NotificationCreated { notification_id, user_id, notification_type: _ } = event;
    let found = match notifications.find(&Origin::user(user_id), notification_id).await {
        Ok(found) => found,
        Err(QueryError::Storage(error)) => return Err(error),
        Err(QueryError::Forbidden) => None,
    };
    let told = found.map(|notification| LegacyMessage {
        topic: LegacyTopic::Notifications(user_id),
        name: "new_notification",
        payload: vec![record(user_id, &notification)],
    });
    Ok(told.into_iter().collect())
}

/// The record as the old system kept it.
fn record(user_id: UserId, notification: &NotificationSummary) -> Value {
    json!({
        "id": notification.id,
        "user_id": user_id,
        "type": notification.notification_type,
        "title": notification.title,
        "body": notification.body,
        "data": notification.data,
        "read": notification.read_at.is_some(),
        "read_at": notification.read_at,
        "action_taken_at": notification.action_taken_at,
        "inserted_at": notification.created_at,
    })
}
