//! What operators do about deliveries that were given up, and that it is recorded.

use std::time::Duration;

use perme8_events::{
    OperatorAction, Origin, Position,
    host::{Discard, Feed, OperationError, Operations, Runtime, Tasks},
    on_both_engines, sql,
    sql::MIGRATIONS,
    testing::wait_until,
};
use serde_json::value::RawValue;

use crate::{
    fixtures::{Noted, PROBE, change, emit, emit_as, log, noted, operator, user, workspace},
    operations::{NAME, acts, deliver, everything, giving_up, operations, positions, status},
    probe::{Probe, effects_of},
};

const SOON: Duration = Duration::from_secs(20);

fn json(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn all_dead_letters_of_a_handler_are_retried_in_order(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("b", 2), noted("a", 3), noted("b", 4)]).await;
        deliver(db, giving_up(&[1, 2])).await;
        let letters = Operations::new(db).dead_letters(None, 10).await.unwrap();
        assert_eq!(status(db).await.oldest_dead_at, Some(letters[0].died_at));
        assert_eq!(Operations::new(db).retry_all(&operator(), NAME).await.unwrap(), 2);
        assert_eq!(deliver(db, Probe::new(NAME)).await, "a 1 handled\na 3 handled\nb 2 handled\nb 4 handled\n");
        let before = everything(db).await;
        let none = Operations::new(db).retry_all(&operator(), NAME).await;
        assert!(matches!(none, Err(OperationError::NoDeadLetters { .. })), "{none:?}");
        let unknown = Operations::new(db).retry_all(&operator(), "tests.other").await;
        assert!(matches!(unknown, Err(OperationError::UnknownHandler { .. })), "{unknown:?}");
        let unknown = Operations::new(db).pause(&operator(), "tests.other").await;
        assert!(matches!(unknown, Err(OperationError::UnknownHandler { .. })), "{unknown:?}");
        let unknown = Operations::new(db).resume(&operator(), "tests.other").await;
        assert!(matches!(unknown, Err(OperationError::UnknownHandler { .. })), "{unknown:?}");
        assert_eq!(everything(db).await, before);
    }

    async fn what_an_operator_does_is_noticed_whatever_the_clock_says(test: TestDb) {
        // Its clock stands still.
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2)]).await;
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        Runtime::builder(db).handler(giving_up(&[1])).build().start(&feed, &tasks).await.unwrap();
        wait_until("the second waits", SOON, async || status(db).await.parked == 1).await;
        let at = positions(db).await[0];
        Operations::new(db).discard(&operator(), NAME, at, Discard::Alone).await.unwrap();
        wait_until("it is delivered", SOON, async || effects_of(db, NAME, "a").await == [2]).await;
        tasks.shutdown(SOON).await.unwrap();
    }

    async fn a_dead_letter_is_delivered_with_other_data(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2)]).await;
        deliver(db, giving_up(&[1])).await;
        let at = positions(db).await[0];
        let operations = operations(db, giving_up(&[1]));
        operations.edit(&operator(), NAME, at, json(r#"{"note":"a","workspace":null,"reader":null,"n":7}"#)).await.unwrap();
        deliver(db, giving_up(&[1])).await;
        assert_eq!(effects_of(db, NAME, "a").await, [7, 2]);
        assert_eq!(log(db).await[0].decode::<Noted>().unwrap().unwrap().n, 1, "the log stays as it is");
        assert_eq!(acts(db).await[0].action, OperatorAction::Edit);
    }

    async fn edited_data_stay_with_a_delivery_that_fails_again(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        deliver(db, giving_up(&[1, 7])).await;
        let at = positions(db).await[0];
        let operations = operations(db, Probe::new(NAME));
        let data = r#"{"note":"a","workspace":null,"reader":null,"n":7}"#;
        operations.edit(&operator(), NAME, at, json(data)).await.unwrap();
        assert_eq!(deliver(db, giving_up(&[1, 7])).await, "a 7 dead: 7 is wrong\n");
        let detail = operations.dead_letter(NAME, at).await.unwrap();
        assert!(detail.dead_letter.is_edited);
        let edited: Noted = serde_json::from_str(detail.edited_data.unwrap().get()).unwrap();
        assert_eq!(edited, noted("a", 7));
        operations.retry(&operator(), NAME, at).await.unwrap();
        assert_eq!(deliver(db, Probe::new(NAME)).await, "a 7 handled\n");
    }

    async fn data_that_no_handler_could_read_are_refused(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        deliver(db, giving_up(&[1])).await;
        let (at, before) = (positions(db).await[0], everything(db).await);
        let mine = operations(db, Probe::new(NAME));
        for wrong in [r#"{"note":"a"}"#, "[]", "null"] {
            let refused = mine.edit(&operator(), NAME, at, json(wrong)).await;
            assert!(matches!(refused, Err(OperationError::Undecodable(_))), "{refused:?}");
        }
        let nul = mine.edit(&operator(), NAME, at, json(r#"{"note":"\u0000","workspace":null,"reader":null,"n":1}"#)).await;
        assert!(matches!(nul, Err(OperationError::Unstorable)), "{nul:?}");
        let stranger = Operations::new(db).edit(&operator(), NAME, at, json("{}")).await;
        assert!(matches!(stranger, Err(OperationError::UnknownEventType { .. })), "{stranger:?}");
        let nowhere = mine.edit(&operator(), NAME, Position::new(77), json("{}")).await;
        assert!(matches!(nowhere, Err(OperationError::UnknownDeadLetter { .. })), "{nowhere:?}");
        assert_eq!(everything(db).await, before);
    }

    async fn data_about_something_else_are_refused(test: TestDb) {
        let db = &test.db;
        let of_workspace = Noted { workspace: Some(workspace(7)), ..noted("a", 1) };
        emit_as(db, Origin::user(user(1)).in_workspace(workspace(9)), [noted("b", 2)]).await;
        emit(db, [of_workspace.clone()]).await;
        deliver(db, giving_up(&[1, 2])).await;
        let (at, before) = (positions(db).await, everything(db).await);
        let mine = operations(db, Probe::new(NAME));
        let edit = async |at: Position, edited: &Noted| {
            mine.edit(&operator(), NAME, at, serde_json::value::to_raw_value(edited).unwrap()).await
        };
        let elsewhere = Noted { workspace: Some(workspace(8)), ..of_workspace.clone() };
        for another in [noted("a", 1), Noted { note: "c".to_owned(), ..of_workspace.clone() }, elsewhere] {
            let refused = edit(at[1], &another).await;
            assert!(matches!(refused, Err(OperationError::AnotherSubject { .. })), "{refused:?}");
        }
        // The workspace of the request is none that the data name.
        let refused = edit(at[0], &Noted { workspace: Some(workspace(9)), ..noted("b", 7) }).await;
        assert!(matches!(refused, Err(OperationError::AnotherSubject { .. })), "{refused:?}");
        assert_eq!(everything(db).await, before);
        edit(at[0], &noted("b", 7)).await.unwrap();
        edit(at[1], &Noted { n: 8, ..of_workspace }).await.unwrap();
        deliver(db, giving_up(&[1, 2])).await;
        assert_eq!((effects_of(db, NAME, "a").await, effects_of(db, NAME, "b").await), (vec![8], vec![7]));
    }

    async fn data_take_the_place_of_those_that_nobody_can_read(test: TestDb) {
        let db = &test.db;
        emit(db, [Noted { workspace: Some(workspace(7)), ..noted("a", 1) }]).await;
        change(db, sql!("UPDATE event_log SET data = '{\"note\": 7}'")).await;
        Runtime::builder(db).handler(Probe::new(NAME)).build().driver(None).await.run_until_idle().await;
        let at = positions(db).await[0];
        let mine = operations(db, Probe::new(NAME));
        let elsewhere = json(&serde_json::to_string(&Noted { workspace: Some(workspace(8)), ..noted("a", 1) }).unwrap());
        let refused = mine.edit(&operator(), NAME, at, elsewhere).await;
        assert!(matches!(refused, Err(OperationError::AnotherSubject { .. })), "{refused:?}");
        let mended = json(&serde_json::to_string(&Noted { workspace: Some(workspace(7)), ..noted("a", 1) }).unwrap());
        mine.edit(&operator(), NAME, at, mended).await.unwrap();
        Runtime::builder(db).handler(Probe::new(NAME)).build().driver(None).await.run_until_idle().await;
        assert_eq!(effects_of(db, NAME, "a").await, [1]);
    }

    async fn a_key_is_given_up_with_all_that_waits(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2), noted("b", 3), noted("a", 4)]).await;
        deliver(db, giving_up(&[1])).await;
        let at = positions(db).await[0];
        let discarded = Operations::new(db).discard(&operator(), NAME, at, Discard::WithWaiting).await.unwrap();
        assert_eq!(discarded, 3);
        emit(db, [noted("a", 5)]).await;
        deliver(db, Probe::new(NAME)).await;
        assert_eq!(effects_of(db, NAME, "a").await, [5]);
        assert_eq!(acts(db).await[0].detail.as_deref(), Some("with 2 that waited behind it"));
    }
}
