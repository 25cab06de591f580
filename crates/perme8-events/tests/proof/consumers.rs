//! Everybody to whom events must arrive: a reader of the log, a live subscriber, a durable handler.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, Position, RetryPolicy, StorageError,
    Subscriber, Subscription, Topic, Viewer,
    host::{Delivery, EventBus, Feed},
    sql,
    sql::{LogReader, Tx},
    testing::Strangers,
};
use rand::{RngExt as _, rngs::StdRng};

use crate::{
    checks::moved,
    form::{Form, linger},
    world::{AccountMoved, END, World, patiently},
};

/// What arrived so far, in order.
#[derive(Debug, Default)]
pub(crate) struct Arrived(Mutex<Vec<(Position, AccountMoved)>>);

impl Arrived {
    fn list(&self) -> MutexGuard<'_, Vec<(Position, AccountMoved)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an event; whether it is the one that ends the proof.
    fn take(&self, event: &Envelope) -> bool {
        let moved = moved(event);
        let ends = moved.number == END;
        self.list().push((event.position, moved));
        ends
    }

    pub(crate) fn all(&self) -> Vec<AccountMoved> {
        self.list().iter().map(|(_, event)| event.clone()).collect()
    }

    /// The position of the last one.
    pub(crate) fn reached(&self) -> Position {
        self.list().last().map_or(Position::START, |(position, _)| *position)
    }

    pub(crate) fn numbers(&self) -> Vec<i64> {
        self.all().into_iter().map(|event| event.number).collect()
    }

    pub(crate) fn has_all(&self, wanted: &BTreeSet<i64>) -> bool {
        let arrived: BTreeSet<i64> = self.numbers().into_iter().collect();
        wanted.is_subset(&arrived)
    }
}

/// Reads the log up to the event that ends the proof, also when its connection is cut.
pub(crate) async fn read_log(world: Arc<World>, naive: bool, arrived: Arc<Arrived>) {
    let mut after = Position::START;
    loop {
        let Ok(mut reader) = LogReader::open(&world.db, after).await else { continue };
        if naive {
            reader = reader.naive();
        }
        while let Ok(page) = reader.poll().await {
            after = page.reached;
            for event in &page.events {
                if arrived.take(event) {
                    return;
                }
            }
            if page.events.is_empty() {
                linger(Duration::from_millis(1)).await;
            }
        }
    }
}

/// Follows the live stream up to the event that ends the proof.
pub(crate) async fn follow(feed: Feed, arrived: Arc<Arrived>) {
    let bus = EventBus::new(feed, Arc::new(Strangers), &[]);
    let mut live =
        bus.subscribe(Viewer::Operator, vec![Topic::All], Some(Position::START)).await.unwrap();
    loop {
        match live.next().await {
            Ok(Delivery::Event(event)) => {
                if arrived.take(&event) {
                    return;
                }
            }
            Ok(Delivery::AccessLost(_) | Delivery::Closed) => return,
            // The connection was cut; nothing was skipped.
            Err(_) => linger(Duration::from_millis(1)).await,
        }
    }
}

/// What a handler of the proofs orders by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderedBy {
    Account,
    /// Nothing: the negative control of the proof of order.
    Event,
    /// Everything is one row of events: the negative control of proofs that keys do not wait for each other.
    Nobody,
}

impl OrderedBy {
    /// The key of an event.
    pub(crate) fn key(self, event: &Envelope) -> String {
        match self {
            Self::Account => event.aggregate_id.clone(),
            Self::Event => event.event_id.to_string(),
            Self::Nobody => String::new(),
        }
    }
}

/// Writes down each event it is told of, and whether it is the next of its account.
#[derive(Debug)]
pub(crate) struct Noting {
    name: &'static str,
    partitions: u16,
    ordered_by: OrderedBy,
    failures: u32,
    chance: Mutex<StdRng>,
}

