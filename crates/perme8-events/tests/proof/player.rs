//! Histories of writers, operators and crashes, played on one engine beside the oracle.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use perme8_events::{
    Envelope, EventFilter, EventStore as _, HandlerError, HandlerOptions, Origin, Position,
    StorageError, Transaction as _,
    host::{Discard, OperationError, Operations, Operator, Replay, Rewind, Runtime},
    sql,
    testing::{CutShort, TestDb},
};
use proptest::{sample::Index, test_runner::TestCaseError};
use serde_json::Value;

use crate::{
    checks::moved,
    consumers::{OrderedBy, Scripted},
    oracle::{Oracle, is_poisoned},
    world::{AccountMoved, World, origin},
};

const HANDLER: &str = "proof.history";

/// What happens next.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// So many events of an account are committed together.
    Append(i64, i64),
    /// The same, but they are rolled back after their positions were drawn.
    RollBack(i64, i64),
    /// Three events, and the one in the middle is undone.
    Reconsider(i64),
    /// What has failed would not fail again.
    Mend,
    RetryAll,
    Discard(Index, bool),
    Replay(i64),
    Rewind(Index),
}

/// An act; before what follows from it is done, the process may crash after so many waits.
pub(crate) type Step = (Act, Option<usize>);

/// What a history has left on one engine.
#[derive(Debug, PartialEq)]
pub(crate) struct Story {
    log: Vec<Value>,
    effects: BTreeMap<i64, Vec<i64>>,
    waiting: BTreeMap<i64, VecDeque<i64>>,
    /// Of what waits, that which was given up: the account and the number.
    dead: Vec<(i64, i64)>,
}

/// Plays histories on one engine, and on the oracle beside it.
pub(crate) struct Player {
    world: Arc<World>,
    mended: Arc<Mutex<BTreeSet<i64>>>,
    sequenced: bool,
    oracle: Oracle,
    operator: Operator,
}

impl Player {
    pub(crate) async fn new(test: &TestDb, sequenced: bool) -> Self {
        Self {
            world: World::in_virtual_time(test).await,
            mended: Arc::default(),
            sequenced,
            oracle: Oracle::default(),
            operator: Operator::new("proof", Origin::system("proof")).unwrap(),
        }
    }

    /// A program that has just begun.
    fn runtime(&self) -> Runtime {
        let mended = Arc::clone(&self.mended);
        let script = move |event: &AccountMoved| {
            let mended = mended.lock().unwrap_or_else(PoisonError::into_inner);
            let fails = is_poisoned(event.number) && !mended.contains(&event.number);
            if fails { Err(HandlerError::permanent("poisoned")) } else { Ok(()) }
        };
        let handler = Scripted {
            name: HANDLER,
            options: HandlerOptions { batch: 3, ..HandlerOptions::DEFAULT },
            ordered_by: OrderedBy::Account,
            script: Arc::new(script),
        };
        let builder = Runtime::builder(&self.world.db).handler(handler);
        if self.sequenced { builder.build() } else { builder.unsequenced().build() }
    }

    /// Delivers everything, and crashes once in the middle of it if so told.
    async fn deliver(&self, crash: Option<usize>) {
        if let Some(waits) = crash {
            let mut driver = self.runtime().driver(None).await;
            let cut = CutShort::after(waits, async { while driver.step(HANDLER).await {} });
            let _: Option<()> = cut.await;
            drop(driver);
            self.world.is_quiet().await;
        }
        self.runtime().driver(None).await.run_until_idle().await;
    }

    async fn append(&mut self, account: i64, events: i64) -> Result<(), StorageError> {
        let numbers = self.world.numbers(events);
        self.world
            .uow
            .run(origin(), async |tx| {
                for number in &numbers {
                    tx.emit(event(account, *number));
                }
                Ok::<_, StorageError>(())
            })
            .await?;
        for number in numbers {
            self.oracle.commit(account, number);
        }
        Ok(())
    }

    async fn roll_back(&self, account: i64, events: i64) -> Result<(), StorageError> {
        let mut tx = self.world.uow.begin(origin()).await?;
        for number in self.world.numbers(events) {
            tx.emit(event(account, number));
        }
        tx.append().await?;
        tx.rollback().await
    }

