//! R4, with many people: each is told a thing once, however often the process that tells is killed before all of them know.

use std::time::{Duration, Instant};

use notifications::testing::{Told, kept, leave};
use perme8_events::{
    host::Operations,
    sql,
    testing::{TestDb, figure, wait_until},
};

use crate::{
    form::{limits, proof},
    victims::Victim,
};

/// The first 500 are told by the handler, the others by jobs.
const PEOPLE: u32 = 2_000;
/// What takes longer has gone wrong.
const SOON: Duration = Duration::from_mins(1);

/// Whether everybody was told so many things, or more.
fn is_known(told: &Told, things: usize) -> bool {
    told.times().filter(|times| *times >= things).count() >= PEOPLE as usize || things == 0
}

/// Kills a process as soon as it has told somebody something; whether that left others who wait for it.
async fn strike(test: &TestDb, command: &str, told: &mut Told, things: usize) -> bool {
    let before: usize = told.times().sum();
    let victim = Victim::telling(command, &test.url, PEOPLE);
    wait_until("somebody is told", SOON, async || {
        told.look(&test.db).await;
        told.times().sum::<usize>() > before
    })
    .await;
    victim.kill().await;
    told.look(&test.db).await;
    !is_known(told, things)
}

/// Lets a last process tell the others.
async fn finish(test: &TestDb, command: &str, told: &mut Told, things: usize) {
    let victim = Victim::telling(command, &test.url, PEOPLE);
    wait_until("everybody knows", SOON, async || {
        told.look(&test.db).await;
        is_known(told, things)
    })
    .await;
    // Nobody is told again by what was left behind.
    let operations = Operations::new(&test.db);
    wait_until("nothing is left to do", SOON, async || {
        let queues = operations.queues().await;
        queues.is_ok_and(|queues| queues.iter().all(|queue| queue.waiting + queue.running == 0))
    })
    .await;
    victim.kill().await;
}

/// Strikes again and again in the middle of it, and tells the next thing when everybody knows.
async fn everybody_is_told_once(test: TestDb) {
    let (most, time) = limits(3, 200);
    let begun = Instant::now();
    let (mut told, mut things, mut half_way) = (Told::default(), 0, 0);
    while half_way < most && begun.elapsed() < time {
        if is_known(&told, things) {
            leave(&test.db).await;
            things += 1;
        }
        half_way += usize::from(strike(&test, "tell", &mut told, things).await);
    }
    finish(&test, "tell", &mut told, things).await;
    let line = format!(
        "{PEOPLE} people, {things} things, killed {half_way} times half way: nobody told twice"
    );
    figure("R4", test.db.engine_name(), &line);
    assert!(half_way > 0, "nobody was killed half way");
    let told = Told::by_now(&test.db).await;
    assert_eq!(told.people(), PEOPLE);
    assert!(told.times().all(|times| times == things), "{told:?}");
    let kept = kept(&test.db).await;
    assert_eq!(kept.len(), PEOPLE as usize);
    assert!(kept.values().all(|rows| *rows == things), "{kept:?}");
}

/// The same, but that a page is told is remembered in a transaction of its own.
async fn who_was_told_again_is_noticed(test: TestDb) {
    const KILLS: usize = 4;
    Victim::start("set-up", &test.url).finish(&[]).await;
    let (mut told, mut kills) = (Told::default(), 0);
    while kills < KILLS && !is_known(&told, 1) {
        kills += 1;
        strike(&test, "tell-apart", &mut told, 1).await;
    }
    finish(&test, "tell-apart", &mut told, 1).await;
    let again = told.times().filter(|times| *times > 1).count();
    let line = format!("control, telling and remembering apart, {kills} kills: {again} told again");
    figure("R4", test.db.engine_name(), &line);
    assert!(again > 0, "{kills} kills, and none was noticed");
}

proof! {
    migrations: [&sql::MIGRATIONS, &notifications::MIGRATIONS];
    a_process_is_killed_half_way_and_everybody_is_told_once: everybody_is_told_once;
    control_telling_and_remembering_apart: who_was_told_again_is_noticed;
}
