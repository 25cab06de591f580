//! Something that one person is told, from its creation to its end.

use chrono::{DateTime, Utc};
use identity::InvitationId;
use perme8_events::{Aggregate, Envelope, EventId, Id, Position, Unsaved, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::{
    action::NotificationAction,
    content::{Content, Parts},
    delivery::Delivery,
    events::{NotificationActionTaken, NotificationCreated, NotificationDeleted, NotificationRead},
    notification_type::NotificationType,
};

/// Marks the ids of notifications.
#[derive(Debug)]
pub enum UserNotification {}

/// Identifies a notification.
pub type NotificationId = Id<UserNotification>;

/// Something that one person is told.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_field_names, reason = "`type` alone is a keyword")]
pub(crate) struct Notification {
    pub(crate) id: NotificationId,
    pub(crate) user_id: UserId,
    pub(crate) notification_type: NotificationType,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) data: Map<String, Value>,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) invitation_id: Option<InvitationId>,
    pub(crate) source: Source,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) read_at: Option<DateTime<Utc>>,
    pub(crate) taken: Option<Taken>,
    /// Whether the next mail of the day may list it. Only the mail changes that, not a decision.
    pub(crate) awaits_digest: bool,
    /// Storing it deletes it.
    pub(crate) is_deleted: bool,
    pub(crate) version: i64,
}

/// The event that a notification tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) event_id: EventId,
    pub(crate) position: Position,
}

impl Source {
    pub(crate) fn of(event: &Envelope) -> Self {
        Self { event_id: event.event_id, position: event.position }
    }
}

/// That, and when, what a notification asked for was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) action: NotificationAction,
    pub(crate) at: DateTime<Utc>,
}

impl Aggregate for Notification {
    const TYPE: &'static str = "notification";
    type Id = NotificationId;

    fn id(&self) -> NotificationId {
        self.id
    }
}

impl Notification {
    /// Tells `user_id` of an event.
    pub(crate) fn create(
        id: NotificationId,
        user_id: UserId,
        content: Content,
        source: Source,
        delivery: Delivery,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let Parts { notification_type, title, body, data, workspace_id, invitation_id } =
            content.into_parts();
        let event = NotificationCreated { notification_id: id, user_id, notification_type };
        let notification = Self {
            id,
            user_id,
            notification_type,
            title,
            body,
            data,
            workspace_id,
            invitation_id,
            source,
            created_at: now,
            read_at: None,
            taken: None,
            awaits_digest: delivery == Delivery::Digest,
            is_deleted: false,
            version: 0,
        };
        Unsaved::new(notification).record(event)
    }

    pub(crate) fn is_read(&self) -> bool {
        self.read_at.is_some()
    }

    /// Whether nothing became yet of what it asks for.
    pub(crate) fn is_open(&self) -> bool {
        self.taken.is_none()
    }

    /// Its reader has seen it. Reading it again changes nothing.
    pub(crate) fn read(self, now: DateTime<Utc>) -> Unsaved<Self> {
        if self.is_read() {
            return Unsaved::new(self);
        }
        let event = NotificationRead { notification_id: self.id, user_id: self.user_id };
        Unsaved::new(Self { read_at: Some(now), ..self }).record(event)
    }

    /// What it asks for is settled, and there is nothing left to read in it. The first action stands.
    pub(crate) fn take(self, action: NotificationAction, now: DateTime<Utc>) -> Unsaved<Self> {
        if !self.is_open() {
            return Unsaved::new(self);
        }
        let event =
            NotificationActionTaken { notification_id: self.id, user_id: self.user_id, action };
        let taken = Some(Taken { action, at: now });
        Unsaved::new(Self { taken, read_at: self.read_at.or(Some(now)), ..self }).record(event)
    }

    /// Nobody is to see it any more.
    pub(crate) fn delete(self) -> Unsaved<Self> {
        let event = NotificationDeleted { notification_id: self.id, user_id: self.user_id };
        Unsaved::new(Self { is_deleted: true, ..self }).record(event)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::expect;
    use perme8_events::{Clock as _, testing::ManualClock};

    use super::*;
    use crate::testing::{id, notification};

    fn nine() -> DateTime<Utc> {
        ManualClock::monday_morning().now()
    }

    fn ten() -> DateTime<Utc> {
        nine() + TimeDelta::hours(1)
    }

    #[test]
    fn the_first_reading_counts() {
        let unread = notification(1, id(20));
        let once = unread.read(nine());
        expect![[r#"
            notifications.notification_read {"notification_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000014"}
        "#]]
        .assert_eq(&once.transcript());
        let twice = once.peek().clone().read(ten());
        assert_eq!(twice.transcript(), "");
        assert_eq!(twice.peek().read_at, Some(nine()));
    }

    #[test]
    fn the_first_action_stands_and_counts_as_reading() {
        let asked = notification(1, id(20));
        let accepted = asked.take(NotificationAction::Accepted, nine());
        expect![[r#"
            notifications.notification_action_taken {"notification_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000014","action":"accepted"}
        "#]]
        .assert_eq(&accepted.transcript());
        assert_eq!(accepted.peek().read_at, Some(nine()));
        let revoked = accepted.peek().clone().take(NotificationAction::Revoked, ten());
        assert_eq!(revoked.transcript(), "");
        assert_eq!(
            revoked.peek().taken,
            Some(Taken { action: NotificationAction::Accepted, at: nine() })
        );
    }

    #[test]
    fn an_action_keeps_when_it_was_read() {
        let read = notification(1, id(20)).read(nine()).peek().clone();
        assert_eq!(read.take(NotificationAction::Declined, ten()).peek().read_at, Some(nine()));
    }

    #[test]
    fn deleting_says_whose_it_was() {
        let deleted = notification(1, id(20)).delete();
        expect![[r#"
            notifications.notification_deleted {"notification_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000014"}
        "#]]
        .assert_eq(&deleted.transcript());
        assert!(deleted.peek().is_deleted);
    }
}