    async fn reconsider(&mut self, account: i64) -> Result<(), StorageError> {
        let numbers = self.world.numbers(3);
        self.world
            .uow
            .run(origin(), async |tx| {
                tx.emit(event(account, numbers[0]));
                let undone: Result<(), StorageError> = tx
                    .savepoint(async |tx| {
                        tx.emit(event(account, numbers[1]));
                        Err(StorageError::conflict())
                    })
                    .await;
                undone.or_else(|error| if error.is_conflict() { Ok(()) } else { Err(error) })?;
                tx.emit(event(account, numbers[2]));
                Ok::<_, StorageError>(())
            })
            .await?;
        self.oracle.commit(account, numbers[0]);
        self.oracle.commit(account, numbers[2]);
        Ok(())
    }

    async fn retry_all(&mut self) -> Result<(), OperationError> {
        let any = !self.oracle.dead().is_empty();
        match Operations::new(&self.world.db).retry_all(&self.operator, HANDLER).await {
            Err(OperationError::NoDeadLetters { .. }) if !any => {}
            done => {
                done?;
            }
        }
        self.oracle.retry_all();
        Ok(())
    }

    async fn discard(&mut self, which: Index, with_waiting: bool) -> Result<(), OperationError> {
        let dead = self.oracle.dead();
        if dead.is_empty() {
            return Ok(());
        }
        let (account, number) = *which.get(&dead);
        let positions = self.positions().await?;
        let at = positions.iter().find(|(_, (_, of))| *of == number).map(|(position, _)| *position);
        let discard = if with_waiting { Discard::WithWaiting } else { Discard::Alone };
        let operations = Operations::new(&self.world.db);
        let at = at.unwrap_or(Position::START);
        operations.discard(&self.operator, HANDLER, at, discard).await?;
        self.oracle.discard(account, with_waiting);
        Ok(())
    }

    async fn replay(&mut self, account: i64) -> Result<(), OperationError> {
        let replay = Replay {
            aggregate_type: "account".to_owned(),
            aggregate_id: account.to_string(),
            with_effects: false,
        };
        let any = self.oracle.log.iter().any(|(of, _)| *of == account);
        let operations = Operations::of(&self.runtime(), &[]);
        match operations.replay(&self.operator, HANDLER, &replay).await {
            Err(OperationError::NothingToReplay { .. }) if !any => {}
            done => {
                done?;
            }
        }
        self.oracle.replay(account);
        Ok(())
    }

    /// To a place behind which something lies: whether a place at the end is one depends on how far lanes have looked.
    async fn rewind(&mut self, to: Index) -> Result<(), OperationError> {
        if self.oracle.log.is_empty() {
            return Ok(());
        }
        let kept = to.index(self.oracle.log.len());
        let positions: Vec<Position> = self.positions().await?.into_keys().collect();
        let at = kept.checked_sub(1).map_or(Position::START, |last| positions[last]);
        let operations = Operations::of(&self.runtime(), &[]);
        operations.rewind(&self.operator, HANDLER, Rewind::ToPosition(at), false).await?;
        self.oracle.rewind(kept);
        Ok(())
    }

    async fn perform(&mut self, act: &Act) -> Result<(), OperationError> {
        match *act {
            Act::Append(account, events) => self.append(account, events).await?,
            Act::RollBack(account, events) => self.roll_back(account, events).await?,
            Act::Reconsider(account) => self.reconsider(account).await?,
            Act::Mend => {
                self.oracle.mend();
                let mut mended = self.mended.lock().unwrap_or_else(PoisonError::into_inner);
                mended.clone_from(&self.oracle.mended);
            }
            Act::RetryAll => self.retry_all().await?,
            Act::Discard(which, with_waiting) => self.discard(which, with_waiting).await?,
            Act::Replay(account) => self.replay(account).await?,
            Act::Rewind(to) => self.rewind(to).await?,
        }
        Ok(())
    }

