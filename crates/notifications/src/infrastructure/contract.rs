//! What the ports promise, held by the tables in memory and by both engines.

use perme8_events::{Load, Save, Unsaved, UserId};

use crate::{
    application::ports::{Accesses, Answers, Digests, Inboxes, People, Wishes},
    domain::{notification::Notification, preferences::Preferences},
    testing::{id, notification},
};

mod choices;
mod inboxes;
mod memories;
mod overtaking;

/// Everything that handlers and use cases ask of a transaction.
trait Ports:
    Inboxes
    + Answers
    + Accesses
    + Wishes
    + Digests
    + People
    + Save<Notification>
    + Load<Preferences>
    + Save<Preferences>
{
}

impl<T> Ports for T where
    T: Inboxes
        + Answers
        + Accesses
        + Wishes
        + Digests
        + People
        + Save<Notification>
        + Load<Preferences>
        + Save<Preferences>
{
}

/// Runs each contract on the tables in memory, on SQLite and on PostgreSQL.
macro_rules! contracts {
    ($($(#[$meta:meta])* async fn $name:ident($tx:ident: &mut impl Ports) $body:block)*) => {
        $(
            $(#[$meta])*
            mod $name {
                use perme8_events::{
                    Origin, StorageError,
                    sql::UnitOfWork,
                    testing::{FakeTx, on_both_engines},
                };

                use super::*;

                async fn contract($tx: &mut impl Ports) $body

                #[tokio::test]
                async fn in_memory() {
                    contract(&mut FakeTx::new($crate::testing::Memory::default())).await;
                }

                on_both_engines! {
                    migrations: [&perme8_events::sql::MIGRATIONS, &$crate::MIGRATIONS];

                    async fn in_tables(test: TestDb) {
                        let uow = UnitOfWork::new(test.db.clone());
                        let undone = uow.run(Origin::user(id(2)), async |tx| {
                            contract(tx).await;
                            // PostgreSQL commits nothing after a conflict, which is how some contracts end.
                            Err::<(), _>(StorageError::conflict())
                        });
                        assert!(undone.await.unwrap_err().is_conflict());
                    }
                }
            }
        )*
    };
}

use contracts;

/// Writes an unread notification of event `number`, which asks about an invitation of its own.
async fn write(tx: &mut impl Ports, number: u128, user: UserId) -> Notification {
    let fresh =
        Notification { invitation_id: Some(id(number)), version: 0, ..notification(number, user) };
    tx.save(Unsaved::new(fresh)).await.unwrap()
}
