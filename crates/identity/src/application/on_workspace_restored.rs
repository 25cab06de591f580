//! Telling people of the invitations that waited for a workspace to be taken out again.

use async_trait::async_trait;
use perme8_events::{Envelope, EventHandler, HandlerError, Save, Subscriber, Subscription};

use crate::{
    application::{
        announcing::announce,
        ports::{Invitations, Users, Workspaces},
    },
    domain::{invitation::Invitation, user::User, workspace_events::WorkspaceRestored},
};

/// Emits [`MemberInvited`](crate::MemberInvited) for each invitation whose address somebody confirmed while the workspace was
/// put away; once per invitation, however often it runs.
///
/// Hears [`WorkspaceRestored`].
#[derive(Debug, Clone, Copy, Default)]
pub struct OnWorkspaceRestored;

impl Subscriber for OnWorkspaceRestored {
    fn name(&self) -> &'static str {
        "identity.on_workspace_restored"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<WorkspaceRestored>()] }
    }
}

#[async_trait]
impl<T> EventHandler<T> for OnWorkspaceRestored
where
    T: Users + Workspaces + Invitations + Save<Invitation>,
{
    type Facts = ();

    async fn gather(&self, _event: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let Some(WorkspaceRestored { workspace_id }) = event.decode()? else { return Ok(()) };
        for invitation in tx.unannounced_invitations(workspace_id).await? {
            tx.wait_for_turn(&invitation.email).await?;
            let holder = tx.user_by_email(&invitation.email).await?.filter(User::is_confirmed);
            if let Some(holder) = holder {
                announce(tx, invitation, holder.id).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::{
        application::on_user_confirmed::OnUserConfirmed,
        testing::{
            COMPANY, INVITEE, NEWCOMER, Person, Tables, archived, confirm, confirmed_event,
            happened, invited,
        },
    };

    async fn restore(tx: &mut FakeTx<Tables>, expected: Expect) {
        tx.state.workspaces[0].archived_at = None;
        let event = happened(&WorkspaceRestored { workspace_id: COMPANY });
        OnWorkspaceRestored.handle(tx, &event, ()).await.unwrap();
        expected.assert_eq(&tx.transcript());
        drop(tx.take_events());
    }

    /// The person was invited, and confirmed the address while the company was put away.
    async fn waiting(person: Person) -> FakeTx<Tables> {
        let (tx, _) = invited(person).await;
        let mut tx = archived(tx);
        confirm(&mut tx, person);
        OnUserConfirmed.handle(&mut tx, &confirmed_event(person), ()).await.unwrap();
        assert_eq!(tx.transcript(), "", "nobody joins what is put away");
        tx
    }

    #[tokio::test]
    async fn what_waited_is_announced_once() {
        let mut tx = waiting(NEWCOMER).await;
        restore(&mut tx, expect![[r#"
            identity.member_invited {"user_id":"00000000-0000-0000-0000-00000000000b","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","invited_by":"00000000-0000-0000-0000-000000000002","invited_by_name":"Owner Example","role":"member","invitation_id":"00000000-0000-0000-0000-000000000101"}
        "#]]).await;
        restore(&mut tx, expect![""]).await;
    }

    #[tokio::test]
    async fn whoever_knows_of_it_or_has_no_account_is_told_nothing() {
        let mut tx = waiting(INVITEE).await;
        restore(&mut tx, expect![""]).await;
        let (tx, _) = invited(NEWCOMER).await;
        restore(&mut archived(tx), expect![""]).await;
    }

    #[tokio::test]
    async fn a_workspace_that_is_put_away_again_takes_nobody_in() {
        let mut tx = waiting(NEWCOMER).await;
        let event = happened(&WorkspaceRestored { workspace_id: COMPANY });
        OnWorkspaceRestored.handle(&mut tx, &event, ()).await.unwrap();
        assert_eq!(tx.transcript(), "");
    }
}
