//! Forgetting what nobody needs to be told any more.

use chrono::TimeDelta;
use perme8_events::StorageError;

use crate::application::ports::{Answers, Inboxes, People};

/// For so long a notification stays after its reader has read it.
const KEPT_READ: TimeDelta = TimeDelta::days(90);

/// For so long it waits for its reader. Nothing that happened is told any later, so the answers to invitations, which
/// keep them from being asked about afterwards, are remembered as long; and so is who is gone.
const KEPT_UNREAD: TimeDelta = TimeDelta::days(365);

/// Forgets notifications that were read 90 days ago, and those that nobody has read for a year. The host runs it regularly.
///
/// No event tells of it: it is no decision about any of them, and they are on nobody's screen any more.
#[derive(Debug, Clone)]
pub struct PurgeNotifications {
    /// So many of each kind at once.
    pub limit: u32,
}

/// Why nothing was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum PurgeNotificationsError {
    /// Only the system does this.
    #[error("only the system purges notifications")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PurgeNotifications {
    /// Says how many were forgotten; fewer than the limit means that nothing is left.
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl Inboxes + Answers + People),
    ) -> Result<u64, PurgeNotificationsError> {
        if !tx.origin().actor().is_system() {
            return Err(PurgeNotificationsError::Forbidden);
        }
        let now = tx.now();
        let read = tx.purge_read(now - KEPT_READ, self.limit).await?;
        let unread = tx.purge_unread(now - KEPT_UNREAD, self.limit).await?;
        let answers = tx.purge_answers(now - KEPT_UNREAD, self.limit).await?;
        let gone = tx.purge_gone(now - KEPT_UNREAD, self.limit).await?;
        Ok(read + unread + answers + gone)
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::{
        domain::{action::NotificationAction, notification::Notification},
        testing::{ADA, DAVE, Memory, id, notification},
    };

    /// Three notifications of one instant, of which the first two were read at it, an answer, and somebody who went.
    async fn inbox() -> FakeTx<Memory> {
        let read = |number| {
            let unread = notification(number, ADA);
            Notification { read_at: Some(unread.created_at), ..unread }
        };
        let mut tx = FakeTx::new(Memory::with(vec![read(1), read(2), notification(3, ADA)]));
        tx.remember_answer(id(3), NotificationAction::Declined).await.unwrap();
        tx.forget_person(DAVE).await.unwrap();
        tx.of(Actor::System("notifications.purge".into()))
    }

    #[tokio::test]
    async fn what_was_read_stays_for_ninety_days_and_the_rest_for_a_year() {
        let mut tx = inbox().await;
        let (start, purge) = (tx.now(), PurgeNotifications { limit: 10 });
        for (age, forgotten) in [(0, 0), (89, 0), (90, 2), (90, 0), (364, 0), (365, 3)] {
            tx = tx.at(start + TimeDelta::days(age));
            assert_eq!(purge.execute(&mut tx).await.unwrap(), forgotten, "after {age} days");
        }
        assert_eq!(tx.state.notifications().count(), 0);
        assert_eq!(tx.transcript(), "");
    }

    #[tokio::test]
    async fn it_forgets_no_more_at_once_than_it_is_told() {
        let tx = inbox().await;
        let much_later = tx.now() + TimeDelta::days(365);
        let mut tx = tx.at(much_later);
        let purge = PurgeNotifications { limit: 1 };
        assert_eq!(purge.execute(&mut tx).await.unwrap(), 4, "one of each kind");
        assert_eq!(purge.execute(&mut tx).await.unwrap(), 1);
        assert_eq!(purge.execute(&mut tx).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn people_do_not_purge() {
        let mut tx = inbox().await.of(Actor::User(ADA));
        let refused = PurgeNotifications { limit: 1 }.execute(&mut tx).await;
        assert!(matches!(refused, Err(PurgeNotificationsError::Forbidden)));
    }
}
