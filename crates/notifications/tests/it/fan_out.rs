//! Many people are told the same thing, and it is taken away from them, each time once, whatever dies on the way.

use notifications::testing::{Crowd, Told, dissolve, leave};
use perme8_events::{host::Outcome, sql::Db, testing::on_both_engines};

/// The first page is told, or taken away, by the handler, three more by jobs.
const PEOPLE: u32 = 1_700;

/// Everybody was told, so many times.
async fn assert_told(db: &Db, times: usize) {
    let told = Told::by_now(db).await;
    assert_eq!(told.people(), PEOPLE);
    assert!(told.times().all(|counted| counted == times), "{told:?}");
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &notifications::MIGRATIONS];

    async fn a_crowd_is_told_page_by_page(test: TestDb) {
        let crowd = Crowd::of(PEOPLE);
        let mut driver = crowd.runtime(&test.db).build().driver(Some(test.clock.clone())).await;
        leave(&test.db).await;
        driver.run_until_idle().await;
        assert_told(&test.db, 1).await;
        assert_eq!(crowd.largest_page(), 500);
        // Nothing comes behind it.
        driver.run_until_idle().await;
        assert_told(&test.db, 1).await;
    }

    async fn whoever_cannot_be_asked_is_asked_later(test: TestDb) {
        let crowd = Crowd::of(PEOPLE);
        let mut driver = crowd.runtime(&test.db).build().driver(Some(test.clock.clone())).await;
        leave(&test.db).await;
        // The handler fails twice; then jobs fail.
        crowd.refuse(2);
        let reactions = driver.run_until_idle().await;
        assert_eq!(reactions.last().map(|last| &last.outcome), Some(&Outcome::Handled));
        assert_told(&test.db, 1).await;
        leave(&test.db).await;
        crowd.refuse(3);
        driver.run_until_idle().await;
        assert_told(&test.db, 2).await;
    }

    async fn a_crowd_is_told_once_whatever_dies_on_the_way(test: TestDb) {
        leave(&test.db).await;
        let mut deaths = 0;
        // Later and later after a page was asked for: before its transaction, in it, and behind it.
        for patience in [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] {
            let crowd = Crowd::of(PEOPLE);
            let mut driver = crowd.runtime(&test.db).build().driver(Some(test.clock.clone())).await;
            let death = async {
                while crowd.asked() == 0 {
                    tokio::task::yield_now().await;
                }
                for _ in 0..patience {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                () = death => deaths += 1,
                _ = driver.run_until_idle() => {}
            }
        }
        assert!(deaths > 3, "{deaths} is not enough to prove anything");
        let crowd = Crowd::of(PEOPLE);
        crowd.runtime(&test.db).build().driver(Some(test.clock.clone())).await.run_until_idle().await;
        assert_told(&test.db, 1).await;
    }
    async fn what_a_crowd_was_told_goes_with_the_workspace_page_by_page(test: TestDb) {
        leave(&test.db).await;
        let crowd = Crowd::of(PEOPLE);
        crowd.runtime(&test.db).build().driver(Some(test.clock.clone())).await.run_until_idle().await;
        dissolve(&test.db).await;
        let mut progress = Vec::new();
        // Whatever takes it away dies as soon as there is another page less.
        for page in 1..4 {
            let mut driver = crowd.runtime(&test.db).build().driver(Some(test.clock.clone())).await;
            let death = async {
                while Told::by_now(&test.db).await.taken_away() < page * 500 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                () = death => {}
                _ = driver.run_until_idle() => {}
            }
            progress.push(Told::by_now(&test.db).await.taken_away());
        }
        assert!(progress[0] < PEOPLE, "it died before all was done: {progress:?}");
        assert!(progress.iter().all(|done| done % 500 == 0 || *done == PEOPLE), "{progress:?}");
        crowd.runtime(&test.db).build().driver(Some(test.clock.clone())).await.run_until_idle().await;
        let told = Told::by_now(&test.db).await;
        assert_eq!((told.people(), told.taken_away()), (PEOPLE, PEOPLE));
    }
}
