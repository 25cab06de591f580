//! What every adapter of a port promises, held on the tables in memory and on both engines.

/// Declares what every adapter of the ports of a context promises.
///
/// ```text
/// promises! {
///     tables: Tables, migrations: &crate::MIGRATIONS;
///     projects_come_back_as_they_were_saved
/// }
///
/// async fn projects_come_back_as_they_were_saved<T: Projects + Save<Project>>(tx: &mut T) { … }
/// ```
///
/// Each function is run on a [`FakeTx`](crate::testing::FakeTx) over those tables and, in a transaction that is undone, on SQLite
/// and PostgreSQL.
#[macro_export]
macro_rules! promises {
    (tables: $Tables:ty, migrations: $migrations:expr; $($promise:ident)+) => {
        mod in_memory {
            use super::*;

            $(#[tokio::test]
            async fn $promise() {
                super::$promise(&mut $crate::testing::FakeTx::new(<$Tables>::default())).await;
            })+
        }

        mod in_a_database {
            use super::*;

            $crate::testing::on_both_engines! {
                migrations: [&$crate::sql::MIGRATIONS, $migrations];

                $(async fn $promise(test: TestDb) {
                    let uow = $crate::sql::UnitOfWork::new(test.db.clone());
                    let origin = $crate::Origin::system("testing.promises");
                    let undone = uow.run(origin, async |tx| {
                        super::super::$promise(tx).await;
                        // PostgreSQL commits nothing after a conflict, which is how some promises end.
                        Err::<(), _>($crate::StorageError::conflict())
                    });
                    assert!(undone.await.is_err_and(|error| error.is_conflict()));
                })+
            }
        }
    };
}
