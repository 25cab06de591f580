//! What an origin says, and what follows from it.

use super::*;
use crate::{domain::core_events::PersonForgotten, testing};

fn user(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId::new(Uuid::from_u128(number))
}

#[test]
fn the_system_has_the_rights_of_whom_it_acts_for_and_nobody_else_has() {
    let key = Uuid::from_u128(7);
    let person = |actor: Actor| {
        let alone = Origin::new(actor);
        (alone.person(), alone.on_behalf_of_user(user(2)).person())
    };
    let (own, another) = (Some(user(1)), Some(user(2)));
    assert_eq!(person(Actor::User(user(1))), (own, own));
    assert_eq!(person(Actor::ApiKey { id: key, user: user(1) }), (own, own));
    assert_eq!(person(Actor::System("perme8.onboarding".into())), (None, another));
    assert_eq!(person(Actor::Agent(key)), (None, None));
    assert_eq!(person(Actor::Anonymous), (None, None));
}

#[test]
fn what_the_system_does_within_a_request_is_for_whoever_makes_it() {
    let request = Origin::user(user(1)).once("key").with_request_id("r");
    let part = request.clone().through("erm.knowledge");
    assert_eq!(*part.actor(), Actor::System("erm.knowledge".into()));
    assert_eq!((part.on_behalf_of(), part.person()), (Some(user(1)), Some(user(1))));
    assert_eq!(part.correlation_id(), request.correlation_id());
    assert_eq!((part.metadata(), part.idempotency_key()), (request.metadata(), None));
    assert_eq!(Origin::anonymous().through("erm.knowledge").person(), None);
}

#[test]
fn a_request_is_what_the_edge_has_said_of_it() {
    let session = Uuid::from_u128(9);
    let client = Client::new("192.0.2.7", Some("curl")).in_session(session);
    let told = (client.address(), client.user_agent(), client.session_id());
    assert_eq!(told, ("192.0.2.7", Some("curl"), Some(session)));
    assert_eq!(format!("{client:?}"), "Client(..)");

    let step = TraceContext::begin(1.0).unwrap();
    let request = Origin::anonymous()
        .of(Actor::User(user(1)))
        .in_workspace(workspace(2))
        .with_request_id("r-1")
        .in_trace(step)
        .with_client(client.clone())
        .once("key");
    assert_eq!((request.actor(), request.person()), (&Actor::User(user(1)), Some(user(1))));
    assert_eq!((request.workspace_id(), request.causation_id()), (Some(workspace(2)), None));
    assert_eq!(request.metadata().get("request_id").map(String::as_str), Some("r-1"));
    assert_eq!((request.trace(), request.client()), (Some(step), Some(&client)));
    assert_eq!(request.idempotency_key(), Some("key"));
}

#[test]
fn what_a_client_says_is_cut_and_holds_no_nul() {
    let said = "\0ä".repeat(300);
    let client = Client::new(&said, Some(&said));
    let (half, whole) = ("ä".repeat(128), "ä".repeat(256));
    assert_eq!((client.address(), client.user_agent()), (half.as_str(), Some(whole.as_str())));
    assert_eq!(Origin::anonymous().with_request_id(&said).metadata()["request_id"], half);
}

#[test]
fn what_follows_from_an_event_is_for_the_person_behind_it() {
    let forgotten = PersonForgotten { user_id: user(7), for_good: true, operator: None };
    let mut event = testing::envelope(7, Actor::User(user(1)), &forgotten);
    event.workspace_id = Some(workspace(2));
    event.metadata.insert("request_id".to_owned(), "r-1".to_owned());
    let reaction = Origin::reaction("mail.on_person_forgotten", &event);
    let later = Origin::later("mail.outgoing".to_owned(), reaction.cause());
    for (origin, part) in [(reaction, "mail.on_person_forgotten"), (later, "mail.outgoing")] {
        assert_eq!(*origin.actor(), Actor::System(part.into()));
        assert_eq!(origin.on_behalf_of(), Some(user(1)));
        assert_eq!(origin.workspace_id(), event.workspace_id);
        assert_eq!(origin.correlation_id(), event.correlation_id);
        assert_eq!(origin.causation_id(), Some(event.event_id));
        assert_eq!(*origin.metadata(), event.metadata);
    }
    let later = Origin::later("mail.outgoing".to_owned(), Origin::user(user(3)).cause());
    assert_eq!(later.on_behalf_of(), Some(user(3)));
}
