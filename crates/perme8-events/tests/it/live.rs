//! Live subscriptions: nothing lost, nothing twice, however slow and however often interrupted.

use std::{pin::pin, sync::Arc, task::Poll, time::Duration};

use perme8_events::{
    EventStore, Origin, Position, StorageError, Topic, Transaction as _, Viewer,
    host::{Delivery, EventBus, Feed, LiveEvents, SubscribeError, Tasks},
    on_both_engines,
    sql::{Db, DbOptions, MIGRATIONS, UnitOfWork},
    testing::wait_until,
};
use tokio::task::JoinSet;

use crate::{
    fixtures::{emit, log, noted, numbers, user, workspace},
    members::Members,
};

const SOON: Duration = Duration::from_secs(20);

/// A bus on a feed of its own.
pub(crate) struct Live {
    pub(crate) bus: EventBus,
    pub(crate) feed: Feed,
    pub(crate) tasks: Tasks,
}

impl Live {
    pub(crate) async fn start(db: &Db, members: &Members) -> Self {
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        let bus = EventBus::new(feed.clone(), Arc::new(members.clone()), &[]);
        Self { bus, feed, tasks }
    }

    pub(crate) async fn operator(&self, after: Option<Position>) -> LiveEvents {
        self.bus.subscribe(Viewer::Operator, vec![Topic::All], after).await.unwrap()
    }

    /// Waits until the feed has read everything that is committed.
    pub(crate) async fn caught_up(&self, db: &Db) {
        let last = log(db).await.last().map_or(Position::START, |event| event.position);
        wait_until("the feed has caught up", SOON, async || self.feed.settled() >= last).await;
    }

    pub(crate) async fn stop(self) {
        self.tasks.shutdown(SOON).await.unwrap();
    }
}

/// The next delivery.
pub(crate) async fn next(events: &mut LiveEvents) -> Delivery {
    tokio::time::timeout(SOON, events.next()).await.expect("something is delivered").unwrap()
}

/// The number of the next note.
pub(crate) async fn next_number(events: &mut LiveEvents) -> i64 {
    match next(events).await {
        Delivery::Event(event) => numbers([&*event])[0],
        over @ (Delivery::AccessLost(_) | Delivery::Closed) => panic!("{over:?}"),
    }
}

/// Polls a future a number of times at most, and then drops it.
async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending if left <= 1 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

/// Commits, refuses and drops, all at once.
fn busy_writers(db: &Db, writers: i64, each: i64) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let uow = UnitOfWork::new(db.clone());
        tasks.spawn(async move {
            for n in 0..each {
                let refused = n % 5 == 4;
                let done = uow.run(Origin::user(user(1)), async |tx| {
                    for event in 0..=n % 3 {
                        tx.emit(noted(&format!("writer {writer}"), 1000 * writer + 10 * n + event));
                    }
                    if refused {
                        // A position was drawn, which leaves a hole on PostgreSQL.
                        tx.append().await?;
                        return Err(StorageError::conflict());
                    }
                    Ok(())
                });
                assert_eq!(done.await.is_err(), refused);
            }
        });
    }
    tasks
}