    /// Everything that was ever committed.
    async fn log(&self) -> Result<Vec<Envelope>, StorageError> {
        self.world.db.read(&EventFilter::All, Position::START, 10_000).await
    }

    /// Where each event of an account is, with the account and its number.
    async fn positions(&self) -> Result<BTreeMap<Position, (i64, i64)>, StorageError> {
        let log = self.log().await?;
        let moves = log.iter().filter(|event| event.aggregate_type == "account");
        let known = moves.map(|event| {
            let AccountMoved { account, number, .. } = moved(event);
            (event.position, (account, number))
        });
        Ok(known.collect())
    }

    /// What is there now.
    async fn story(&self) -> Result<Story, StorageError> {
        let positions = self.positions().await?;
        let accounts: BTreeMap<i64, i64> =
            positions.values().map(|(account, number)| (*number, *account)).collect();
        let mut effects = BTreeMap::<i64, Vec<i64>>::new();
        for number in self.world.effects(HANDLER).await {
            effects.entry(accounts[&number]).or_default().push(number);
        }
        let rows: Vec<(i64, i64)> = self
            .world
            .db
            .query(sql!(
                "SELECT position, CAST(CASE WHEN is_dead THEN 1 ELSE 0 END AS bigint) FROM event_deliveries
                 WHERE handler = $1 ORDER BY position"
            ))
            .bind(HANDLER)
            .all()
            .await?;
        let mut waiting = BTreeMap::<i64, VecDeque<i64>>::new();
        let mut dead = Vec::new();
        for (position, is_dead) in rows {
            let (account, number) = positions[&Position::new(position)];
            waiting.entry(account).or_default().push_back(number);
            if is_dead == 1 {
                dead.push((account, number));
            }
        }
        dead.sort_unstable();
        let log = self.log().await?.iter().map(told).collect();
        Ok(Story { log, effects, waiting, dead })
    }

    /// Plays a history, and looks after each act whether the oracle is right.
    pub(crate) async fn play(mut self, history: &[Step]) -> Result<Story, TestCaseError> {
        let failed = |what: String| TestCaseError::fail(what);
        // Known to the database from the beginning.
        self.deliver(None).await;
        for (n, (act, crash)) in history.iter().enumerate() {
            let done = self.perform(act).await;
            done.map_err(|error| failed(format!("act {n}, {act:?}: {error:?}")))?;
            self.deliver(*crash).await;
            let story = self.story().await.map_err(|error| failed(format!("{error:?}")))?;
            let Oracle { log, effects, waiting, .. } = &self.oracle;
            let known: Vec<(i64, i64)> = self
                .positions()
                .await
                .map_err(|error| failed(format!("{error:?}")))?
                .into_values()
                .collect();
            // Only the first of what waits of an account is a dead letter.
            let dead = self.oracle.dead();
            let is_as_told = (&known, &story.effects, &story.waiting, &story.dead)
                == (log, effects, waiting, &dead);
            if !is_as_told {
                let Story { effects: done, waiting: waits, dead: given_up, .. } = &story;
                let found = format!("{known:?}\n{done:?}\n{waits:?}\n{given_up:?}");
                let expected = format!("{log:?}\n{effects:?}\n{waiting:?}\n{dead:?}");
                return Err(failed(format!(
                    "after act {n}, {act:?}:\n{found}\ninstead of\n{expected}"
                )));
            }
        }
        self.story().await.map_err(|error| failed(format!("{error:?}")))
    }
}

fn event(account: i64, number: i64) -> AccountMoved {
    AccountMoved { account, step: number, number }
}

/// An event as it is told, without what is another one with each run.
fn told(event: &Envelope) -> Value {
    let mut value = serde_json::to_value(event).unwrap();
    let fields = value.as_object_mut().unwrap();
    for chance in ["position", "event_id", "correlation_id"] {
        fields.remove(chance);
    }
    // What an operator does is an aggregate of its own each time.
    if event.aggregate_type == "operation" {
        fields.remove("aggregate_id");
    }
    if let Some(data) = fields.get_mut("data").and_then(Value::as_object_mut) {
        for chance in ["position", "operation_id"] {
            data.remove(chance);
        }
    }
    value
}
