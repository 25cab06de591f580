//! R16: the tests of handlers are written as given, when and then, in virtual time: a thousand of them take less than two
//! seconds, and what is not as expected is told.
//!
//! That no test sleeps is held by `cargo xtask tidy`, which has a test of that rule.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use perme8_events::{
    DomainEvent, Envelope, ErrorClass, EventHandler, HandlerError, Subscriber, Subscription,
    Transaction as _,
    testing::{FakeTx, HandlerTest, figure},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{checks::moved, form::linger, world::AccountMoved};

/// Emitted when an account was greeted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "proof.account_greeted", aggregate = "account", audience(operators))]
struct AccountGreeted {
    #[event(aggregate_id)]
    account: i64,
}

/// Greets an account that moves, once within an hour, unless it moved backwards.
struct Greeting;

/// When each account was greeted.
type Greeted = BTreeMap<i64, DateTime<Utc>>;

impl Subscriber for Greeting {
    fn name(&self) -> &'static str {
        "proof.greeting"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<AccountMoved>()] }
    }
}

#[async_trait]
impl EventHandler<FakeTx<Greeted>> for Greeting {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(
        &self,
        tx: &mut FakeTx<Greeted>,
        event: &Envelope,
        (): (),
    ) -> Result<(), HandlerError> {
        let AccountMoved { account, step, .. } = moved(event);
        let now = tx.now();
        let before = tx.state.insert(account, now);
        if step < 0 {
            return Err(HandlerError::permanent("nobody moves backwards"));
        }
        if before.is_none_or(|before| now - before >= TimeDelta::hours(1)) {
            tx.emit(AccountGreeted { account });
        }
        Ok(())
    }
}

const TESTS: i64 = 1_000;
const QUICK: Duration = Duration::from_secs(2);

fn step(account: i64, step: i64) -> AccountMoved {
    AccountMoved { account, step, number: step }
}

/// One test of a handler; `pass` lets an hour pass.
async fn one_test(account: i64, pass: impl AsyncFn(&mut HandlerTest<Greeting, Greeted>)) {
    let mut scenario = HandlerTest::given(Greeting, Greeted::default());
    let greeted = scenario.when(step(account, 1)).await.expect_event::<AccountGreeted>();
    assert_eq!(greeted, AccountGreeted { account });
    scenario.when(step(account, 2)).await.expect_no_events();
    pass(&mut scenario).await;
    let failed = scenario.when(step(account, -1)).await.expect_failure();
    assert_eq!(failed, ErrorClass::Permanent);
    let greeted = scenario.when(step(account, 3)).await.expect_event::<AccountGreeted>();
    assert_eq!(greeted.account, account, "what failed has left nothing behind");
}

/// How long a thousand of them take.
async fn a_thousand(
    kind: &str,
    pass: impl AsyncFn(&mut HandlerTest<Greeting, Greeted>),
) -> Duration {
    let begun = Instant::now();
    for account in 0..TESTS {
        one_test(account, &pass).await;
    }
    let took = begun.elapsed();
    figure("R16", "in memory", &format!("{TESTS} tests of a handler {kind}: {took:?}"));
    took
}

#[tokio::test]
async fn a_thousand_tests_of_handlers_take_less_than_two_seconds() {
    let took =
        a_thousand("in virtual time", async |scenario| scenario.after(Duration::from_hours(1)))
            .await;
    assert!(took < QUICK, "{took:?}");
}

/// Three milliseconds in the place of the hour are too many already.
#[tokio::test]
async fn control_tests_that_wait_take_too_long() {
    let took = a_thousand("that wait", async |scenario| {
        linger(Duration::from_millis(3)).await;
        scenario.after(Duration::from_hours(1));
    })
    .await;
    assert!(took > QUICK, "{took:?}");
}

/// Whether a test notices that the handler does something else.
async fn fails(test: impl Future<Output = ()>) -> bool {
    AssertUnwindSafe(test).catch_unwind().await.is_err()
}

#[tokio::test]
async fn control_what_is_not_as_expected_is_told() {
    let given = || HandlerTest::given(Greeting, Greeted::default());
    let forward = async || given().when(step(1, 1)).await;
    let backward = async || given().when(step(1, -1)).await;
    assert!(!fails(async { forward().await.expect_handled() }).await);
    assert!(fails(async { backward().await.expect_handled() }).await);
    assert!(fails(async { forward().await.expect_no_events() }).await);
    assert!(fails(async { _ = forward().await.expect_event::<AccountMoved>() }).await);
    assert!(fails(async { _ = backward().await.expect_event::<AccountGreeted>() }).await);
    assert!(fails(async { _ = forward().await.expect_failure() }).await);
    let unwanted = AccountGreeted { account: 1 };
    assert!(fails(async { given().when(unwanted).await.expect_handled() }).await);
}
