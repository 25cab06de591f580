//! R2: the events of one aggregate arrive in the order in which it moved, whatever fails on the way.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    host::Runtime,
    sql,
    testing::{TestDb, figure},
};

use crate::{
    checks::{Ledger, Order},
    consumers::{Arrived, Noting, OrderedBy, read_log},
    form::Form,
    world::{AccountMoved, END, World, move_account, origin, proof, scribble},
    writers::Writers,
};

const ORDERED: [(&str, u16); 3] =
    [("proof.one_partition", 1), ("proof.eight_partitions", 8), ("proof.many_partitions", 64)];
const CONTROL: &str = "proof.ordered_by_nothing";

/// A log in the order of transaction ids, as a cursor over those would deliver it.
async fn by_transaction(world: &World) -> Vec<AccountMoved> {
    let rows: Vec<(i64, i64, i64)> = world
        .db
        .query(sql!("SELECT account, step, number FROM proof_steps ORDER BY xid, number"))
        .all()
        .await
        .unwrap();
    rows.into_iter().map(|(account, step, number)| AccountMoved { account, step, number }).collect()
}

/// A transaction gets its id with its first write and its positions with its last one: what begins
/// first and commits last has the smaller id and the greater position.
async fn overtake(world: &World, account: i64) {
    let numbers = world.numbers(2);
    let early = world.uow.run(origin(), async |tx| {
        scribble(tx).await?;
        let late = world.uow.run(origin(), async |tx| move_account(tx, account, numbers[0]).await);
        late.await?;
        move_account(tx, account, numbers[1]).await
    });
    early.await.unwrap();
}

/// Contended accounts, failing handlers, any number of partitions; the handler without a key is the control.
async fn aggregates_move_step_by_step(test: TestDb) {
    let form = Form::of("R2");
    let world = World::new(&test).await;
    let noting = |name, partitions, ordered_by| Noting::new(name, partitions, ordered_by, 4, form);
    let mut runtime = Runtime::builder(&world.db).handler(noting(CONTROL, 8, OrderedBy::Event));
    for (name, partitions) in ORDERED {
        runtime = runtime.handler(noting(name, partitions, OrderedBy::Account));
    }
    let (_, tasks) = world.start(&runtime.build()).await;
    let arrived = Arc::new(Arrived::default());
    let reader = tokio::task::JoinSet::from_iter([read_log(
        Arc::clone(&world),
        false,
        Arc::clone(&arrived),
    )]);
    let work =
        Writers { world: Arc::clone(&world), ledger: Arc::new(Ledger::default()), troubled: false };
    let (committed, ()) = tokio::join!(work.write(16, form.lasts() / 4, form), async {
        // Left to chance, a short run may contain no inversion for the control to find.
        if world.is_postgres() {
            overtake(&world, 1).await;
        }
    });
    world.say(-8, END).await;
    reader.join_all().await;
    world.handlers_are_done().await;
    tasks.shutdown(Duration::from_secs(10)).await.unwrap();

    let found = |who: &str, events: &dyn std::fmt::Display, wrong: &dyn std::fmt::Display| {
        let line =
            format!("16 writers, {committed} commits; {who}: {wrong} of {events} out of order");
        figure("R2", world.db.engine_name(), &line);
    };
    let (events, wrong) = Order::of(arrived.all());
    found("log reader", &events, &wrong);
    assert!(events > 0);
    assert_eq!(wrong, 0);
    let events = i64::try_from(events).unwrap();
    for (name, _) in ORDERED {
        let (seen, wrong) = world.order_of(name).await;
        found(name, &seen, &wrong);
        assert_eq!((seen, wrong), (events, 0), "{name}");
    }
    let (seen, wrong) = world.order_of(CONTROL).await;
    found("control, ordered by nothing", &seen, &wrong);
    assert_eq!(seen, events);
    assert!(wrong > 0, "the control keeps order by accident");
    if world.is_postgres() {
        let (seen, wrong) = Order::of(by_transaction(&world).await);
        found("control, ordered by transaction id", &seen, &wrong);
        assert!(wrong > 0, "the control keeps order by accident");
    }
}

proof!(aggregates_move_step_by_step_everywhere, 24, aggregates_move_step_by_step);

/// One transaction that overtakes another is enough; the reader beside it sees the order of the account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_over_transaction_ids_inverts_postgres() {
    let Some(test) = TestDb::postgres(5, &[&sql::MIGRATIONS]).await else { return };
    test.run(async |test| {
        let world = World::new(&test).await;
        let arrived = Arc::new(Arrived::default());
        overtake(&world, 1).await;
        world.say(-8, END).await;
        read_log(Arc::clone(&world), false, Arc::clone(&arrived)).await;
        assert_eq!(Order::of(arrived.all()), (2, 0));
        assert_eq!(Order::of(by_transaction(&world).await), (2, 2));
    })
    .await;
}
