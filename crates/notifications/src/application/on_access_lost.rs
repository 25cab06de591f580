//! Whoever loses a workspace loses what was told of it.

use async_trait::async_trait;
use identity::{MemberLeft, MemberRemoved, WorkspaceDeleted};
use perme8_events::{Envelope, EventHandler, HandlerError, Save, Subscriber, Subscription};

use crate::{
    application::{
        clearance::{Clearance, Loss},
        ports::{Accesses, Inboxes},
    },
    domain::notification::Notification,
};

/// Deletes the notifications with which a former member could look into the workspace, and everybody's when it is gone.
///
/// That somebody was removed stays. So does what happened after the loss, e.g. a new invitation: the place of the loss in
/// the log decides, not the moment at which it is handled. Some hundreds are deleted at once; what is more is left to jobs.
///
/// Hears [`MemberLeft`], [`MemberRemoved`] and [`WorkspaceDeleted`]; what it leaves, [`Clearer`](crate::Clearer) deletes.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnAccessLost;

const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription::to::<MemberRemoved>(),
    Subscription::to::<MemberLeft>(),
    Subscription::to::<WorkspaceDeleted>(),
];

impl OnAccessLost {
    /// Needs nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

// The default partition key is right: a member comes and goes in order, and nobody is a member of what is gone.
impl Subscriber for OnAccessLost {
    fn name(&self) -> &'static str {
        "notifications.on_access_lost"
    }

    fn subscriptions(&self) -> &[Subscription] {
        SUBSCRIPTIONS
    }
}

#[async_trait]
impl<T: Inboxes + Accesses + Save<Notification>> EventHandler<T> for OnAccessLost {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let Some(loss) = Loss::of(event)? else { return Ok(()) };
        // First, because it waits for whoever is just telling this person something of this workspace.
        tx.remember_loss(loss.user, loss.workspace, loss.at).await?;
        Clearance { loss, after: None }.execute(tx).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{
        Actor, Position,
        testing::{FakeTx, envelope},
    };

    use super::*;
    use crate::{
        domain::{notification::Source, notification_type::NotificationType},
        testing::{
            ACME, ADA, CAROL, DAVE, Memory, deleted, deliver, id, left, notification, removed,
            short,
        },
    };

    fn company() -> Memory {
        let of_dave = |number, position| {
            let source = Source { event_id: id(number), position: Position::new(position) };
            Notification { source, invitation_id: None, ..notification(number, DAVE) }
        };
        Memory::with(vec![
            of_dave(1, 10),
            Notification {
                notification_type: NotificationType::WorkspaceMemberRemoved,
                ..of_dave(2, 11)
            },
            Notification { workspace_id: Some(id(9)), ..of_dave(3, 12) },
            Notification { workspace_id: None, ..of_dave(4, 13) },
            Notification { user_id: ADA, ..of_dave(5, 14) },
            of_dave(6, 15),
            of_dave(7, 30),
        ])
    }

    #[tokio::test]
    async fn only_what_points_into_the_lost_workspace_and_came_before_goes() {
        for event in [
            envelope(20, Actor::User(ADA), &removed(DAVE)),
            envelope(20, Actor::User(DAVE), &left(DAVE)),
        ] {
            let mut tx = FakeTx::new(company());
            deliver(&OnAccessLost::new(), &mut tx, &event).await;
            expect![[r##"
                notifications.notification_deleted {"notification_id":"#1","user_id":"#d"}
                notifications.notification_deleted {"notification_id":"#6","user_id":"#d"}
            "##]]
            .assert_eq(&short(&tx.transcript()));
        }
    }

    #[tokio::test]
    async fn what_points_into_a_workspace_that_is_gone_goes_whoever_was_told() {
        let mut tx = FakeTx::new(company());
        deliver(&OnAccessLost::new(), &mut tx, &envelope(20, Actor::User(ADA), &deleted())).await;
        expect![[r##"
            notifications.notification_deleted {"notification_id":"#5","user_id":"#a"}
            notifications.notification_deleted {"notification_id":"#1","user_id":"#d"}
            notifications.notification_deleted {"notification_id":"#6","user_id":"#d"}
        "##]]
        .assert_eq(&short(&tx.transcript()));
        let losses = tx.last_losses(&[CAROL], ACME).await.unwrap();
        assert_eq!(losses[&CAROL], Position::new(20));
    }

    #[tokio::test]
    async fn what_others_lose_is_nobody_elses_loss() {
        let mut tx = FakeTx::new(company());
        deliver(&OnAccessLost::new(), &mut tx, &envelope(20, Actor::User(CAROL), &left(CAROL)))
            .await;
        assert_eq!(tx.transcript(), "");
    }

    #[test]
    fn the_losses_of_a_person_keep_their_order() {
        let events = [
            envelope(1, Actor::User(ADA), &removed(DAVE)),
            envelope(2, Actor::User(DAVE), &left(DAVE)),
        ];
        let [first, second] = events.map(|event| OnAccessLost::new().partition_key(&event));
        assert_eq!(first, second);
    }
}