on_both_engines! {
    migrations: [&MIGRATIONS];

    async fn a_replay_goes_over_into_following_while_writers_are_busy(test: TestDb) {
        let db = &test.db;
        let live = Live::start(db, &Members::default()).await;
        emit(db, (0..700).map(|n| noted("before", n))).await;
        let writers = busy_writers(db, 4, 40);
        let mut followers = JoinSet::new();
        for from in [0, 1, 350, 699, 700] {
            let mut events = live.operator(Some(Position::new(from))).await;
            followers.spawn(async move {
                let mut seen = Vec::new();
                loop {
                    match next(&mut events).await {
                        Delivery::Event(event) => seen.push(event.position),
                        Delivery::Closed => break,
                        Delivery::AccessLost(id) => panic!("{id} is not followed"),
                    }
                }
                assert_eq!(events.position(), *seen.last().unwrap());
                (from, seen)
            });
        }
        writers.join_all().await;
        live.caught_up(db).await;
        let all: Vec<Position> = log(db).await.iter().map(|event| event.position).collect();
        live.stop().await;
        for (from, seen) in followers.join_all().await {
            let expected: Vec<_> = all.iter().copied().filter(|at| at.number() > from).collect();
            assert_eq!(seen, expected, "from {from}");
        }
    }

    async fn a_subscriber_that_lags_behind_what_is_kept_in_memory_loses_nothing(test: TestDb) {
        let db = &test.db;
        let live = Live::start(db, &Members::default()).await;
        let mut slow = live.operator(None).await;
        emit(db, [noted("a", 0)]).await;
        assert_eq!(next_number(&mut slow).await, 0);
        for page in 0..10 {
            emit(db, (1..=500).map(|n| noted("a", 500 * page + n))).await;
        }
        live.caught_up(db).await;
        for n in 1..=5000 {
            assert_eq!(next_number(&mut slow).await, n);
        }
        emit(db, [noted("a", 5001)]).await;
        assert_eq!(next_number(&mut slow).await, 5001);
        live.stop().await;
    }

    async fn nothing_is_lost_when_a_wait_is_cancelled_at_any_point(test: TestDb) {
        let db = &test.db;
        emit(db, (0..150).map(|n| noted("a", n))).await;
        let members = Members::default().with(user(5), workspace(7), perme8_events::Standing::Member);
        members.take_time(2);
        // What came before the feed was started is read from the log, what follows from memory.
        let live = Live::start(db, &members).await;
        let read_by_members = |n| crate::fixtures::Noted { workspace: Some(workspace(7)), ..noted("a", n) };
        emit(db, (150..300).map(read_by_members)).await;
        live.caught_up(db).await;
        let topics = vec![Topic::Context("notes".to_owned()), Topic::Workspace(workspace(7))];
        let mut member =
            live.bus.subscribe(Viewer::User(user(5)), topics, Some(Position::START)).await.unwrap();
        let mut operator = live.operator(Some(Position::START)).await;
        let last = live.feed.settled();
        let (mut of_member, mut of_operator) = (Vec::new(), Vec::new());
        for times in [1, 2, 3, 4, 5, 7, 9, 100_000].into_iter().cycle() {
            for (events, seen) in [(&mut member, &mut of_member), (&mut operator, &mut of_operator)] {
                let before = events.position();
                match polled(times, events.next()).await {
                    Some(Ok(Delivery::Event(event))) => {
                        assert_eq!(events.position(), event.position);
                        seen.extend(numbers([&*event]));
                    }
                    None => assert!(events.position() >= before),
                    over => panic!("{over:?}"),
                }
            }
            if member.position() >= last && operator.position() >= last {
                break;
            }
        }
        assert_eq!(of_member, (150..300).collect::<Vec<_>>());
        assert_eq!(of_operator, (0..300).collect::<Vec<_>>());
        live.stop().await;
    }

    async fn a_position_tells_from_where_to_follow_again(test: TestDb) {
        let db = &test.db;
        let live = Live::start(db, &Members::default()).await;
        emit(db, (1..=9).map(|n| noted("a", n))).await;
        live.caught_up(db).await;
        let mut after = Position::START;
        for n in 1..=9 {
            let mut events = live.operator(Some(after)).await;
            assert_eq!(next_number(&mut events).await, n);
            after = events.position();
        }
        live.stop().await;
    }

    async fn only_future_events_come_when_no_position_is_given(test: TestDb) {
        let db = &test.db;
        let live = Live::start(db, &Members::default()).await;
        emit(db, [noted("a", 1)]).await;
        // The feed may not have read that one yet; it is in the past all the same.
        let mut events = live.operator(None).await;
        emit(db, [noted("a", 2)]).await;
        assert_eq!(next_number(&mut events).await, 2);
        live.stop().await;
    }

    async fn a_position_that_does_not_exist_yet_is_refused(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2)]).await;
        let live = Live::start(db, &Members::default()).await;
        let head = db.head().await.unwrap();
        let after = Position::new(head.number() + 1);
        let refused = live.bus.subscribe(Viewer::Operator, vec![Topic::All], Some(after)).await;
        let Err(SubscribeError::AheadOfLog { after: asked, head: end }) = refused else { panic!("{refused:?}") };
        assert_eq!((asked, end), (after, head));
        let mut events = live.operator(Some(head)).await;
        emit(db, [noted("a", 3)]).await;
        assert_eq!(next_number(&mut events).await, 3);
        live.stop().await;
    }

    async fn a_subscription_is_closed_when_the_host_stops_and_not_before_it_has_all(test: TestDb) {
        let db = &test.db;
        let live = Live::start(db, &Members::default()).await;
        let mut events = live.operator(None).await;
        emit(db, (1..=250).map(|n| noted("a", n))).await;
        live.caught_up(db).await;
        live.stop().await;
        for n in 1..=250 {
            assert_eq!(next_number(&mut events).await, n);
        }
        for _ in 0..2 {
            assert!(matches!(next(&mut events).await, Delivery::Closed));
        }
        assert_eq!(events.position(), db.head().await.unwrap());
    }

    async fn events_that_another_process_commits_arrive(test: TestDb) {
        let live = Live::start(&test.db, &Members::default()).await;
        let mut events = live.operator(None).await;
        let options = DbOptions { connections: 2, clock: Arc::new(test.clock.clone()), ..DbOptions::default() };
        let other = Db::open(&test.url, options).await.unwrap();
        for n in 1..=3 {
            emit(&other, [noted("a", n)]).await;
            assert_eq!(next_number(&mut events).await, n);
        }
        other.close().await;
        live.stop().await;
    }
}
