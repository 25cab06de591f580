//! What people chose is respected, and what waits for their mails is taken once.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use perme8_events::{Unsaved, UserId};

use super::{Ports, contracts, write};
use crate::{
    application::ports::Wish,
    domain::{
        delivery::Delivery,
        notification::Notification,
        notification_type::NotificationType,
        preferences::{Deliveries, DigestHour, Preferences},
    },
    testing::{ACME, ADA, BOB, CAROL, id, notification},
};

const LEFT: NotificationType = NotificationType::WorkspaceMemberLeft;
const JOINED: NotificationType = NotificationType::WorkspaceMemberJoined;

async fn choose(tx: &mut impl Ports, person: UserId, hour: u8, chosen: Deliveries) -> Preferences {
    let preferences: Option<Preferences> = tx.load(person).await.unwrap();
    let preferences = preferences.unwrap_or_else(|| Preferences::of(person));
    tx.save(preferences.choose(DigestHour::new(hour).unwrap(), chosen)).await.unwrap()
}

contracts! {
    async fn the_last_choice_is_found(tx: &mut impl Ports) {
        assert_eq!(tx.load(ADA).await.unwrap(), None::<Preferences>);
        let many = Deliveries::from([
            ((LEFT, None), Delivery::Off),
            ((LEFT, Some(ACME)), Delivery::Digest),
            ((LEFT, Some(id(9))), Delivery::On),
            ((JOINED, None), Delivery::Digest),
        ]);
        let first = choose(tx, ADA, 7, many).await;
        assert_eq!((first.version, first.deliveries.len()), (1, 4));
        assert_eq!(tx.load(ADA).await.unwrap(), Some(first.clone()));
        let second = choose(tx, ADA, 23, Deliveries::new()).await;
        assert_eq!(tx.load(ADA).await.unwrap(), Some(second));
        let late = tx.save(first.choose(DigestHour::default(), Deliveries::new())).await;
        assert!(late.unwrap_err().is_conflict());
    }

    async fn whoever_chooses_for_the_first_time_twice_is_refused(tx: &mut impl Ports) {
        choose(tx, ADA, 7, Deliveries::new()).await;
        let again = tx.save(Preferences::of(ADA).choose(DigestHour::default(), Deliveries::new())).await;
        assert!(again.unwrap_err().is_conflict());
    }

    async fn an_exception_counts_more_than_the_default(tx: &mut impl Ports) {
        let chosen = [((LEFT, None), Delivery::Off), ((LEFT, Some(ACME)), Delivery::Digest)];
        choose(tx, ADA, 7, Deliveries::from(chosen)).await;
        choose(tx, BOB, 9, Deliveries::from([((JOINED, None), Delivery::Off)])).await;
        let wish = |hour, delivery| Wish { delivery, digest_hour: DigestHour::new(hour).unwrap() };
        let people = [ADA, BOB, CAROL];
        let of_ada = |delivery| BTreeMap::from([(ADA, wish(7, delivery))]);
        assert_eq!(tx.wishes(&people, LEFT, Some(ACME)).await.unwrap(), of_ada(Delivery::Digest));
        assert_eq!(tx.wishes(&people, LEFT, Some(id(9))).await.unwrap(), of_ada(Delivery::Off));
        assert_eq!(tx.wishes(&people, LEFT, None).await.unwrap(), of_ada(Delivery::Off));
        assert_eq!(tx.wishes(&[BOB, CAROL], LEFT, None).await.unwrap(), BTreeMap::new());
        let of_bob = BTreeMap::from([(BOB, wish(9, Delivery::Off))]);
        assert_eq!(tx.wishes(&people, JOINED, Some(ACME)).await.unwrap(), of_bob);
    }

    async fn what_waits_for_a_mail_is_taken_once_and_unread(tx: &mut impl Ports) {
        let now = tx.now();
        let due = now + TimeDelta::hours(3);
        assert_eq!(tx.digest_at(ADA, due).await.unwrap(), due);
        assert_eq!(tx.digest_at(ADA, due + TimeDelta::days(1)).await.unwrap(), due);
        for (number, user, body) in [(2, ADA, "second"), (1, ADA, "first"), (3, BOB, "another"), (4, ADA, "read")] {
            let waits = Notification {
                body: body.to_owned(),
                created_at: now + TimeDelta::seconds(i64::try_from(number).unwrap()),
                invitation_id: Some(id(number)),
                awaits_digest: true,
                version: 0,
                ..notification(number, user)
            };
            tx.save(Unsaved::new(waits)).await.unwrap();
        }
        write(tx, 5, ADA).await;
        let read = tx.notification_of(ADA, id(4)).await.unwrap().unwrap();
        assert!(read.awaits_digest);
        tx.save(read.read(now)).await.unwrap();
        assert_eq!(tx.take_digest(ADA, due - TimeDelta::days(1)).await.unwrap(), [""; 0]);
        assert_eq!(tx.take_digest(ADA, due).await.unwrap(), ["first", "second"]);
        assert_eq!(tx.take_digest(ADA, due).await.unwrap(), [""; 0]);
        // What is taken can still be decided upon.
        let taken = tx.notification_of(ADA, id(1)).await.unwrap().unwrap();
        assert!(!taken.awaits_digest);
        tx.save(taken.read(now)).await.unwrap();
        let next = due + TimeDelta::days(1);
        assert_eq!(tx.digest_at(ADA, next).await.unwrap(), next);
        assert_eq!(tx.take_digest(ADA, next).await.unwrap(), [""; 0]);
        assert!(tx.notification_of(BOB, id(3)).await.unwrap().unwrap().awaits_digest);
    }
}
