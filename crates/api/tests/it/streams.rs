//! Live events as server-sent events.

use std::time::Duration;

use expect_test::expect;
use identity::{
    AcceptInvitation, DeleteWorkspace, InvitationRef, LeaveWorkspace, RemoveMember, Role,
};
use perme8_events::{EventStore as _, Origin};

use crate::{
    client::{delete, field, get, post, redacted},
    host::{Host, Person},
};

const MINE: &str = "/api/me/events/stream";
const OF_ACME: &str = "/api/workspaces/acme/events/stream";

async fn accept(host: &Host, who: &Person) {
    let command = AcceptInvitation { invitation: InvitationRef::Workspace("acme".into()) };
    host.identity
        .accept_invitation(Origin::user(who.id), command)
        .await
        .expect("the invitation waits");
}

#[tokio::test]
async fn events_arrive_while_they_happen() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    let mut blocks = host.stream(get(MINE).bearer(&bob.token)).await;
    let opening = blocks.next().await.unwrap();
    assert!(field(&opening, "id").unwrap().parse::<u64>().is_ok());
    assert!(opening.ends_with("\n: ready\nretry: 2000"), "{opening}");

    host.invite(&ada, &acme, "bob", Role::Member).await;
    let block = blocks.next().await.unwrap();
    let position = field(&block, "id").unwrap();
    let block = block.replace(&format!("id: {position}"), "id: POSITION");
    let block = block.replace(&format!("\"position\":{position}"), "\"position\":POSITION");
    expect![[r#"
        event: identity.member_invited
        id: POSITION
        data: {"position":POSITION,"event_id":"ID","event_type":"identity.member_invited","version":1,"aggregate_type":"workspace_member","aggregate_id":"ID:ID","actor":{"kind":"user","user_id":"ID"},"workspace_id":"ID","audience":["managers:ID","user:ID"],"occurred_at":"2026-01-05T09:00:00Z","correlation_id":"ID","causation_id":null,"metadata":{},"data":{"invitation_id":"ID","invited_by":"ID","invited_by_name":"ada Example","role":"member","user_id":"ID","workspace_id":"ID","workspace_name":"Acme"}}"#]].assert_eq(&redacted(&block));
}

#[tokio::test]
async fn a_broken_stream_resumes_without_a_gap() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    let mut blocks = host.stream(get(OF_ACME).bearer(&ada.token)).await;
    // Nothing has been seen yet, and still there is a place to go on from.
    let seen = field(&blocks.next().await.unwrap(), "id").unwrap();
    drop(blocks);
    host.invite(&ada, &acme, "bob", Role::Member).await;
    accept(&host, &bob).await;
    for ask in [
        get(OF_ACME).header("last-event-id", &seen),
        get(format!("{OF_ACME}?after={seen}")),
        get(format!("{OF_ACME}?after=0")).header("last-event-id", &seen),
    ] {
        let mut blocks = host.stream(ask.bearer(&ada.token)).await;
        assert_eq!(field(&blocks.next().await.unwrap(), "id").unwrap(), seen);
        let kinds = [
            blocks.kind().await.unwrap(),
            blocks.kind().await.unwrap(),
            blocks.kind().await.unwrap(),
        ];
        expect![[r#"
            identity.invitation_created
            identity.member_invited
            identity.member_joined"#]]
        .assert_eq(&kinds.join("\n"));
    }
}

#[tokio::test]
async fn a_stream_resumes_only_from_a_place_in_the_log() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    for place in ["", "x", "-1", "1.5", "99999999999999999999"] {
        for ask in [get(MINE).header("last-event-id", place), get(format!("{MINE}?after={place}"))]
        {
            expect![[r#"400 {"code":"malformed_position","error":"The position to resume from is malformed","request_id":"r-1"}"#]].assert_eq(&host.ask(ask.bearer(&ada.token)).await.to_string());
        }
    }
    let future = get(MINE).header("last-event-id", "1000000");
    expect![[r#"400 {"code":"position_ahead_of_log","error":"The position to resume from lies in the future","request_id":"r-1"}"#]].assert_eq(&host.ask(future.bearer(&ada.token)).await.to_string());
}

#[tokio::test]
async fn people_see_only_what_is_meant_for_them() {
    let host = Host::new().await;
    let (ada, bob, eve) =
        (host.person("ada").await, host.person("bob").await, host.person("eve").await);
    let acme = host.workspace(&ada, "Acme").await;
    host.invite(&ada, &acme, "eve", Role::Member).await;
    accept(&host, &eve).await;
    let mut of_eve = host.stream(get(OF_ACME).bearer(&eve.token)).await;
    of_eve.next().await;
    let mut of_bob = host.stream(get(MINE).bearer(&bob.token)).await;
    of_bob.next().await;

    host.invite(&ada, &acme, "bob", Role::Member).await;
    accept(&host, &bob).await;
    // The invitation is for managers and Bob, so a member sees only that he came.
    assert_eq!(of_eve.kind().await.unwrap(), "identity.member_joined");
    assert_eq!(of_bob.kind().await.unwrap(), "identity.member_invited");
}

#[tokio::test]
async fn the_stream_of_a_removed_member_ends() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    host.invite(&ada, &acme, "bob", Role::Member).await;
    accept(&host, &bob).await;
    let mut blocks = host.stream(get(OF_ACME).bearer(&bob.token)).await;
    blocks.next().await;
    let command = RemoveMember { workspace: "acme".into(), member: bob.id.into() };
    host.identity.remove_member(Origin::user(ada.id), command).await.unwrap();
    assert_eq!(blocks.kind().await.unwrap(), "identity.member_removed");
    let last = blocks.next().await.unwrap();
    assert_eq!(field(&last, "event").unwrap(), "access_lost");
    assert_eq!(field(&last, "data").unwrap(), r#"{"reason":"membership_ended"}"#);
    assert_eq!(blocks.next().await, None);
    assert_eq!(host.ask(get(OF_ACME).bearer(&bob.token)).await.status, 404);
}

#[tokio::test]
async fn the_streams_of_a_deleted_workspace_end() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    host.invite(&ada, &acme, "bob", Role::Member).await;
    accept(&host, &bob).await;
    let mut of_ada = host.stream(get(OF_ACME).bearer(&ada.token)).await;
    let mut of_bob = host.stream(get(OF_ACME).bearer(&bob.token)).await;
    of_ada.next().await;
    of_bob.next().await;
    let command = DeleteWorkspace { workspace: "acme".into(), session_id: ada.session_id };
    host.identity.delete_workspace(Origin::user(ada.id), command).await.unwrap();
    // Who managed it is told what happened to it, and a member that it is gone.
    assert_eq!(of_ada.kind().await.unwrap(), "identity.workspace_deleted");
    for blocks in [&mut of_ada, &mut of_bob] {
        let last = blocks.next().await.unwrap();
        assert_eq!(field(&last, "event").unwrap(), "access_lost");
        assert_eq!(blocks.next().await, None);
    }
}

#[tokio::test]
async fn a_member_who_leaves_keeps_the_own_stream() {
    let host = Host::new().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let acme = host.workspace(&ada, "Acme").await;
    host.invite(&ada, &acme, "bob", Role::Member).await;
    accept(&host, &bob).await;
    let mut blocks = host.stream(get(MINE).bearer(&bob.token)).await;
    blocks.next().await;
    host.identity
        .leave_workspace(Origin::user(bob.id), LeaveWorkspace { workspace: "acme".into() })
        .await
        .unwrap();
    assert_eq!(blocks.kind().await.unwrap(), "identity.member_left");
    host.workspace(&ada, "Bolt").await;
    host.invite(&ada, "bolt", "bob", Role::Member).await;
    assert_eq!(blocks.kind().await.unwrap(), "identity.member_invited");
}

#[tokio::test]
async fn an_idle_stream_shows_that_it_lives() {
    let host = Host::lively().await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let mut blocks = host.stream(get(MINE).bearer(&ada.token)).await;
    blocks.next().await;
    host.workspace(&bob, "Bolt").await;
    // The place to resume from moves past what others did.
    let head = host.test.db.head().await.unwrap().to_string();
    loop {
        let beat = blocks.next().await.unwrap();
        assert!(beat.ends_with(": heartbeat"), "{beat}");
        if field(&beat, "id").unwrap() == head {
            break;
        }
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let host = Host::lively().await;
    let ada = host.person("ada").await;
    let mut blocks = host.stream(get(MINE).bearer(&ada.token)).await;
    blocks.next().await;
    assert_eq!(host.ask(delete("/api/sessions").bearer(&ada.token)).await.status, 204);
    let mut last = blocks.event().await.unwrap();
    // Whether the log or the heartbeat is faster is left open.
    if field(&last, "event").unwrap() == "identity.user_logged_out" {
        last = blocks.event().await.unwrap();
    }
    assert_eq!(field(&last, "event").unwrap(), "access_lost");
    assert_eq!(field(&last, "data").unwrap(), r#"{"reason":"session_ended"}"#);
    assert_eq!(blocks.next().await, None);
}

#[tokio::test]
async fn a_person_has_so_many_streams_and_no_more() {
    let host = Host::with(|options| options.connections_per_person = 1).await;
    let (ada, bob) = (host.person("ada").await, host.person("bob").await);
    let open = host.stream(get(MINE).bearer(&ada.token)).await;
    let refused = host.ask(get(MINE).bearer(&ada.token)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()["code"].as_str()),
        (429, Some("too_many_connections"))
    );
    let of_another = host.stream(get(MINE).bearer(&bob.token)).await;
    drop((open, of_another));
    host.stream(get(MINE).bearer(&ada.token)).await;
}

#[tokio::test]
async fn streams_are_closed_when_the_host_stops() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let mut blocks = host.stream(get(MINE).bearer(&ada.token)).await;
    blocks.next().await;
    host.tasks.shutdown(Duration::from_secs(20)).await.unwrap();
    let last = blocks.next().await.unwrap();
    assert_eq!(field(&last, "event").unwrap(), "closing");
    assert_eq!(field(&last, "data").unwrap(), r#"{"reason":"shutting_down"}"#);
    assert_eq!(field(&last, "retry").unwrap(), "1000");
    assert_eq!(blocks.next().await, None);
}

#[tokio::test]
async fn events_carry_the_name_of_their_request() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let mut blocks = host.stream(get(MINE).bearer(&ada.token)).await;
    blocks.next().await;
    let body =
        serde_json::json!({"email": "ada@example.com", "password": identity::testing::PASSWORD});
    host.ask(post("/api/sessions").json(body)).await;
    let block = blocks.next().await.unwrap();
    assert!(block.contains(r#""metadata":{"request_id":"r-1"}"#), "{block}");
}
