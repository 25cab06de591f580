//! An invitation becomes one notification, which closes when the invitation needs no answer any more.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use identity::{
    InvitationDeclined, InvitationExpired, InvitationId, InvitationRevoked, InvitationUnannounced,
    MemberInvited, MemberJoined,
};
use perme8_events::{
    DecodeError, Envelope, EventHandler, HandlerError, Save, Subscriber, Subscription, UserId,
};
use serde::Deserialize;

use crate::{
    application::{
        ports::{Accesses, Answers, Digests, Directory, Inboxes, People, Wishes, WorkspaceNames},
        tell::tell,
    },
    domain::{
        action::NotificationAction,
        content::Content,
        notification::{Notification, Source},
        occasion::{Occasion, Person, Place},
    },
};

/// Asks the invitee for an answer, once per invitation, and closes the question when there is one. Of whoever is the invitee no
/// longer, having left the address, the question is taken away.
///
/// The invitee is asked whoever acts: when a new account meets invitations that wait for it, the act is the invitee's own.
///
/// Hears [`MemberInvited`], [`InvitationUnannounced`], [`MemberJoined`], [`InvitationDeclined`], [`InvitationRevoked`] and
/// [`InvitationExpired`].
#[derive(Debug, Clone)]
pub struct OnInvitation {
    directory: Arc<dyn Directory>,
}

/// What to ask, or what became of it, as found out before the transaction.
#[derive(Debug)]
pub struct InvitationNews(Option<Step>);

#[derive(Debug)]
enum Step {
    Asked { invitation: InvitationId, user: UserId, question: Content },
    Settled { invitation: InvitationId, action: NotificationAction },
    TakenAway { invitation: InvitationId, user: UserId },
}

const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription::to::<MemberInvited>(),
    Subscription::to::<InvitationUnannounced>(),
    Subscription::to::<MemberJoined>(),
    Subscription::to::<InvitationDeclined>(),
    Subscription::to::<InvitationRevoked>(),
    Subscription::to::<InvitationExpired>(),
];

impl OnInvitation {
    /// Asks `directory` what workspaces are called.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>) -> Self {
        Self { directory }
    }

    async fn step(&self, event: &Envelope) -> Result<Option<Step>, HandlerError> {
        if let Some(InvitationUnannounced { invitation_id, user_id, .. }) = event.decode()? {
            return Ok(Some(Step::TakenAway { invitation: invitation_id, user: user_id }));
        }
        let Some(question) = event.decode()? else {
            let settled = settled(event)?;
            return Ok(settled.map(|(invitation, action)| Step::Settled { invitation, action }));
        };
        let MemberInvited {
            user_id,
            workspace_id,
            workspace_name,
            invited_by,
            invited_by_name,
            role,
            invitation_id,
        } = question;
        let Some(WorkspaceNames { name: _, slug }) = self.directory.workspace(workspace_id).await?
        else {
            return Ok(None);
        };
        let place =
            Place { id: workspace_id, name: workspace_name, slug, project: None, document: None };
        let person = Person { id: invited_by, name: invited_by_name.known().cloned() };
        let question = Occasion::Invited { invitation_id, role }
            .content(&place, &person)
            .map_err(HandlerError::permanent)?;
        Ok(Some(Step::Asked { invitation: invitation_id, user: user_id, question }))
    }
}

/// Which invitation an event settles, and how.
fn settled(event: &Envelope) -> Result<Option<(InvitationId, NotificationAction)>, DecodeError> {
    if let Some(joined) = event.decode::<MemberJoined>()? {
        return Ok(joined
            .invitation_id
            .map(|invitation| (invitation, NotificationAction::Accepted)));
    }
    if let Some(declined) = event.decode::<InvitationDeclined>()? {
        return Ok(Some((declined.invitation_id, NotificationAction::Declined)));
    }
    if let Some(revoked) = event.decode::<InvitationRevoked>()? {
        return Ok(Some((revoked.invitation_id, NotificationAction::Revoked)));
    }
    let expired = event.decode::<InvitationExpired>()?;
    Ok(expired.map(|expired| (expired.invitation_id, NotificationAction::Expired)))
}

