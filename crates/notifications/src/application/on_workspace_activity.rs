//! What happens in a workspace becomes news for those who may know.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use identity::{InvitationId, Role};
use perme8_events::{
    Envelope, EventHandler, HandlerError, Save, StorageError, Subscriber, Subscription, UserId,
    WorkspaceId,
};

use crate::{
    application::{
        announcement::{Announcement, Circle, Page},
        ports::{Accesses, Digests, Directory, Inboxes, Wishes, WorkspaceNames},
        registry::{self, Entry, Recipients},
        tell::tell,
    },
    domain::{
        content::Content,
        notification::{Notification, Source},
        occasion::{Person, Place},
    },
};

/// Tells the members of a workspace what concerns them, one notification each, but never whoever did it.
#[derive(Debug, Clone)]
pub struct OnWorkspaceActivity {
    directory: Arc<dyn Directory>,
}

/// What to tell whom, as found out before the transaction.
#[derive(Debug)]
pub struct News(Option<Told>);

#[derive(Debug)]
struct Told {
    content: Content,
    people: BTreeSet<UserId>,
    /// What is left to jobs, because it would be too much for one transaction.
    rest: Option<Announcement>,
}

impl OnWorkspaceActivity {
    /// Asks `directory` who is who.
    #[must_use]
    pub fn new(directory: Arc<dyn Directory>) -> Self {
        Self { directory }
    }

    /// The single person who is told, besides a circle or instead of one.
    async fn single(&self, entry: &Entry) -> Result<Option<UserId>, StorageError> {
        let Entry { workspace_id, subject, occasion: _, recipients } = *entry;
        match recipients {
            Recipients::Members | Recipients::Managers => Ok(None),
            Recipients::ManagersAndInviter(invitation) => {
                let inviter = self.sender(invitation).await?;
                self.at_least(Role::Guest, inviter, workspace_id).await
            }
            Recipients::Inviter(invitation) => {
                let inviter = self.sender(invitation).await?;
                self.at_least(Role::Admin, inviter, workspace_id).await
            }
            Recipients::Subject => self.at_least(Role::Guest, subject, workspace_id).await,
            Recipients::FormerMember => Ok(subject),
        }
    }

    /// The person, if still in the workspace, as this or more.
    async fn at_least(
        &self,
        role: Role,
        person: Option<UserId>,
        workspace: WorkspaceId,
    ) -> Result<Option<UserId>, StorageError> {
        let Some(person) = person else { return Ok(None) };
        let has = self.directory.role_of(person, workspace).await?;
        Ok(has.filter(|has| *has >= role).map(|_| person))
    }

    async fn sender(&self, invitation: InvitationId) -> Result<Option<UserId>, StorageError> {
        Ok(self.directory.invitation(invitation).await?.map(|sent| sent.sender))
    }

    /// Of whom the words speak.
    async fn person(&self, entry: &Entry) -> Result<Person, StorageError> {
        match (entry.recipients, entry.subject) {
            // Who sent it knows an address, and does not learn by an answer whose it is.
            (Recipients::Inviter(invitation), _) => {
                let sent = self.directory.invitation(invitation).await?;
                Ok(Person { id: None, name: sent.map(|sent| sent.email) })
            }
            (_, Some(subject)) => {
                Ok(Person { id: Some(subject), name: self.directory.person_name(subject).await? })
            }
            (_, None) => Ok(Person::default()),
        }
    }

    async fn told(&self, event: &Envelope) -> Result<Option<Told>, HandlerError> {
        let Some(entry) = registry::entry(event)? else { return Ok(None) };
        let Entry { workspace_id, subject, occasion, recipients } = entry;
        // Nobody is told of the own act; nor is a newcomer, who may manage already, told of the arrival.
        let not_meant = subject.filter(|_| !recipients.include_subject());
        let left_out = [event.actor.user(), event.on_behalf_of, not_meant];
        let left_out: BTreeSet<_> = left_out.into_iter().flatten().collect();
        let mut people: BTreeSet<_> = self.single(&entry).await?.into_iter().collect();
        people.retain(|person| !left_out.contains(person));
        let mut rest = None;
        if let Some(at_least) = recipients.circle() {
            let circle = Circle { workspace_id, at_least, left_out };
            let Page { people: first, end } = circle.page(&*self.directory, None).await?;
            people.extend(first);
            rest = end.map(|after| (circle, after));
        }
        if people.is_empty() && rest.is_none() {
            return Ok(None);
        }
        let Some(WorkspaceNames { name, slug }) = self.directory.workspace(workspace_id).await?
        else {
            return Ok(None);
        };
        let place = Place { id: workspace_id, name, slug };
        let person = self.person(&entry).await?;
        let content = occasion.content(&place, &person).map_err(HandlerError::permanent)?;
        let rest = rest.map(|(circle, after)| {
            let (content, source) = (content.clone(), Source::of(event));
            Announcement { content, source, circle, after }
        });
        Ok(Some(Told { content, people, rest }))
    }
}

