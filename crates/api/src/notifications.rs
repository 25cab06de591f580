//! The notifications of the caller.

use std::fmt;

use axum::extract::State;
use chrono::{DateTime, Utc};
use identity::InvitationId;
use notifications::{
    Cursor, DeleteNotification, Link, ListNotifications, MarkAllRead, MarkRead, NotificationAction,
    NotificationId, NotificationPage, NotificationSummary, NotificationType,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    auth::Caller,
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{self, Limit, Next},
    path::NotificationAt,
    query::Query,
    response::{Data, NoContent},
    state::Api,
};

/// A notification, as its reader sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Notification {
    id: NotificationId,
    #[serde(rename = "type")]
    kind: NotificationType,
    title: String,
    body: String,
    data: Map<String, Value>,
    link: Option<Place>,
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
            link,
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
            link: link.map(Place::from),
            invitation_id,
            created_at,
            read_at,
            action_taken,
            action_taken_at,
        }
    }
}

/// Where a notification leads on this host.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "NotificationLink")]
struct Place {
    kind: &'static str,
    path: String,
}

impl From<Link> for Place {
    fn from(link: Link) -> Self {
        let path = match &link {
            Link::Invitation(id) => format!("/invitations/{id}"),
            Link::Invitations(slug) => format!("/api/workspaces/{}/invitations", segment(slug)),
            Link::Members(slug) => format!("/api/workspaces/{}/members", segment(slug)),
            Link::Workspace(slug) => format!("/api/workspaces/{}", segment(slug)),
            Link::Document { workspace, document } => {
                format!("/api/workspaces/{}/documents/{}", segment(workspace), segment(document))
            }
            Link::Project { workspace, project } => {
                format!("/api/workspaces/{}/projects/{}", segment(workspace), segment(project))
            }
        };
        Self { kind: link.kind(), path }
    }
}

/// All but what never needs to be escaped.
const OUTSIDE_OF_SEGMENTS: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A segment of a path, whatever is in it.
fn segment(text: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(text, OUTSIDE_OF_SEGMENTS)
}

/// How many notifications wait to be read.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "UnreadNotifications")]
pub(crate) struct Unread {
    unread_count: u64,
}

/// How many notifications became read.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReadNotifications")]
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

/// `DELETE /api/notifications/{id}`
pub(crate) async fn remove(
    State(api): State<Api>,
    caller: Caller,
    NotificationAt(notification_id): NotificationAt,
) -> Result<NoContent, ApiError> {
    api.notifications.delete(caller.origin, DeleteNotification { notification_id }).await?;
    Ok(NoContent)
}

/// `POST /api/notifications/read-all`
pub(crate) async fn mark_all_read(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<Read>, ApiError> {
    Ok(Data::new(Read { read: api.notifications.mark_all_read(caller.origin, MarkAllRead).await? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_slug_gets_out_of_its_segment() {
        let place = Place::from(Link::Members("a/../b?c#d e\"ä".to_owned()));
        assert_eq!(place.path, "/api/workspaces/a%2F..%2Fb%3Fc%23d%20e%22%C3%A4/members");
        let place = Place::from(Link::Workspace("lumen-oak-2".to_owned()));
        assert_eq!(place.path, "/api/workspaces/lumen-oak-2");
    }
}
