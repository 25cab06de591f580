//! Marking everything as read.

use perme8_events::StorageError;

use crate::{application::ports::Inboxes, domain::events::NotificationsRead};

/// Marks every notification of the actor as read that was created up to now.
///
/// Emits [`NotificationsRead`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarkAllRead;

/// Why nothing was marked as read.
#[derive(Debug, thiserror::Error)]
pub enum MarkAllReadError {
    /// Nobody in particular reads.
    #[error("only people read notifications")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl MarkAllRead {
    /// Gives how many became read. One event tells of all of them, however many they are; none tells of nothing.
    pub(crate) async fn execute(self, tx: &mut impl Inboxes) -> Result<u64, MarkAllReadError> {
        let user_id = tx.origin().actor().user().ok_or(MarkAllReadError::Forbidden)?;
        let now = tx.now();
        let read = tx.read_up_to(user_id, now).await?;
        // Not `now`: what is told at this very moment may come to be seen only after this, and is not read then.
        if let Some(up_to) = read.iter().copied().max() {
            tx.emit(NotificationsRead { user_id, up_to });
        }
        Ok(u64::try_from(read.len()).expect("no inbox is as large as that"))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::testing::{Memory, id, notification};

    /// User 2 has two unread notifications of nine o'clock, user 20 one.
    async fn check(tx: FakeTx<()>, expected: Expect) -> Memory {
        let notifications =
            vec![notification(1, id(2)), notification(3, id(2)), notification(5, id(20))];
        let mut tx =
            FakeTx::new(Memory::with(notifications)).from_origin(tx.origin().clone()).at(tx.now());
        let mut text = String::new();
        for _ in 0..2 {
            let outcome = MarkAllRead.execute(&mut tx).await.map_err(|error| error.to_string());
            writeln!(text, "{outcome:?}").unwrap();
        }
        expected.assert_eq(&(text + &tx.transcript()));
        tx.state
    }

    #[tokio::test]
    async fn everything_of_the_reader_is_read_once() {
        let state = check(FakeTx::new(()), expect![[r#"
            Ok(2)
            Ok(0)
            notifications.notifications_read {"user_id":"00000000-0000-0000-0000-000000000002","up_to":"2026-01-05T09:00:00Z"}
        "#]]).await;
        let unread: Vec<_> = state.notifications().filter(|n| !n.is_read()).map(|n| n.id).collect();
        assert_eq!(unread, [id(5)]);
    }

    #[tokio::test]
    async fn the_event_names_the_newest_that_was_read() {
        let later = FakeTx::new(()).now() + TimeDelta::hours(1);
        check(FakeTx::new(()).at(later), expect![[r#"
            Ok(2)
            Ok(0)
            notifications.notifications_read {"user_id":"00000000-0000-0000-0000-000000000002","up_to":"2026-01-05T09:00:00Z"}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_comes_later_stays_unread() {
        let before = FakeTx::new(()).now() - TimeDelta::seconds(1);
        check(
            FakeTx::new(()).at(before),
            expect![[r#"
            Ok(0)
            Ok(0)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn the_system_reads_nothing() {
        check(
            FakeTx::new(()).of(Actor::System("test".into())),
            expect![[r#"
            Err("only people read notifications")
            Err("only people read notifications")
        "#]],
        )
        .await;
    }
}
