//! Events of earlier and of later versions in one log.

use std::{marker::PhantomData, sync::Arc, time::Duration};

use async_trait::async_trait;
use expect_test::{Expect, expect};
use perme8_events::{
    Catalogue, DecodeError, DomainEvent, Envelope, EventData, EventHandler, HandlerError,
    HandlerOptions, Position, Subscriber, Subscription, Topic, UpcastError, Viewer, catalogue,
    host::{Delivery, EventBus, Feed, Outcome, Runtime, Tasks},
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, Tx},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    fixtures::{PROBE, change, emit, log},
    live::next,
    members::Members,
    probe::{QUICK, effects},
};

/// Emitted when a parcel is sent, as the first program says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "post.parcel_sent", aggregate = "parcel", audience(operators))]
struct First {
    #[event(aggregate_id)]
    parcel: String,
    to: String,
}

/// Emitted when a parcel is sent, as the second program says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "post.parcel_sent", version = 2, upcast(v1 = to_is_the_recipient))]
#[event(aggregate = "parcel", audience(operators))]
struct Second {
    #[event(aggregate_id)]
    parcel: String,
    recipient: String,
}

/// Emitted when a parcel is sent, as the third program says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "post.parcel_sent", version = 3)]
#[event(upcast(v1 = to_is_the_recipient, v2 = nothing_was_express))]
#[event(aggregate = "parcel", audience(operators))]
struct Third {
    #[event(aggregate_id)]
    parcel: String,
    recipient: String,
    express: bool,
}

catalogue!(EVENTS: Third);

const CATALOGUES: &[Catalogue] = &[EVENTS];

fn to_is_the_recipient(mut data: EventData) -> Result<EventData, UpcastError> {
    let to = data.remove("to").ok_or(UpcastError::new("`to` is missing"))?;
    data.insert("recipient".to_owned(), to);
    Ok(data)
}

#[expect(clippy::unnecessary_wraps, reason = "an upcaster may refuse")]
fn nothing_was_express(mut data: EventData) -> Result<EventData, UpcastError> {
    data.insert("express".to_owned(), false.into());
    Ok(data)
}

fn first(parcel: &str) -> First {
    First { parcel: parcel.to_owned(), to: "Ada".to_owned() }
}

fn second(parcel: &str) -> Second {
    Second { parcel: parcel.to_owned(), recipient: "Ben".to_owned() }
}

fn third(parcel: &str) -> Third {
    Third { parcel: parcel.to_owned(), recipient: "Zoe".to_owned(), express: true }
}

/// Handles the parcels of one program, whichever versions that knows.
struct Reading<E> {
    name: &'static str,
    version: PhantomData<fn() -> E>,
}

const NAME: &str = "tests.reading";

impl<E> Reading<E> {
    const fn new() -> Self {
        Self { name: NAME, version: PhantomData }
    }
}

impl<E: DomainEvent> Subscriber for Reading<E> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<Third>()] }
    }

    fn options(&self) -> HandlerOptions {
        QUICK
    }
}

#[async_trait]
impl<E: DomainEvent> EventHandler<Tx> for Reading<E> {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let Some(parcel) = event.decode::<E>()? else { return Ok(()) };
        tx.query(sql!(
            "INSERT INTO probe_effects (handler, key, n, position) VALUES ($1, $2, $3, $4)"
        ))
        .bind(self.name)
        .bind(parcel.aggregate_id())
        .bind(i64::from(event.version))
        .bind(event.position.number())
        .exec()
        .await?;
        Ok(())
    }
}

/// What a program that knows `E` makes of the log, without waiting for retries; one line a reaction.
async fn deliver<E: DomainEvent>(db: &Db, expected: &Expect) {
    let runtime = Runtime::builder(db).handler(Reading::<E>::new()).build();
    let reactions = runtime.driver(None).await.run_until_idle().await;
    let line = |reaction: &perme8_events::host::Reaction| {
        let outcome = match &reaction.outcome {
            Outcome::Handled => "handled".to_owned(),
            Outcome::Parked => "parked".to_owned(),
            Outcome::Aside => "aside".to_owned(),
            Outcome::Failed { attempts, error, .. } => format!("failed {attempts}: {error}"),
            Outcome::DeadLettered { error } => format!("dead: {error}"),
        };
        let event = &reaction.event;
        format!("{} v{} {outcome}\n", event.aggregate_id, event.version)
    };
    let mut lines: Vec<String> = reactions.iter().map(line).collect();
    // Partitions take turns in an order of their own.
    lines.sort();
    expected.assert_eq(&lines.concat());
}

