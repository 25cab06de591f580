//! What becomes of conversations when somebody is gone, or what they are in or about.

use async_trait::async_trait;
use identity::{Departure, MemberLeft, MemberRemoved, UserDeleted, WorkspaceDeleted};
use perme8_events::{
    DecodeError, Envelope, EventHandler, HandlerError, Subscriber, Subscription, Transaction,
};
use projects::ProjectDeleted;

use crate::application::clearance::Clearance;

/// Sees to the sessions of what is gone, by jobs that take some at a time: those of a member go with the membership, those in a
/// workspace with it and those of a person with the account; those about a project stay without it.
///
/// Nobody sees a session in a workspace that is lost, handled or not: what begins there at the very moment in which it is lost
/// is found by [`Reconcile`](crate::Reconcile).
///
/// Hears [`MemberRemoved`], [`MemberLeft`], [`WorkspaceDeleted`], [`UserDeleted`] and [`ProjectDeleted`];
/// [`Clearer`](crate::Clearer) does the jobs, which emit [`ChatSessionDeleted`](crate::ChatSessionDeleted).
#[derive(Debug, Clone, Copy, Default)]
pub struct OnGone;

impl Subscriber for OnGone {
    fn name(&self) -> &'static str {
        "chat.on_gone"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const {
            &[
                Subscription::to::<MemberRemoved>(),
                Subscription::to::<MemberLeft>(),
                Subscription::to::<WorkspaceDeleted>(),
                Subscription::to::<UserDeleted>(),
                Subscription::to::<ProjectDeleted>(),
            ]
        }
    }
}

/// What is left to do about it.
fn clearance(event: &Envelope) -> Result<Option<Clearance>, DecodeError> {
    let until = event.occurred_at;
    let Some(departure) = Departure::of(event)? else {
        let project = event.decode()?;
        return Ok(
            project.map(|ProjectDeleted { project_id, .. }| Clearance::Project { project_id })
        );
    };
    Ok(Some(match departure {
        Departure::Member { user_id, workspace_id } => {
            Clearance::Member { user_id, workspace_id, until }
        }
        Departure::Workspace { workspace_id } => Clearance::Workspace { workspace_id },
        Departure::Person { user_id } => Clearance::Person { user_id },
    }))
}

#[async_trait]
impl<T: Transaction> EventHandler<T> for OnGone {
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
    use expect_test::expect;
    use perme8_events::{Actor, DomainEvent, testing::envelope};

    use super::*;
    use crate::testing::{ADA, COMPANY, MILL, STRANGER, of_ada};

    async fn told(event: impl DomainEvent) -> String {
        let mut tx = of_ada(Some(COMPANY));
        let event = envelope(1, Actor::User(STRANGER), &event);
        OnGone.handle(&mut tx, &event, ()).await.unwrap();
        assert_eq!(tx.state.sessions.len(), 1, "a job does the rest");
        tx.transcript()
    }

    #[tokio::test]
    async fn whatever_is_gone_its_sessions_are_left_to_a_job() {
        let (user_id, workspace_id) = (ADA, COMPANY);
        let (name, slug) = ("The Company".to_owned(), "acme".to_owned());
        let transcript = [
            told(MemberRemoved { workspace_id, user_id }).await,
            told(MemberLeft { workspace_id, user_id }).await,
            told(WorkspaceDeleted {
                workspace_id,
                name: name.clone(),
                slug,
                manager_ids: vec![ADA],
            })
            .await,
            told(UserDeleted { user_id, email: None }).await,
            told(ProjectDeleted { project_id: MILL, workspace_id, user_id, name }).await,
        ];
        expect![[r#"
            enqueue chat.clearances {"of":"member","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","until":"2026-01-05T09:00:00Z"}
            enqueue chat.clearances {"of":"member","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","until":"2026-01-05T09:00:00Z"}
            enqueue chat.clearances {"of":"workspace","workspace_id":"00000000-0000-0000-0000-000000000001"}
            enqueue chat.clearances {"of":"person","user_id":"00000000-0000-0000-0000-000000000002"}
            enqueue chat.clearances {"of":"project","project_id":"00000000-0000-0000-0000-000000000008"}
        "#]].assert_eq(&transcript.concat());
    }
}
