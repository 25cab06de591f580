//! What a socket follows takes no more memory than it has topics.

use std::time::Duration;

use perme8_events::{
    UserId,
    host::{Feed, Tasks},
    sql::MIGRATIONS,
    testing::{Strangers, TestDb},
};

use super::*;

#[tokio::test]
async fn a_topic_that_was_left_takes_no_memory() {
    let test = TestDb::sqlite(&[&MIGRATIONS]).await;
    test.run(async |test| {
        let tasks = Tasks::new();
        let feed = Feed::start(&test.db, &tasks).await.unwrap();
        let bus = EventBus::new(feed, Arc::new(Strangers), &[]);
        let me = UserId::new(uuid::Uuid::from_u128(1));
        let mut followed = Subscriptions::new(bus, Viewer::User(me), None).await.unwrap();
        let topic = EphemeralTopic::User(me);
        for _ in 0..100 {
            followed.listen(topic).await.unwrap();
            assert!(followed.leave(&Subject::Ephemeral(topic)));
        }
        followed.listen(topic).await.unwrap();
        let nothing = tokio::time::timeout(Duration::from_millis(10), followed.next()).await;
        assert!(nothing.is_err());
        assert_eq!(followed.strands.len(), 1);
        tasks.shutdown(Duration::from_secs(5)).await.unwrap();
    })
    .await;
}
