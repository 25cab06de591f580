//! Every method of the facade, asked by everybody: who may do what is written down in `AUTHORISATION.md`, and held.

use std::sync::Arc;

use expect_test::expect_file;
use perme8_events::{
    Actor, Origin, Save as _, Unsaved, UserId,
    testing::{Asker, Question, matrix, on_both_engines, questions},
};

use super::Notifications;
use crate::{
    DeleteNotification, ListNotifications, MarkAllRead, MarkRead, NotificationId,
    PurgeNotifications, SetPreferences,
    application::ports::{MockDirectory, MockDocumentDirectory, MockProjectDirectory},
    domain::notification::Notification,
    testing::{ADA, id, notification},
};

/// A notification that nobody has touched yet.
struct World {
    notifications: Notifications,
    reader: UserId,
    notification: NotificationId,
}

impl World {
    async fn new(notifications: &Notifications, number: u128) -> Self {
        let reader = id(100_000 + number);
        let told = Notification {
            invitation_id: Some(id(number)),
            version: 0,
            ..notification(number, reader)
        };
        let saved = notifications.uow.run(Origin::system("notifications.matrix"), async |tx| {
            tx.save(Unsaved::new(told)).await
        });
        let notification = saved.await.unwrap().id;
        Self { notifications: notifications.clone(), reader, notification }
    }
}

/// Who asks.
const ASKERS: [Asker<World>; 5] = [
    ("reader", |world| Origin::user(world.reader)),
    ("key of the reader", |world| {
        let actor = Actor::ApiKey { id: world.reader.uuid(), user: world.reader };
        Origin::system("notifications.matrix").of(actor)
    }),
    ("somebody else", |_| Origin::user(ADA)),
    ("nobody", |_| Origin::anonymous()),
    ("system", |_| Origin::system("notifications.matrix")),
];

const HEAD: &str = "\
# Who may do what

Every method of the facade, asked by the reader of a notification and by everybody else.
Roles in workspaces do not matter: what people are told is theirs.
`cargo test -p notifications` executes each cell on a notification of its own and compares, so this file is true; `UPDATE_EXPECT=1` writes it.
`cargo xtask tidy` fails while a public method of the facade has no row here.

*yes* is done or answered, *nothing* is answered with nothing; everything else is the variant of the error.

";

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn everybody_may_what_is_written_down(test: TestDb) {
        let (projects, documents) = (Arc::new(MockProjectDirectory::new()), MockDocumentDirectory::empty());
        let people = MockDirectory::acme().shared();
        let notifications = Notifications::new(test.db.clone(), people, projects, documents);
        let mut number = 0;
        let fresh = async || {
            number += 1;
            World::new(&notifications, number).await
        };
        let lines = matrix(&ASKERS, &rows(), fresh).await;
        let text = format!("{HEAD}{}\n", lines.join("\n"));
        expect_file!["../../AUTHORISATION.md"].assert_eq(&text);
    }
}

fn rows() -> Vec<Question<World>> {
    questions! {
        world: World, origin => world.notifications;
        list "of the own" (&origin, ListNotifications::default());
        find(&origin, world.notification);
        unread_count "of the own" (&origin);
        mark_read(origin, MarkRead { notification_id: world.notification });
        mark_all_read "of the own" (origin, MarkAllRead);
        delete(origin, DeleteNotification { notification_id: world.notification });
        preferences "of the own" (&origin);
        set_preferences "of the own" (origin, SetPreferences { digest_hour: 8, preferences: Vec::new() });
        purge(origin, PurgeNotifications { limit: 1 });
    }
    .into()
}
