//! Whoever tells and whoever cleans up wait for each other, each in a transaction of its own.

use std::collections::BTreeSet;

use perme8_events::{
    Actor, EventHandler as _, HandlerError, Origin, Position, StorageError,
    sql::UnitOfWork,
    testing::{envelope, on_both_engines},
};
use tokio::sync::Notify;

use crate::{
    application::{
        on_access_lost::OnAccessLost,
        on_user_deleted::OnUserDeleted,
        ports::{Accesses as _, Inboxes as _, People as _},
        tell::tell,
    },
    domain::{
        notification::Source,
        notification_type::NotificationType,
        occasion::{Occasion, Person},
    },
    testing::{ACME, ADA, CAROL, DAVE, acme, farewell, id, left, removed},
};

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    /// Dave's removal is handled while somebody, who has seen him as a member, is about to tell him of what came before.
    async fn what_is_being_told_is_seen_by_whoever_cleans_up(test: TestDb) {
        let uow = UnitOfWork::new(test.db.clone());
        let content = Occasion::MemberLeft.content(&acme(), &Person::default()).unwrap();
        assert_eq!(content.notification_type(), NotificationType::WorkspaceMemberLeft);
        // The first time there is nothing yet that either could lock.
        for first in [1, 3] {
            let news = envelope(first, Actor::User(CAROL), &left(CAROL));
            let loss = envelope(first + 1, Actor::User(ADA), &removed(DAVE));
            let asked = Notify::new();
            let telling = uow.run(Origin::reaction("telling", &news), async |tx| {
                tx.last_losses(&[DAVE], ACME).await?;
                asked.notify_one();
                // Time enough for whoever would not wait.
                for number in 0..50 {
                    tx.who_was_told(&[DAVE], id(number)).await?;
                }
                tell(tx, &BTreeSet::from([DAVE]), &content, Source::of(&news)).await?;
                Ok(!tx.who_was_told(&[DAVE], news.event_id).await?.is_empty())
            });
            let cleaning = async {
                asked.notified().await;
                let handler = OnAccessLost::new();
                uow.run(Origin::reaction("cleaning", &loss), async |tx| handler.handle(tx, &loss, ()).await).await
            };
            let (told, cleaned): (Result<bool, StorageError>, Result<(), HandlerError>) = tokio::join!(telling, cleaning);
            assert!(told.unwrap());
            cleaned.unwrap();
        }
        let remaining = uow.run(Origin::user(DAVE), async |tx| tx.pointing_into(ACME, Some(DAVE), Position::new(9), None, 9).await);
        assert_eq!(remaining.await.unwrap(), []);
    }

    /// Dave's account is given up while somebody is about to tell him of his removal.
    async fn what_is_being_told_is_seen_by_whoever_forgets(test: TestDb) {
        let uow = UnitOfWork::new(test.db.clone());
        let content = Occasion::Removed.content(&acme(), &Person::default()).unwrap();
        // The first time there is nothing yet that either could lock.
        for (person, knows_him) in [(DAVE, false), (CAROL, true)] {
            if knows_him {
                let known = uow.run(Origin::user(person), async |tx| tx.who_is_gone(&[person]).await);
                assert!(known.await.unwrap().is_empty());
            }
            let news = envelope(1, Actor::User(ADA), &removed(person));
            let farewell = envelope(2, Actor::User(person), &farewell(person));
            let asked = Notify::new();
            let telling = uow.run(Origin::reaction("telling", &news), async |tx| {
                tx.who_is_gone(&[person]).await?;
                asked.notify_one();
                // Time enough for whoever would not wait.
                for number in 0..50 {
                    tx.who_was_told(&[person], id(number)).await?;
                }
                tell(tx, &BTreeSet::from([person]), &content, Source::of(&news)).await?;
                Ok(!tx.who_was_told(&[person], news.event_id).await?.is_empty())
            });
            let forgetting = async {
                asked.notified().await;
                let handler = OnUserDeleted::new();
                uow.run(Origin::reaction("forgetting", &farewell), async |tx| handler.handle(tx, &farewell, ()).await).await
            };
            let (told, forgotten): (Result<bool, StorageError>, Result<(), HandlerError>) = tokio::join!(telling, forgetting);
            assert!(told.unwrap());
            forgotten.unwrap();
            let remaining = uow.run(Origin::user(person), async |tx| tx.pointing_into(ACME, Some(person), Position::new(9), None, 9).await);
            assert_eq!(remaining.await.unwrap(), []);
        }
    }
}
