//! Subscriptions that come together, go apart and fall behind.

use futures_util::FutureExt as _;
use perme8_events::{
    Envelope, Position, Topic, Viewer,
    host::{Delivery, LiveEvents},
    on_both_engines,
    sql::MIGRATIONS,
};

use crate::{
    fixtures::{Noted, emit, noted, numbers, user, workspace},
    live::{Live, next, next_number},
    members::Members,
};

fn note(id: &str) -> Topic {
    Topic::Aggregate("notes".to_owned(), "note".to_owned(), id.to_owned())
}

async fn follow(live: &Live, topic: Topic, after: Option<i64>) -> LiveEvents {
    live.bus.subscribe(Viewer::Operator, vec![topic], after.map(Position::new)).await.unwrap()
}

/// What is there at once; the topics by which it came.
async fn at_hand(events: &mut LiveEvents) -> Vec<(i64, Vec<String>)> {
    let mut seen = Vec::new();
    while let Some(Delivery::Event(event)) = events.at_hand().await.unwrap() {
        seen.push((numbers([&*event])[0], topics(events, &event)));
    }
    seen
}

fn topics(events: &LiveEvents, event: &Envelope) -> Vec<String> {
    events.topics_of(event).map(ToString::to_string).collect()
}

on_both_engines! {
    migrations: [&MIGRATIONS];

    async fn an_event_of_two_topics_comes_once_after_they_are_joined(test: TestDb) {
        let live = Live::start(&test.db, &Members::default()).await;
        let mut all = live.bus.subscribe(Viewer::Operator, Vec::new(), None).await.unwrap();
        all.absorb(follow(&live, note("a"), None).await).unwrap();
        emit(&test.db, [noted("a", 1), noted("b", 2)]).await;
        live.caught_up(&test.db).await;
        assert_eq!(at_hand(&mut all).await, [(1, vec!["events:notes:note:a".to_owned()])]);
        let context = Topic::Context("notes".to_owned());
        all.absorb(follow(&live, context.clone(), None).await).unwrap();
        emit(&test.db, [noted("a", 3), noted("b", 4)]).await;
        live.caught_up(&test.db).await;
        let both = ["events:notes:note:a", "events:notes"].map(str::to_owned).to_vec();
        assert_eq!(at_hand(&mut all).await, [(3, both), (4, vec!["events:notes".to_owned()])]);
        assert!(all.unfollow(&context));
        assert!(!all.unfollow(&context));
        emit(&test.db, [noted("b", 5), noted("a", 6)]).await;
        live.caught_up(&test.db).await;
        assert_eq!(at_hand(&mut all).await, [(6, vec!["events:notes:note:a".to_owned()])]);
        assert_eq!(all.position(), live.feed.settled());
        live.stop().await;
    }

    async fn a_replay_joins_only_at_its_end_and_without_gap_or_duplicate(test: TestDb) {
        let live = Live::start(&test.db, &Members::default()).await;
        emit(&test.db, (1..=3).map(|n| noted("a", n))).await;
        live.caught_up(&test.db).await;
        let mut all = live.bus.subscribe(Viewer::Operator, vec![note("b")], None).await.unwrap();
        let mut replay = follow(&live, note("a"), Some(0)).await;
        for n in 1..=3 {
            replay = *all.absorb(replay).unwrap_err();
            assert_eq!(next_number(&mut replay).await, n);
        }
        // What happens now still belongs to the replay, and is behind the end of what is live.
        emit(&test.db, [noted("b", 4), noted("a", 5)]).await;
        live.caught_up(&test.db).await;
        assert_eq!(next_number(&mut all).await, 4);
        replay = *all.absorb(replay).unwrap_err();
        assert_eq!(next_number(&mut replay).await, 5);
        assert!(replay.at_hand().await.unwrap().is_none());
        all.absorb(replay).unwrap();
        emit(&test.db, [noted("a", 6), noted("b", 7)]).await;
        for n in [6, 7] {
            assert_eq!(next_number(&mut all).await, n);
        }
        live.stop().await;
    }

    async fn what_happens_while_topics_are_joined_is_not_lost(test: TestDb) {
        let live = Live::start(&test.db, &Members::default()).await;
        let mut all = live.bus.subscribe(Viewer::Operator, Vec::new(), None).await.unwrap();
        for n in 0..40 {
            let replay = follow(&live, note(&n.to_string()), None).await;
            emit(&test.db, [noted(&n.to_string(), n)]).await;
            if n % 2 == 0 {
                live.caught_up(&test.db).await;
            }
            let mut joining = Some(replay);
            while let Some(mut replay) = joining.take() {
                if let Some(Delivery::Event(event)) = replay.at_hand().await.unwrap() {
                    assert_eq!(numbers([&*event]), [n]);
                }
                joining = all.absorb(replay).err().map(|replay| *replay);
            }
        }
        emit(&test.db, [noted("39", 100)]).await;
        let mut last = next_number(&mut all).await;
        while last != 100 {
            last = next_number(&mut all).await;
        }
        live.stop().await;
    }

    async fn events_of_others_wake_nobody_and_move_the_position(test: TestDb) {
        let live = Live::start(&test.db, &Members::default()).await;
        let mut idle = follow(&live, note("a"), None).await;
        assert!(idle.next().now_or_never().is_none());
        {
            let waiting = idle.next();
            tokio::pin!(waiting);
            assert!(futures_util::poll!(&mut waiting).is_pending());
            // Far more than stays in memory.
            for page in 0..10 {
                emit(&test.db, (0..500).map(|n| noted("b", 500 * page + n))).await;
            }
            live.caught_up(&test.db).await;
            assert!(futures_util::poll!(&mut waiting).is_pending());
        }
        assert_eq!(idle.position(), live.feed.settled());
        assert!(!idle.has_fallen_behind());
        emit(&test.db, [noted("a", 1)]).await;
        assert_eq!(next_number(&mut idle).await, 1);
        live.stop().await;
    }

    async fn an_event_wakes_the_followers_of_each_of_its_topics_and_no_others(test: TestDb) {
        let live = Live::start(&test.db, &Members::default()).await;
        let id = "00000000-0000-0000-0000-000000000007";
        let texts = [
            "events:*".to_owned(),
            "events:notes".to_owned(),
            "events:notes:note".to_owned(),
            "events:notes:note:a".to_owned(),
            format!("events:workspace:{id}"),
            format!("events:user:{id}"),
            "events:files".to_owned(),
            "events:notes:file".to_owned(),
            "events:notes:note:b".to_owned(),
        ];
        let mut followers = Vec::new();
        for text in &texts {
            followers.push(follow(&live, text.parse().unwrap(), None).await);
        }
        let event = Noted { workspace: Some(workspace(7)), reader: Some(user(7)), ..noted("a", 1) };
        emit(&test.db, [event]).await;
        for follower in &mut followers[..6] {
            assert_eq!(next_number(follower).await, 1);
        }
        for follower in &mut followers[6..] {
            assert!(follower.next().now_or_never().is_none());
        }
        live.stop().await;
    }

    async fn whoever_had_everything_and_falls_out_of_memory_can_tell(test: TestDb) {
        let live = Live::start(&test.db, &Members::default()).await;
        let mut slow = follow(&live, note("a"), None).await;
        let mut replay = follow(&live, note("a"), Some(0)).await;
        emit(&test.db, [noted("a", 0)]).await;
        assert_eq!(next_number(&mut slow).await, 0);
        for page in 0..10 {
            emit(&test.db, (1..=500).map(|n| noted("a", 500 * page + n))).await;
        }
        live.caught_up(&test.db).await;
        assert!(slow.has_fallen_behind());
        // Whoever asked for the past reads the log, and has not fallen.
        assert!(!replay.has_fallen_behind());
        for n in 0..=5000 {
            assert_eq!(next_number(&mut replay).await, n);
        }
        let mut again = follow(&live, note("a"), Some(slow.position().number())).await;
        assert_eq!(next_number(&mut again).await, 1);
        assert_eq!(next_number(&mut slow).await, 1);
        live.stop().await;
        while !matches!(next(&mut slow).await, Delivery::Closed) {}
    }
}
