//! What identifies people is sealed in the log, and unreadable once they are forgotten.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    Envelope, EventFilter, EventStore as _, Origin, PersonForgotten, Position, Topic,
    Transaction as _, Viewer,
    host::{Delivery, EventBus, Feed, Forgotten, Operations, Runtime, Tasks},
    on_both_engines, sql,
    sql::{Db, DbOptions, Forgetting, LogReader, MIGRATIONS, MasterKeys, UnitOfWork},
    testing::{Scan, TestDb, wait_until},
};
use serde_json::value::to_raw_value;

use crate::{
    fixtures::{PROBE, change, emit, log, operator, user},
    live::next,
    members::Members,
    people::{Book, CATALOGUES, Met, NAME, UNKNOWN, met},
    probe::effects,
};

const SOON: Duration = Duration::from_secs(20);

async fn deliver(db: &Db, book: Book) {
    Runtime::builder(db).handler(book).build().driver(None).await.run_until_idle().await;
}

/// What a handler has noted, in order.
async fn noted(db: &Db, handler: &str) -> Vec<String> {
    effects(db, handler).await.into_iter().map(|(key, _)| key).collect()
}

pub(crate) async fn forget(db: &Db, n: u128, how: Forgetting) -> Forgotten {
    Operations::new(db).forget(&operator(), user(n), how).await.unwrap()
}

/// The addresses in events, in order; a dash for each that was forgotten.
pub(crate) fn emails(events: &[Envelope]) -> Vec<String> {
    let met = events.iter().filter_map(|event| event.decode::<Met>().unwrap());
    met.map(|met| met.email.known().cloned().unwrap_or_else(|| "-".to_owned())).collect()
}

/// The columns of the only row of the log: its data, and what is sealed beside them.
async fn row(db: &Db) -> (String, Option<String>) {
    db.query(sql!("SELECT CAST(data AS TEXT), CAST(sealed AS TEXT) FROM event_log"))
        .one()
        .await
        .unwrap()
}

/// The keys of people as they stand in the table.
async fn keys(db: &Db) -> Vec<Vec<u8>> {
    let keys = sql!(
        "SELECT key_bytes FROM event_subject_keys WHERE key_bytes IS NOT NULL ORDER BY user_id"
    );
    let rows: Vec<(Vec<u8>,)> = db.query(keys).all().await.unwrap();
    rows.into_iter().map(|(key,)| key).collect()
}

/// The same database, seen by a host with these master keys.
async fn with_master_keys(test: &TestDb, keys: &str) -> Db {
    let options = DbOptions {
        connections: 2,
        clock: Arc::new(test.clock.clone()),
        master_keys: keys.parse::<MasterKeys>().unwrap(),
        ..DbOptions::default()
    };
    Db::open(&test.url, options).await.unwrap()
}

