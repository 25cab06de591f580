//! What a transaction costs through the house, against the same one written by hand.

use std::sync::Arc;

use perme8_events::{
    SystemClock,
    sql::{DatabaseUrl, Db, DbOptions},
    testing::TestDb,
};
use scenarios::{Comparison, Goal, Rounds, Row, median};

use crate::{
    Args,
    by_hand::ByHand,
    house::{Fault, House},
};

/// The house is to be this much of the one by hand, at least; a negative control is not.
const SHARE: f64 = 0.9;
const ENOUGH: Goal = Goal::AtLeast(SHARE);
const TOO_LITTLE: Goal = Goal::AtMost(SHARE.next_down());
/// Nobody is to commit more often than so many times as often as somebody else.
const FAIR: Goal = Goal::AtMost(2.0);

/// One event in each transaction, of so many writers at once; for a proof beside a negative control.
pub(crate) async fn one_event(test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &writers in &args.writers {
        let compared = compare(test, args, (writers, 1), None).await?;
        rows.push(row(test, format!("1 event, {writers} writers"), compared).wanted(ENOUGH));
        if args.prove.is_some() {
            // Where one writes, all is serialised anyway.
            let fault = match &test.url {
                DatabaseUrl::Sqlite(_) => Fault::Apart,
                DatabaseUrl::Postgres(_) => Fault::Serialised,
            };
            let compared = compare(test, args, (writers, 1), Some(fault)).await?;
            let what = format!("control, {fault:?}, {writers} writers");
            rows.push(row(test, what, compared).wanted(TOO_LITTLE));
        }
    }
    Ok(rows)
}

/// Many events in each transaction, one after the other.
pub(crate) async fn many_events(test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &events in &args.events {
        let compared = compare(test, args, (1, events), None).await?;
        let what = format!("{events} events in one transaction");
        rows.push(row(test, what, compared).wanted(ENOUGH));
    }
    Ok(rows)
}

async fn compare(
    test: &TestDb,
    args: &Args,
    (writers, events): (u32, u32),
    fault: Option<Fault>,
) -> anyhow::Result<Comparison> {
    // As many connections as by hand: they are taken in turns, and each one more is one more that is cold.
    let own = match &test.url {
        DatabaseUrl::Sqlite(_) => None,
        DatabaseUrl::Postgres(_) => {
            let options = DbOptions { connections: writers, ..DbOptions::default() };
            Some(Db::open(&test.url, options).await?)
        }
    };
    let db = own.clone().unwrap_or_else(|| test.db_at(Arc::new(SystemClock)));
    let by_hand = ByHand::on(&test.url, writers, events).await?;
    let house = House::new(db, events).with(fault);
    let compared = args.rounds(writers).of_both(&house, &by_hand).await?;
    by_hand.close().await;
    if let Some(own) = own {
        own.close().await;
    }
    Ok(compared)
}

fn row(test: &TestDb, what: String, compared: Comparison) -> Row {
    let Comparison { ours, other, ratio, lowest, highest } = compared;
    Row::new(test.db.engine_name(), what, ratio, "of hand")
        .beside("house/s", ours.per_second)
        .beside("by hand/s", other.per_second)
        .beside("lowest", lowest)
        .beside("highest", highest)
        .beside("house µs", ours.cpu)
        .beside("by hand µs", other.cpu)
}

/// Many at once on SQLite, against one task that writes by hand in a loop and has the file for itself; and whether they take
/// turns.
pub(crate) async fn on_one_file(test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    let engine = test.db.engine_name();
    for &writers in &args.sharing {
        let house = House::new(test.db_at(Arc::new(SystemClock)), 1).counting(writers);
        let by_hand = ByHand::on(&test.url, 1, 1).await?;
        let (mut ratios, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..args.rounds {
            // Each is first in half of the rounds: whoever comes second finds a larger file.
            let (many, one) = (
                Rounds { count: 1, ..args.rounds(writers) },
                Rounds { count: 1, ..args.rounds(1) },
            );
            let (house_pace, hand_pace) = if round % 2 == 0 {
                let house_pace = many.of(&house).await?;
                (house_pace, one.of(&by_hand).await?)
            } else {
                let hand_pace = one.of(&by_hand).await?;
                (many.of(&house).await?, hand_pace)
            };
            ratios.push(house_pace.per_second / hand_pace.per_second);
            ours.push(house_pace.per_second);
            theirs.push(hand_pace.per_second);
        }
        by_hand.close().await;
        let what = format!("{writers} writers share a file, synchronous=FULL");
        rows.push(
            Row::new(engine, what, median(ratios), "of hand")
                .wanted(ENOUGH)
                .beside("house/s", median(ours))
                .beside("by hand/s", median(theirs)),
        );
        let what = format!("{writers} writers: who commits most against least");
        rows.push(Row::new(engine, what, house.unfairness(), ": 1").wanted(FAIR));
    }
    Ok(rows)
}