impl Subscriber for OnInvitation {
    fn name(&self) -> &'static str {
        "notifications.on_invitation"
    }

    fn subscriptions(&self) -> &[Subscription] {
        SUBSCRIPTIONS
    }

    /// The invitation: question and answer are events of different aggregates.
    fn partition_key(&self, event: &Envelope) -> String {
        #[derive(Deserialize)]
        struct Key {
            invitation_id: Option<InvitationId>,
        }
        let key =
            serde_json::from_str::<Key>(event.data.get()).ok().and_then(|key| key.invitation_id);
        key.map_or_else(|| event.aggregate_id.clone(), |invitation| invitation.to_string())
    }
}

#[async_trait]
impl<T: Inboxes + Answers + People + Accesses + Wishes + Digests + Save<Notification>>
    EventHandler<T> for OnInvitation
{
    type Facts = InvitationNews;

    async fn gather(&self, event: &Envelope) -> Result<InvitationNews, HandlerError> {
        Ok(InvitationNews(self.step(event).await?))
    }

    async fn handle(
        &self,
        tx: &mut T,
        event: &Envelope,
        facts: InvitationNews,
    ) -> Result<(), HandlerError> {
        match facts.0 {
            None => {}
            Some(Step::Asked { invitation, user, question }) => {
                let was_asked =
                    tx.asking_about(invitation).await?.iter().any(|asked| asked.user_id == user);
                // A repetition that comes after the answer must not ask again, even if the question is gone.
                if !was_asked && tx.answer(invitation).await?.is_none() {
                    tell(tx, &BTreeSet::from([user]), &question, Source::of(event)).await?;
                }
            }
            Some(Step::Settled { invitation, action }) => {
                tx.remember_answer(invitation, action).await?;
                let now = tx.now();
                for question in tx.asking_about(invitation).await? {
                    if question.is_open() {
                        tx.save(question.take(action, now)).await?;
                    }
                }
            }
            Some(Step::TakenAway { invitation, user }) => {
                for question in tx.asking_about(invitation).await? {
                    if question.user_id == user {
                        tx.save(question.delete()).await?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{
        Actor, DomainEvent, Personal,
        testing::{FakeTx, envelope},
    };

    use super::*;
    use crate::{
        application::ports::MockDirectory,
        testing::{
            ADA, BOB, CAROL, DAVE, INVITATION, Memory, declined, deliver, id, invited, joined,
            short, unannounced,
        },
    };

    fn handler() -> OnInvitation {
        OnInvitation::new(MockDirectory::acme().shared())
    }

    #[tokio::test]
    async fn an_invitation_is_asked_about_once_and_closed_by_its_answer() {
        let mut tx = FakeTx::new(Memory::default());
        for _ in 0..2 {
            deliver(&handler(), &mut tx, &envelope(1, Actor::User(BOB), &invited(3))).await;
        }
        deliver(&handler(), &mut tx, &envelope(2, Actor::User(DAVE), &joined(3))).await;
        expect![[r##"
            notifications.notification_created {"notification_id":"#101","user_id":"#d","notification_type":"workspace_invitation"}
            notifications.notification_action_taken {"notification_id":"#101","user_id":"#d","action":"accepted"}
        "##]].assert_eq(&short(&tx.transcript()));
        let question = tx.state.notifications().next().unwrap();
        assert_eq!((question.user_id, question.invitation_id), (DAVE, Some(INVITATION)));
        assert!(question.is_read());
        expect!["Bob Builder invites you to join Acme as an admin."].assert_eq(&question.body);
    }

    #[tokio::test]
    async fn an_invitee_whose_new_account_caused_the_announcement_is_asked_all_the_same() {
        let mut event =
            envelope(1, Actor::System("identity.on_user_confirmed".into()), &invited(3));
        event.on_behalf_of = Some(DAVE);
        let mut tx = FakeTx::new(Memory::default());
        deliver(&handler(), &mut tx, &event).await;
        assert_eq!(tx.state.notifications().count(), 1);
    }

    #[tokio::test]
    async fn whoever_has_left_the_address_is_asked_no_longer_and_whoever_has_it_is() {
        let of_carol = MemberInvited { user_id: CAROL, ..invited(3) };
        let again = || Actor::System("identity.on_user_confirmed".into());
        let mut tx = FakeTx::new(Memory::default());
        deliver(&handler(), &mut tx, &envelope(1, Actor::User(BOB), &invited(3))).await;
        for _ in 0..2 {
            deliver(&handler(), &mut tx, &envelope(2, Actor::User(DAVE), &unannounced())).await;
        }
        deliver(&handler(), &mut tx, &envelope(3, again(), &of_carol)).await;
        // Who comes back to the address is asked again.
        let of_carol = InvitationUnannounced { user_id: CAROL, ..unannounced() };
        deliver(&handler(), &mut tx, &envelope(4, Actor::User(CAROL), &of_carol)).await;
        deliver(&handler(), &mut tx, &envelope(5, again(), &invited(3))).await;
        expect![[r##"
            notifications.notification_created {"notification_id":"#101","user_id":"#d","notification_type":"workspace_invitation"}
            notifications.notification_deleted {"notification_id":"#101","user_id":"#d"}
            notifications.notification_created {"notification_id":"#102","user_id":"#c","notification_type":"workspace_invitation"}
            notifications.notification_deleted {"notification_id":"#102","user_id":"#c"}
            notifications.notification_created {"notification_id":"#103","user_id":"#d","notification_type":"workspace_invitation"}
        "##]].assert_eq(&short(&tx.transcript()));
    }

    #[tokio::test]
    async fn an_inviter_who_was_forgotten_is_somebody() {
        let event = MemberInvited { invited_by_name: Personal::Forgotten, ..invited(3) };
        let mut tx = FakeTx::new(Memory::default());
        deliver(&handler(), &mut tx, &envelope(1, Actor::User(BOB), &event)).await;
        expect!["Somebody invites you to join Acme as an admin."]
            .assert_eq(&tx.state.notifications().next().unwrap().body);
    }

    #[tokio::test]
    async fn nobody_is_asked_to_join_what_is_gone() {
        let event = MemberInvited { workspace_id: id(9), ..invited(3) };
        let mut tx = FakeTx::new(Memory::default());
        deliver(&handler(), &mut tx, &envelope(1, Actor::User(BOB), &event)).await;
        assert_eq!(tx.transcript(), "");
    }

    #[tokio::test]
    async fn joining_without_an_invitation_settles_none() {
        let mut tx = FakeTx::new(Memory::default());
        deliver(&handler(), &mut tx, &envelope(1, Actor::User(BOB), &invited(3))).await;
        let joined = MemberJoined { invitation_id: None, ..joined(3) };
        deliver(&handler(), &mut tx, &envelope(2, Actor::User(ADA), &joined)).await;
        assert!(tx.state.notifications().all(Notification::is_open));
    }

    #[test]
    fn question_and_answer_share_a_key() {
        fn key<E: DomainEvent>(event: &E) -> String {
            handler().partition_key(&envelope(1, Actor::User(DAVE), event))
        }
        for key in [key(&invited(3)), key(&unannounced()), key(&joined(3)), key(&declined())] {
            assert_eq!(key, INVITATION.to_string());
        }
        let uninvited = MemberJoined { invitation_id: None, ..joined(3) };
        assert_eq!(key(&uninvited), uninvited.aggregate_id());
    }
}
