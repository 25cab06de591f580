//! What is measured of handlers beside how far they have come.

use std::time::Duration;

use perme8_events::{
    Clock as _,
    host::{Feed, HandlerFigures, Operations, Runtime, Tasks},
    on_both_engines,
    sql::{Db, MIGRATIONS},
    testing::wait_until,
};

use crate::{
    fixtures::{PROBE, emit, noted, operator},
    operations::{NAME, deliver, giving_up, positions},
    probe::Probe,
};

const SOON: Duration = Duration::from_secs(20);

async fn figures(db: &Db) -> HandlerFigures {
    Operations::new(db).handler_figures().await.unwrap().remove(0)
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn leases_nodes_and_the_oldest_pending_event_are_told(test: TestDb) {
        let db = &test.db;
        let operations = Operations::new(db);
        assert!(operations.handler_figures().await.unwrap().is_empty());
        emit(db, [noted("a", 1), noted("b", 2), noted("a", 3)]).await;
        deliver(db, giving_up(&[1])).await;
        let HandlerFigures { handler, leased, free, oldest_pending } = figures(db).await;
        let first = positions(db).await[0];
        assert_eq!((handler.as_str(), leased, oldest_pending), (NAME, 0, Some(first)));
        assert!(free > 0, "whoever delivered gave no sign of life");
        assert_eq!(operations.live_nodes().await.unwrap(), 0);
        assert_eq!(operations.retry_all(&operator(), NAME).await.unwrap(), 1);
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        let runtime = Runtime::builder(db).handler(Probe::new(NAME)).build();
        runtime.start(&feed, &tasks).await.unwrap();
        wait_until("a node has done everything", SOON, async || {
            let HandlerFigures { leased, free, oldest_pending, .. } = figures(db).await;
            leased > 0 && free == 0 && oldest_pending.is_none()
        })
        .await;
        assert_eq!(operations.live_nodes().await.unwrap(), 1);
        tasks.shutdown(SOON).await.unwrap();
        let now = test.clock.now();
        assert!(operations.seconds_since(now).abs() < f64::EPSILON);
        test.clock.advance(Duration::from_secs(7));
        assert!((operations.seconds_since(now) - 7.0).abs() < 0.001);
    }
}
