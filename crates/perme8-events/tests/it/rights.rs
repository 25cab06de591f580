//! Who sees which event on a live stream, asked when it is delivered.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use perme8_events::{
    Envelope, Position, Standing, StillFor, StorageError, Topic, UserId, Viewer, Visibility,
    host::{Delivery, LiveEvents, SubscribeError},
    on_both_engines,
    sql::{Db, MIGRATIONS},
};

use crate::{
    fixtures::{Filed, Noted, emit, noted, numbers, user, workspace},
    live::{Live, next, next_number},
    members::Members,
};

fn ada() -> UserId {
    user(5)
}

fn in_seven(n: i64) -> Noted {
    Noted { workspace: Some(workspace(7)), ..noted("a", n) }
}

fn for_ada(n: i64) -> Noted {
    Noted { reader: Some(ada()), ..noted("a", n) }
}

/// Whose the thing "a" is, if it is not everybody's.
#[derive(Debug, Clone, Default)]
struct Hidden {
    owner: Arc<Mutex<Option<UserId>>>,
    questions: Arc<AtomicUsize>,
}

impl Hidden {
    fn is_for(&self, owner: UserId) {
        *self.owner.lock().unwrap() = Some(owner);
    }

    fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Visibility for Hidden {
    fn concerns(&self, event: &Envelope) -> bool {
        event.aggregate_type == "note"
    }

    async fn still_for(&self, event: &Envelope) -> Result<StillFor, StorageError> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        let owner = self.owner.lock().unwrap().filter(|_| event.aggregate_id == "a");
        Ok(owner.map_or(StillFor::Everybody, StillFor::Only))
    }
}

/// What is there to be delivered at once: the numbers of notes, 0 for a file.
fn ready(events: &mut LiveEvents) -> Vec<i64> {
    let mut seen = Vec::new();
    while let Some(delivery) = events.next().now_or_never() {
        match delivery.unwrap() {
            Delivery::Event(event) => seen.push(numbers([&*event]).first().copied().unwrap_or(0)),
            over @ (Delivery::AccessLost(_) | Delivery::Closed) => panic!("{over:?}"),
        }
    }
    seen
}

async fn subscribe(
    live: &Live,
    viewer: Viewer,
    topics: &[Topic],
) -> Result<LiveEvents, SubscribeError> {
    live.bus.subscribe(viewer, topics.to_vec(), Some(Position::START)).await
}

/// Everything that there is in the tests below.
async fn everything(db: &Db) {
    let file = Filed { file: "f".to_owned(), workspace: Some(workspace(7)) };
    emit(
        db,
        [in_seven(1), noted("a", 2), for_ada(3), Noted { reader: Some(user(6)), ..noted("b", 4) }],
    )
    .await;
    emit(db, [file]).await;
    emit(db, [Noted { workspace: Some(workspace(8)), reader: Some(ada()), ..noted("c", 5) }]).await;
}

