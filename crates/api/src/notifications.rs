//! The notifications of the caller.

use axum::extract::State;
use chrono::{DateTime, Utc};
use identity::InvitationId;
use notifications::{
    Cursor, ListNotifications, MarkAllRead, MarkRead, NotificationAction, NotificationId,
    NotificationPage, NotificationSummary, NotificationType,
};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    auth::Caller,
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{self, Limit, Next},
    path::NotificationAt,
    query::Query,
    response::Data,
    state::Api,
};

/// A notification, as its reader sees it.
#[derive(Debug, Serialize)]
pub(crate) struct Notification {
    id: NotificationId,
    #[serde(rename = "type")]
    kind: NotificationType,
    title: String,
    body: String,
    data: Map<String, Value>,
    invitation_id: Option<InvitationId>,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
    action_taken: Option<NotificationAction>,
    action_taken_at: Option<DateTime<Utc>>,
}

impl From<NotificationSummary> for Notification {
    fn from(summary: NotificationSummary) -> Self {
        let NotificationSummary {
            id,
            notification_type: kind,
            title,
            body,
            mut data,
            workspace_id: _, // workspaces are addressed by slug, here and in the data
            invitation_id,
            created_at,
            read_at,
            action_taken,
            action_taken_at,
        } = summary;
        data.remove("workspace_id");
        Self {
            id,
            kind,
            title,
            body,
            data,
            invitation_id,
            created_at,
            read_at,
            action_taken,
            action_taken_at,
        }
    }
}

/// How many notifications wait to be read.
#[derive(Debug, Serialize)]
pub(crate) struct Unread {
    unread_count: u64,
}

/// How many notifications became read.
#[derive(Debug, Serialize)]
pub(crate) struct Read {
    read: u64,
}

impl FromFields for ListNotifications {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let defaults = Self::default();
        Some(Self {
            unread_only: fields
                .optional_parsed("unread", "must be true or false")
                .unwrap_or(defaults.unread_only),
            limit: Limit::of(fields).map_or(defaults.limit, |limit| limit.get().into()),
            after: paging::after(fields).or(defaults.after),
        })
    }
}

/// `GET /api/notifications`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<ListNotifications>,
) -> Result<Data<Vec<Notification>, Next<Cursor>>, ApiError> {
    let NotificationPage { notifications, next } =
        api.notifications.list(&caller.origin, query).await?;
    let notifications = notifications.into_iter().map(Notification::from).collect();
    Ok(Data::with_meta(notifications, Next { next }))
}

/// `GET /api/notifications/unread-count`
pub(crate) async fn unread_count(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<Unread>, ApiError> {
    Ok(Data::new(Unread { unread_count: api.notifications.unread_count(&caller.origin).await? }))
}

/// `POST /api/notifications/{id}/read`
pub(crate) async fn mark_read(
    State(api): State<Api>,
    caller: Caller,
    NotificationAt(notification_id): NotificationAt,
) -> Result<Data<Notification>, ApiError> {
    let command = MarkRead { notification_id };
    Ok(Data::new(api.notifications.mark_read(caller.origin, command).await?.into()))
}

/// `POST /api/notifications/read-all`
pub(crate) async fn mark_all_read(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<Read>, ApiError> {
    Ok(Data::new(Read { read: api.notifications.mark_all_read(caller.origin, MarkAllRead).await? }))
}
