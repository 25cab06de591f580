//! Telling many people something: as the notifications context does it, and as a negative control.

use std::future::pending;

use notifications::{NotificationCreated, NotificationType, testing::Crowd};
use perme8_events::{
    Origin, Position, StorageError, Transaction as _, UserId,
    host::{Feed, NodeOptions, Tasks},
    sql::{Db, UnitOfWork},
};
use uuid::Uuid;

use crate::{
    LEASE,
    apart::{checkpoint, move_to},
};

const READER: &str = "bank.telling";
/// So many people are a page.
const AT_ONCE: usize = 500;

/// Tells this crowd whatever happens, for ever.
pub(crate) async fn tell(db: &Db, people: u32) -> anyhow::Result<()> {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await?;
    let node = NodeOptions { lease: LEASE, ..NodeOptions::default() };
    Crowd::of(people).runtime(db).node(node).build().start(&feed, &tasks).await?;
    pending().await
}

/// The negative control: tells everybody one thing, and remembers behind each page, in a transaction of its own, that it did.
pub(crate) async fn tell_apart(db: &Db, people: u32) -> anyhow::Result<()> {
    let uow = UnitOfWork::new(db.clone());
    let told = usize::try_from(checkpoint(db, READER).await?.number())?;
    let crowd: Vec<u32> = (1..=people).skip(told).collect();
    for page in crowd.chunks(AT_ONCE) {
        for &person in page {
            tell_one(&uow, person).await?;
        }
        let last = page.last().copied().unwrap_or_default();
        move_to(&uow, READER, Position::new(last.into())).await?;
    }
    pending().await
}

async fn tell_one(uow: &UnitOfWork, person: u32) -> Result<(), StorageError> {
    uow.run(Origin::system(READER), async |tx| {
        let created = NotificationCreated {
            notification_id: tx.new_id(),
            user_id: UserId::new(Uuid::from_u128(person.into())),
            notification_type: NotificationType::WorkspaceMemberLeft,
        };
        tx.emit(created);
        Ok(())
    })
    .await
}
