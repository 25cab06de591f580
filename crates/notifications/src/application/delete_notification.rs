//! Throwing a notification away.

use perme8_events::{Save, StorageError};

use crate::{
    application::ports::Inboxes,
    domain::notification::{Notification, NotificationId},
};

/// Deletes a notification of the actor, read or not. What it asks for can still be answered elsewhere.
///
/// Emits [`NotificationDeleted`](crate::NotificationDeleted).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeleteNotification {
    /// The notification.
    pub notification_id: NotificationId,
}

/// Why a notification was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteNotificationError {
    /// Nobody in particular deletes.
    #[error("only people delete notifications")]
    Forbidden,
    /// There is no such notification, or it is somebody else's.
    #[error("there is no such notification")]
    NotificationNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl DeleteNotification {
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl Inboxes + Save<Notification>),
    ) -> Result<(), DeleteNotificationError> {
        let reader = tx.origin().actor().user().ok_or(DeleteNotificationError::Forbidden)?;
        let notification = tx.notification_of(reader, self.notification_id).await?;
        let notification = notification.ok_or(DeleteNotificationError::NotificationNotFound)?;
        tx.save(notification.delete()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::{Expect, expect};
    use perme8_events::{Actor, UserId, testing::FakeTx};

    use super::*;
    use crate::testing::{Memory, id, notification, short};

    const READER: UserId = id(2);

    /// Notification 1 is the reader's, notification 3 is not. What is left is counted.
    async fn check(actor: Actor, number: u128, times: usize, expected: Expect) {
        let state = Memory::with(vec![notification(1, READER), notification(3, id(20))]);
        let mut tx = FakeTx::new(state).of(actor);
        let mut text = String::new();
        for _ in 0..times {
            let outcome = DeleteNotification { notification_id: id(number) }.execute(&mut tx).await;
            let said = outcome.map_or_else(|error| error.to_string(), |()| "deleted".to_owned());
            writeln!(text, "{said}, {} left", tx.state.notifications().count()).unwrap();
        }
        expected.assert_eq(&short(&(text + &tx.transcript())));
    }

    #[tokio::test]
    async fn what_is_deleted_is_gone_and_told_once() {
        check(
            Actor::User(READER),
            1,
            2,
            expect![[r##"
            deleted, 1 left
            there is no such notification, 1 left
            notifications.notification_deleted {"notification_id":"#1","user_id":"#2"}
        "##]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_missing_and_what_is_foreign_look_the_same() {
        check(
            Actor::User(READER),
            3,
            1,
            expect![[r#"
            there is no such notification, 2 left
        "#]],
        )
        .await;
        check(
            Actor::User(READER),
            4,
            1,
            expect![[r#"
            there is no such notification, 2 left
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn the_system_deletes_nothing() {
        check(
            Actor::System("test".into()),
            1,
            1,
            expect![[r#"
            only people delete notifications, 2 left
        "#]],
        )
        .await;
    }
}
