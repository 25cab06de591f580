//! What queries ask and answer.

use chrono::{DateTime, Utc};
use identity::InvitationId;
use perme8_events::{StorageError, WorkspaceId};
use serde_json::{Map, Value};

use crate::domain::{
    action::NotificationAction,
    cursor::Cursor,
    link::Link,
    notification::{Notification, NotificationId},
    notification_type::NotificationType,
};

/// At most so many notifications make a page.
pub(crate) const MAX_LIMIT: u32 = 100;

/// Which notifications of its own somebody wants to see, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListNotifications {
    /// Only those that were not read yet.
    pub unread_only: bool,
    /// At most so many; taken as 1 to 100.
    pub limit: u32,
    /// Those that follow a page; from the newest on without it.
    pub after: Option<Cursor>,
}

impl Default for ListNotifications {
    fn default() -> Self {
        Self { unread_only: false, limit: 20, after: None }
    }
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Nobody in particular asks.
    #[error("only people have notifications")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Some notifications, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct NotificationPage {
    /// The notifications.
    pub notifications: Vec<NotificationSummary>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<Cursor>,
}

/// A page of `limit`, out of one notification more than that if there are any, and where the next begins.
pub(crate) fn cut(
    mut notifications: Vec<Notification>,
    limit: usize,
) -> (Vec<Notification>, Option<Cursor>) {
    let more = notifications.len() > limit;
    notifications.truncate(limit);
    let end = notifications.last().map(|last| Cursor { created_at: last.created_at, id: last.id });
    (notifications, end.filter(|_| more))
}

/// A notification, as its reader sees it.
///
/// Names are those of today where the reader may still see them, and else those of the day it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct NotificationSummary {
    /// Identifies it.
    pub id: NotificationId,
    /// What kind of thing it tells.
    pub notification_type: NotificationType,
    /// In a few words.
    pub title: String,
    /// In a sentence.
    pub body: String,
    /// The facts that the words are made of, e.g. `workspace_name` and `role`.
    pub data: Map<String, Value>,
    /// Where it leads, if its reader may go there.
    pub link: Option<Link>,
    /// The workspace it points into.
    pub workspace_id: Option<WorkspaceId>,
    /// The invitation to which it asks for an answer.
    pub invitation_id: Option<InvitationId>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When its reader first read it.
    pub read_at: Option<DateTime<Utc>>,
    /// What became of that which it asks for.
    pub action_taken: Option<NotificationAction>,
    /// When that was.
    pub action_taken_at: Option<DateTime<Utc>>,
}

impl NotificationSummary {
    /// As it was written, leading nowhere.
    pub(crate) fn as_written(notification: Notification) -> Self {
        let Notification {
            id,
            user_id: _,
            notification_type,
            title,
            body,
            data,
            workspace_id,
            invitation_id,
            source: _,
            created_at,
            read_at,
            taken,
            awaits_digest: _,
            is_deleted: _,
            version: _,
        } = notification;
        Self {
            id,
            notification_type,
            title,
            body,
            data,
            link: None,
            workspace_id,
            invitation_id,
            created_at,
            read_at,
            action_taken: taken.map(|taken| taken.action),
            action_taken_at: taken.map(|taken| taken.at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{id, notification};

    fn notifications(count: u128) -> Vec<Notification> {
        (1..=count).map(|n| notification(n, id(20))).collect()
    }

    #[test]
    fn a_page_says_where_the_next_begins_only_if_there_is_one() {
        let (full, next) = cut(notifications(2), 2);
        assert_eq!((full.len(), next), (2, None));
        let (cut_off, next) = cut(notifications(3), 2);
        assert_eq!((cut_off.len(), next.map(|next| next.id)), (2, Some(id(2))));
        assert_eq!(cut(Vec::new(), 2).1, None);
    }
}
