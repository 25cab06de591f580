//! Property: whatever an event holds comes back, through JSON and through the log.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use perme8_events::{
    DomainEvent, EventFilter, EventStore, Personal, Position, UserId, WorkspaceId, on_both_engines,
    sql::{Db, MIGRATIONS},
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::{Just, Strategy, any},
    prop_oneof,
    test_runner::{Config, TestCaseError, TestRunner},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fixtures::{emit, user, workspace};

/// Emitted to see which shapes of fields survive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "shapes.shown", aggregate = "shape", audience(workspace, managers, user = "reader"))]
struct Shown {
    #[event(aggregate_id)]
    shape: String,
    #[event(workspace_id)]
    workspace: Option<WorkspaceId>,
    reader: UserId,
    text: String,
    maybe: Option<String>,
    list: Vec<String>,
    map: BTreeMap<String, i64>,
    small: u8,
    big: i64,
    huge: u64,
    yes: bool,
    at: DateTime<Utc>,
    kind: Kind,
    email: Personal<String>,
    phone: Option<Personal<String>>,
    parts: Personal<Parts>,
    nested: Vec<Option<Parts>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    Named(String),
    Sized { width: i32, height: Option<i32> },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Parts {
    first: String,
    second: (i16, String),
}

/// Texts that something on the way could stumble upon; without NUL, which PostgreSQL does not store.
fn text() -> impl Strategy<Value = String> {
    let nasty = [
        "",
        " ",
        "'",
        "''; DROP TABLE event_log; --",
        "\"",
        "\\",
        "\\u0000",
        "\\\"",
        "{\"a\":1}",
        "[1,",
        "null",
        "$1",
        "%s",
        "line\nbreak\r\n\ttab",
        "👩‍👩‍👧‍👦 🏳️‍🌈",
        "שלום",
        "ﷺ",
        "\u{feff}bom",
        "\u{202e}right to left",
        "\u{7f}\u{1}",
        "e\u{301} é",
        "\u{10ffff}",
        "$forgotten",
    ];
    prop_oneof![
        4 => proptest::sample::select(nasty.to_vec()).prop_map(str::to_owned),
        4 => "[^\\x00]{0,40}",
        1 => ("[^\\x00]{1,8}", 500..2000_usize).prop_map(|(text, times)| text.repeat(times)),
    ]
}

fn personal<T: Clone + std::fmt::Debug>(
    of: impl Strategy<Value = T>,
) -> impl Strategy<Value = Personal<T>> {
    option::of(of).prop_map(|known| known.map_or(Personal::Forgotten, Personal::Known))
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Plain),
        text().prop_map(Kind::Named),
        (any::<i32>(), any::<Option<i32>>())
            .prop_map(|(width, height)| Kind::Sized { width, height }),
    ]
}

fn parts() -> impl Strategy<Value = Parts> {
    (text(), any::<i16>(), text()).prop_map(|(first, n, s)| Parts { first, second: (n, s) })
}

fn instant() -> impl Strategy<Value = DateTime<Utc>> {
    // From the year 0001 to 9999, as JSON Schema's `date-time` allows.
    (-62_135_596_800_000_000_i64..253_402_300_799_999_999)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn shown() -> impl Strategy<Value = Shown> {
    let texts = (
        text(),
        text(),
        option::of(text()),
        vec(text(), 0..4),
        btree_map(text(), any::<i64>(), 0..4),
    );
    let numbers = (any::<u8>(), any::<i64>(), any::<u64>(), any::<bool>(), instant());
    let shapes = (
        kind(),
        personal(text()),
        option::of(personal(text())),
        personal(parts()),
        vec(option::of(parts()), 0..3),
    );
    (texts, numbers, shapes, any::<u128>(), option::of(1..9_u128)).prop_map(
        |((shape, text, maybe, list, map), (small, big, huge, yes, at), shapes, reader, tenant)| {
            let (kind, email, phone, parts, nested) = shapes;
            let (reader, workspace) = (user(reader), tenant.map(workspace));
            Shown {
                shape,
                workspace,
                reader,
                text,
                maybe,
                list,
                map,
                small,
                big,
                huge,
                yes,
                at,
                kind,
                email,
                phone,
                parts,
                nested,
            }
        },
    )
}

#[test]
fn events_survive_json() {
    let mut runner =
        TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    runner
        .run(&shown(), |event| {
            let json = serde_json::to_string(&event).unwrap();
            let back: Shown = serde_json::from_str(&json).unwrap();
            known_as(&back, &event)
        })
        .unwrap();
}

/// Equal, with what `Debug` does not tell.
fn known_as(back: &Shown, event: &Shown) -> Result<(), TestCaseError> {
    let (back_json, json) =
        (serde_json::to_value(back).unwrap(), serde_json::to_value(event).unwrap());
    if back == event && back_json == json {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("went in: {json}\ncame back: {back_json}")))
}

/// Commits events together, and compares what the log then holds behind `after`.
async fn through_the_log(db: &Db, events: &[Shown]) -> Result<(), TestCaseError> {
    let after = db.head().await.unwrap();
    emit(db, events.iter().cloned()).await;
    let stored = db.read(&EventFilter::All, after, 100).await.unwrap();
    assert_eq!(stored.len(), events.len());
    for (envelope, event) in stored.iter().zip(events) {
        let back = envelope.decode::<Shown>().unwrap().unwrap();
        known_as(&back, event)?;
        assert_eq!(envelope.aggregate_id, event.shape);
        assert_eq!(envelope.workspace_id, event.workspace);
        assert_eq!(envelope.audience, DomainEvent::audience(event));
        let filter = EventFilter::Aggregate {
            aggregate_type: "shape".to_owned(),
            aggregate_id: event.shape.clone(),
        };
        let found = db.read(&filter, Position::new(envelope.position.number() - 1), 1).await;
        assert_eq!(found.unwrap()[0].event_id, envelope.event_id);
    }
    Ok(())
}

on_both_engines! {
    migrations: [&MIGRATIONS];

    async fn events_survive_the_log(test: TestDb) {
        let (db, handle) = (test.db.clone(), tokio::runtime::Handle::current());
        // One event and several take different statements on PostgreSQL.
        let some = prop_oneof![vec(shown(), 1), vec(shown(), 2..6)];
        let check = move || {
            let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
            TestRunner::new(config)
                .run(&some, |events| handle.block_on(through_the_log(&db, &events)))
                .unwrap();
        };
        tokio::task::spawn_blocking(check).await.unwrap();
    }
}
