//! Messages that nobody keeps.

use std::time::Duration;

use futures_util::FutureExt as _;
use perme8_events::{
    Envelope, EphemeralTopic, Signal, Standing, Topic, UserId, Viewer,
    host::{Heard, Listening, PublishError},
    on_both_engines,
    sql::MIGRATIONS,
    testing::wait_until,
};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    fixtures::{Noted, emit, noted, user, workspace},
    live::Live,
    members::Members,
};

const SOON: Duration = Duration::from_secs(20);
const SEVEN: EphemeralTopic =
    EphemeralTopic::Workspace(perme8_events::Id::new(uuid::Uuid::from_u128(7)));

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Token(String);

impl Signal for Token {
    const KIND: &'static str = "probe.token";
}

fn ada() -> UserId {
    user(5)
}

fn ben() -> UserId {
    user(6)
}

fn members() -> Members {
    Members::default().with(ada(), workspace(7), Standing::Member).with(
        ben(),
        workspace(7),
        Standing::Manager,
    )
}

fn typing(text: &str) -> Box<RawValue> {
    to_raw_value(text).unwrap()
}

async fn listen(live: &Live, viewer: Viewer, topic: EphemeralTopic) -> Option<Listening> {
    live.bus.ephemeral().listen(viewer, topic).await.unwrap()
}

async fn next(listening: &mut Listening) -> Heard {
    tokio::time::timeout(SOON, listening.next()).await.expect("something is heard").unwrap()
}

/// Kind, sender and data of the next message.
async fn heard(listening: &mut Listening) -> (String, Option<UserId>, String) {
    match next(listening).await {
        Heard::Message(message) => {
            (message.kind.clone(), message.sender, message.data.get().to_owned())
        }
        other @ (Heard::Missed(_) | Heard::AccessLost | Heard::Closed) => panic!("{other:?}"),
    }
}

