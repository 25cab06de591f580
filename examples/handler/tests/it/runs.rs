//! The handler as it runs by itself.

use std::{sync::Arc, time::Duration};

use handler::{Noticeboard, Wording};
use perme8_events::{
    host::{Feed, Runtime, Tasks},
    sql::{Db, DbOptions},
    testing::{on_both_engines, wait_until},
};

use crate::office::{COMPANY, Words, begin, board};

/// What takes longer does not happen.
const DEADLINE: Duration = Duration::from_secs(30);

/// Runs the handler, until the tasks are stopped.
async fn run(db: &Db, wording: Arc<dyn Wording>) -> Tasks {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await.unwrap();
    let runtime = Runtime::builder(db).handler(Noticeboard::new(wording)).build();
    runtime.start(&feed, &tasks).await.unwrap();
    tasks
}

/// Waits until so much is on the board.
async fn until_said(db: &Db, said: &[&str]) {
    wait_until("it is on the board", DEADLINE, async || board(db, COMPANY).await == said).await;
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &projects::MIGRATIONS, &handler::MIGRATIONS];

    async fn a_host_that_stops_goes_on_where_it_was(test: TestDb) {
        // With a clock that goes.
        let options = DbOptions { connections: 4, ..DbOptions::default() };
        let db = Db::open(&test.url, options).await.unwrap();
        let words = Words::missing(2, "Difference Engine");
        let tasks = run(&db, words.clone()).await;
        begin(&db, COMPANY, "Difference Engine").await;
        begin(&db, COMPANY, "Analytical Engine").await;
        until_said(&db, &["1 Difference Engine begins", "2 Analytical Engine begins"]).await;
        tasks.shutdown(DEADLINE).await.unwrap();
        begin(&db, COMPANY, "Loom").await;
        let tasks = run(&db, words).await;
        until_said(&db, &["1 Difference Engine begins", "2 Analytical Engine begins", "3 Loom begins"]).await;
        tasks.shutdown(DEADLINE).await.unwrap();
        db.close().await;
    }
}