impl Subscriber for OnWorkspaceActivity {
    fn name(&self) -> &'static str {
        "notifications.on_workspace_activity"
    }

    fn subscriptions(&self) -> &[Subscription] {
        registry::SUBSCRIPTIONS
    }

    fn partition_key(&self, event: &Envelope) -> String {
        event
            .workspace_id
            .map_or_else(|| event.aggregate_id.clone(), |workspace| workspace.to_string())
    }
}

#[async_trait]
impl<T: Inboxes + Accesses + Wishes + Digests + Save<Notification>> EventHandler<T>
    for OnWorkspaceActivity
{
    type Facts = News;

    async fn gather(&self, event: &Envelope) -> Result<News, HandlerError> {
        Ok(News(self.told(event).await?))
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, facts: News) -> Result<(), HandlerError> {
        let Some(Told { content, people, rest }) = facts.0 else { return Ok(()) };
        tell(tx, &people, &content, Source::of(event)).await?;
        if let Some(rest) = rest {
            tx.enqueue(rest.job());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use identity::{InvitationDeclined, MemberJoined, WorkspaceArchived, WorkspaceRestored};
    use perme8_events::{Actor, DomainEvent, ErrorClass, testing::FakeTx};

    use super::*;
    use crate::{
        application::ports::MockDirectory,
        testing::{
            ACME, ADA, BOB, CAROL, DAVE, Memory, acme, declined, deliver, demoted, envelope,
            expired, id, invited, joined, left, promoted, removed, revoked, short,
        },
    };

    /// Who is told what, given the managers.
    async fn told(managers: &'static [UserId], event: &Envelope) -> String {
        let handler = OnWorkspaceActivity::new(MockDirectory::with_managers(managers).shared());
        let mut tx = FakeTx::new(Memory::default());
        deliver(&handler, &mut tx, event).await;
        let lines =
            tx.state.notifications().map(|told| format!("{}: {}\n", told.user_id, told.title));
        short(&lines.collect::<String>())
    }

    async fn check<E: DomainEvent>(actor: UserId, event: &E, expected: Expect) {
        expected.assert_eq(&told(&[ADA, BOB], &envelope(1, Actor::User(actor), event)).await);
    }

    #[tokio::test]
    async fn managers_and_the_inviter_learn_who_joined() {
        check(
            DAVE,
            &joined(3),
            expect![[r#"
            #a: Dave Cutler joined Acme
            #b: Dave Cutler joined Acme
        "#]],
        )
        .await;
        check(
            DAVE,
            &joined(5),
            expect![[r#"
            #a: Dave Cutler joined Acme
            #b: Dave Cutler joined Acme
            #c: Dave Cutler joined Acme
        "#]],
        )
        .await;
        // Bob, who sent it, has gone since.
        expect![[r#"
            #a: Dave Cutler joined Acme
        "#]]
        .assert_eq(&told(&[ADA], &envelope(1, Actor::User(DAVE), &joined(3))).await);
    }

    #[tokio::test]
    async fn who_joined_without_an_invitation_is_news_for_managers() {
        let joined = MemberJoined { invitation_id: None, role: Role::Guest, ..joined(3) };
        check(
            ADA,
            &joined,
            expect![[r#"
            #b: Dave Cutler joined Acme
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn only_an_inviter_who_still_manages_learns_who_declined() {
        check(
            DAVE,
            &declined(),
            expect![[r#"
            #b: dave@example.com will not join Acme
        "#]],
        )
        .await;
        assert_eq!(told(&[ADA], &envelope(1, Actor::User(DAVE), &declined())).await, "");
        let of_carol = InvitationDeclined { invitation_id: id(5), ..declined() };
        check(DAVE, &of_carol, expect![""]).await;
    }

    #[tokio::test]
    async fn an_inviter_learns_that_others_or_time_took_the_invitation_back() {
        check(
            ADA,
            &revoked(),
            expect![[r#"
            #b: Invitation of dave@example.com to Acme revoked
        "#]],
        )
        .await;
        check(BOB, &revoked(), expect![[r#""#]]).await;
        let by_time = envelope(1, Actor::System("identity.expiry".into()), &expired());
        expect![[r#"
            #b: Invitation of dave@example.com to Acme expired
        "#]]
        .assert_eq(&told(&[ADA, BOB], &by_time).await);
        assert_eq!(
            told(&[ADA], &by_time).await,
            "",
            "who does not manage any more sees no invitations"
        );
    }

    #[tokio::test]
    async fn the_removed_person_learns_it_and_nobody_else() {
        check(
            ADA,
            &removed(CAROL),
            expect![[r#"
            #c: You were removed from Acme
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn managers_learn_who_left() {
        check(
            CAROL,
            &left(CAROL),
            expect![[r#"
            #a: Carol Shaw left Acme
            #b: Carol Shaw left Acme
        "#]],
        )
        .await;
        // A manager who leaves is not told of it, even by a directory that has not noticed.
        check(
            BOB,
            &left(BOB),
            expect![[r#"
            #a: Bob Builder left Acme
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_member_learns_of_the_new_role_unless_gone() {
        check(
            ADA,
            &demoted(CAROL),
            expect![[r#"
            #c: Your role in Acme changed
        "#]],
        )
        .await;
        check(ADA, &demoted(DAVE), expect![""]).await;
        check(
            ADA,
            &promoted(CAROL),
            expect![[r#"
            #c: Your role in Acme changed
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn everybody_learns_that_the_workspace_is_put_away_and_in_use_again() {
        let mut everybody = MockDirectory::new();
        everybody.expect_workspace().returning(|_| {
            let Place { id: _, name, slug } = acme();
            Ok(Some(WorkspaceNames { name, slug }))
        });
        everybody.expect_people().returning(|_, at_least, _, _| {
            assert_eq!(at_least, Role::Guest);
            Ok(vec![ADA, BOB, CAROL])
        });
        let handler = OnWorkspaceActivity::new(everybody.shared());
        let mut tx = FakeTx::new(Memory::default());
        let ada = || Actor::User(ADA);
        deliver(&handler, &mut tx, &envelope(1, ada(), &WorkspaceArchived { workspace_id: ACME }))
            .await;
        deliver(&handler, &mut tx, &envelope(2, ada(), &WorkspaceRestored { workspace_id: ACME }))
            .await;
        let told =
            tx.state.notifications().map(|told| format!("{}: {}\n", told.user_id, told.title));
        expect![[r#"
            #b: Acme was archived
            #c: Acme was archived
            #b: Acme was restored
            #c: Acme was restored
        "#]]
        .assert_eq(&short(&told.collect::<String>()));
    }

    #[tokio::test]
    async fn nobody_is_told_of_what_the_same_person_did_or_caused() {
        check(CAROL, &demoted(CAROL), expect![""]).await;
        let mut caused = envelope(1, Actor::System("somebody.on_something".into()), &left(CAROL));
        caused.on_behalf_of = Some(ADA);
        expect![[r#"
            #b: Carol Shaw left Acme
        "#]]
        .assert_eq(&told(&[ADA, BOB], &caused).await);
    }

    #[tokio::test]
    async fn what_happens_in_a_workspace_that_is_gone_is_no_news() {
        let elsewhere = MemberJoined { workspace_id: id(9), ..joined(3) };
        check(DAVE, &elsewhere, expect![""]).await;
    }

    #[tokio::test]
    async fn invitations_are_left_to_their_own_handler() {
        check(BOB, &invited(3), expect![""]).await;
    }

    #[tokio::test]
    async fn a_directory_that_fails_is_asked_again_later() {
        let mut directory = MockDirectory::new();
        directory
            .expect_people()
            .returning(|_, _, _, _| Err(StorageError::new("the network is down")));
        let handler = OnWorkspaceActivity::new(directory.shared());
        let event = envelope(1, Actor::User(CAROL), &left(CAROL));
        let error = EventHandler::<FakeTx<Memory>>::gather(&handler, &event).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::Transient);
    }

    #[test]
    fn everything_in_a_workspace_keeps_its_order() {
        let handler = OnWorkspaceActivity::new(MockDirectory::new().shared());
        for event in [
            envelope(1, Actor::User(DAVE), &joined(3)),
            envelope(2, Actor::User(DAVE), &declined()),
        ] {
            assert_eq!(handler.partition_key(&event), ACME.to_string());
        }
    }
}
