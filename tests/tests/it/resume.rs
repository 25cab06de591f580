//! A stream that breaks is resumed without losing an event and without seeing one twice.

use std::collections::BTreeMap;

use perme8_events::Position;
use scenarios::{Persona, Scenario, StreamEvent, on_both_engines};

const STREAM: &str = "/api/me/events/stream";
const TOLD: &str = "notifications.notification_created";

/// Small pseudo-random numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// What the log holds for the eyes of this person, behind `after`.
async fn meant_for(scenario: &Scenario, person: &Persona, after: Position) -> Vec<Position> {
    let scope = format!("user:{}", person.id());
    let is_own =
        |scopes: &[perme8_events::Scope]| scopes.iter().any(|one| one.to_string() == scope);
    let log = scenario.log().await.into_iter().filter(|event| event.position > after);
    log.filter(|event| is_own(event.audience.scopes())).map(|event| event.position).collect()
}

fn count(events: &[StreamEvent], kind: &str) -> usize {
    events.iter().filter(|event| event.kind == kind).count()
}

/// Reads until this many notifications were announced, and breaks the connection again and again on the way.
async fn read_with_breaks(
    reader: &Persona,
    start: Position,
    notifications: usize,
    dice: &mut Dice,
) -> Vec<StreamEvent> {
    let mut events: Vec<StreamEvent> = Vec::new();
    let mut position = start;
    while count(&events, TOLD) < notifications {
        let mut stream =
            reader.get(STREAM).header("last-event-id", &position.to_string()).stream().await;
        for _ in 0..dice.throw(5) {
            if count(&events, TOLD) < notifications {
                events.push(stream.next_event().await);
            }
        }
        position = stream.position();
    }
    events
}

on_both_engines! {
    async fn whoever_resumes_loses_nothing_while_others_keep_writing(scenario: &mut Scenario) {
        const ROUNDS: usize = 24;
        scenario.go_live().await;
        let (ada, ben, eve) =
            (scenario.user("ada").await, scenario.user("ben").await, scenario.user("eve").await);
        let start = ben.stream().await.position();
        let write = async |owner: &Persona, name: &str| {
            for number in 0..ROUNDS {
                let slug = owner.found(&format!("{name} {number}")).await;
                owner.invite(&slug, ben.email(), "member").await;
                // Also what is not for Ben's eyes.
                owner.invite(&slug, "nobody@example.com", "member").await;
            }
        };
        let (mut ones, mut others) = (Dice(0x2545_f491), Dice(0x9e37_79b9));
        let ((), (), seen, also_seen) = tokio::join!(
            write(&ada, "Lumen"),
            write(&eve, "Evil"),
            read_with_breaks(&ben, start, 2 * ROUNDS, &mut ones),
            read_with_breaks(&ben, start, 2 * ROUNDS, &mut others),
        );
        let expected = meant_for(scenario, &ben, start).await;
        for events in [seen, also_seen] {
            assert_eq!(events.iter().map(|event| event.position).collect::<Vec<_>>(), expected);
            let mut counts = BTreeMap::new();
            for event in &events {
                *counts.entry(event.kind.as_str()).or_insert(0) += 1;
            }
            assert_eq!(
                counts,
                BTreeMap::from([("identity.member_invited", 2 * ROUNDS), (TOLD, 2 * ROUNDS)])
            );
        }
    }

    async fn what_happens_between_two_connections_comes_with_the_second(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        // A stream says where it begins before there is any event.
        let place = ben.stream().await.position();
        ada.invite(&slug, ben.email(), "member").await;
        ben.join(&slug).await;
        for resume in [
            ben.get(STREAM).header("last-event-id", &place.to_string()),
            ben.get(&format!("{STREAM}?after={place}")),
            // The header is the later word.
            ben.get(&format!("{STREAM}?after=0")).header("last-event-id", &place.to_string()),
        ] {
            let mut stream = resume.stream().await;
            stream.expect("identity.member_invited").await;
            stream.expect("identity.member_joined").await;
            assert_eq!(stream.position(), *meant_for(scenario, &ben, place).await.last().unwrap());
        }
    }

    async fn without_a_place_a_stream_begins_now(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        for _ in 0..30 {
            let first = ada.found("Before").await;
            let mut stream = ada.stream_of(&first).await;
            assert_eq!(stream.position(), scenario.head().await);
            ada.invite(&first, "now@example.com", "guest").await;
            assert_eq!(stream.next_event().await.kind, "identity.invitation_created");
        }
    }

    async fn a_stream_resumes_on_the_next_host(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let mut stream = ben.stream().await;
        let start = stream.position();
        let mut events = Vec::new();
        for round in 0..3 {
            let slug = ada.found("Lumen").await;
            ada.invite(&slug, ben.email(), "member").await;
            events.push(stream.expect("identity.member_invited").await);
            // The host may stop before or after Ben is notified: the next one makes up for it.
            scenario.restart().await;
            let rest = stream.all_until("closing").await;
            let (closing, rest) = rest.split_last().unwrap();
            assert_eq!(closing.data["reason"], "shutting_down");
            assert_eq!(stream.next().await, None);
            events.extend_from_slice(rest);
            ben.post(&format!("/api/workspaces/{slug}/invitations/decline")).await.is(204);
            stream = ben
                .get(STREAM)
                .header("last-event-id", &closing.position.to_string())
                .stream()
                .await;
            while count(&events, "notifications.notification_action_taken") <= round {
                events.push(stream.next_event().await);
            }
        }
        let seen: Vec<Position> = events.iter().map(|event| event.position).collect();
        let mut expected = meant_for(scenario, &ben, start).await;
        expected.truncate(seen.len());
        assert_eq!(seen, expected);
        assert_eq!(count(&events, TOLD), 3);
    }

    async fn a_stream_shows_what_another_host_on_the_same_database_does(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        let other = scenario.another_host().await;
        let mut stream = other.persona(&ben).stream().await;
        ada.invite(&slug, ben.email(), "member").await;
        let invited = stream.expect("identity.member_invited").await;
        let told = stream.expect(TOLD).await;
        assert_eq!(told.data["causation_id"], invited.data["event_id"]);
        let mut here =
            ben.get(STREAM).header("last-event-id", &invited.position.to_string()).stream().await;
        assert_eq!(here.expect(TOLD).await, told);
        other.stop().await;
        assert_eq!(stream.end("closing").await, "shutting_down");
    }

    async fn a_place_that_is_none_is_refused(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let beyond = (scenario.head().await.number() + 1).to_string();
        for path in [STREAM.to_owned(), format!("/api/workspaces/{slug}/events/stream")] {
            for text in ["x", "-1", "1.5", "+1", "9223372036854775808", "ff", " "] {
                ada.get(&path)
                    .header("last-event-id", text)
                    .await
                    .is_refused(400, "malformed_position");
            }
            ada.get(&format!("{path}?after=x")).await.is_refused(400, "malformed_position");
            ada.get(&format!("{path}?after=")).await.is_refused(400, "malformed_position");
            ada.get(&path)
                .header("last-event-id", &beyond)
                .await
                .is_refused(400, "position_ahead_of_log");
            ada.get(&format!("{path}?after=9223372036854775807"))
                .await
                .is_refused(400, "position_ahead_of_log");
        }
    }
}
