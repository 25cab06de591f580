//! What every adapter of the ports promises: the tables in memory, SQLite and PostgreSQL alike.

use perme8_events::{
    Origin, StorageError,
    sql::UnitOfWork,
    testing::{FakeTx, on_both_engines},
};

/// Runs each promise on the fake and, through the harness, on both engines.
macro_rules! promises {
    ($Tables:ty: $($promise:ident)+) => {
        mod in_memory {
            use super::*;

            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&mut FakeTx::new(<$Tables>::default())).await;
            })+
        }

        mod in_a_database {
            use super::*;

            on_both_engines! {
                migrations: [&perme8_events::sql::MIGRATIONS, &crate::MIGRATIONS];

                $(async fn $promise(test: TestDb) {
                    let uow = UnitOfWork::new(test.db.clone());
                    let undone = uow.run(Origin::system("documents.contract"), async |tx| {
                        super::super::$promise(tx).await;
                        // PostgreSQL commits nothing after a conflict, which is how some promises end.
                        Err::<(), _>(StorageError::conflict())
                    });
                    assert!(undone.await.is_err_and(|error| error.is_conflict()));
                })+
            }
        }
    };
}

mod documents;
mod notes;
