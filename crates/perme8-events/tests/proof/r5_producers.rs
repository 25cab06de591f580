//! R5: producers do not wait for each other: any number of them may have appended and not yet committed.
//!
//! What that costs against an append that readers could not rely upon is measured by
//! `cargo xtask bench events -- --only writers`, which is a part of the long form. SQLite has one writer; that it is shared
//! fairly is a matter of R12.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    StorageError,
    sql::{MIGRATIONS, Tx},
    testing::{TestDb, figure},
};
use tokio::{sync::watch, task::JoinSet};

use crate::world::{World, move_account, origin};

/// Whoever waits for a producer that does not commit waits longer than this.
const LONG: Duration = Duration::from_secs(2);
/// What takes longer has gone wrong.
const SOON: Duration = Duration::from_mins(1);

/// How a producer appends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Append {
    /// As it is.
    House,
    /// Behind a lock that is held up to the commit, so that positions are in the order of commits: the negative control.
    Serialised,
}

impl Append {
    async fn one(self, tx: &mut Tx, account: i64) -> Result<(), StorageError> {
        move_account(tx, account, account).await?;
        if self == Self::Serialised {
            tx.take_turns("the log").await?;
        }
        tx.append().await.map(drop)
    }
}

/// How many of these producers have appended while none of them commits.
async fn open_at_once(test: &TestDb, producers: i64, append: Append) -> usize {
    let world = World::new(test).await;
    let (appended, mut seen) = watch::channel(0_usize);
    let (commit, committing) = watch::channel(false);
    let mut tasks = JoinSet::new();
    // Each moves an account of its own.
    for account in 1..=producers {
        let world = Arc::clone(&world);
        let (appended, mut committing) = (appended.clone(), committing.clone());
        tasks.spawn(async move {
            let mut tx = world.uow.begin(origin()).await?;
            append.one(&mut tx, account).await?;
            appended.send_modify(|count| *count += 1);
            // It never closes: the sender outlives the tasks.
            let _ = committing.wait_for(|commit| *commit).await;
            tx.rollback().await
        });
    }
    let all = usize::try_from(producers).unwrap();
    let patience = if append == Append::House { SOON } else { LONG };
    let waited = tokio::time::timeout(patience, seen.wait_for(|count| *count == all)).await;
    drop(waited);
    let open = *appended.borrow();
    commit.send_replace(true);
    for done in tasks.join_all().await {
        done.unwrap();
    }
    let line =
        format!("{append:?}: {open} of {producers} producers have appended before one commits");
    figure("R5", world.db.engine_name(), &line);
    open
}

async fn on_postgres(producers: u32, append: Append) -> Option<usize> {
    // The test looks from connections of its own.
    let test = TestDb::postgres(producers + 4, &[&MIGRATIONS]).await?;
    let open = async |test: TestDb| open_at_once(&test, producers.into(), append).await;
    Some(test.run(open).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_number_of_producers_append_at_once_postgres() {
    for producers in [16, 64] {
        if let Some(open) = on_postgres(producers, Append::House).await {
            assert_eq!(open, usize::try_from(producers).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_positions_in_the_order_of_commits_let_one_append_postgres() {
    if let Some(open) = on_postgres(16, Append::Serialised).await {
        assert_eq!(open, 1);
    }
}
