//! People read what they are told.

use std::time::Duration;

use identity::Role;
use notifications::{
    DeleteNotification, DeleteNotificationError, Link, ListNotifications, MarkAllRead,
    MarkAllReadError, MarkRead, MarkReadError, NotificationId, PurgeNotifications,
    PurgeNotificationsError, QueryError,
};
use perme8_events::{Id, Origin, UserId, testing::on_both_engines};

use crate::company::Company;

/// A company whose member Carol has been told seven things: that she is invited, and six times of her role.
async fn company_of_carol(test: perme8_events::testing::TestDb) -> (Company, UserId) {
    let mut company = Company::of_ada(test).await;
    let carol = company.member("Carol", Role::Member).await;
    for role in [Role::Guest, Role::Member, Role::Admin, Role::Guest, Role::Admin, Role::Member] {
        company.change_role(carol, role).await;
    }
    (company, carol)
}

/// The types of the events of this context from `after` on.
async fn types(company: &Company, after: usize) -> Vec<String> {
    company.events().await.into_iter().skip(after).map(|event| event.event_type).collect()
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &mail::MIGRATIONS, &identity::MIGRATIONS, &projects::MIGRATIONS, &notifications::MIGRATIONS];

    async fn pages_follow_one_another_without_a_gap(test: TestDb) {
        let (company, carol) = company_of_carol(test).await;
        let everything = company.list(carol, ListNotifications::default()).await;
        assert_eq!((everything.notifications.len(), everything.next), (7, None));
        assert!(everything.notifications.is_sorted_by(|newer, older| newer.created_at > older.created_at));
        for unread_only in [false, true] {
            let (mut paged, mut sizes, mut after) = (Vec::new(), Vec::new(), None);
            loop {
                let page = company.list(carol, ListNotifications { unread_only, limit: 3, after }).await;
                sizes.push(page.notifications.len());
                paged.extend(page.notifications);
                // As it travels through an address.
                after = page.next.map(|next| next.to_string().parse().unwrap());
                if after.is_none() {
                    break;
                }
            }
            // The invitation was accepted, and thereby read.
            let expected: Vec<_> =
                everything.notifications.iter().filter(|told| !unread_only || told.read_at.is_none()).collect();
            assert_eq!(paged.iter().collect::<Vec<_>>(), expected);
            assert_eq!(sizes, if unread_only { vec![3, 3] } else { vec![3, 3, 1] });
        }
        let least = company.list(carol, ListNotifications { limit: 0, ..ListNotifications::default() }).await;
        assert_eq!(least.notifications.len(), 1);
    }

    async fn reading_one_is_noted_once(test: TestDb) {
        let (mut company, carol) = company_of_carol(test).await;
        let newest = company.list(carol, ListNotifications::default()).await.notifications.remove(0);
        let before = company.events().await.len();
        let mark = MarkRead { notification_id: newest.id };
        let first = company.notifications.mark_read(Origin::user(carol), mark).await.unwrap();
        company.settle().await;
        let second = company.notifications.mark_read(Origin::user(carol), mark).await.unwrap();
        assert!(first.read_at.is_some());
        assert_eq!(first, second);
        assert_eq!(company.list(carol, ListNotifications::default()).await.notifications[0], first);
        assert_eq!(types(&company, before).await, ["notifications.notification_read"]);
        assert_eq!(company.notifications.unread_count(&Origin::user(carol)).await.unwrap(), 5);
    }

    async fn reading_everything_is_told_once(test: TestDb) {
        let (company, carol) = company_of_carol(test).await;
        let before = company.events().await.len();
        assert_eq!(company.notifications.mark_all_read(Origin::user(carol), MarkAllRead).await.unwrap(), 6);
        assert_eq!(company.notifications.mark_all_read(Origin::user(carol), MarkAllRead).await.unwrap(), 0);
        assert_eq!(types(&company, before).await, ["notifications.notifications_read"]);
        assert_eq!(company.notifications.unread_count(&Origin::user(carol)).await.unwrap(), 0);
        let unread = ListNotifications { unread_only: true, ..ListNotifications::default() };
        assert_eq!(company.list(carol, unread).await.notifications, []);
        // Ada was told that Carol joined; that is hers to read.
        assert_eq!(company.notifications.unread_count(&Origin::user(company.ada)).await.unwrap(), 1);
    }

    async fn what_is_foreign_is_missing(test: TestDb) {
        let (company, carol) = company_of_carol(test).await;
        let of_carol = company.list(carol, ListNotifications::default()).await.notifications.remove(0).id;
        let never: NotificationId = Id::new(uuid::Uuid::from_u128(1));
        for notification_id in [of_carol, never] {
            let ada = Origin::user(company.ada);
            let read = company.notifications.mark_read(ada, MarkRead { notification_id }).await;
            assert!(matches!(read, Err(MarkReadError::NotificationNotFound)));
        }
        assert_eq!(company.notifications.unread_count(&Origin::user(carol)).await.unwrap(), 6);
    }

    async fn whoever_is_nobody_has_no_notifications(test: TestDb) {
        let (company, carol) = company_of_carol(test).await;
        let notification_id = company.list(carol, ListNotifications::default()).await.notifications.remove(0).id;
        let (notifications, system) = (&company.notifications, || Origin::system("test"));
        let listed = notifications.list(&system(), ListNotifications::default()).await;
        assert!(matches!(listed, Err(QueryError::Forbidden)));
        assert!(matches!(notifications.unread_count(&system()).await, Err(QueryError::Forbidden)));
        let read = notifications.mark_read(system(), MarkRead { notification_id }).await;
        assert!(matches!(read, Err(MarkReadError::Forbidden)));
        let all = notifications.mark_all_read(system(), MarkAllRead).await;
        assert!(matches!(all, Err(MarkAllReadError::Forbidden)));
    }

    async fn links_lead_where_their_reader_may_go(test: TestDb) {
        let mut company = Company::of_ada(test).await;
        let bob = company.member("Bob", Role::Admin).await;
        let carol = company.member("Carol", Role::Member).await;
        let grace = company.person("Grace").await;
        let invitation = company.invite(bob, "Grace", Role::Guest).await;
        assert_eq!(company.links(grace).await, [Some(Link::Invitation(invitation))]);
        company.decline(grace).await;
        company.change_role(carol, Role::Guest).await;
        let acme = || "acme".to_owned();
        assert_eq!(company.links(grace).await, [None]);
        assert_eq!(
            company.links(bob).await,
            [Some(Link::Invitations(acme())), Some(Link::Members(acme())), Some(Link::Workspace(acme()))]
        );
        assert_eq!(company.links(carol).await, [Some(Link::Workspace(acme())), Some(Link::Workspace(acme()))]);
        company.remove(bob, carol).await;
        assert_eq!(company.links(carol).await, [None]);
    }

    async fn pages_stay_in_order_while_things_come_and_go(test: TestDb) {
        let (mut company, carol) = company_of_carol(test).await;
        let everything = company.list(carol, ListNotifications::default()).await.notifications;
        let ids: Vec<_> = everything.iter().map(|told| told.id).collect();
        let first = company.list(carol, ListNotifications { limit: 3, ..ListNotifications::default() }).await;
        // What comes in between is newer than the page, and what goes was its end.
        company.change_role(carol, Role::Guest).await;
        company.delete(carol, ids[2]).await;
        company.delete(carol, ids[4]).await;
        let rest = company.list(carol, ListNotifications { after: first.next, ..ListNotifications::default() }).await;
        let seen: Vec<_> = first.notifications.iter().chain(&rest.notifications).map(|told| told.id).collect();
        assert_eq!(seen, [ids[0], ids[1], ids[2], ids[3], ids[5], ids[6]]);
        let anew = company.list(carol, ListNotifications::default()).await.notifications;
        assert_eq!(anew.len(), 6);
        assert!(!ids.contains(&anew[0].id));
    }

    async fn what_is_deleted_is_gone_for_its_reader_alone(test: TestDb) {
        let (company, carol) = company_of_carol(test).await;
        let before = company.events().await.len();
        let notification_id = company.list(carol, ListNotifications::default()).await.notifications.remove(0).id;
        let delete = DeleteNotification { notification_id };
        let by_ada = company.notifications.delete(Origin::user(company.ada), delete).await;
        assert!(matches!(by_ada, Err(DeleteNotificationError::NotificationNotFound)));
        let by_nobody = company.notifications.delete(Origin::system("test"), delete).await;
        assert!(matches!(by_nobody, Err(DeleteNotificationError::Forbidden)));
        company.delete(carol, notification_id).await;
        let again = company.notifications.delete(Origin::user(carol), delete).await;
        assert!(matches!(again, Err(DeleteNotificationError::NotificationNotFound)));
        assert_eq!(company.notifications.unread_count(&Origin::user(carol)).await.unwrap(), 5);
        assert_eq!(types(&company, before).await, ["notifications.notification_deleted"]);
    }

    async fn what_is_old_is_forgotten(test: TestDb) {
        let (mut company, carol) = company_of_carol(test).await;
        let day = Duration::from_hours(24);
        let count = async |company: &Company| company.list(carol, ListNotifications::default()).await.notifications.len();
        company.pass(day * 89);
        assert_eq!((company.purge().await, count(&company).await), (0, 7));
        // The invitation was read when it was accepted.
        company.pass(day);
        assert_eq!((company.purge().await, count(&company).await), (1, 6));
        company.change_role(carol, Role::Admin).await;
        company.pass(day * 275);
        // Six of Carol, one of Ada, and the answer to the invitation.
        assert_eq!((company.purge().await, count(&company).await), (8, 1));
        assert_eq!(company.purge().await, 0);
        let by_carol = company.notifications.purge(Origin::user(carol), PurgeNotifications { limit: 1 }).await;
        assert!(matches!(by_carol, Err(PurgeNotificationsError::Forbidden)));
    }
}
