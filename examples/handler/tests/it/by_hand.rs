//! What the handler does about events, and about failures.

use handler::Noticeboard;
use perme8_events::{
    host::{Outcome, Runtime},
    testing::on_both_engines,
};

use crate::office::{COMPANY, ELSEWHERE, Words, begin, board};

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &projects::MIGRATIONS, &handler::MIGRATIONS];

    async fn each_project_is_told_of_once_and_in_order(test: TestDb) {
        let runtime = || Runtime::builder(&test.db).handler(Noticeboard::new(Words::missing(0, ""))).build();
        begin(&test.db, COMPANY, "Difference Engine").await;
        begin(&test.db, ELSEWHERE, "Loom").await;
        begin(&test.db, COMPANY, "Analytical Engine").await;
        assert_eq!(runtime().driver(Some(test.clock.clone())).await.run_until_idle().await.len(), 3);
        // Another process finds how far this one has come.
        assert!(runtime().driver(Some(test.clock.clone())).await.run_until_idle().await.is_empty());
        let said = ["1 Difference Engine begins", "2 Analytical Engine begins"];
        assert_eq!(board(&test.db, COMPANY).await, said);
        assert_eq!(board(&test.db, ELSEWHERE).await, ["1 Loom begins"]);
    }

    async fn what_fails_is_tried_again_while_others_go_on(test: TestDb) {
        let words = Words::missing(5, "Difference Engine");
        let runtime = Runtime::builder(&test.db).handler(Noticeboard::new(words)).build();
        begin(&test.db, COMPANY, "Difference Engine").await;
        begin(&test.db, COMPANY, "Analytical Engine").await;
        begin(&test.db, ELSEWHERE, "Loom").await;
        let reactions = runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
        let failed = reactions.iter().filter(|reaction| matches!(reaction.outcome, Outcome::Failed { .. }));
        assert_ne!(failed.count(), 0);
        assert_eq!(board(&test.db, ELSEWHERE).await, ["1 Loom begins"]);
        let said = ["1 Difference Engine begins", "2 Analytical Engine begins"];
        assert_eq!(board(&test.db, COMPANY).await, said, "what came later has waited");
    }

    async fn what_fails_six_times_is_a_dead_letter(test: TestDb) {
        let words = Words::missing(6, "Difference Engine");
        let runtime = Runtime::builder(&test.db).handler(Noticeboard::new(words)).build();
        begin(&test.db, COMPANY, "Difference Engine").await;
        let reactions = runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
        let last = reactions.last().map(|reaction| &reaction.outcome);
        assert_eq!(last, Some(&Outcome::DeadLettered { error: "words fail".to_owned() }));
        assert_eq!(reactions.len(), 6);
        assert!(board(&test.db, COMPANY).await.is_empty());
    }
}
