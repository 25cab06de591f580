//! Writers that commit, roll back, hang up and change their minds.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{StorageError, sql::Tx, testing::CutShort};
use rand::{RngExt as _, rngs::StdRng};

use crate::{
    checks::Ledger,
    form::{Form, linger},
    world::{ACCOUNTS, World, move_account, origin, scribble},
};

/// What a writer does next.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Commits at once.
    Commit,
    /// Takes its time between a write and the events, and again between those and the commit.
    Hesitate,
    /// Draws its positions, and rolls back.
    RollBack,
    /// Draws its positions, and drops the transaction.
    Drop,
    /// Undoes a part of it, and commits the rest.
    Reconsider,
    /// Is dropped in the middle.
    HangUp,
}

/// Of a hundred acts.
const SHARES: [(Act, u32); 6] = [
    (Act::Commit, 50),
    (Act::Hesitate, 15),
    (Act::RollBack, 10),
    (Act::Drop, 10),
    (Act::Reconsider, 10),
    (Act::HangUp, 5),
];

/// Many of them, at once.
#[derive(Debug, Clone)]
pub(crate) struct Writers {
    pub(crate) world: Arc<World>,
    pub(crate) ledger: Arc<Ledger>,
    /// Whether connections break, so that errors are to be expected.
    pub(crate) troubled: bool,
}

impl Writers {
    /// Writes with so many tasks for so long; how many transactions were committed.
    pub(crate) async fn write(&self, writers: u64, time: Duration, form: Form) -> usize {
        let deadline = Instant::now() + time;
        let mut tasks = tokio::task::JoinSet::new();
        for writer in 0..writers {
            tasks.spawn(self.clone().write_until(deadline, form.chance(writer)));
        }
        tasks.join_all().await.into_iter().sum()
    }

    async fn write_until(self, deadline: Instant, mut chance: StdRng) -> usize {
        let mut committed = 0;
        while Instant::now() < deadline {
            let mut pick = chance.random_range(0..100);
            let act = SHARES.iter().find(|(_, share)| {
                let found = pick < *share;
                pick = pick.saturating_sub(*share);
                found
            });
            let (act, _) = act.expect("the shares make a hundred");
            let numbers = self.world.numbers(chance.random_range(2..=4));
            match self.act(*act, &numbers, &mut chance).await {
                Ok(did_commit) => committed += usize::from(did_commit),
                Err(error) => {
                    assert!(self.troubled, "nobody cut a connection: {error:?}");
                    self.ledger.in_doubt(numbers);
                    linger(Duration::from_millis(1)).await;
                }
            }
        }
        committed
    }

    async fn act(
        &self,
        act: Act,
        numbers: &[i64],
        chance: &mut StdRng,
    ) -> Result<bool, StorageError> {
        let (uow, ledger) = (&self.world.uow, &self.ledger);
        let account = chance.random_range(0..ACCOUNTS);
        let all = || numbers.iter().copied();
        match act {
            Act::Commit => {
                uow.run(origin(), async |tx| move_all(tx, account, numbers).await).await?;
                ledger.acknowledged(all());
            }
            Act::Hesitate => {
                let time = Duration::from_micros(chance.random_range(0..2000));
                uow.run(origin(), async |tx| {
                    scribble(tx).await?;
                    linger(time).await;
                    move_all(tx, account, numbers).await?;
                    tx.append().await?;
                    linger(time).await;
                    Ok::<_, StorageError>(())
                })
                .await?;
                ledger.acknowledged(all());
            }
            Act::RollBack | Act::Drop => {
                let mut tx = uow.begin(origin()).await?;
                move_all(&mut tx, account, numbers).await?;
                tx.append().await?;
                if matches!(act, Act::RollBack) {
                    tx.rollback().await?;
                }
                ledger.withdrawn(all());
                return Ok(false);
            }
            Act::Reconsider => {
                let (first, rest) = numbers.split_first().expect("there are at least two");
                let (last, middle) = rest.split_last().expect("there are at least two");
                uow.run(origin(), async |tx| {
                    move_account(tx, account, *first).await?;
                    let undone: Result<(), StorageError> = tx
                        .savepoint(async |tx| {
                            move_all(tx, account, middle).await?;
                            Err(StorageError::conflict())
                        })
                        .await;
                    // Anything but the failure above is a broken connection.
                    undone
                        .or_else(|error| if error.is_conflict() { Ok(()) } else { Err(error) })?;
                    move_account(tx, account, *last).await
                })
                .await?;
                ledger.acknowledged([*first, *last]);
                ledger.withdrawn(middle.iter().copied());
            }
            Act::HangUp => {
                let waits = chance.random_range(0..12);
                let work = uow.run(origin(), async |tx| move_all(tx, account, numbers).await);
                let Some(done) = CutShort::after(waits, work).await else {
                    ledger.in_doubt(all());
                    return Ok(false);
                };
                done?;
                ledger.acknowledged(all());
            }
        }
        Ok(true)
    }
}

async fn move_all(tx: &mut Tx, account: i64, numbers: &[i64]) -> Result<(), StorageError> {
    for number in numbers {
        move_account(tx, account, *number).await?;
    }
    Ok(())
}
