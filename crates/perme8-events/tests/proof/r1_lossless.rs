//! R1: whatever was acknowledged arrives everywhere, exactly once, and nothing else does.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    Position, StorageError,
    host::Runtime,
    sql,
    sql::{LogReader, MIGRATIONS},
    testing::{TestDb, figure},
};
use rand::RngExt as _;
use tokio::task::JoinSet;

use crate::{
    checks::{Ledger, Verdict, moved},
    consumers::{Arrived, Noting, OrderedBy, follow, read_log},
    form::Form,
    trouble::Trouble,
    world::{END, World, move_account, origin, proof},
    writers::Writers,
};

/// Many writers, with everything that goes wrong; the naive reader of the same run is the control.
async fn every_acknowledged_event_arrives_once(test: TestDb, writers: u64) {
    let form = Form::of("R1");
    let world = World::new(&test).await;
    let ledger = Arc::new(Ledger::default());
    let handler = Noting::new("proof.lossless", 8, OrderedBy::Account, 2, form);
    let runtime = Runtime::builder(&world.db).handler(handler).build();
    let (feed, tasks) = world.start(&runtime).await;
    let [reader, naive, live] = [(); 3].map(|()| Arc::new(Arrived::default()));
    let mut consumers = JoinSet::new();
    consumers.spawn(read_log(Arc::clone(&world), false, Arc::clone(&reader)));
    consumers.spawn(read_log(Arc::clone(&world), true, Arc::clone(&naive)));
    consumers.spawn(follow(feed, Arc::clone(&live)));

    let trouble = Trouble::on(&test, &world, &ledger);
    let work = Writers {
        world: Arc::clone(&world),
        ledger: Arc::clone(&ledger),
        troubled: trouble.is_some(),
    };
    let (committed, ()) = tokio::join!(work.write(writers, form.lasts(), form), async {
        if let Some(trouble) = &trouble {
            trouble.make(form, &reader, &naive).await;
        }
    });
    world.say(-8, END).await;
    tokio::time::timeout(Duration::from_mins(1), consumers.join_all())
        .await
        .expect("everybody reaches the end of the log");
    world.handlers_are_done().await;
    tasks.shutdown(Duration::from_secs(10)).await.unwrap();

    let verdict = |who: &str, numbers: &[i64]| {
        let verdict = ledger.compare(numbers);
        let said = format!("{writers} writers, {committed} commits; {who}: {verdict}");
        figure("R1", world.db.engine_name(), &said);
        verdict
    };
    let faultless = [
        verdict("log reader", &reader.numbers()),
        verdict("live subscriber", &live.numbers()),
        verdict("handler", &world.effects("proof.lossless").await),
    ];
    let control = verdict("control, a naive reader", &naive.numbers());
    assert!(committed > 0, "nobody wrote anything");
    assert!(faultless.iter().all(Verdict::is_faultless), "{faultless:?}");
    // On SQLite positions are drawn and committed in one order, so there the naive reader is right.
    assert_eq!(control.lost.is_empty(), !world.is_postgres(), "{control:?}");
}

proof!(sixteen_writers_lose_nothing, 24, |test| every_acknowledged_event_arrives_once(test, 16));
proof!(sixty_four_writers_lose_nothing, 72, |test| every_acknowledged_event_arrives_once(test, 64));

/// One open position and one committed behind it are enough; the reader beside it waits for both.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_naive_reader_loses_what_commits_late_postgres() {
    let Some(test) = TestDb::postgres(5, &[&MIGRATIONS]).await else { return };
    test.run(async |test| {
        let world = World::new(&test).await;
        let ledger = Arc::new(Ledger::default());
        let [reader, naive] = [(); 2].map(|()| Arc::new(Arrived::default()));
        let mut consumers = JoinSet::new();
        consumers.spawn(read_log(Arc::clone(&world), false, Arc::clone(&reader)));
        consumers.spawn(read_log(Arc::clone(&world), true, Arc::clone(&naive)));
        let trouble = Trouble::on(&test, &world, &ledger).expect("this is PostgreSQL");
        trouble.pin(&reader, &naive).await;
        world.say(-8, END).await;
        consumers.join_all().await;
        assert!(ledger.compare(&reader.numbers()).is_faultless());
        assert_eq!(ledger.compare(&naive.numbers()).lost, [1]);
    })
    .await;
}

/// A consumer that crashes now and then, and starts again from its checkpoint.
async fn consume(world: &World, name: &'static str, together: bool, form: Form) {
    let mut chance = form.chance(1);
    let effect = async |tx: &mut sql::Tx, number: i64| {
        tx.query(sql!("INSERT INTO proof_effects (handler, number) VALUES ($1, $2)"))
            .bind(name)
            .bind(number)
            .exec()
            .await
    };
    let checkpoint = async |tx: &mut sql::Tx, position: Position| {
        tx.query(sql!(
            "INSERT INTO proof_checkpoints (reader, position) VALUES ($1, $2)
             ON CONFLICT (reader) DO UPDATE SET position = excluded.position"
        ))
        .bind(name)
        .bind(position.number())
        .exec()
        .await
    };
    'life: loop {
        let after: Option<(i64,)> = world
            .db
            .query(sql!("SELECT position FROM proof_checkpoints WHERE reader = $1"))
            .bind(name)
            .opt()
            .await
            .unwrap();
        let after = after.map_or(Position::START, |(position,)| Position::new(position));
        let mut reader = LogReader::open(&world.db, after).await.unwrap();
        loop {
            for event in reader.poll().await.unwrap().events {
                let number = moved(&event).number;
                if number == END {
                    return;
                }
                let crashes = chance.random_bool(0.1);
                let done = world.uow.run(origin(), async |tx| {
                    checkpoint(tx, event.position).await?;
                    if together {
                        effect(tx, number).await?;
                    }
                    if crashes && together { Err(StorageError::conflict()) } else { Ok(()) }
                });
                if done.await.is_err() || crashes {
                    continue 'life;
                }
                if !together {
                    let second = world.uow.run(origin(), async |tx| effect(tx, number).await);
                    second.await.unwrap();
                }
            }
        }
    }
}

async fn a_checkpoint_ahead_of_its_effect_is_noticed(test: TestDb) {
    let form = Form::of("R1, control");
    let world = World::new(&test).await;
    let ledger = Ledger::default();
    for number in world.numbers(200) {
        let done = world.uow.run(origin(), async |tx| move_account(tx, 1, number).await);
        done.await.unwrap();
        ledger.acknowledged([number]);
    }
    world.say(-8, END).await;
    consume(&world, "together", true, form).await;
    consume(&world, "apart", false, form).await;
    assert!(ledger.compare(&world.effects("together").await).is_faultless());
    let control = ledger.compare(&world.effects("apart").await);
    let line = format!("control, the checkpoint before its effect: {control}");
    figure("R1", world.db.engine_name(), &line);
    assert!(!control.lost.is_empty(), "{control:?}");
}

proof!(
    a_checkpoint_ahead_of_its_effect_loses_events,
    5,
    a_checkpoint_ahead_of_its_effect_is_noticed
);
