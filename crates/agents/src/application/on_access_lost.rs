//! Whoever loses a workspace, or the account, takes the own agents out of sight, and what was asked there along.

use async_trait::async_trait;
use identity::{Departure, MemberLeft, MemberRemoved, UserDeleted, WorkspaceDeleted};
use perme8_events::{
    DecodeError, Envelope, EventHandler, HandlerError, Subscriber, Subscription, Transaction,
};

use crate::application::clearance::Clearance;

/// Sees to the agents of what is gone, by jobs that take some at a time: those of a former member leave the workspace, those of
/// a workspace leave it with everybody, and those of a person go with the account. What was asked there is deleted.
///
/// What was put into the workspace after the loss stays: the person has come back.
///
/// Hears [`MemberRemoved`], [`MemberLeft`], [`WorkspaceDeleted`] and [`UserDeleted`]; [`Clearer`](crate::Clearer) does the
/// jobs, which emit [`AgentRemovedFromWorkspace`](crate::AgentRemovedFromWorkspace) and
/// [`AgentDeleted`](crate::AgentDeleted).
#[derive(Debug, Clone, Copy, Default)]
pub struct OnAccessLost;

impl Subscriber for OnAccessLost {
    fn name(&self) -> &'static str {
        "agents.on_access_lost"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const {
            &[
                Subscription::to::<MemberRemoved>(),
                Subscription::to::<MemberLeft>(),
                Subscription::to::<WorkspaceDeleted>(),
                Subscription::to::<UserDeleted>(),
            ]
        }
    }
}

/// What is left to do about an event.
fn clearance(event: &Envelope) -> Result<Option<Clearance>, DecodeError> {
    let until = event.occurred_at;
    Ok(Departure::of(event)?.map(|departure| match departure {
        Departure::Member { user_id, workspace_id } => {
            Clearance::Membership { user_id, workspace_id, until }
        }
        Departure::Workspace { workspace_id } => Clearance::Workspace { workspace_id },
        Departure::Person { user_id } => Clearance::Person { user_id },
    }))
}

#[async_trait]
impl<T: Transaction> EventHandler<T> for OnAccessLost {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        if let Some(clearance) = clearance(event)? {
            tx.enqueue(clearance);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, DomainEvent, testing::envelope};

    use super::*;
    use crate::testing::{COMPANY, MEMBER, OWNER, company};

    async fn check(event: impl DomainEvent, expected: Expect) {
        let mut tx = company();
        let event = envelope(1, Actor::User(OWNER), &event);
        OnAccessLost.handle(&mut tx, &event, ()).await.unwrap();
        expected.assert_eq(&tx.transcript());
    }

    #[tokio::test]
    async fn whatever_is_lost_is_seen_to_by_a_job() {
        let (workspace_id, user_id) = (COMPANY, MEMBER);
        check(MemberRemoved { workspace_id, user_id }, expect![[r#"
            enqueue agents.clearances {"of":"membership","user_id":"00000000-0000-0000-0000-000000000004","workspace_id":"00000000-0000-0000-0000-000000000001","until":"2026-01-05T09:00:00Z"}
        "#]]).await;
        check(MemberLeft { workspace_id, user_id }, expect![[r#"
            enqueue agents.clearances {"of":"membership","user_id":"00000000-0000-0000-0000-000000000004","workspace_id":"00000000-0000-0000-0000-000000000001","until":"2026-01-05T09:00:00Z"}
        "#]]).await;
        let workspace = WorkspaceDeleted {
            workspace_id,
            name: "The Company".to_owned(),
            slug: "the-company".to_owned(),
            manager_ids: vec![OWNER],
        };
        check(workspace, expect![[r#"
            enqueue agents.clearances {"of":"workspace","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]]).await;
        check(UserDeleted { user_id, email: None }, expect![[r#"
            enqueue agents.clearances {"of":"person","user_id":"00000000-0000-0000-0000-000000000004"}
        "#]]).await;
    }
}
