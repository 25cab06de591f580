//! The notifications of the caller.

use axum::extract::State;
use notifications::{
    Cursor, ListNotifications, MarkAllRead, MarkRead, NotificationPage, NotificationSummary,
};
use serde::Serialize;

use crate::{
    auth::Caller,
    error::ApiError,
    fields::{Fields, FromFields},
    path::NotificationAt,
    query::Query,
    response::Data,
    state::Api,
};

/// Where the next page begins; nowhere after the last one.
#[derive(Debug, Serialize)]
pub(crate) struct PageMeta {
    next: Option<Cursor>,
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
            limit: fields
                .optional_parsed("limit", "must be a number, 1 to 100")
                .unwrap_or(defaults.limit),
            after: fields
                .optional_parsed("after", "must be what meta.next said")
                .or(defaults.after),
        })
    }
}

/// `GET /api/notifications`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<ListNotifications>,
) -> Result<Data<Vec<NotificationSummary>, PageMeta>, ApiError> {
    let NotificationPage { notifications, next } =
        api.notifications.list(&caller.origin, query).await?;
    Ok(Data::with_meta(notifications, PageMeta { next }))
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
) -> Result<Data<NotificationSummary>, ApiError> {
    let command = MarkRead { notification_id };
    Ok(Data::new(api.notifications.mark_read(caller.origin, command).await?))
}

/// `POST /api/notifications/read-all`
pub(crate) async fn mark_all_read(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<Read>, ApiError> {
    Ok(Data::new(Read { read: api.notifications.mark_all_read(caller.origin, MarkAllRead).await? }))
}
