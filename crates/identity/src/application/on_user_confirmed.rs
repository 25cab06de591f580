//! Telling people of the invitations that were there before their account.

use async_trait::async_trait;
use perme8_events::{Envelope, EventHandler, HandlerError, Save, Subscriber, Subscription};

use crate::{
    application::{
        announcing::announce,
        ports::{Invitations, Users, Workspaces},
    },
    domain::{
        account_events::EmailChanged, email::Email, events::UserConfirmed, invitation::Invitation,
    },
};

/// Emits [`MemberInvited`](crate::MemberInvited) for each invitation that waits for somebody who has just confirmed the
/// address, be it the first one or another; once per invitation, however often it runs.
///
/// Hears [`UserConfirmed`] and [`EmailChanged`].
#[derive(Debug, Clone, Copy, Default)]
pub struct OnUserConfirmed;

impl Subscriber for OnUserConfirmed {
    fn name(&self) -> &'static str {
        "identity.on_user_confirmed"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<UserConfirmed>(), Subscription::to::<EmailChanged>()] }
    }
}

#[async_trait]
impl<T> EventHandler<T> for OnUserConfirmed
where
    T: Users + Workspaces + Invitations + Save<Invitation>,
{
    type Facts = ();

    async fn gather(&self, _event: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let confirmed = event.decode()?.map(|UserConfirmed { user_id, email }| (user_id, email));
        let moved = event.decode()?.map(|EmailChanged { user_id, email, .. }| (user_id, email));
        let Some((user_id, email)) = confirmed.or(moved) else { return Ok(()) };
        // Whoever has been forgotten since is told nothing.
        let Some(email) = email.known().and_then(|email| Email::parse(email).ok()) else {
            return Ok(());
        };
        tx.wait_for_turn(&email).await?;
        // Nor is whoever has moved on: what is sent to the address is for whoever has it next.
        if tx.user_by_email(&email).await?.is_none_or(|holder| holder.id != user_id) {
            return Ok(());
        }
        for invitation in tx.open_invitations_of(&email).await? {
            announce(tx, invitation, user_id).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::testing::{
        INVITEE, NEWCOMER, Person, Tables, archived, confirmed_event, happened, invited,
    };

    async fn check(tx: &mut FakeTx<Tables>, person: Person, expected: Expect) {
        drop(tx.take_events());
        OnUserConfirmed.handle(tx, &confirmed_event(person), ()).await.unwrap();
        expected.assert_eq(&tx.transcript());
    }

    #[tokio::test]
    async fn waiting_invitations_are_announced_once() {
        let (mut tx, _) = invited(NEWCOMER).await;
        check(&mut tx, INVITEE, expect![""]).await;
        check(&mut tx, NEWCOMER, expect![[r#"
            identity.member_invited {"user_id":"00000000-0000-0000-0000-00000000000b","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","invited_by":"00000000-0000-0000-0000-000000000002","invited_by_name":"Owner Example","role":"member","invitation_id":"00000000-0000-0000-0000-000000000101"}
        "#]])
        .await;
        check(&mut tx, NEWCOMER, expect![""]).await;
    }

    /// The invitee has moved to the address of the newcomer.
    fn moved() -> Envelope {
        let event = EmailChanged {
            user_id: INVITEE.id(),
            previous_email: INVITEE.email.to_owned().into(),
            email: NEWCOMER.email.to_owned().into(),
        };
        happened(&event)
    }

    #[tokio::test]
    async fn whoever_has_moved_on_is_not_told() {
        let (mut tx, _) = invited(NEWCOMER).await;
        OnUserConfirmed.handle(&mut tx, &moved(), ()).await.unwrap();
        assert_eq!(tx.transcript(), "");
    }

    #[tokio::test]
    async fn nobody_is_told_of_what_is_put_away() {
        let (tx, _) = invited(NEWCOMER).await;
        check(&mut archived(tx), NEWCOMER, expect![""]).await;
    }

    #[tokio::test]
    async fn whoever_moves_to_an_invited_address_is_told() {
        let (mut tx, _) = invited(NEWCOMER).await;
        let users = &mut tx.state.users;
        users.retain(|user| user.id != NEWCOMER.id());
        let invitee = users.iter_mut().find(|user| user.id == INVITEE.id()).unwrap();
        invitee.email = Email::parse(NEWCOMER.email).unwrap();
        OnUserConfirmed.handle(&mut tx, &moved(), ()).await.unwrap();
        expect![[r#"
            identity.member_invited {"user_id":"00000000-0000-0000-0000-00000000000a","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","invited_by":"00000000-0000-0000-0000-000000000002","invited_by_name":"Owner Example","role":"member","invitation_id":"00000000-0000-0000-0000-000000000101"}
        "#]].assert_eq(&tx.transcript());
    }

    #[tokio::test]
    async fn what_was_announced_when_it_was_made_is_not_announced_again() {
        let (mut tx, _) = invited(INVITEE).await;
        check(&mut tx, INVITEE, expect![""]).await;
    }

    #[tokio::test]
    async fn what_is_over_is_not_announced() {
        let (tx, invitation) = invited(NEWCOMER).await;
        check(&mut tx.at(invitation.expires_at), NEWCOMER, expect![""]).await;
    }
}
