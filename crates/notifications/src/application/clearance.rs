//! Taking away what points into a workspace that was lost, some hundreds at a time.

use identity::Departure;
use perme8_events::{
    DecodeError, Envelope, Job, NewJob, Position, Save, StorageError, UserId, WorkspaceId,
};
use serde::{Deserialize, Serialize};

use crate::{
    application::{announcement::AT_ONCE, ports::Inboxes},
    domain::notification::{Notification, NotificationId},
};

/// Who lost which workspace: one person, or everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Loss {
    pub(crate) user: Option<UserId>,
    pub(crate) workspace: WorkspaceId,
    /// Where in the log; what happened afterwards is not lost.
    pub(crate) at: Position,
}

impl Loss {
    /// The loss that an event tells of, if it does.
    pub(crate) fn of(event: &Envelope) -> Result<Option<Self>, DecodeError> {
        let at = event.position;
        Ok(Departure::of(event)?.and_then(|departure| match departure {
            Departure::Member { user_id, workspace_id: workspace } => {
                Some(Self { user: Some(user_id), workspace, at })
            }
            Departure::Workspace { workspace_id: workspace } => {
                Some(Self { user: None, workspace, at })
            }
            Departure::Person { .. } => None,
        }))
    }
}

/// What is still to be taken away after a loss that is remembered, so that nothing is added any more.
///
/// It is a chain like the one that tells a crowd: each job takes a page away, and enqueues the next one in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clearance {
    pub(crate) loss: Loss,
    /// Up to this one, by readers and ids, all is done; nothing is at first.
    pub(crate) after: Option<(UserId, NotificationId)>,
}

impl Job for Clearance {
    const QUEUE: &'static str = "notifications.clearances";
}

impl Clearance {
    /// As a job, which there is once.
    fn job(self) -> NewJob<Self> {
        let Loss { workspace, at, user: _ } = self.loss;
        let last = self.after.map(|(_, id)| id.to_string()).unwrap_or_default();
        NewJob::new(self).once(format!("{workspace}:{at}:{last}"))
    }

    /// Takes a page away, except for what outlives the loss, and leaves the others to the next job; gives how many there were.
    pub(crate) async fn execute(
        self,
        tx: &mut (impl Inboxes + Save<Notification>),
    ) -> Result<usize, StorageError> {
        let Loss { user, workspace, at } = self.loss;
        let page = tx.pointing_into(workspace, user, at, self.after, AT_ONCE).await?;
        let found = page.len();
        let is_full = u32::try_from(found).is_ok_and(|found| found >= AT_ONCE);
        let end = page.last().map(|last| (last.user_id, last.id)).filter(|_| is_full);
        for notification in page {
            if !notification.notification_type.outlives_access() {
                tx.save(notification.delete()).await?;
            }
        }
        if end.is_some() {
            tx.enqueue(Self { after: end, ..self }.job());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::{
        domain::notification_type::NotificationType,
        testing::{ACME, Memory, id, notification, short},
    };

    fn everybodys() -> Clearance {
        let loss = Loss { user: None, workspace: ACME, at: Position::new(9_000) };
        Clearance { loss, after: None }
    }

    /// So many people were told something of Acme, the second of them that their access ended.
    fn crowd(people: u128) -> FakeTx<Memory> {
        let told = (1..=people).map(|number| Notification {
            invitation_id: None,
            notification_type: match number {
                2 => NotificationType::WorkspaceMemberRemoved,
                _ => NotificationType::WorkspaceMemberLeft,
            },
            ..notification(number, id(number))
        });
        FakeTx::new(Memory::with(told.collect()))
    }

    #[tokio::test]
    async fn a_page_that_is_not_full_is_the_last_one() {
        let mut tx = crowd(3);
        assert_eq!(everybodys().execute(&mut tx).await.unwrap(), 3);
        expect![[r##"
            notifications.notification_deleted {"notification_id":"#1","user_id":"#1"}
            notifications.notification_deleted {"notification_id":"#3","user_id":"#3"}
        "##]]
        .assert_eq(&short(&tx.transcript()));
    }

    #[tokio::test]
    async fn a_full_page_is_followed_by_the_next_one() {
        let mut tx = crowd(u128::from(AT_ONCE) + 1);
        assert_eq!(everybodys().execute(&mut tx).await.unwrap(), 500);
        let left: Vec<_> = tx.state.notifications().map(|left| left.id).collect();
        assert_eq!(left, [id(2), id(501)]);
        let transcript = tx.transcript();
        let last = short(transcript.lines().last().unwrap());
        expect![[r##"enqueue notifications.clearances {"loss":{"user":null,"workspace":"#1","at":9000},"after":["#1f4","#1f4"]} once=#1:9000:#1f4"##]].assert_eq(&last);
        let next = Clearance { after: Some((id(500), id(500))), ..everybodys() };
        assert_eq!(next.execute(&mut tx).await.unwrap(), 1);
        assert_eq!(tx.state.notifications().count(), 1, "what outlives the access");
    }
}
