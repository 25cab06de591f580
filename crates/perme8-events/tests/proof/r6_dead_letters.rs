//! R6: what fails for good is set aside with everything that follows of its key, and nothing else is; what was set aside is
//! delivered again in order and exactly once, wherever that is cut short.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use perme8_events::{
    HandlerError, HandlerOptions, Origin,
    host::{HandlerStatus, Operations, Operator, Runtime},
    sql,
    testing::{CutShort, TestDb, figure},
};
use rand::RngExt as _;

use crate::{
    checks::{Ledger, Verdict},
    consumers::{OrderedBy, Scripted},
    form::Form,
    world::{AccountMoved, World, proof},
};

const HANDLER: &str = "proof.sequenced";
/// The first of the keys fail at their second event.
const POISONED: i64 = 10;
/// So many keys are enough to see that followers do not wait.
const FEW: i64 = 40;
const STEPS: i64 = 4;

/// What became of the keys.
#[derive(Debug)]
struct Found {
    /// Keys of which everything is handled, before anything is delivered again.
    at_the_head: i64,
    dead: i64,
    parked: i64,
    /// So many deliveries were no next step of their key, in the end.
    wrong: i64,
    verdict: Verdict,
}

fn runtime(world: &World, mended: &Arc<AtomicBool>, sequenced: bool) -> Runtime {
    let mended = Arc::clone(mended);
    let script = move |event: &AccountMoved| {
        let fails = event.account < POISONED && event.step == 2 && !mended.load(Ordering::SeqCst);
        if fails { Err(HandlerError::permanent("poisoned")) } else { Ok(()) }
    };
    let handler = Scripted {
        name: HANDLER,
        options: HandlerOptions::DEFAULT,
        ordered_by: OrderedBy::Account,
        script: Arc::new(script),
    };
    let builder = Runtime::builder(&world.db).handler(handler);
    if sequenced { builder.build() } else { builder.unsequenced().build() }
}

async fn status(world: &World) -> HandlerStatus {
    Operations::new(&world.db).status(HANDLER).await.unwrap()
}

/// How many keys are at this step.
async fn at(world: &World, step: i64) -> i64 {
    world
        .db
        .query(sql!("SELECT count(*) FROM proof_heads WHERE handler = $1 AND step = $2"))
        .bind(HANDLER)
        .bind(step)
        .scalar()
        .await
        .unwrap()
}

/// Delivers the dead letters again, with what waits behind them, and is cut short in the middle of it again and again.
async fn replay(world: &World, mended: &Arc<AtomicBool>, sequenced: bool, form: Form) -> usize {
    let operator = Operator::new("proof", Origin::system("proof")).unwrap();
    mended.store(true, Ordering::SeqCst);
    Operations::new(&world.db).retry_all(&operator, HANDLER).await.unwrap();
    let mut chance = form.chance(6);
    let (mut waits, mut cuts) = (0, 0);
    loop {
        let mut driver = runtime(world, mended, sequenced).driver(None).await;
        let cut = CutShort::after(waits, async { while driver.step(HANDLER).await {} });
        if cut.await.is_some() {
            return cuts;
        }
        drop(driver);
        world.is_quiet().await;
        cuts += 1;
        waits += chance.random_range(1..=40);
    }
}

/// How many keys there are; that most of them are sound is seen among fewer, too.
fn keys() -> i64 {
    if Form::of("R6").long { 1_000 } else { 200 }
}

/// Everything up to the end, with handlers that keep followers back or do not.
async fn poisoned(test: TestDb, sequenced: bool, keys: i64) -> Found {
    let form = Form::of("R6");
    let world = World::new(&test).await;
    let ledger = Ledger::default();
    ledger.acknowledged(world.fill(0..keys, 1..=STEPS).await);
    let mended = Arc::new(AtomicBool::new(false));
    runtime(&world, &mended, sequenced).driver(None).await.run_until_idle().await;
    let (at_the_head, HandlerStatus { dead, parked, .. }) =
        (at(&world, STEPS).await, status(&world).await);

    let cuts = replay(&world, &mended, sequenced, form).await;
    let (_, wrong) = world.order_of(HANDLER).await;
    let verdict = ledger.compare(&world.effects(HANDLER).await);
    let kind = if sequenced { "" } else { "control, followers do not wait: " };
    let line = format!(
        "{kind}{at_the_head} of {keys} keys at the head beside {dead} dead letters with {parked} behind them; \
         replayed, cut short {cuts} times: {wrong} out of order, {verdict}"
    );
    figure("R6", world.db.engine_name(), &line);
    let HandlerStatus { dead: left, parked: behind, retrying, .. } = status(&world).await;
    assert_eq!((left, behind, retrying), (0, 0, 0), "nothing stays behind");
    Found { at_the_head, dead, parked, wrong, verdict }
}

proof!(a_poisoned_key_waits_and_is_replayed_in_order, 6, async |test| {
    let keys = keys();
    let found = poisoned(test, true, keys).await;
    assert_eq!(found.at_the_head, keys - POISONED);
    assert_eq!((found.dead, found.parked), (POISONED, POISONED * (STEPS - 2)));
    assert_eq!(found.wrong, 0);
    assert!(found.verdict.is_faultless(), "{found:?}");
});

proof!(control_followers_that_do_not_wait_come_out_of_order, 6, async |test| {
    let found = poisoned(test, false, FEW).await;
    assert_eq!((found.dead, found.parked), (POISONED, 0));
    assert!(found.wrong > 0, "the control keeps order by accident: {found:?}");
});