impl Subscriber for Noting {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<AccountMoved>()] }
    }

    fn options(&self) -> HandlerOptions {
        let retry = RetryPolicy {
            attempts: u16::MAX,
            base: Duration::from_millis(5),
            cap: Duration::from_millis(20),
        };
        HandlerOptions { partitions: self.partitions, retry, ..HandlerOptions::DEFAULT }
    }

    fn partition_key(&self, event: &Envelope) -> String {
        self.ordered_by.key(event)
    }
}

/// A failure that was asked for.
#[derive(Debug, thiserror::Error)]
#[error("injected")]
struct Injected;

impl Noting {
    /// So many `failures` among a hundred deliveries, before or after their effect.
    pub(crate) fn new(
        name: &'static str,
        partitions: u16,
        ordered_by: OrderedBy,
        failures: u32,
        form: Form,
    ) -> Self {
        Self { name, partitions, ordered_by, failures, chance: Mutex::new(form.chance(0)) }
    }

    fn may_fail(&self) -> Result<(), Injected> {
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        if chance.random_range(0..200) < self.failures { Err(Injected) } else { Ok(()) }
    }
}

#[async_trait]
impl EventHandler<Tx> for Noting {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(self.may_fail()?)
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        note(tx, self.name, &moved(event)).await?;
        Ok(self.may_fail()?)
    }
}

/// Writes down that a handler was told of something, and whether that is the next step of its account.
pub(crate) async fn note(
    tx: &mut Tx,
    handler: &str,
    event: &AccountMoved,
) -> Result<(), StorageError> {
    let AccountMoved { account, step, number } = event;
    tx.query(sql!("INSERT INTO proof_effects (handler, number) VALUES ($1, $2)"))
        .bind(handler)
        .bind(*number)
        .exec()
        .await?;
    tx.query(sql!(
        "INSERT INTO proof_heads (handler, account, step, wrong) VALUES ($1, $2, $3, CASE WHEN $3 = 1 THEN 0 ELSE 1 END)
         ON CONFLICT (handler, account) DO UPDATE SET
           step = CASE WHEN excluded.step > proof_heads.step THEN excluded.step ELSE proof_heads.step END,
           wrong = proof_heads.wrong + CASE WHEN excluded.step = proof_heads.step + 1 THEN 0 ELSE 1 END"
    ))
    .bind(handler)
    .bind(*account)
    .bind(*step)
    .exec()
    .await?;
    Ok(())
}

/// Writes down what it is told of, unless its script refuses that.
pub(crate) struct Scripted {
    pub(crate) name: &'static str,
    pub(crate) options: HandlerOptions,
    pub(crate) ordered_by: OrderedBy,
    pub(crate) script: Script,
}

/// What a handler makes of an event, before its effect.
pub(crate) type Script = Arc<dyn Fn(&AccountMoved) -> Result<(), HandlerError> + Send + Sync>;

impl Subscriber for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<AccountMoved>()] }
    }

    fn options(&self) -> HandlerOptions {
        self.options
    }

    fn partition_key(&self, event: &Envelope) -> String {
        self.ordered_by.key(event)
    }
}

#[async_trait]
impl EventHandler<Tx> for Scripted {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let moved = moved(event);
        (self.script)(&moved)?;
        Ok(note(tx, self.name, &moved).await?)
    }
}

impl World {
    /// The effects of a handler.
    pub(crate) async fn effects(&self, handler: &str) -> Vec<i64> {
        let rows: Vec<(i64,)> = patiently(async || {
            self.db
                .query(sql!("SELECT number FROM proof_effects WHERE handler = $1 ORDER BY effect"))
                .bind(handler)
                .all()
                .await
        })
        .await;
        rows.into_iter().map(|(number,)| number).collect()
    }

    /// How many events a handler met, and how many of them did not follow the one before of their account.
    pub(crate) async fn order_of(&self, handler: &str) -> (i64, i64) {
        let seen = self.effects(handler).await.iter().filter(|number| **number != END).count();
        let wrong: i64 = self
            .db
            .query(sql!(
                "SELECT CAST(coalesce(sum(wrong), 0) AS bigint) FROM proof_heads WHERE handler = $1 AND account <> -8"
            ))
            .bind(handler)
            .scalar()
            .await
            .unwrap();
        (seen.try_into().unwrap(), wrong)
    }
}
