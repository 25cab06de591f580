//! What happens in a company becomes news.

use std::time::Duration;

use expect_test::expect;
use identity::{ExpireInvitations, ResendInvitation, RevokeInvitation, Role};
use notifications::{ListNotifications, NotificationType};
use perme8_events::{Actor, Origin, Scope, testing::on_both_engines};
use serde_json::json;

use crate::company::{Company, acme};

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &mail::MIGRATIONS, &identity::MIGRATIONS, &projects::MIGRATIONS, &notifications::MIGRATIONS];

    async fn an_invitation_is_announced_answered_and_reported(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let grace = company.person("Grace").await;
        let invitation = company.invite(company.ada, "Grace", Role::Member).await;
        expect![[r#"
            Invitation to Acme (unread)
        "#]].assert_eq(&company.inbox(grace).await);
        let page = company.list(grace, ListNotifications::default()).await;
        let asked = page.notifications.into_iter().next().unwrap();
        assert_eq!((asked.notification_type, asked.invitation_id), (NotificationType::WorkspaceInvitation, Some(invitation)));
        assert_eq!(asked.data["workspace_slug"], json!("acme"));
        expect!["Ada Lovelace invites you to join Acme as a member."].assert_eq(&asked.body);
        company.accept(grace).await;
        expect![[r#"
            Invitation to Acme (read, accepted)
        "#]].assert_eq(&company.inbox(grace).await);
        expect![[r#"
            Grace Example joined Acme (unread)
        "#]].assert_eq(&company.inbox(company.ada).await);
    }

    async fn every_end_of_an_invitation_closes_the_question(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let ada = company.ada;
        let bob = company.member("Bob", Role::Admin).await;
        let (declining, revoked, expiring) =
            (company.person("Dora").await, company.person("Rita").await, company.person("Erna").await);
        company.invite(ada, "Dora", Role::Guest).await;
        company.decline(declining).await;
        let invitation_id = company.invite(ada, "Rita", Role::Guest).await;
        let revoke = RevokeInvitation { workspace: acme(), invitation_id };
        company.identity.revoke_invitation(Origin::user(bob), revoke).await.unwrap();
        company.invite(ada, "Erna", Role::Guest).await;
        company.pass(Duration::from_hours(15 * 24));
        let expire = ExpireInvitations { limit: 10 };
        assert_eq!(company.identity.expire_invitations(Origin::system("test"), expire).await.unwrap(), 1);
        company.settle().await;
        expect![[r#"
            Invitation to Acme (read, declined)
        "#]].assert_eq(&company.inbox(declining).await);
        expect![[r#"
            Invitation to Acme (read, revoked)
        "#]].assert_eq(&company.inbox(revoked).await);
        expect![[r#"
            Invitation to Acme (read, expired)
        "#]].assert_eq(&company.inbox(expiring).await);
        expect![[r#"
            Invitation of erna@acme.example to Acme expired (unread)
            Invitation of rita@acme.example to Acme revoked (unread)
            dora@acme.example will not join Acme (unread)
            Bob Example joined Acme (unread)
        "#]].assert_eq(&company.inbox(ada).await);
    }

    async fn an_invitation_that_is_sent_again_or_was_there_first_asks_once(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let ada = company.ada;
        let invitation_id = company.invite(ada, "Grace", Role::Member).await;
        let grace = company.person("Grace").await;
        company.settle().await;
        expect![[r#"
            Invitation to Acme (unread)
        "#]].assert_eq(&company.inbox(grace).await);
        company.pass(Duration::from_hours(1));
        let resend = ResendInvitation { workspace: acme(), invitation_id };
        company.identity.resend_invitation(Origin::user(ada), resend).await.unwrap();
        company.settle().await;
        assert_eq!(company.list(grace, ListNotifications::default()).await.notifications.len(), 1);
    }

    async fn members_learn_what_concerns_them_and_nothing_else(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let bob = company.member("Bob", Role::Admin).await;
        let carol = company.member("Carol", Role::Member).await;
        let dave = company.member("Dave", Role::Guest).await;
        company.change_role(carol, Role::Guest).await;
        company.leave(dave).await;
        let stranger = company.person("Mallory").await;
        company.settle().await;
        expect![[r#"
            Dave Example left Acme (unread)
            Dave Example joined Acme (unread)
            Carol Example joined Acme (unread)
            Bob Example joined Acme (unread)
        "#]].assert_eq(&company.inbox(company.ada).await);
        expect![[r#"
            Dave Example left Acme (unread)
            Dave Example joined Acme (unread)
            Carol Example joined Acme (unread)
            Invitation to Acme (read, accepted)
        "#]].assert_eq(&company.inbox(bob).await);
        expect![[r#"
            Your role in Acme changed (unread)
            Invitation to Acme (read, accepted)
        "#]].assert_eq(&company.inbox(carol).await);
        expect![""].assert_eq(&company.inbox(dave).await);
        expect![""].assert_eq(&company.inbox(stranger).await);
    }

    async fn whoever_is_removed_keeps_that_alone_until_invited_again(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let bob = company.member("Bob", Role::Admin).await;
        let carol = company.member("Carol", Role::Admin).await;
        company.change_role(carol, Role::Member).await;
        expect![[r#"
            Your role in Acme changed (unread)
            Invitation to Acme (read, accepted)
        "#]].assert_eq(&company.inbox(carol).await);
        company.remove(bob, carol).await;
        expect![[r#"
            You were removed from Acme (unread)
        "#]].assert_eq(&company.inbox(carol).await);
        // The rest of the company goes on without her.
        company.change_role(bob, Role::Member).await;
        company.pass(Duration::from_mins(1));
        company.invite(company.ada, "Carol", Role::Guest).await;
        expect![[r#"
            Invitation to Acme (unread)
            You were removed from Acme (unread)
        "#]].assert_eq(&company.inbox(carol).await);
        let kept = company.list(carol, ListNotifications::default()).await.notifications;
        let removal = kept.iter().find(|told| told.notification_type == NotificationType::WorkspaceMemberRemoved);
        assert!(!removal.unwrap().data.contains_key("workspace_slug"));
    }

    async fn every_event_names_its_cause_and_is_for_its_reader_alone(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let bob = company.member("Bob", Role::Member).await;
        company.remove(company.ada, bob).await;
        let events = company.events().await;
        let mut told = Vec::new();
        for event in &events {
            let Actor::System(handler) = &event.actor else { panic!("{event:?}") };
            let [Scope::User(reader)] = event.audience.scopes() else { panic!("{event:?}") };
            assert!(event.causation_id.is_some() && event.on_behalf_of.is_some());
            told.push(format!("{handler} → {} ({})\n", event.event_type, if *reader == bob { "bob" } else { "ada" }));
        }
        // The handlers keep no order among themselves.
        told.sort();
        expect![[r#"
            notifications.on_access_lost → notifications.notification_deleted (bob)
            notifications.on_invitation → notifications.notification_action_taken (bob)
            notifications.on_invitation → notifications.notification_created (bob)
            notifications.on_workspace_activity → notifications.notification_created (ada)
            notifications.on_workspace_activity → notifications.notification_created (bob)
        "#]].assert_eq(&told.concat());
    }
}
