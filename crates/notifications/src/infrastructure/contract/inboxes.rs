//! Notifications are found as they were written, and written as they were found.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use perme8_events::{Position, Unsaved};

use super::{Ports, contracts, write};
use crate::{
    domain::{action::NotificationAction, notification::Notification},
    testing::{ACME, ADA, BOB, id, notification},
};

contracts! {
    async fn what_is_written_is_found_by_its_reader_alone(tx: &mut impl Ports) {
        let written = write(tx, 1, ADA).await;
        assert_eq!(written.version, 1);
        assert_eq!(tx.notification_of(ADA, id(1)).await.unwrap(), Some(written));
        assert_eq!(tx.notification_of(BOB, id(1)).await.unwrap(), None);
        assert_eq!(tx.notification_of(ADA, id(2)).await.unwrap(), None);
    }

    async fn whoever_is_forgotten_leaves_others_as_they_were(tx: &mut impl Ports) {
        write(tx, 1, ADA).await;
        let of_bob = write(tx, 2, BOB).await;
        for user in [ADA, BOB] {
            tx.remember_loss(Some(user), ACME, Position::new(7)).await.unwrap();
        }
        tx.forget_person(ADA).await.unwrap();
        assert_eq!(tx.notification_of(ADA, id(1)).await.unwrap(), None);
        assert_eq!(tx.notification_of(BOB, id(2)).await.unwrap(), Some(of_bob));
        let losses = BTreeMap::from([(ADA, Position::START), (BOB, Position::new(7))]);
        assert_eq!(tx.last_losses(&[ADA, BOB], ACME).await.unwrap(), losses);
    }

    async fn decisions_are_kept(tx: &mut impl Ports) {
        let now = tx.now();
        let written = write(tx, 1, ADA).await;
        let read = tx.save(written.read(now)).await.unwrap();
        let later = now + TimeDelta::microseconds(1);
        let closed = tx.save(read.take(NotificationAction::Declined, later)).await.unwrap();
        assert_eq!(closed.version, 3);
        assert_eq!(tx.notification_of(ADA, id(1)).await.unwrap(), Some(closed.clone()));
        tx.save(closed.delete()).await.unwrap();
        assert_eq!(tx.notification_of(ADA, id(1)).await.unwrap(), None);
    }

    async fn whoever_decides_on_an_old_state_is_refused(tx: &mut impl Ports) {
        let now = tx.now();
        let old = write(tx, 1, ADA).await;
        tx.save(old.clone().read(now)).await.unwrap();
        assert!(tx.save(old.clone().take(NotificationAction::Expired, now)).await.unwrap_err().is_conflict());
        assert!(tx.save(old.delete()).await.unwrap_err().is_conflict());
    }

    async fn an_event_tells_a_person_one_thing(tx: &mut impl Ports) {
        write(tx, 1, ADA).await;
        assert_eq!(tx.who_was_told(&[ADA, BOB], id(1)).await.unwrap(), BTreeSet::from([ADA]));
        assert_eq!(tx.who_was_told(&[BOB], id(1)).await.unwrap(), BTreeSet::new());
        assert_eq!(tx.who_was_told(&[ADA], id(2)).await.unwrap(), BTreeSet::new());
        let again = Notification { id: id(9), invitation_id: None, version: 0, ..notification(1, ADA) };
        assert!(tx.save(Unsaved::new(again)).await.unwrap_err().is_conflict());
    }

    async fn an_invitation_asks_a_person_once(tx: &mut impl Ports) {
        let question = write(tx, 1, ADA).await;
        write(tx, 2, ADA).await;
        assert_eq!(tx.asking_about(id(1)).await.unwrap(), [question]);
        assert_eq!(tx.asking_about(id(3)).await.unwrap(), []);
        let again = Notification { invitation_id: Some(id(1)), version: 0, ..notification(4, ADA) };
        assert!(tx.save(Unsaved::new(again)).await.unwrap_err().is_conflict());
    }

    async fn what_points_into_a_workspace_is_found_up_to_a_position(tx: &mut impl Ports) {
        for number in [4, 2, 3] {
            write(tx, number, ADA).await;
        }
        write(tx, 1, BOB).await;
        let elsewhere = Notification { workspace_id: Some(id(9)), invitation_id: None, version: 0, ..notification(5, ADA) };
        tx.save(Unsaved::new(elsewhere)).await.unwrap();
        let nowhere = Notification { workspace_id: None, invitation_id: None, version: 0, ..notification(6, ADA) };
        tx.save(Unsaved::new(nowhere)).await.unwrap();
        let before = Position::new(4);
        let found = tx.pointing_into(ACME, Some(ADA), before, None, 9).await.unwrap();
        assert_eq!(found.into_iter().map(|found| found.id).collect::<Vec<_>>(), [id(2), id(3)]);
        // Page by page, by readers and ids.
        let (mut pages, mut after) = (Vec::new(), None);
        for _ in 0..4 {
            let page = tx.pointing_into(ACME, None, before, after, 1).await.unwrap();
            after = page.last().map(|last| (last.user_id, last.id)).or(after);
            pages.push(page.into_iter().map(|found| found.id).collect::<Vec<_>>());
        }
        assert_eq!(pages, [vec![id(2)], vec![id(3)], vec![id(1)], vec![]]);
        let of_ada = tx.pointing_into(ACME, Some(ADA), before, Some((ADA, id(2))), 9).await.unwrap();
        assert_eq!(of_ada.into_iter().map(|found| found.id).collect::<Vec<_>>(), [id(3)]);
    }

    async fn reading_everything_spares_what_was_read_and_what_comes_later(tx: &mut impl Ports) {
        let created = notification(1, ADA).created_at;
        let up_to = created + TimeDelta::seconds(1);
        let read = write(tx, 1, ADA).await;
        tx.save(read.read(created)).await.unwrap();
        write(tx, 2, ADA).await;
        let later = Notification { created_at: up_to + TimeDelta::microseconds(1), invitation_id: None, version: 0, ..notification(3, ADA) };
        tx.save(Unsaved::new(later)).await.unwrap();
        write(tx, 4, BOB).await;
        assert_eq!(tx.read_up_to(ADA, up_to).await.unwrap(), [created]);
        assert!(tx.read_up_to(ADA, up_to).await.unwrap().is_empty());
        let mut read = Vec::new();
        for (number, user) in [(1, ADA), (2, ADA), (3, ADA), (4, BOB)] {
            let found = tx.notification_of(user, id(number)).await.unwrap().unwrap();
            read.push((found.read_at, found.version));
        }
        assert_eq!(read, [(Some(created), 2), (Some(up_to), 2), (None, 1), (None, 1)]);
    }

    async fn what_is_old_is_purged_oldest_first(tx: &mut impl Ports) {
        let created = notification(1, ADA).created_at;
        for (number, user) in [(1, ADA), (2, BOB), (3, ADA), (4, ADA)] {
            let written = write(tx, number, user).await;
            if number < 4 {
                let at = created + TimeDelta::seconds(i64::try_from(10 - number).unwrap());
                tx.save(written.read(at)).await.unwrap();
            }
        }
        let up_to = created + TimeDelta::seconds(8);
        assert_eq!(tx.purge_read(created, 9).await.unwrap(), 0);
        assert_eq!(tx.purge_read(up_to, 1).await.unwrap(), 1);
        assert_eq!(tx.notification_of(ADA, id(3)).await.unwrap(), None);
        assert_eq!(tx.purge_read(up_to, 9).await.unwrap(), 1);
        assert_eq!(tx.notification_of(BOB, id(2)).await.unwrap(), None);
        assert_eq!(tx.purge_unread(created - TimeDelta::microseconds(1), 9).await.unwrap(), 0);
        assert_eq!(tx.purge_unread(created, 9).await.unwrap(), 1);
        assert!(tx.notification_of(ADA, id(1)).await.unwrap().is_some());
        assert_eq!(tx.notification_of(ADA, id(4)).await.unwrap(), None);
    }
}
