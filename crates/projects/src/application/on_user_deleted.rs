//! What was somebody's stays, and becomes somebody else's.

use async_trait::async_trait;
use identity::UserDeleted;
use perme8_events::{Envelope, EventHandler, HandlerError, Subscriber, Subscription};

use crate::application::{clearance::Clearance, ports::People};

/// Hands the projects of somebody whose account is gone to the owners of their workspaces, by jobs that take some at a time;
/// from the moment it runs, none becomes that person's any more.
///
/// Projects are not deleted with their owner, because others work on them, too. Whoever only leaves a workspace keeps them, and
/// does nothing with them until coming back.
///
/// Hears [`UserDeleted`]; [`Clearer`](crate::Clearer) does the jobs, which emit [`ProjectUpdated`](crate::ProjectUpdated).
#[derive(Debug, Clone, Copy, Default)]
pub struct OnUserDeleted;

impl Subscriber for OnUserDeleted {
    fn name(&self) -> &'static str {
        "projects.on_user_deleted"
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
        tx.remember_person_gone(user_id).await?;
        tx.enqueue(Clearance::Person { user_id, after: None });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Actor, testing::envelope};

    use super::*;
    use crate::testing::{MEMBER, OWNER, company};

    #[tokio::test]
    async fn their_projects_are_handed_over_by_a_job_and_none_becomes_theirs() {
        let mut tx = company();
        let event = envelope(1, Actor::User(MEMBER), &UserDeleted { user_id: MEMBER, email: None });
        OnUserDeleted.handle(&mut tx, &event, ()).await.unwrap();
        expect![[r#"
            enqueue projects.clearances {"of":"person","user_id":"00000000-0000-0000-0000-000000000004","after":null}
        "#]].assert_eq(&tx.transcript());
        assert!(tx.is_person_gone(MEMBER).await.unwrap());
        assert!(!tx.is_person_gone(OWNER).await.unwrap());
    }
}
