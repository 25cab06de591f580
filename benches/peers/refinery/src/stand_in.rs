//! Applies the migrations of eventually, each of them once, on the clients that it is given; there is nothing else of refinery.
#![cfg(feature = "tokio-postgres")]

use tokio_postgres::{Client, Error};

/// Makes a module with a runner of the migrations in this folder, which are those of eventually.
#[macro_export]
macro_rules! embed_migrations {
    ($folder:literal) => {
        $crate::embed_migrations!(
            $folder,
            "V1__event_store_tables",
            "V2__create_aggregate_type",
            "V3__append_to_store",
            "V4__subscriptions_table",
            "V5__get_or_create_subscription",
            "V6__checkpoint_subscription"
        );
    };
    ($folder:literal, $($name:literal),+) => {
        pub mod migrations {
            pub fn runner() -> $crate::Runner {
                $crate::Runner::new(&[$(include_str!(concat!(
                    env!("CARGO_MANIFEST_DIR"),
                    "/",
                    $folder,
                    "/",
                    $name,
                    ".sql"
                ))),+])
            }
        }
    };
}

/// What was applied to a database so far, by its number.
const APPLIED: &str = "CREATE TABLE IF NOT EXISTS applied_migrations (number integer PRIMARY KEY)";
/// Takes a number, unless it is taken.
const APPLY: &str = "INSERT INTO applied_migrations (number) VALUES ($1) ON CONFLICT DO NOTHING";

/// Applies migrations in their order.
#[derive(Debug)]
pub struct Runner {
    migrations: &'static [&'static str],
}

impl Runner {
    /// Of these migrations, from the first one on.
    #[must_use]
    pub fn new(migrations: &'static [&'static str]) -> Self {
        Self { migrations }
    }

    /// Applies those that are not yet applied, all of them or none.
    ///
    /// # Errors
    ///
    /// The server refuses one of them.
    pub async fn run_async(&self, client: &mut Client) -> Result<(), Error> {
        let transaction = client.transaction().await?;
        transaction.batch_execute(APPLIED).await?;
        for (number, migration) in (1_i32..).zip(self.migrations) {
            if transaction.execute(APPLY, &[&number]).await? == 1 {
                transaction.batch_execute(migration).await?;
            }
        }
        transaction.commit().await
    }
}
