//! What was in something, or somebody's, when that is gone.

use async_trait::async_trait;
use identity::{UserDeleted, WorkspaceDeleted};
use perme8_events::{DecodeError, Envelope, EventHandler, HandlerError, Subscriber, Subscription};
use projects::ProjectDeleted;

use crate::application::{
    clearance::Clearance,
    ports::{Gone, Tombstones},
};

/// Sees to the documents of what is gone, by jobs that take some at a time: those of a workspace go with it, those of a project
/// stay in the workspace, and of somebody whose account is gone what is shared becomes that of the owner of the workspace, and
/// what is private goes.
///
/// From the moment it runs, no document begins there, comes into it or becomes that person's any more. Whoever only leaves a
/// workspace keeps the documents there, and does nothing with them until coming back.
///
/// Hears [`WorkspaceDeleted`], [`ProjectDeleted`] and [`UserDeleted`]; [`Clearer`](crate::Clearer) does the jobs, which
/// emit [`DocumentMoved`](crate::DocumentMoved), [`DocumentHandedOver`](crate::DocumentHandedOver) and
/// [`DocumentDeleted`](crate::DocumentDeleted).
#[derive(Debug, Clone, Copy, Default)]
pub struct OnDeleted;

impl Subscriber for OnDeleted {
    fn name(&self) -> &'static str {
        "documents.on_deleted"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const {
            &[
                Subscription::to::<WorkspaceDeleted>(),
                Subscription::to::<ProjectDeleted>(),
                Subscription::to::<UserDeleted>(),
            ]
        }
    }
}

/// What is gone, and what is left to do about it.
fn gone(event: &Envelope) -> Result<Option<(Gone, Clearance)>, DecodeError> {
    if let Some(WorkspaceDeleted { workspace_id, .. }) = event.decode()? {
        return Ok(Some((Gone::Workspace(workspace_id), Clearance::Workspace { workspace_id })));
    }
    if let Some(ProjectDeleted { project_id, .. }) = event.decode()? {
        return Ok(Some((Gone::Project(project_id), Clearance::Project { project_id })));
    }
    let person = event.decode()?;
    Ok(person.map(|UserDeleted { user_id, .. }| {
        (Gone::Person(user_id), Clearance::Person { user_id, after: None })
    }))
}

#[async_trait]
impl<T: Tombstones> EventHandler<T> for OnDeleted {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let Some((gone, clearance)) = gone(event)? else { return Ok(()) };
        tx.remember_gone(gone).await?;
        tx.enqueue(clearance);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, DomainEvent, testing::envelope};

    use super::*;
    use crate::testing::{COMPANY, MEMBER, OWNER, ROADMAP, company};

    async fn check(event: impl DomainEvent, gone: Gone, expected: Expect) {
        let mut tx = company().await;
        assert!(!tx.is_gone(gone).await.unwrap());
        let event = envelope(1, Actor::User(OWNER), &event);
        OnDeleted.handle(&mut tx, &event, ()).await.unwrap();
        assert!(tx.is_gone(gone).await.unwrap());
        expected.assert_eq(&tx.transcript());
        // Told again, it is no different.
        OnDeleted.handle(&mut tx, &event, ()).await.unwrap();
        assert!(tx.is_gone(gone).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_gone_is_remembered_and_its_documents_are_seen_to() {
        let workspace = WorkspaceDeleted {
            workspace_id: COMPANY,
            name: "The Company".to_owned(),
            slug: "the-company".to_owned(),
            manager_ids: vec![OWNER],
        };
        check(workspace, Gone::Workspace(COMPANY), expect![[r#"
            enqueue documents.clearances {"of":"workspace","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]]).await;
        let project = ProjectDeleted {
            project_id: ROADMAP,
            workspace_id: COMPANY,
            user_id: OWNER,
            name: "Roadmap".to_owned(),
        };
        check(project, Gone::Project(ROADMAP), expect![[r#"
            enqueue documents.clearances {"of":"project","project_id":"00000000-0000-0000-0000-00000000001f"}
        "#]]).await;
        let person = UserDeleted { user_id: MEMBER, email: None };
        check(person, Gone::Person(MEMBER), expect![[r#"
            enqueue documents.clearances {"of":"person","user_id":"00000000-0000-0000-0000-000000000004","after":null}
        "#]]).await;
    }
}
