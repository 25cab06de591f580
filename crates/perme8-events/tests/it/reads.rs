//! Reading what one has written: tokens of commits, and waiting for those who make something of them.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    CommitToken, DomainEvent, Origin, StorageError, SystemClock, Transaction as _,
    host::{Feed, ReadYourWrites, Tasks, WaitError},
    on_both_engines,
    sql::{Db, MIGRATIONS, UnitOfWork},
};

use crate::{
    fixtures::{Filed, PROBE, log, noted, user},
    tally::{TALLY, Tally, total},
};

const SOON: Duration = Duration::from_secs(30);
const BRIEFLY: Duration = Duration::from_millis(60);

/// Commits events, and gets a token for that.
async fn commit<E: DomainEvent>(db: &Db, events: impl IntoIterator<Item = E>) -> CommitToken {
    let unit_of_work = UnitOfWork::new(db.clone());
    let events: Vec<E> = events.into_iter().collect();
    let committed = unit_of_work.run_for_token(Origin::user(user(1)), async |tx| {
        for event in events {
            tx.emit(event);
        }
        Ok::<_, StorageError>(())
    });
    committed.await.unwrap().1
}

fn filed() -> Filed {
    Filed { file: "f".to_owned(), workspace: None }
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_token_stands_for_the_last_event_of_its_commit(test: TestDb) {
        let db = &test.db;
        let empty = commit::<Filed>(db, []).await;
        let mut tokens = vec![empty];
        for n in 0..3 {
            tokens.push(commit(db, [noted("a", n)]).await);
            tokens.push(commit(db, [noted("a", n), noted("b", n), noted("c", n)]).await);
        }
        assert!(tokens.is_sorted_by(|one, next| one < next));
        let last = log(db).await.last().unwrap().position;
        assert_eq!(tokens.last().unwrap().to_string(), format!("c1-{:016x}", last.number()));
        assert_eq!(empty.to_string(), "c1-0000000000000000");
    }

    async fn whoever_waits_reads_what_they_wrote(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        let tasks = Tasks::new();
        let feed = Feed::start(&db, &tasks).await.unwrap();
        let runtime = Tally::new().builder(&db).build();
        runtime.start(&feed, &tasks).await.unwrap();
        let reads = ReadYourWrites::of(&runtime);
        for n in 0..20 {
            let token = commit(&db, [noted("a", n), noted("b", n)]).await;
            let token = token.to_string().parse().unwrap();
            reads.wait_for(token, TALLY, SOON).await.unwrap();
            assert_eq!(total(&db).await, 2 * (n + 1));
        }
        tasks.shutdown(SOON).await.unwrap();
    }

    async fn nobody_waits_for_what_does_not_concern_the_handler(test: TestDb) {
        let db = &test.db;
        let runtime = Tally::new().builder(db).build();
        let mut driver = runtime.driver(None).await;
        let reads = ReadYourWrites::of(&runtime);
        reads.wait_for(commit(db, [filed()]).await, TALLY, Duration::ZERO).await.unwrap();
        let wanted = commit(db, [noted("a", 1)]).await;
        let unwanted = commit(db, [filed()]).await;
        for token in [wanted, unwanted] {
            let waited = reads.wait_for(token, TALLY, BRIEFLY).await;
            assert!(matches!(waited, Err(WaitError::TimedOut { timeout: BRIEFLY, .. })), "{waited:?}");
        }
        driver.run_until_idle().await;
        reads.wait_for(unwanted, TALLY, Duration::ZERO).await.unwrap();
        let waited = reads.wait_for(wanted, "tests.tale", SOON).await;
        assert!(matches!(waited, Err(WaitError::UnknownHandler { .. })), "{waited:?}");
    }

    async fn what_has_failed_is_waited_for(test: TestDb) {
        let db = &test.db;
        let runtime = Tally::new().refusing([7]).builder(db).build();
        let token = commit(db, [noted("a", 7)]).await;
        let other = commit(db, [noted("b", 8)]).await;
        runtime.driver(None).await.run_until_idle().await;
        let reads = ReadYourWrites::of(&runtime);
        let waited = reads.wait_for(token, TALLY, BRIEFLY).await;
        assert!(matches!(waited, Err(WaitError::TimedOut { .. })), "{waited:?}");
        reads.wait_for(other, TALLY, Duration::ZERO).await.unwrap();
    }
}
