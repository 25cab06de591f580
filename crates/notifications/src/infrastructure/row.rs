//! A row of the notifications, and the notification that it is.

use chrono::{DateTime, Utc};
use identity::InvitationId;
use perme8_events::{EventId, Position, StorageError, UserId, WorkspaceId};
use serde_json::{Map, Value};
use sqlx::types::Json;

use crate::domain::notification::{Notification, NotificationId, Source, Taken};

/// The columns of [`Row`], in a `SELECT`.
macro_rules! select_notifications {
    ($rest:literal) => {
        concat!(
            "SELECT notification_id, user_id, notification_type, title, body, data, workspace_id, invitation_id, \
             event_id, event_position, created_at, read_at, action_taken, action_taken_at, awaits_digest, version \
             FROM notifications_notifications ",
            $rest
        )
    };
}

pub(crate) use select_notifications;

#[derive(sqlx::FromRow)]
pub(crate) struct Row {
    notification_id: NotificationId,
    user_id: UserId,
    notification_type: String,
    title: String,
    body: String,
    data: Json<Map<String, Value>>,
    workspace_id: Option<WorkspaceId>,
    invitation_id: Option<InvitationId>,
    event_id: EventId,
    event_position: i64,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
    action_taken: Option<String>,
    action_taken_at: Option<DateTime<Utc>>,
    awaits_digest: bool,
    version: i64,
}

impl TryFrom<Row> for Notification {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let Row {
            notification_id: id,
            user_id,
            notification_type,
            title,
            body,
            data: Json(data),
            workspace_id,
            invitation_id,
            event_id,
            event_position,
            created_at,
            read_at,
            action_taken,
            action_taken_at,
            awaits_digest,
            version,
        } = row;
        let action =
            action_taken.map(|action| action.parse()).transpose().map_err(StorageError::new)?;
        Ok(Self {
            id,
            user_id,
            notification_type: notification_type.parse().map_err(StorageError::new)?,
            title,
            body,
            data,
            workspace_id,
            invitation_id,
            source: Source { event_id, position: Position::new(event_position) },
            created_at,
            read_at,
            taken: action.zip(action_taken_at).map(|(action, at)| Taken { action, at }),
            awaits_digest,
            is_deleted: false,
            version,
        })
    }
}

/// The notifications that rows are.
pub(crate) fn notifications(rows: Vec<Row>) -> Result<Vec<Notification>, StorageError> {
    rows.into_iter().map(Notification::try_from).collect()
}
