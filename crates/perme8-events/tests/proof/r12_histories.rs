//! R12: random histories of writers, operators and crashes end on both engines as a small oracle says, event for event.

use perme8_events::{
    sql::MIGRATIONS,
    testing::{TestDb, figure},
};
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy, any},
    prop_oneof,
    sample::Index,
    test_runner::{Config, TestCaseError, TestRunner},
};

use crate::{
    form::Form,
    player::{Act, Player, Step, Story},
    world::proof,
};

const ACCOUNTS: std::ops::Range<i64> = 0..4;

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (ACCOUNTS, 1..5_i64).prop_map(|(account, events)| Act::Append(account, events)),
        1 => (ACCOUNTS, 1..3_i64).prop_map(|(account, events)| Act::RollBack(account, events)),
        1 => ACCOUNTS.prop_map(Act::Reconsider),
        2 => Just(Act::Mend),
        2 => Just(Act::RetryAll),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(which, all)| Act::Discard(which, all)),
        2 => ACCOUNTS.prop_map(Act::Replay),
        2 => any::<Index>().prop_map(Act::Rewind),
    ]
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    vec((act(), option::weighted(0.3, 0..80_usize)), 1..16)
}

async fn on(test: TestDb, history: &[Step], sequenced: bool) -> Result<Story, TestCaseError> {
    test.run(async |test| Player::new(&test, sequenced).await.play(history).await).await
}

/// Plays a history on each engine there is; what they tell must be the same.
async fn on_each(history: &[Step], sequenced: bool) -> Result<(), TestCaseError> {
    let here = on(TestDb::sqlite(&[&MIGRATIONS]).await, history, sequenced).await?;
    if let Some(test) = TestDb::postgres(4, &[&MIGRATIONS]).await {
        let there = on(test, history, sequenced).await?;
        if here != there {
            return Err(TestCaseError::fail(format!("SQLite: {here:?}\nPostgreSQL: {there:?}")));
        }
    }
    Ok(())
}

/// Whether so many histories end as they should; what is wrong with the smallest one that does not.
async fn histories(cases: u32, shrinks: u32, sequenced: bool) -> Result<(), String> {
    let handle = tokio::runtime::Handle::current();
    let check = move || {
        let config = Config {
            cases,
            failure_persistence: None,
            max_shrink_iters: shrinks,
            ..Config::default()
        };
        TestRunner::new(config)
            .run(&history(), |history| handle.block_on(on_each(&history, sequenced)))
            .map_err(|error| error.to_string())
    };
    tokio::task::spawn_blocking(check).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn histories_end_alike_on_both_engines_and_as_the_oracle_says() {
    let cases = if Form::of("R12, histories").long { 400 } else { 5 };
    let found = histories(cases, 30, true).await;
    let ended =
        if found.is_ok() { "event for event as the oracle says" } else { "one is told otherwise" };
    figure("R12", "both engines", &format!("{cases} random histories: {ended}"));
    if let Err(found) = found {
        panic!("{found}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_histories_with_followers_that_do_not_wait_are_noticed() {
    // One is enough in which something is committed behind what fails, and most are such.
    const CASES: u32 = 20;
    let found = histories(CASES, 0, false).await;
    let noticed = if found.is_err() { "noticed" } else { "not noticed" };
    figure(
        "R12",
        "both engines",
        &format!("control, followers do not wait: {noticed} within {CASES} histories"),
    );
    let found = found.expect_err("a history is noticed");
    assert!(found.contains("instead of"), "it is the oracle that notices: {found}");
}

/// A history by hand, with everything that can happen, so that no run is without.
async fn everything_happens(test: TestDb) {
    let history = [
        (Act::Append(0, 4), Some(5)),
        (Act::Append(0, 2), None),
        (Act::RollBack(1, 2), None),
        (Act::Reconsider(1), Some(20)),
        (Act::RetryAll, None),
        (Act::Mend, None),
        (Act::RetryAll, Some(12)),
        (Act::Append(1, 4), None),
        (Act::Replay(0), Some(9)),
        (Act::Replay(3), None),
        (Act::Append(0, 4), None),
    ];
    on(test, &history, true).await.unwrap();
}

proof!(a_history_with_everything_in_it, 4, everything_happens);