on_both_engines! {
    migrations: [&MIGRATIONS];

    async fn members_hear_what_the_program_and_other_members_say(test: TestDb) {
        let live = Live::start(&test.db, &members()).await;
        let ephemeral = live.bus.ephemeral();
        let mut of_ada = listen(&live, Viewer::User(ada()), SEVEN).await.unwrap();
        let mut of_operator = listen(&live, Viewer::Operator, SEVEN).await.unwrap();
        assert!(listen(&live, Viewer::User(user(9)), SEVEN).await.is_none());
        ephemeral.publish(SEVEN, None, &Token("Hel".to_owned())).unwrap();
        ephemeral.relay(ben(), SEVEN, "typing", typing("title")).await.unwrap();
        for listening in [&mut of_ada, &mut of_operator] {
            let Heard::Message(token) = next(listening).await else { panic!("it was sent first") };
            assert_eq!(token.decode::<Token>().unwrap(), Some(Token("Hel".to_owned())));
            assert_eq!(heard(listening).await, ("typing".to_owned(), Some(ben()), "\"title\"".to_owned()));
        }
        live.stop().await;
        assert!(matches!(next(&mut of_ada).await, Heard::Closed));
    }

    async fn what_is_said_to_one_person_is_for_that_person(test: TestDb) {
        let live = Live::start(&test.db, &members()).await;
        let to_ada = EphemeralTopic::User(ada());
        assert!(listen(&live, Viewer::User(ben()), to_ada).await.is_none());
        let mut of_ada = listen(&live, Viewer::User(ada()), to_ada).await.unwrap();
        let refused = live.bus.ephemeral().relay(ben(), to_ada, "typing", typing("")).await;
        assert!(matches!(refused, Err(PublishError::Forbidden)));
        live.bus.ephemeral().publish(to_ada, Some(ben()), &Token("x".to_owned())).unwrap();
        assert_eq!(heard(&mut of_ada).await.1, Some(ben()));
        live.stop().await;
    }

    async fn what_the_program_says_to_itself_no_person_hears(test: TestDb) {
        let live = Live::start(&test.db, &members()).await;
        let ephemeral = live.bus.ephemeral();
        let topic = EphemeralTopic::Program(uuid::Uuid::from_u128(7));
        assert!(listen(&live, Viewer::User(ada()), topic).await.is_none());
        let refused = ephemeral.relay(ada(), topic, "typing", typing("")).await;
        assert!(matches!(refused, Err(PublishError::Forbidden)));
        let mut of_program = listen(&live, Viewer::Operator, topic).await.unwrap();
        ephemeral.publish(topic, None, &Token("x".to_owned())).unwrap();
        assert_eq!(heard(&mut of_program).await.2, "\"x\"");
        live.stop().await;
    }

    async fn whoever_watches_is_told_that_something_happened(test: TestDb) {
        let live = Live::start(&test.db, &members()).await;
        let is_of_a = |event: &Envelope| event.aggregate_id == "a";
        let watching = live.bus.watch(vec![Topic::Workspace(workspace(7))], is_of_a);
        emit(&test.db, [
            Noted { workspace: Some(workspace(8)), ..noted("a", 1) },
            Noted { workspace: Some(workspace(7)), ..noted("b", 1) },
        ]).await;
        live.caught_up(&test.db).await;
        assert!(watching.happened().now_or_never().is_none(), "it happened elsewhere");
        for number in [1, 2] {
            emit(&test.db, [Noted { workspace: Some(workspace(7)), ..noted("a", number) }]).await;
        }
        assert!(watching.happened().await);
        live.caught_up(&test.db).await;
        let _ = watching.happened().now_or_never();
        assert!(watching.happened().now_or_never().is_none(), "it is told once");
        live.stop().await;
        assert!(!watching.happened().await);
    }

    async fn clients_say_short_words_in_topics_of_their_own(test: TestDb) {
        let live = Live::start(&test.db, &members()).await;
        let ephemeral = live.bus.ephemeral();
        let refused = ephemeral.relay(user(9), SEVEN, "typing", typing("")).await;
        assert!(matches!(refused, Err(PublishError::Forbidden)));
        for kind in ["", "probe.token", "Typing"] {
            let refused = ephemeral.relay(ada(), SEVEN, kind, typing("")).await;
            assert!(matches!(refused, Err(PublishError::Kind)), "{kind}");
        }
        let longest = "x".repeat(4094);
        ephemeral.relay(ada(), SEVEN, "typing", typing(&longest)).await.unwrap();
        let refused = ephemeral.relay(ada(), SEVEN, "typing", typing(&(longest + "x"))).await;
        assert!(matches!(refused, Err(PublishError::TooLarge { size: 4097 })));
        live.stop().await;
    }

    async fn the_right_to_hear_is_checked_when_a_message_is_delivered(test: TestDb) {
        let members = members();
        let live = Live::start(&test.db, &members).await;
        let mut of_ada = listen(&live, Viewer::User(ada()), SEVEN).await.unwrap();
        live.bus.ephemeral().publish(SEVEN, None, &Token("1".to_owned())).unwrap();
        assert_eq!(heard(&mut of_ada).await.2, "\"1\"");
        members.remove(ada(), workspace(7));
        emit(&test.db, [Noted { workspace: Some(workspace(7)), ..noted("a", 1) }]).await;
        live.caught_up(&test.db).await;
        live.bus.ephemeral().publish(SEVEN, None, &Token("2".to_owned())).unwrap();
        assert!(matches!(next(&mut of_ada).await, Heard::AccessLost));
        assert!(matches!(next(&mut of_ada).await, Heard::Closed));
        live.stop().await;
    }

    async fn a_slow_listener_is_told_how_much_it_missed(test: TestDb) {
        let live = Live::start(&test.db, &members()).await;
        let mut slow = listen(&live, Viewer::User(ada()), SEVEN).await.unwrap();
        for n in 0..100 {
            live.bus.ephemeral().publish(SEVEN, None, &Token(n.to_string())).unwrap();
        }
        assert!(matches!(next(&mut slow).await, Heard::Missed(36)));
        for n in 36..100 {
            assert_eq!(heard(&mut slow).await.2, format!("\"{n}\""));
        }
        live.stop().await;
    }
}

/// One database, two nodes; on SQLite there is only ever one.
#[tokio::test]
async fn other_nodes_hear_it_too() {
    let Some(test) = perme8_events::testing::TestDb::postgres(8, &[&MIGRATIONS]).await else {
        return;
    };
    test.run(async |test| {
        let (here, there) =
            (Live::start(&test.db, &members()).await, Live::start(&test.db, &members()).await);
        let mut of_ada = listen(&there, Viewer::User(ada()), SEVEN).await.unwrap();
        let mut of_ben = listen(&here, Viewer::User(ben()), SEVEN).await.unwrap();
        // Until the other node listens, there is nobody to hear it there.
        let say = |n: usize| here.bus.ephemeral().publish(SEVEN, None, &Token(n.to_string()));
        let listens = async || {
            say(0).unwrap();
            tokio::time::timeout(Duration::from_millis(50), of_ada.next()).await.is_ok()
        };
        wait_until("the other node listens", SOON, listens).await;
        for _ in 0..3 {
            say(1).unwrap();
        }
        let mut ones = 0;
        while ones < 3 {
            ones += usize::from(heard(&mut of_ada).await.2 == "\"1\"");
        }
        // Here every message comes once.
        let mut here_ones = 0;
        while here_ones < 3 {
            here_ones += usize::from(heard(&mut of_ben).await.2 == "\"1\"");
        }
        here.stop().await;
        there.stop().await;
        assert!(matches!(next(&mut of_ben).await, Heard::Closed));
    })
    .await;
}