/// 32 bytes as base64.
const ONE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const TWO: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_row_of_the_log_does_not_say_whom_it_is_about(test: TestDb) {
        let db = &test.db;
        emit(db, [met(1, "ada@example.com")]).await;
        let (data, sealed) = row(db).await;
        assert!(data.contains("$sealed") && data.contains("remark0001"), "{data}");
        assert!(!data.contains("ada@") && !sealed.as_ref().unwrap().contains("ada@"), "{data} {sealed:?}");
        assert_eq!(emails(&log(db).await), ["ada@example.com"]);
    }

    async fn what_is_forgotten_is_so_wherever_events_are_read(test: TestDb) {
        let db = &test.db;
        emit(db, [met(1, "ada@example.com"), met(2, "ben@example.com"), met(1, "countess@example.com")]).await;
        let forgotten = forget(db, 1, Forgetting::ForGood).await;
        assert_eq!(forgotten, Forgotten { changed: true, scrubbed: true });
        let expected = ["-", "ben@example.com", "-"];
        assert_eq!(emails(&log(db).await), expected);
        let mut reader = LogReader::open(db, Position::START).await.unwrap();
        assert_eq!(emails(&reader.poll().await.unwrap().events), expected);
        let of_type = EventFilter::Type("people.met".to_owned());
        assert_eq!(emails(&db.read(&of_type, Position::START, 9).await.unwrap()), expected);
        let first = log(db).await.remove(0);
        assert_eq!(emails(&[db.event(first.event_id).await.unwrap().unwrap()]), ["-"]);
        // Everything else of the event is as it was.
        let Met { email: _, place, user_id, remark } = first.decode().unwrap().unwrap();
        assert_eq!((place, user_id, remark), ("place 1".to_owned(), user(1), "remark0001".to_owned()));
    }

    async fn that_somebody_was_forgotten_is_told_once(test: TestDb) {
        let db = &test.db;
        emit(db, [met(1, "ada@example.com")]).await;
        assert!(forget(db, 1, Forgetting::ForGood).await.changed);
        for again in [Forgetting::ForGood, Forgetting::UntilNow] {
            assert!(!forget(db, 1, again).await.changed);
        }
        assert!(!forget(db, 2, Forgetting::UntilNow).await.changed, "nothing was ever said of them");
        let told: Vec<PersonForgotten> =
            log(db).await.iter().filter_map(|event| event.decode().unwrap()).collect();
        assert_eq!(told, [PersonForgotten { user_id: user(1), for_good: true, operator: Some("ada".to_owned()) }]);
    }

    async fn whoever_is_gone_is_forgotten_as_it_is_written_and_others_go_on_with_another_key(test: TestDb) {
        let db = &test.db;
        emit(db, [met(1, "ada@example.com"), met(2, "ben@example.com")]).await;
        let before = keys(db).await;
        forget(db, 1, Forgetting::ForGood).await;
        forget(db, 2, Forgetting::UntilNow).await;
        assert_eq!(keys(db).await, Vec::<Vec<u8>>::new());
        emit(db, [met(1, "ada@example.com"), met(2, "benjamin@example.com")]).await;
        assert_eq!(emails(&log(db).await), ["-", "-", "-", "benjamin@example.com"]);
        let after = keys(db).await;
        assert_eq!((before.len(), after.len()), (2, 1));
        assert!(!before.contains(&after[0]));
    }

    async fn everybody_has_one_key_however_many_speak_of_them_at_once(test: TestDb) {
        let db = &test.db;
        let say = |n: u128| async move { emit(db, [met(1, &n.to_string()), met(2, &n.to_string())]).await };
        tokio::join!(say(1), say(2), say(3), say(4));
        let mut said = emails(&log(db).await);
        said.sort_unstable();
        assert_eq!(said, ["1", "1", "2", "2", "3", "3", "4", "4"]);
        assert_eq!(keys(db).await.len(), 2);
    }

    async fn a_key_that_is_made_in_a_transaction_that_fails_is_none(test: TestDb) {
        let db = &test.db;
        let mut tx = UnitOfWork::new(db.clone()).begin(Origin::user(user(1))).await.unwrap();
        tx.emit(met(1, "ada@example.com"));
        tx.append().await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!((keys(db).await.len(), log(db).await.len()), (0, 0));
    }

    async fn what_was_written_before_there_were_keys_is_read_as_it_is(test: TestDb) {
        let db = &test.db;
        emit(db, [met(1, "ada@example.com")]).await;
        change(db, sql!(
            sqlite: "UPDATE event_log SET sealed = NULL, data = json_set(data, '$.email', 'old@example.com')",
            postgres: "UPDATE event_log SET sealed = NULL, data = jsonb_set(data, '{email}', '\"old@example.com\"')"
        )).await;
        assert_eq!(emails(&log(db).await), ["old@example.com"]);
        // Nothing seals it afterwards, so nobody forgets it either.
        forget(db, 1, Forgetting::ForGood).await;
        assert_eq!(emails(&log(db).await), ["old@example.com"]);
    }

    async fn events_are_replayed_after_somebody_was_forgotten(test: TestDb) {
        let db = &test.db;
        emit(db, [met(1, "ada@example.com")]).await;
        emit(db, [met(2, "ben@example.com")]).await;
        deliver(db, Book::new(NAME)).await;
        let mut all = noted(db, NAME).await;
        all.sort_unstable();
        assert_eq!(all, ["ada@example.com", "ben@example.com"]);
        forget(db, 1, Forgetting::ForGood).await;
        deliver(db, Book::new(NAME)).await;
        assert_eq!(noted(db, NAME).await, ["ben@example.com"], "it hears of it, and drops what it has");
        // One that begins at the beginning of the log, and keeps what it gets, gets what is left.
        forget(db, 2, Forgetting::UntilNow).await;
        let other = Book { drops: false, ..Book::new("tests.other") };
        Runtime::builder(db).handler(Book::new(NAME)).handler(other).build().driver(None).await.run_until_idle().await;
        assert_eq!(noted(db, "tests.other").await, [UNKNOWN; 2]);
    }

    async fn dead_letters_forget_also_what_an_operator_has_edited(test: TestDb) {
        let db = &test.db;
        emit(db, [met(1, "ada@example.com")]).await;
        deliver(db, Book::failing_at("place 1")).await;
        let runtime = Runtime::builder(db).handler(Book::new(NAME)).build();
        let operations = Operations::of(&runtime, CATALOGUES);
        let at = operations.dead_letters(None, 10).await.unwrap()[0].position;
        let edited = to_raw_value(&met(1, "countess@example.com")).unwrap();
        operations.edit(&operator(), NAME, at, edited).await.unwrap();
        let stored: (String, Option<String>) = db
            .query(sql!("SELECT CAST(edited_data AS TEXT), CAST(edited_sealed AS TEXT) FROM event_deliveries"))
            .one()
            .await
            .unwrap();
        assert!(!stored.0.contains("countess") && stored.1.is_some(), "{stored:?}");
        // It fails once more, so it is still there to be looked at.
        deliver(db, Book::failing_at("place 1")).await;
        let shown = async || {
            let detail = operations.dead_letter(NAME, at).await.unwrap();
            let edited: Met = serde_json::from_str(detail.edited_data.unwrap().get()).unwrap();
            let event: Met = detail.event.unwrap().decode().unwrap().unwrap();
            (event.email.known().cloned(), edited.email.known().cloned())
        };
        let known = |email: &str| Some(email.to_owned());
        assert_eq!(shown().await, (known("ada@example.com"), known("countess@example.com")));
        forget(db, 1, Forgetting::ForGood).await;
        assert_eq!(shown().await, (None, None));
        operations.retry(&operator(), NAME, at).await.unwrap();
        deliver(db, Book::new(NAME)).await;
        assert_eq!(noted(db, NAME).await, [UNKNOWN]);
    }

    async fn what_a_node_remembers_of_the_log_is_forgotten_with_it(test: TestDb) {
        let db = &test.db;
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        emit(db, [met(1, "ada@example.com")]).await;
        wait_until("it is remembered", SOON, async || feed.settled() == db.head().await.unwrap()).await;
        // By another node, of which this one hears through the log alone.
        let other = with_master_keys(&test, ONE).await;
        forget(&other, 1, Forgetting::ForGood).await;
        other.close().await;
        wait_until("it is heard of", SOON, async || feed.settled() == db.head().await.unwrap()).await;
        let bus = EventBus::new(feed, Arc::new(Members::default()), CATALOGUES);
        let all = vec![Topic::All];
        let mut live = bus.subscribe(Viewer::Operator, all, Some(Position::START)).await.unwrap();
        match next(&mut live).await {
            Delivery::Event(event) => assert_eq!(emails(&[(*event).clone()]), ["-"]),
            over @ (Delivery::AccessLost(_) | Delivery::Closed) => panic!("{over:?}"),
        }
        tasks.shutdown(SOON).await.unwrap();
    }

    async fn keys_are_wrapped_by_the_master_key_of_the_host(test: TestDb) {
        let (plain, one) = (&test.db, with_master_keys(&test, ONE).await);
        emit(plain, [met(1, "ada@example.com")]).await;
        emit(&one, [met(1, "ada@example.com"), met(2, "ben@example.com")]).await;
        assert_eq!(keys(plain).await.iter().map(Vec::len).collect::<Vec<_>>(), [32, 32 + 12 + 16]);
        let all = ["ada@example.com", "ada@example.com", "ben@example.com"];
        assert_eq!(emails(&log(&one).await), all);
        let rotated = with_master_keys(&test, &format!("{TWO},{ONE}")).await;
        assert_eq!(emails(&log(&rotated).await), all);
        // Whoever has not the key is told, and takes nobody for forgotten.
        let two = with_master_keys(&test, TWO).await;
        let refused = two.read(&EventFilter::All, Position::START, 9).await.unwrap_err();
        let why = std::error::Error::source(&refused).unwrap().to_string();
        assert!(why.contains("are wrapped by the master key"), "{why}");
        assert!(Feed::start(&two, &Tasks::new()).await.is_err());
        for db in [one, rotated, two] {
            db.close().await;
        }
    }

    async fn nobody_finds_what_was_forgotten_byte_by_byte(test: TestDb) {
        const PEOPLE: u128 = 50;
        let db = &test.db;
        let email = |n: u128| format!("seeded{n:04}@example.com");
        let remark = |n: u128| format!("remark{n:04}");
        for n in 1..=PEOPLE {
            emit(db, [met(n, &email(n))]).await;
        }
        // Somebody keeps a copy elsewhere, somebody fails, and an operator has edited what it failed on.
        deliver(db, Book { fails_at: Some("place 7"), ..Book::new(NAME) }).await;
        let runtime = Runtime::builder(db).handler(Book::failing_at("place 7")).build();
        let operations = Operations::of(&runtime, CATALOGUES);
        let at = operations.dead_letters(None, 10).await.unwrap()[0].position;
        operations.edit(&operator(), NAME, at, to_raw_value(&met(7, "edited0007@example.com")).unwrap()).await.unwrap();
        let keys = keys(db).await;
        assert_eq!(keys.len(), 50);

        // The controls: the scan finds what nobody has sealed, the keys, and the copies that the handler has made.
        let found = Scan::of(&test).await;
        for n in 1..=PEOPLE {
            assert!(found.holds(remark(n).as_bytes()), "what is not sealed is found");
            assert_eq!(found.holds(email(n).as_bytes()), n != 7, "the copy of {n} is all that is found");
        }
        assert!(keys.iter().all(|key| found.holds(key)), "the keys are found");
        assert!(!found.holds(b"edited0007"), "what was edited is sealed from the start");

        for n in 1..=PEOPLE {
            forget(db, n, Forgetting::ForGood).await;
        }
        deliver(db, Book::failing_at("place 7")).await;
        assert!(db.scrub_keys(SOON).await.unwrap());
        let found = Scan::of(&test).await;
        for n in 1..=PEOPLE {
            assert!(!found.holds(email(n).as_bytes()), "{n} is found");
            assert!(found.holds(remark(n).as_bytes()), "what is not sealed stays");
        }
        assert!(!found.holds(b"seeded") && !found.holds(b"edited0007"));
        assert!(!keys.iter().any(|key| found.holds(key)), "a key is found");
        assert_eq!(emails(&log(db).await), ["-"; 50]);
    }
}
