//! Whoever gives up the account is told nothing any more.

use async_trait::async_trait;
use identity::UserDeleted;
use perme8_events::{Envelope, EventHandler, HandlerError, Subscriber, Subscription};

use crate::application::ports::People;

/// Forgets everything that this context holds of somebody whose account is gone. What happened before and is heard of
/// afterwards tells that person nothing any more.
///
/// There is nobody left to tell of it, so it emits nothing.
///
/// Hears [`UserDeleted`].
#[derive(Debug, Clone, Copy, Default)]
pub struct OnUserDeleted;

impl OnUserDeleted {
    /// Needs nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Subscriber for OnUserDeleted {
    fn name(&self) -> &'static str {
        "notifications.on_user_deleted"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<UserDeleted>()] }
    }
}

#[async_trait]
impl<T: People> EventHandler<T> for OnUserDeleted {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let Some(UserDeleted { user_id, .. }) = event.decode()? else { return Ok(()) };
        Ok(tx.forget_person(user_id).await?)
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::{
        Actor,
        testing::{FakeTx, envelope},
    };

    use super::*;
    use crate::{
        application::{
            on_invitation::OnInvitation,
            on_workspace_activity::OnWorkspaceActivity,
            ports::{MockDirectory, MockDocumentDirectory},
        },
        testing::{
            ADA, BOB, DAVE, Memory, deliver, farewell, invited, joined, left, notification, removed,
        },
    };

    #[tokio::test]
    async fn what_others_were_told_stays() {
        let mut tx = FakeTx::new(Memory::with(vec![notification(1, DAVE), notification(2, ADA)]));
        let event = envelope(20, Actor::User(DAVE), &farewell(DAVE));
        for _ in 0..2 {
            deliver(&OnUserDeleted::new(), &mut tx, &event).await;
        }
        let left: Vec<_> = tx.state.notifications().map(|left| left.user_id).collect();
        assert_eq!((left, tx.transcript()), (vec![ADA], String::new()));
    }
    /// Handlers are independent of each other, so what happened before may be heard of by some of them after it.
    #[tokio::test]
    async fn what_is_heard_of_afterwards_brings_nothing_back() {
        let directory = MockDirectory::with_managers(&[ADA, DAVE]).shared();
        let activity = OnWorkspaceActivity::new(directory.clone(), MockDocumentDirectory::empty());
        let mut tx = FakeTx::new(Memory::default());
        let gone = envelope(20, Actor::User(DAVE), &farewell(DAVE));
        deliver(&OnUserDeleted::new(), &mut tx, &gone).await;
        let invited = envelope(1, Actor::User(BOB), &invited(3));
        deliver(&OnInvitation::new(directory), &mut tx, &invited).await;
        deliver(&activity, &mut tx, &envelope(2, Actor::User(BOB), &left(BOB))).await;
        deliver(&activity, &mut tx, &envelope(3, Actor::User(DAVE), &joined(3))).await;
        deliver(&activity, &mut tx, &envelope(4, Actor::User(ADA), &removed(DAVE))).await;
        let told: Vec<_> = tx.state.notifications().map(|told| told.user_id).collect();
        assert_eq!(told, [ADA, ADA]);
    }
}