/// What clients are shown of the whole log.
async fn shown(db: &Db) -> Vec<(u16, String)> {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await.unwrap();
    let bus = EventBus::new(feed, Arc::new(Members::default()), CATALOGUES);
    let all = vec![Topic::All];
    let mut live = bus.subscribe(Viewer::Operator, all, Some(Position::START)).await.unwrap();
    let mut shown = Vec::new();
    for _ in log(db).await {
        match next(&mut live).await {
            Delivery::Event(event) => shown.push((event.version, json(&event))),
            over @ (Delivery::AccessLost(_) | Delivery::Closed) => panic!("{over:?}"),
        }
    }
    tasks.shutdown(Duration::from_secs(10)).await.unwrap();
    shown
}

/// The data, with their fields in the order of the alphabet.
fn json(event: &Envelope) -> String {
    serde_json::from_str::<serde_json::Value>(event.data.get()).unwrap().to_string()
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn what_every_version_wrote_is_read_as_the_current_one(test: TestDb) {
        emit(&test.db, [first("a")]).await;
        emit(&test.db, [second("b")]).await;
        emit(&test.db, [third("c")]).await;
        let read: Vec<Third> =
            log(&test.db).await.iter().map(|event| event.decode().unwrap().unwrap()).collect();
        let expected = |parcel: &str, recipient: &str, express| Third {
            parcel: parcel.to_owned(),
            recipient: recipient.to_owned(),
            express,
        };
        assert_eq!(read, [expected("a", "Ada", false), expected("b", "Ben", false), expected("c", "Zoe", true)]);
    }

    async fn clients_are_shown_the_current_version_and_the_log_keeps_what_was_written(test: TestDb) {
        emit(&test.db, [first("a")]).await;
        emit(&test.db, [second("b")]).await;
        emit(&test.db, [third("c")]).await;
        assert_eq!(
            shown(&test.db).await,
            [
                (3, r#"{"express":false,"parcel":"a","recipient":"Ada"}"#.to_owned()),
                (3, r#"{"express":false,"parcel":"b","recipient":"Ben"}"#.to_owned()),
                (3, r#"{"express":true,"parcel":"c","recipient":"Zoe"}"#.to_owned()),
            ]
        );
        let log = log(&test.db).await;
        assert_eq!(log.iter().map(|event| event.version).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(json(&log[0]), r#"{"parcel":"a","to":"Ada"}"#);
    }

    async fn what_a_newer_program_wrote_waits_for_the_upgrade_and_everything_else_flows(test: TestDb) {
        emit(&test.db, [third("a")]).await;
        emit(&test.db, [second("a")]).await;
        emit(&test.db, [second("b")]).await;
        deliver::<Second>(&test.db, &expect![[r"
            a v2 parked
            a v3 failed 0: `post.parcel_sent` has version 3 in the log, but this program knows no version above 2: upgrade the program
            b v2 handled
        "]]).await;
        // Some minutes later the program is upgraded.
        test.clock.advance(Duration::from_mins(2));
        deliver::<Third>(&test.db, &expect![[r"
            a v2 handled
            a v3 handled
        "]]).await;
        let done = effects(&test.db, NAME).await;
        assert_eq!(done, [("b".to_owned(), 2), ("a".to_owned(), 3), ("a".to_owned(), 2)]);
    }

    async fn data_that_an_upcaster_refuses_are_a_dead_letter_and_are_shown_as_they_were_written(test: TestDb) {
        emit(&test.db, [first("a")]).await;
        change(&test.db, sql!(r#"UPDATE event_log SET data = '{"parcel":"a"}'"#)).await;
        deliver::<Third>(&test.db, &expect![[r"
            a v1 dead: the data of `post.parcel_sent` cannot be brought from version 1 to the next: `to` is missing
        "]]).await;
        assert_eq!(shown(&test.db).await, [(1, r#"{"parcel":"a"}"#.to_owned())]);
    }
}

#[test]
fn a_catalogue_knows_every_version() {
    let [known] = EVENTS else { panic!("one event is in it") };
    let check = |version: u16, data: &str| {
        (known.check)(version, &serde_json::value::RawValue::from_string(data.to_owned()).unwrap())
    };
    assert!(check(1, r#"{"parcel":"a","to":"Ada"}"#).is_ok());
    assert!(check(2, r#"{"parcel":"a","recipient":"Ada"}"#).is_ok());
    assert!(check(3, r#"{"parcel":"a","recipient":"Ada","express":true}"#).is_ok());
    let refused = |version, data| check(version, data).unwrap_err();
    assert!(matches!(refused(3, r#"{"parcel":"a"}"#), DecodeError::Data { .. }));
    assert!(matches!(refused(2, "[]"), DecodeError::Data { .. }));
    assert!(matches!(refused(1, "{}"), DecodeError::Upcast { version: 1, .. }));
    assert!(matches!(refused(4, "{}"), DecodeError::Version { found: 4, known: 3, .. }));
}