on_both_engines! {
    migrations: [&MIGRATIONS];

    async fn each_viewer_sees_what_the_audience_allows(test: TestDb) {
        let members = Members::default()
            .with(user(10), workspace(7), Standing::Member)
            .with(user(11), workspace(7), Standing::Manager)
            .with(user(11), workspace(8), Standing::Member);
        let live = Live::start(&test.db, &members).await;
        everything(&test.db).await;
        live.caught_up(&test.db).await;
        let cases = [
            (Viewer::Operator, vec![1, 2, 3, 4, 0, 5]),
            (Viewer::User(user(99)), vec![]),
            (Viewer::User(user(10)), vec![1]),
            (Viewer::User(user(11)), vec![1, 0, 5]),
            (Viewer::User(ada()), vec![3, 5]),
            (Viewer::User(user(6)), vec![4]),
        ];
        for (viewer, expected) in cases {
            let mut events = subscribe(&live, viewer, &[Topic::All]).await.unwrap();
            assert_eq!(ready(&mut events), expected, "{viewer:?}");
        }
        live.stop().await;
    }

    async fn each_topic_holds_its_events(test: TestDb) {
        let members = Members::default().with(ada(), workspace(7), Standing::Manager);
        let live = Live::start(&test.db, &members).await;
        everything(&test.db).await;
        live.caught_up(&test.db).await;
        let cases = [
            ("events:*", vec![1, 2, 3, 4, 0, 5]),
            ("events:notes", vec![1, 2, 3, 4, 5]),
            ("events:files:*", vec![0]),
            ("events:notes:note", vec![1, 2, 3, 4, 5]),
            ("events:notes:file", vec![]),
            ("events:notes:note:b", vec![4]),
            ("events:files:file:f", vec![0]),
            ("events:workspace:00000000-0000-0000-0000-000000000007", vec![1, 0]),
            ("events:user:00000000-0000-0000-0000-000000000005", vec![3, 5]),
        ];
        for (topic, expected) in cases {
            let topics = [topic.parse().unwrap()];
            let mut events = subscribe(&live, Viewer::Operator, &topics).await.unwrap();
            assert_eq!(ready(&mut events), expected, "{topic}");
        }
        live.stop().await;
    }

    async fn an_event_comes_once_however_many_topics_it_belongs_to(test: TestDb) {
        let members = Members::default().with(ada(), workspace(7), Standing::Member);
        let live = Live::start(&test.db, &members).await;
        let topics = [
            Topic::All,
            Topic::Context("notes".to_owned()),
            Topic::AggregateType("notes".to_owned(), "note".to_owned()),
            Topic::Aggregate("notes".to_owned(), "note".to_owned(), "a".to_owned()),
            Topic::Workspace(workspace(7)),
            Topic::Workspace(workspace(7)),
            Topic::User(ada()),
        ];
        let mut events = subscribe(&live, Viewer::User(ada()), &topics).await.unwrap();
        emit(&test.db, [Noted { reader: Some(ada()), ..in_seven(1) }, in_seven(2), for_ada(3)]).await;
        live.caught_up(&test.db).await;
        assert_eq!(ready(&mut events), [1, 2, 3]);
        live.stop().await;
    }

    async fn topics_of_others_are_forbidden(test: TestDb) {
        let members = Members::default().with(ada(), workspace(7), Standing::Member);
        let live = Live::start(&test.db, &members).await;
        for (topic, allowed) in [
            (Topic::Workspace(workspace(7)), true),
            (Topic::Workspace(workspace(8)), false),
            (Topic::User(ada()), true),
            (Topic::User(user(6)), false),
        ] {
            // Also beside a topic that is the viewer's.
            let topics = [Topic::User(ada()), topic.clone()];
            let refused = matches!(
                subscribe(&live, Viewer::User(ada()), &topics).await,
                Err(SubscribeError::Forbidden)
            );
            assert_eq!(refused, !allowed, "{topic}");
            assert!(subscribe(&live, Viewer::Operator, &topics).await.is_ok());
        }
        members.break_down(true);
        let unknown = subscribe(&live, Viewer::User(ada()), &[Topic::Workspace(workspace(7))]).await;
        assert!(matches!(unknown, Err(SubscribeError::Storage(_))));
        live.stop().await;
    }

    async fn rights_count_when_an_event_is_delivered(test: TestDb) {
        let members = Members::default();
        let live = Live::start(&test.db, &members).await;
        let mut events = subscribe(&live, Viewer::User(ada()), &[Topic::All]).await.unwrap();
        let file = || Filed { file: "f".to_owned(), workspace: Some(workspace(7)) };
        for (standing, expected) in [
            (None, vec![]),
            (Some(Standing::Member), vec![2]),
            (Some(Standing::Manager), vec![3, 0]),
            (Some(Standing::Member), vec![4]),
            (None, vec![]),
        ] {
            match standing {
                Some(standing) => members.set(ada(), workspace(7), standing),
                None => members.remove(ada(), workspace(7)),
            }
            let n = expected.first().copied().unwrap_or(1);
            emit(&test.db, [in_seven(n)]).await;
            emit(&test.db, [file()]).await;
            live.caught_up(&test.db).await;
            assert_eq!(ready(&mut events), expected, "{standing:?}");
        }
        live.stop().await;
    }

    async fn what_was_hidden_since_is_withheld_when_it_is_delivered(test: TestDb) {
        let members = Members::default()
            .with(ada(), workspace(7), Standing::Member)
            .with(user(6), workspace(7), Standing::Member);
        let live = Live::start(&test.db, &members).await;
        let hidden = Hidden::default();
        let bus = live.bus.clone().narrowed_by(Arc::new(hidden.clone()));
        let follow = async |user| {
            let topics = vec![Topic::Workspace(workspace(7))];
            bus.subscribe(Viewer::User(user), topics, Some(Position::START)).await.unwrap()
        };
        let note = |name: &str, n| Noted { workspace: Some(workspace(7)), ..noted(name, n) };
        emit(&test.db, [note("a", 1), note("b", 2), note("a", 3)]).await;
        live.caught_up(&test.db).await;
        let (mut of_ada, mut of_ben) = (follow(ada()).await, follow(user(6)).await);
        assert_eq!((ready(&mut of_ada), ready(&mut of_ben)), (vec![1, 2, 3], vec![1, 2, 3]));
        assert_eq!(hidden.questions(), 2, "of each thing once for all");
        // Whoever comes now gets nothing of what is Ben's alone by now; the event that says so makes the answers stale.
        hidden.is_for(user(6));
        emit(&test.db, [note("a", 4)]).await;
        live.caught_up(&test.db).await;
        assert_eq!((ready(&mut of_ada), ready(&mut of_ben)), (vec![], vec![4]));
        assert_eq!((ready(&mut follow(ada()).await), ready(&mut follow(user(6)).await)), (vec![2], vec![1, 2, 3, 4]));
        // Whom an audience names sees it, whatever else is hidden.
        emit(&test.db, [Noted { reader: Some(ada()), ..note("a", 5) }]).await;
        live.caught_up(&test.db).await;
        assert_eq!(ready(&mut of_ada), [5]);
        live.stop().await;
    }

    async fn a_removed_member_loses_a_topic_behind_what_is_still_theirs(test: TestDb) {
        let members = Members::default()
            .with(ada(), workspace(7), Standing::Member)
            .with(user(6), workspace(7), Standing::Member);
        let live = Live::start(&test.db, &members).await;
        let topics = [Topic::User(ada()), Topic::Workspace(workspace(7))];
        let mut events = subscribe(&live, Viewer::User(ada()), &topics).await.unwrap();
        let mut other =
            subscribe(&live, Viewer::User(user(6)), &[Topic::Workspace(workspace(7))]).await.unwrap();
        emit(&test.db, [in_seven(1)]).await;
        assert_eq!(next_number(&mut events).await, 1);
        members.remove(ada(), workspace(7));
        // The removal itself is for the removed, too; what follows in the workspace is not.
        emit(&test.db, [for_ada(2), Noted { reader: Some(ada()), ..in_seven(3) }, in_seven(4), for_ada(5)]).await;
        assert_eq!(next_number(&mut events).await, 2);
        assert_eq!(next_number(&mut events).await, 3);
        let over = next(&mut events).await;
        assert!(matches!(over, Delivery::AccessLost(id) if id == workspace(7)), "{over:?}");
        assert_eq!(events.topics().collect::<Vec<_>>(), [&Topic::User(ada())]);
        // What else is followed goes on.
        assert_eq!(next_number(&mut events).await, 5);
        for n in [1, 3, 4] {
            assert_eq!(next_number(&mut other).await, n);
        }
        live.stop().await;
    }

    async fn those_who_follow_a_workspace_are_asked_about_together_and_again_after_each_event(test: TestDb) {
        let members = Members::default();
        for n in 10..20 {
            members.set(user(n), workspace(7), Standing::Member);
        }
        let live = Live::start(&test.db, &members).await;
        let mut all = Vec::new();
        for n in 10..20 {
            let topics = vec![Topic::Workspace(workspace(7))];
            all.push(live.bus.subscribe(Viewer::User(user(n)), topics, None).await.unwrap());
        }
        let asked = members.questions();
        for round in 1..=3 {
            emit(&test.db, [in_seven(round)]).await;
            for events in &mut all {
                assert_eq!(next_number(events).await, round);
            }
            assert_eq!(members.questions() - asked, usize::try_from(round).unwrap());
        }
        // The answers of a moment ago do not outlive the event that follows.
        members.remove(user(13), workspace(7));
        emit(&test.db, [in_seven(4)]).await;
        for (n, events) in (10..20).zip(&mut all) {
            match next(events).await {
                Delivery::Event(_) => assert_ne!(n, 13),
                Delivery::AccessLost(_) => assert_eq!(n, 13),
                Delivery::Closed => panic!("nobody stopped it"),
            }
        }
        live.stop().await;
    }

    async fn nothing_is_skipped_while_nobody_can_tell_the_rights(test: TestDb) {
        let members = Members::default().with(ada(), workspace(7), Standing::Member);
        let live = Live::start(&test.db, &members).await;
        let mut events = subscribe(&live, Viewer::User(ada()), &[Topic::All]).await.unwrap();
        emit(&test.db, [for_ada(1), in_seven(2), for_ada(3)]).await;
        live.caught_up(&test.db).await;
        members.break_down(true);
        assert_eq!(next_number(&mut events).await, 1);
        for _ in 0..3 {
            events.next().await.unwrap_err();
        }
        members.break_down(false);
        assert_eq!(ready(&mut events), [2, 3]);
        live.stop().await;
    }
}
