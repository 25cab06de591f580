//! Telling people one thing, each of them once.

use std::collections::BTreeSet;

use perme8_events::{Save, StorageError, UserId};

use crate::{
    application::{
        on_digest_due,
        ports::{Accesses, Digests, Inboxes, People, Wish, Wishes},
    },
    domain::{
        content::Content,
        delivery::Delivery,
        notification::{Notification, Source},
    },
};

/// Writes a notification for each of `people`, except for those whom the event of `source` told something already, who have lost
/// the workspace since, who are gone, or who do not want to be told.
///
/// The handlers that clean up after a loss, and after whoever is gone, run independently of those that tell, so each must hold
/// against the other: what was handled first is remembered and respected here, what is handled later finds what is written
/// here.
///
/// People come in the order of their ids, so that two events which tell the same ones take their locks in one order. Those of a
/// whole batch have no common order: a deadlock between batches is ended by the engine, and the batch is handled again.
pub(crate) async fn tell(
    tx: &mut (impl Inboxes + People + Accesses + Wishes + Digests + Save<Notification>),
    people: &BTreeSet<UserId>,
    content: &Content,
    source: Source,
) -> Result<(), StorageError> {
    let mut people: Vec<UserId> = people.iter().copied().collect();
    let kind = content.notification_type();
    // Before the losses: whoever forgets a person takes the rows in this order, too.
    let gone = tx.who_is_gone(&people).await?;
    people.retain(|person| !gone.contains(person));
    if let Some(workspace) = content.workspace_id()
        && !kind.outlives_access()
    {
        let losses = tx.last_losses(&people, workspace).await?;
        people.retain(|person| losses.get(person).is_none_or(|loss| source.position >= *loss));
    }
    let told = tx.who_was_told(&people, source.event_id).await?;
    people.retain(|person| !told.contains(person));
    let wishes = tx.wishes(&people, kind, content.workspace_id()).await?;
    let now = tx.now();
    for person in people {
        let Wish { delivery, digest_hour } = wishes.get(&person).copied().unwrap_or_default();
        match delivery {
            Delivery::Off => continue,
            Delivery::On => {}
            Delivery::Digest => {
                let due_at = tx.digest_at(person, digest_hour.after(now)).await?;
                tx.set_timer(on_digest_due::timer(person, due_at));
            }
        }
        let id = tx.new_id();
        tx.save(Notification::create(id, person, content.clone(), source, delivery, now)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Position, testing::FakeTx};

    use super::*;
    use crate::{
        domain::{
            notification_type::NotificationType,
            occasion::{Occasion, Person},
            preferences::{Deliveries, DigestHour, Preferences},
        },
        testing::{ACME, ADA, BOB, CAROL, DAVE, Memory, acme, id, short},
    };

    const LEFT: NotificationType = NotificationType::WorkspaceMemberLeft;

    async fn choose(tx: &mut FakeTx<Memory>, person: UserId, deliveries: Deliveries) {
        let hour = DigestHour::new(10).unwrap();
        tx.save(Preferences::of(person).choose(hour, deliveries)).await.unwrap();
    }

    #[tokio::test]
    async fn everybody_is_told_as_they_want_it() {
        let mut tx = FakeTx::new(Memory::default());
        let all = |delivery| Deliveries::from([((LEFT, None), delivery)]);
        choose(&mut tx, BOB, all(Delivery::Off)).await;
        choose(&mut tx, CAROL, all(Delivery::Digest)).await;
        let here = ((LEFT, Some(ACME)), Delivery::On);
        let elsewhere = ((LEFT, Some(id(9))), Delivery::Off);
        let other = ((NotificationType::WorkspaceMemberJoined, None), Delivery::Off);
        let dave = [((LEFT, None), Delivery::Off), here, elsewhere, other];
        choose(&mut tx, DAVE, Deliveries::from(dave)).await;
        let content = Occasion::MemberLeft.content(&acme(), &Person::default()).unwrap();
        for number in [1000, 1001] {
            let source = Source { event_id: id(number), position: Position::new(1) };
            tell(&mut tx, &BTreeSet::from([ADA, BOB, CAROL, DAVE]), &content, source)
                .await
                .unwrap();
        }
        expect![[r##"
            notifications.notification_created {"notification_id":"#101","user_id":"#a","notification_type":"workspace_member_left"}
            notifications.notification_created {"notification_id":"#102","user_id":"#c","notification_type":"workspace_member_left"}
            notifications.notification_created {"notification_id":"#103","user_id":"#d","notification_type":"workspace_member_left"}
            notifications.notification_created {"notification_id":"#104","user_id":"#a","notification_type":"workspace_member_left"}
            notifications.notification_created {"notification_id":"#105","user_id":"#c","notification_type":"workspace_member_left"}
            notifications.notification_created {"notification_id":"#106","user_id":"#d","notification_type":"workspace_member_left"}
            set timer notifications.on_digest_due #c digest due=2026-01-05 10:00:00 UTC
            set timer notifications.on_digest_due #c digest due=2026-01-05 10:00:00 UTC
        "##]].assert_eq(&short(&tx.transcript()));
    }
}
