//! People choose of what they are told, and may have it by mail once a day.

use std::time::Duration;

use expect_test::expect;
use identity::Role;
use notifications::{
    Delivery, ListNotifications, MarkAllRead, NotificationType, QueryError, SetPreferences,
    SetPreferencesError,
};
use perme8_events::{Origin, testing::on_both_engines};

use crate::company::Company;

const ROLE: NotificationType = NotificationType::WorkspaceRoleChanged;
const HOUR: Duration = Duration::from_hours(1);

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &mail::MIGRATIONS, &identity::MIGRATIONS, &projects::MIGRATIONS, &notifications::MIGRATIONS];

    async fn nobody_is_told_of_what_they_switched_off(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let carol = company.member("Carol", Role::Member).await;
        company.prefer(carol, 8, &[(ROLE, None, Delivery::Off)]).await;
        company.change_role(carol, Role::Guest).await;
        company.prefer(carol, 8, &[(ROLE, None, Delivery::Off), (ROLE, Some("acme"), Delivery::On)]).await;
        company.change_role(carol, Role::Admin).await;
        company.prefer(carol, 8, &[(ROLE, Some("acme"), Delivery::Off)]).await;
        company.change_role(carol, Role::Guest).await;
        expect![[r#"
            Your role in Acme changed (unread)
            Invitation to Acme (read, accepted)
        "#]].assert_eq(&company.inbox(carol).await);
        let told = company.list(carol, ListNotifications::default()).await.notifications;
        assert_eq!(told[0].data["role"], "admin");
    }

    async fn preferences_are_shown_as_they_were_chosen(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let carol = company.member("Carol", Role::Member).await;
        let shown = company.notifications.preferences(&Origin::user(carol)).await.unwrap();
        assert_eq!((shown.digest_hour, shown.preferences.len()), (8, NotificationType::ALL.len()));
        assert!(shown.preferences.iter().all(|one| one.delivery == Delivery::On && one.workspace.is_none()));
        company.prefer(carol, 17, &[(ROLE, Some("acme"), Delivery::Digest), (ROLE, None, Delivery::Off)]).await;
        let shown = company.notifications.preferences(&Origin::user(carol)).await.unwrap();
        // As it is shown it can be chosen again.
        let again = SetPreferences { digest_hour: shown.digest_hour, preferences: shown.preferences.clone() };
        let chosen = company.notifications.set_preferences(Origin::user(carol), again).await.unwrap();
        assert_eq!(chosen, shown);
        assert_eq!(shown.digest_hour, 17);
        let of_role = shown.preferences.iter().filter(|one| one.notification_type == ROLE);
        let of_role: Vec<_> = of_role.map(|one| (one.workspace.as_deref(), one.delivery)).collect();
        assert_eq!(of_role, [(None, Delivery::Off), (Some("acme"), Delivery::Digest)]);
        // Of a workspace that was lost, nothing is shown.
        company.leave(carol).await;
        let shown = company.notifications.preferences(&Origin::user(carol)).await.unwrap();
        assert_eq!(shown.preferences.len(), NotificationType::ALL.len());
    }

    async fn strangers_and_nobody_choose_nothing(test: TestDb) {
        let company = Company::of_ada(test).await;
        let mallory = company.person("Mallory").await;
        let preference = notifications::Preference {
            notification_type: ROLE, workspace: Some("acme".to_owned()), delivery: Delivery::Off,
        };
        let set = SetPreferences { digest_hour: 8, preferences: vec![preference] };
        let by_mallory = company.notifications.set_preferences(Origin::user(mallory), set.clone()).await;
        assert!(matches!(by_mallory, Err(SetPreferencesError::WorkspaceNotFound(_))));
        let by_nobody = company.notifications.set_preferences(Origin::system("test"), set).await;
        assert!(matches!(by_nobody, Err(SetPreferencesError::Forbidden)));
        let shown = company.notifications.preferences(&Origin::system("test")).await;
        assert!(matches!(shown, Err(QueryError::Forbidden)));
    }

    async fn one_mail_a_day_lists_what_was_not_read(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let carol = company.member("Carol", Role::Member).await;
        // It is a little after nine.
        company.prefer(carol, 10, &[(ROLE, None, Delivery::Digest)]).await;
        company.change_role(carol, Role::Guest).await;
        company.change_role(carol, Role::Member).await;
        company.settle().await;
        assert_eq!(company.mails().await, []);
        assert_eq!(company.notifications.unread_count(&Origin::user(carol)).await.unwrap(), 2);
        company.pass(HOUR);
        company.settle().await;
        company.settle().await;
        let mail = |count| ("carol@acme.example".to_owned(), format!("{count} on Perme8"));
        assert_eq!(company.mails().await, [mail("2 unread notifications")]);
        // Nothing new, so the next day is quiet; then there is one more.
        company.pass(HOUR * 24);
        company.settle().await;
        assert_eq!(company.mails().await.len(), 1);
        company.change_role(carol, Role::Admin).await;
        company.pass(HOUR * 24);
        company.settle().await;
        assert_eq!(company.mails().await, [mail("2 unread notifications"), mail("1 unread notification")]);
    }

    async fn nothing_is_sent_of_what_was_read_or_lost_meanwhile(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let carol = company.member("Carol", Role::Member).await;
        let dave = company.member("Dave", Role::Member).await;
        for person in [carol, dave] {
            company.prefer(person, 10, &[(ROLE, None, Delivery::Digest)]).await;
            company.change_role(person, Role::Guest).await;
        }
        company.notifications.mark_all_read(Origin::user(carol), MarkAllRead).await.unwrap();
        company.leave(dave).await;
        company.pass(HOUR * 24);
        company.settle().await;
        assert_eq!(company.mails().await, []);
    }

    async fn a_mail_that_is_due_while_something_comes_in_misses_nothing(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let carol = company.member("Carol", Role::Member).await;
        company.prefer(carol, 10, &[(ROLE, None, Delivery::Digest)]).await;
        company.change_role(carol, Role::Guest).await;
        // The timer is due, but nobody has looked yet, when the next one is told.
        company.pass(HOUR);
        company.change_role(carol, Role::Admin).await;
        company.pass(HOUR * 24);
        company.settle().await;
        let mails = company.mails().await;
        let told: usize = mails.iter().map(|(_, subject)| if subject.starts_with('1') { 1 } else { 2 }).sum();
        assert_eq!(told, 2, "{mails:?}");
    }
}
