//! What a workspace knows goes with it.

use async_trait::async_trait;
use identity::WorkspaceDeleted;
use perme8_events::{Envelope, EventHandler, HandlerError, Subscriber, Subscription};

use crate::application::{clearance::Clearance, ports::Workspaces};

/// Removes the graph of a workspace that is gone, by jobs that take some at a time; from the moment it runs, nothing begins
/// there any more.
///
/// Hears [`WorkspaceDeleted`]; [`Clearer`](crate::Clearer) does the jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnWorkspaceDeleted;

impl Subscriber for OnWorkspaceDeleted {
    fn name(&self) -> &'static str {
        "erm.on_workspace_deleted"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<WorkspaceDeleted>()] }
    }
}

#[async_trait]
impl<T: Workspaces> EventHandler<T> for OnWorkspaceDeleted {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let Some(WorkspaceDeleted { workspace_id, .. }) = event.decode()? else { return Ok(()) };
        tx.remember_gone(workspace_id).await?;
        tx.enqueue(Clearance { workspace_id });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Actor, testing::envelope};

    use super::*;
    use crate::testing::{COMPANY, ELSEWHERE, OWNER, company};

    #[tokio::test]
    async fn its_graph_is_cleared_and_nothing_begins_there() {
        let mut tx = company();
        let deleted = WorkspaceDeleted {
            workspace_id: COMPANY,
            name: "The Company".to_owned(),
            slug: "the-company".to_owned(),
            manager_ids: vec![OWNER],
        };
        let event = envelope(1, Actor::User(OWNER), &deleted);
        OnWorkspaceDeleted.handle(&mut tx, &event, ()).await.unwrap();
        expect![[r#"
            enqueue erm.clearances {"workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]]
        .assert_eq(&tx.transcript());
        assert!(!tx.enter(COMPANY).await.unwrap());
        assert!(tx.enter(ELSEWHERE).await.unwrap());
    }
}
