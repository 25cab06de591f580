//! Whoever gives up the account is told nothing any more.

use async_trait::async_trait;
use identity::UserDeleted;
use perme8_events::{Envelope, EventHandler, HandlerError, Subscriber, Subscription};

use crate::application::ports::People;

/// Forgets everything that this context holds of somebody whose account is gone.
///
/// There is nobody left to tell of it, so it emits nothing.
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
        let Some(UserDeleted { user_id }) = event.decode()? else { return Ok(()) };
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
    use crate::testing::{ADA, DAVE, Memory, deliver, notification};

    #[tokio::test]
    async fn what_others_were_told_stays() {
        let mut tx = FakeTx::new(Memory::with(vec![notification(1, DAVE), notification(2, ADA)]));
        let event = envelope(20, Actor::User(DAVE), &UserDeleted { user_id: DAVE });
        for _ in 0..2 {
            deliver(&OnUserDeleted::new(), &mut tx, &event).await;
        }
        let left: Vec<_> = tx.state.notifications().map(|left| left.user_id).collect();
        assert_eq!((left, tx.transcript()), (vec![ADA], String::new()));
    }
}
