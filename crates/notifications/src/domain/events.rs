//! What this context tells the others.

use chrono::{DateTime, Utc};
use perme8_events::{DomainEvent, UserId, catalogue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    action::NotificationAction, notification::NotificationId, notification_type::NotificationType,
};

catalogue! {
    /// Every event of notifications.
    pub EVENTS:
    NotificationCreated, NotificationRead, NotificationsRead, NotificationActionTaken, NotificationDeleted,
}

/// Emitted when somebody is told something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "notification", audience(user = "user_id"))]
pub struct NotificationCreated {
    /// The new notification.
    #[event(aggregate_id)]
    pub notification_id: NotificationId,
    /// Who is told.
    pub user_id: UserId,
    /// What kind of thing.
    pub notification_type: NotificationType,
}

/// Emitted when somebody reads a notification for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "notification", audience(user = "user_id"))]
pub struct NotificationRead {
    /// The notification.
    #[event(aggregate_id)]
    pub notification_id: NotificationId,
    /// Whose it is.
    pub user_id: UserId,
}

/// Emitted when somebody marks everything as read that there is to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "inbox", audience(user = "user_id"))]
pub struct NotificationsRead {
    /// Whose notifications.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// When the newest of those was created that became read.
    pub up_to: DateTime<Utc>,
}

/// Emitted when what a notification asks for is settled; it counts as read from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "notification", audience(user = "user_id"))]
pub struct NotificationActionTaken {
    /// The notification.
    #[event(aggregate_id)]
    pub notification_id: NotificationId,
    /// Whose it is.
    pub user_id: UserId,
    /// What became of it.
    pub action: NotificationAction,
}

/// Emitted when a notification is gone, e.g. because its reader lost the workspace it points into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "notification", audience(user = "user_id"))]
pub struct NotificationDeleted {
    /// The notification.
    #[event(aggregate_id)]
    pub notification_id: NotificationId,
    /// Whose it was.
    pub user_id: UserId,
}
