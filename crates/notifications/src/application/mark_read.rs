//! Marking one notification as read.

use perme8_events::{Save, StorageError};

use crate::{
    application::ports::Inboxes,
    domain::notification::{Notification, NotificationId},
};

/// Marks a notification of the actor as read; the first time counts.
///
/// Emits [`NotificationRead`](crate::NotificationRead).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkRead {
    /// The notification.
    pub notification_id: NotificationId,
}

/// Why a notification was not marked as read.
#[derive(Debug, thiserror::Error)]
pub enum MarkReadError {
    /// Nobody in particular reads.
    #[error("only people read notifications")]
    Forbidden,
    /// There is no such notification, or it is somebody else's.
    #[error("there is no such notification")]
    NotificationNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl MarkRead {
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl Inboxes + Save<Notification>),
    ) -> Result<Notification, MarkReadError> {
        let reader = tx.origin().actor().user().ok_or(MarkReadError::Forbidden)?;
        let notification = tx.notification_of(reader, self.notification_id).await?;
        let notification = notification.ok_or(MarkReadError::NotificationNotFound)?;
        if notification.is_read() {
            return Ok(notification);
        }
        let now = tx.now();
        Ok(tx.save(notification.read(now)).await?)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, UserId, testing::FakeTx};

    use super::*;
    use crate::testing::{Memory, id, notification};

    /// Notification 1 is unread and of user 2, who is the actor unless another one is named; notification 3 is of user 20.
    async fn check(actor: Actor, number: u128, times: usize, expected: Expect) {
        let state = Memory::with(vec![notification(1, id(2)), notification(3, id(20))]);
        let mut tx = FakeTx::new(state).of(actor);
        let mut text = String::new();
        for _ in 0..times {
            let outcome = MarkRead { notification_id: id(number) }.execute(&mut tx).await;
            text += &outcome.map_or_else(
                |error| error.to_string(),
                |read| format!("read at {:?}", read.read_at),
            );
            text.push('\n');
        }
        expected.assert_eq(&(text + &tx.transcript()));
    }

    fn person(number: u128) -> Actor {
        Actor::User(UserId::new(uuid::Uuid::from_u128(number)))
    }

    #[tokio::test]
    async fn reading_is_noted_and_told_once() {
        check(person(2), 1, 2, expect![[r#"
            read at Some(2026-01-05T09:00:00Z)
            read at Some(2026-01-05T09:00:00Z)
            notifications.notification_read {"notification_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002"}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_is_missing_and_what_is_foreign_look_the_same() {
        check(
            person(2),
            3,
            1,
            expect![[r#"
            there is no such notification
        "#]],
        )
        .await;
        check(
            person(2),
            4,
            1,
            expect![[r#"
            there is no such notification
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn the_system_reads_nothing() {
        check(
            Actor::System("test".into()),
            1,
            1,
            expect![[r#"
            only people read notifications
        "#]],
        )
        .await;
    }
}
