//! R13: workers share the work: N of them do in a second what takes one of them at least 0.8 N, and every key keeps its order.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, Start, StorageError, Subscriber,
    Subscription, Transaction as _,
    host::{Runtime, RuntimeBuilder},
    sql::Tx,
    testing::{TestDb, figure},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

use crate::{
    checks::{Order, moved},
    consumers::OrderedBy,
    form::{Form, linger},
    world::{AccountMoved, World, origin, proof},
};

/// How long the handler takes for an event, before its transaction.
const WORK: Duration = Duration::from_millis(1);
/// Of the speed that so many workers could have at most, so much is there.
const SHARE: f64 = 0.8;
/// Keys are spread over as many ranges, of which each worker has the same number.
const RANGES: usize = 16;
const KEYS_OF_A_RANGE: usize = 8;
/// A busy machine is no reason to fail; one that is never quiet is.
const ATTEMPTS: usize = 3;
/// So many steps of each account tell that workers are not quicker at all.
const FEW: i64 = 5;
/// After so many of them workers who do not mind accounts have drifted apart by more than a step.
const MANY: i64 = 20;

/// Takes its time, and remembers in which order it was told.
#[derive(Debug)]
struct Working {
    name: &'static str,
    workers: u16,
    ordered_by: OrderedBy,
    told: Arc<Told>,
}

#[derive(Debug, Default)]
struct Told {
    events: Mutex<Vec<AccountMoved>>,
    all: usize,
    done: Notify,
}

impl Subscriber for Working {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<AccountMoved>()] }
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { partitions: self.workers, start: Start::Now, ..HandlerOptions::DEFAULT }
    }

    fn partition_key(&self, event: &Envelope) -> String {
        self.ordered_by.key(event)
    }
}

#[async_trait]
impl EventHandler<Tx> for Working {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        linger(WORK).await;
        Ok(())
    }

    async fn handle(&self, _: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let mut events = self.told.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(moved(event));
        if events.len() == self.told.all {
            self.told.done.notify_one();
        }
        Ok(())
    }
}

/// As many accounts in each range of the hashes of their names.
fn accounts() -> Vec<i64> {
    let mut of_range = [0; RANGES];
    let fits = |account: &i64| {
        let hash = Sha256::digest(account.to_string().as_bytes());
        let range = &mut of_range[usize::from(hash[0]) * RANGES / 256];
        *range += 1;
        *range <= KEYS_OF_A_RANGE
    };
    (1_000..).filter(fits).take(RANGES * KEYS_OF_A_RANGE).collect()
}

/// A world in which handlers come and go.
struct Bench {
    world: Arc<World>,
    /// The handlers that were measured.
    names: Vec<&'static str>,
    steps: i64,
}

/// What one handler came to.
#[derive(Debug)]
struct Run {
    took: Duration,
    /// So many events were no next step of their account.
    wrong: usize,
}

impl Bench {
    async fn new(test: &TestDb, steps: i64) -> Self {
        Self { world: World::new(test).await, names: Vec::new(), steps }
    }

    /// Commits everything at once, for a handler that waits for it.
    async fn commit(&self, accounts: &[i64]) {
        let done = self.world.uow.run(origin(), async |tx| {
            for step in 1..=self.steps {
                for &account in accounts {
                    tx.emit(AccountMoved { account, step, number: step });
                }
            }
            Ok::<_, StorageError>(())
        });
        done.await.unwrap();
    }

    async fn run(&mut self, workers: u16, ordered_by: OrderedBy) -> Run {
        let accounts = accounts();
        let all = accounts.len() * usize::try_from(self.steps).unwrap();
        let told = Arc::new(Told { all, ..Told::default() });
        let name: &'static str = format!("proof.parallel_{}", self.names.len()).leak();
        let handler = Working { name, workers, ordered_by, told: Arc::clone(&told) };
        let gone = self.names.iter().copied();
        let builder = gone.fold(Runtime::builder(&self.world.db), RuntimeBuilder::retired);
        self.names.push(name);
        let (_, tasks) = self.world.start(&builder.handler(handler).build()).await;
        self.commit(&accounts).await;
        let begun = Instant::now();
        let done = tokio::time::timeout(Duration::from_mins(5), told.done.notified()).await;
        let took = begun.elapsed();
        done.expect("everything is handled");
        tasks.shutdown(Duration::from_secs(10)).await.unwrap();
        let events = told.events.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (seen, wrong) = Order::of(events);
        assert_eq!(seen, all);
        Run { took, wrong }
    }

    /// How many times as quick so many workers are as one of them, and how many events they took out of order.
    async fn speed_up(&mut self, workers: u16, ordered_by: OrderedBy) -> (f64, usize) {
        let one = self.run(1, ordered_by).await;
        let many = self.run(workers, ordered_by).await;
        let times = one.took.as_secs_f64() / many.took.as_secs_f64();
        let line = format!(
            "{workers} workers, ordered by {ordered_by:?}: {times:.1} times as quick as one, {} out of order",
            many.wrong
        );
        figure("R13", self.world.db.engine_name(), &line);
        (times, many.wrong)
    }
}

fn is_enough(times: f64, workers: u16) -> bool {
    times >= SHARE * f64::from(workers)
}

async fn work_is_shared(test: TestDb) {
    let long = Form::of("R13").long;
    let counts: &[u16] = if long { &[2, 4, 8, 16] } else { &[4] };
    let mut bench = Bench::new(&test, if long { 25 } else { 12 }).await;
    for &workers in counts {
        let mut best = 0.0_f64;
        for _ in 0..ATTEMPTS {
            let (times, wrong) = bench.speed_up(workers, OrderedBy::Account).await;
            assert_eq!(wrong, 0, "{workers} workers keep the order of each account");
            best = best.max(times);
            if is_enough(best, workers) {
                break;
            }
        }
        assert!(is_enough(best, workers), "{workers} workers are {best:.1} times as quick as one");
    }
}

async fn one_key_is_not_shared(test: TestDb) {
    let (times, _) = Bench::new(&test, FEW).await.speed_up(4, OrderedBy::Nobody).await;
    assert!(!is_enough(times, 4), "one key was shared: {times:.1} times as quick");
}

async fn without_a_key_there_is_no_order(test: TestDb) {
    let mut bench = Bench::new(&test, MANY).await;
    let Run { wrong, .. } = bench.run(4, OrderedBy::Event).await;
    let line = format!("control, 4 workers, ordered by nothing: {wrong} out of order");
    figure("R13", bench.world.db.engine_name(), &line);
    assert!(wrong > 0, "the control keeps order by accident");
}

proof!(workers_share_the_work_in_order, 8, work_is_shared);
proof!(control_one_key_for_all_is_not_shared, 8, one_key_is_not_shared);
proof!(control_without_a_key_there_is_no_order, 8, without_a_key_there_is_no_order);
