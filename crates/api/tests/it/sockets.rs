//! Live events and messages that nobody keeps, over WebSockets.

use std::time::Duration;

use expect_test::expect;
use identity::{AcceptInvitation, LeaveWorkspace, RemoveMember, Role};
use perme8_events::{EventStore as _, Origin, testing::wait_until};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::{delete, get, post, redacted},
    host::{Host, Person},
    socket::Socket,
};

/// A company with a member, a host that listens, and the topic of the company.
struct Company {
    host: Host,
    address: std::net::SocketAddr,
    ada: Person,
    bob: Person,
    topic: String,
    id: String,
}

impl Company {
    async fn at(host: Host) -> Self {
        let (ada, bob) = (host.person("ada").await, host.person("bob").await);
        host.workspace(&ada, "Acme").await;
        host.invite(&ada, "acme", "bob", Role::Member).await;
        let command =
            AcceptInvitation { invitation: identity::InvitationRef::Workspace("acme".into()) };
        let accepted = host.identity.accept_invitation(Origin::user(bob.id), command).await;
        accepted.expect("the invitation waits");
        let mine = host.ask(get("/api/me/workspaces").bearer(&ada.token)).await.json();
        let id = mine["data"][0]["id"].as_str().expect("workspaces have ids").to_owned();
        let address = host.listen().await;
        Self { address, ada, bob, topic: format!("events:workspace:{id}"), id, host }
    }

    async fn open() -> Self {
        Self::at(Host::new().await).await
    }

    async fn socket(&self, of: &Person) -> Socket {
        Socket::bearer(self.address, &of.token).await
    }

    fn subscribe(&self, after: Option<u64>) -> String {
        json!({ "subscribe": self.topic, "after": after }).to_string()
    }

    async fn head(&self) -> u64 {
        let head = self.host.test.db.head().await.expect("the log is readable");
        head.number().try_into().expect("positions are not negative")
    }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap_or("?")).collect()
}

/// The address of a note that is not there: whoever is let in there is told so.
const NO_NOTE: &str = "/api/workspaces/acme/documents/nothing/sync";

/// The code of a refusal.
fn code(frame: &Value) -> &str {
    frame["error"]["code"].as_str().unwrap_or_else(|| panic!("{frame} is no refusal"))
}

#[tokio::test]
async fn an_event_arrives_as_on_every_edge_and_says_by_which_topics() {
    let company = Company::open().await;
    let mut socket = company.socket(&company.bob).await;
    let subscribed = socket.ask(company.subscribe(None)).await;
    assert_eq!(subscribed["subscribed"], *company.topic);
    assert_eq!(subscribed["position"], company.head().await);
    let mine = format!("events:user:{}", company.bob.id);
    socket.ask(json!({ "subscribe": mine }).to_string()).await;
    let leave = LeaveWorkspace { workspace: "acme".into() };
    company.host.identity.leave_workspace(Origin::user(company.bob.id), leave).await.unwrap();
    let event = socket.hear().await;
    assert_eq!(event["position"], event["event"]["position"]);
    let mut shown = event.clone();
    shown["position"] = json!("POSITION");
    shown["event"]["position"] = json!("POSITION");
    expect![[r#"{"event":{"actor":{"kind":"user","user_id":"ID"},"aggregate_id":"ID:ID","aggregate_type":"workspace_member","audience":["workspace:ID","user:ID"],"causation_id":null,"correlation_id":"ID","data":{"user_id":"ID","workspace_id":"ID"},"event_id":"ID","event_type":"identity.member_left","metadata":{},"occurred_at":"2026-01-05T09:00:00Z","position":"POSITION","version":1,"workspace_id":"ID"},"position":"POSITION","topics":["events:workspace:ID","events:user:ID"],"type":"identity.member_left"}"#]].assert_eq(&redacted(&shown.to_string()));
    // The membership is over, and with it this subscription, but not the socket.
    let lost = socket.hear().await;
    assert_eq!(lost, json!({ "access_lost": company.topic, "reason": "membership_ended" }));
    assert_eq!(code(&socket.ask(company.subscribe(None)).await), "forbidden");
    company.host.workspace(&company.ada, "Bolt").await;
    company.host.invite(&company.ada, "bolt", "bob", Role::Member).await;
    assert_eq!(socket.hear().await["type"], "identity.member_invited");
}

#[tokio::test]
async fn a_replay_has_everything_once_and_goes_over_into_following() {
    let company = Company::open().await;
    let mut socket = company.socket(&company.ada).await;
    assert_eq!(socket.ask(company.subscribe(Some(0))).await["position"], 0);
    let mut past = Vec::new();
    for _ in 0..4 {
        past.push(socket.hear().await);
    }
    assert_eq!(
        kinds(&past),
        [
            "identity.workspace_created",
            "identity.invitation_created",
            "identity.member_invited",
            "identity.member_joined"
        ]
    );
    let remove = RemoveMember { workspace: "acme".into(), member: company.bob.id.into() };
    company.host.identity.remove_member(Origin::user(company.ada.id), remove).await.unwrap();
    let removed = socket.hear().await;
    assert_eq!(removed["type"], "identity.member_removed");
    // Whoever comes back with the last position goes on behind it.
    let seen = past[2]["position"].as_u64();
    let mut again = company.socket(&company.ada).await;
    again.ask(company.subscribe(seen)).await;
    assert_eq!([again.hear().await, again.hear().await], [past[3].clone(), removed]);
}

#[tokio::test]
async fn what_cannot_be_followed_is_refused_and_the_socket_goes_on() {
    let company = Company::open().await;
    let eve = company.host.person("eve").await;
    let mut socket = company.socket(&eve).await;
    let head = company.head().await;
    let own = format!("events:user:{}", eve.id);
    let cases = [
        ("nonsense".to_owned(), "malformed_message"),
        (json!({ "subscribe": "workspace" }).to_string(), "malformed_topic"),
        (company.subscribe(None), "forbidden"),
        (
            json!({ "subscribe": format!("events:user:{}", company.bob.id) }).to_string(),
            "forbidden",
        ),
        (json!({ "subscribe": "events:*" }).to_string(), "forbidden"),
        (json!({ "subscribe": "events:identity" }).to_string(), "forbidden"),
        (json!({ "subscribe": "events:identity:user" }).to_string(), "forbidden"),
        (json!({ "subscribe": own, "after": -1 }).to_string(), "malformed_position"),
        (json!({ "subscribe": own, "after": head + 1000 }).to_string(), "position_ahead_of_log"),
        (json!({ "unsubscribe": own }).to_string(), "not_subscribed"),
        (
            json!({ "subscribe": format!("ephemeral:workspace:{}", company.id) }).to_string(),
            "forbidden",
        ),
        (
            json!({ "subscribe": format!("ephemeral:user:{}", eve.id), "after": 1 }).to_string(),
            "no_position",
        ),
    ];
    for (message, expected) in cases {
        assert_eq!(code(&socket.ask(&message).await), expected, "{message}");
    }
    let subscribe = json!({ "subscribe": own }).to_string();
    assert_eq!(socket.ask(&subscribe).await["subscribed"], *own);
    assert_eq!(code(&socket.ask(&subscribe).await), "already_subscribed");
    assert_eq!(
        socket.ask(json!({ "unsubscribe": own }).to_string()).await,
        json!({ "unsubscribed": own })
    );
    for number in 0..64 {
        let topic = format!("events:notes:note:{number}");
        let subscribed = socket.ask(json!({ "subscribe": topic }).to_string()).await;
        assert_eq!(subscribed["subscribed"], *topic);
    }
    assert_eq!(code(&socket.ask(&subscribe).await), "too_many_subscriptions");
}

#[tokio::test]
async fn members_say_what_nobody_keeps() {
    let company = Company::open().await;
    let topic = format!("ephemeral:workspace:{}", company.id);
    let (mut ada, mut bob) =
        (company.socket(&company.ada).await, company.socket(&company.bob).await);
    let subscribe = json!({ "subscribe": topic }).to_string();
    for socket in [&mut ada, &mut bob] {
        assert_eq!(socket.ask(&subscribe).await, json!({ "subscribed": topic }));
    }
    let say = |kind: &str, data: Value| {
        json!({ "publish": topic, "kind": kind, "data": data }).to_string()
    };
    ada.say(say("typing", json!({ "in": "title" }))).await;
    for socket in [&mut ada, &mut bob] {
        let expected = json!({
            "ephemeral": topic, "kind": "typing", "sender": company.ada.id.to_string(), "data": { "in": "title" }
        });
        assert_eq!(socket.hear().await, expected);
    }
    assert_eq!(code(&ada.ask(say("chat.token", json!(1))).await), "malformed_kind");
    assert_eq!(code(&ada.ask(say("typing", json!("x".repeat(5000)))).await), "data_too_large");
    let eve = company.host.person("eve").await;
    let mut eve = company.socket(&eve).await;
    assert_eq!(code(&eve.ask(say("typing", json!(1))).await), "forbidden");
    // Nothing of that was an event.
    assert_eq!(
        ada.ask(json!({ "unsubscribe": topic }).to_string()).await,
        json!({ "unsubscribed": topic })
    );
}

#[tokio::test]
async fn a_socket_is_opened_by_token_by_cookie_of_the_own_pages_or_by_ticket() {
    let company = Company::open().await;
    let (address, token) = (company.address, &company.ada.token);
    let cookie = format!("perme8_session={token}");
    let bearer = format!("Bearer {token}");
    for (headers, expected) in [
        (vec![], Err(401)),
        (vec![("authorization", "Bearer nonsense")], Err(401)),
        (vec![("authorization", &*bearer), ("origin", "https://evil.example")], Ok(())),
        (vec![("cookie", &*cookie)], Ok(())),
        (vec![("cookie", &*cookie), ("origin", "https://perme8.example")], Ok(())),
        (vec![("cookie", &*cookie), ("origin", "https://evil.example")], Err(403)),
        (vec![("cookie", &*cookie), ("sec-fetch-site", "cross-site")], Err(403)),
    ] {
        let opened = Socket::open(address, "", &headers).await;
        assert_eq!(opened.map(drop), expected, "{headers:?}");
        let opened = Socket::open_at(address, NO_NOTE, &headers).await;
        assert_eq!(opened.map(drop), expected.and(Err(404)), "{headers:?}");
    }
    let issued = company.host.ask(post("/api/tickets").bearer(token)).await;
    assert_eq!(issued.status, 201);
    let ticket = issued.json()["data"]["ticket"].as_str().unwrap().to_owned();
    assert_eq!(issued.json()["data"]["expires_at"], "2026-01-05T09:01:00Z");
    // A request that is no handshake does not use it up.
    let no_handshake = company.host.ask(get(format!("/api/ws?ticket={ticket}"))).await;
    assert_eq!((no_handshake.status.as_u16(), no_handshake.header("upgrade")), (426, "websocket"));
    let query = format!("?ticket={ticket}");
    let mut socket =
        Socket::open(address, &query, &[("origin", "https://app.example")]).await.ok().unwrap();
    assert_eq!(socket.ask(company.subscribe(None)).await["subscribed"], *company.topic);
    let note = format!("{NO_NOTE}{query}");
    assert_eq!(Socket::open(address, &query, &[]).await.map(drop), Err(401));
    assert_eq!(Socket::open_at(address, &note, &[]).await.map(drop), Err(401));
    let late = company.host.ask(post("/api/tickets").bearer(token)).await.json();
    company.host.test.clock.advance(Duration::from_mins(1));
    let query = format!("?ticket={}", late["data"]["ticket"].as_str().unwrap());
    let note = format!("{NO_NOTE}{query}");
    assert_eq!(Socket::open(address, &query, &[]).await.map(drop), Err(401));
    assert_eq!(Socket::open_at(address, &note, &[]).await.map(drop), Err(401));
    expect![[r#"401 {"code":"unauthenticated","error":"Missing, invalid or expired credentials","request_id":"r-1"}"#]].assert_eq(&company.host.ask(post("/api/tickets")).await.to_string());
}

#[tokio::test]
async fn a_note_is_no_socket_for_who_does_not_see_it() {
    let company = Company::open().await;
    let eve = company.host.person("eve").await;
    let diary = json!({ "title": "Diary" });
    let documents = "/api/workspaces/acme/documents";
    let written = company.host.ask(post(documents).bearer(&company.ada.token).json(diary)).await;
    assert_eq!(written.status, 201);
    for who in [&company.bob, &eve] {
        let bearer = format!("Bearer {}", who.token);
        let headers = [("authorization", &*bearer)];
        let opened =
            Socket::open_at(company.address, &format!("{documents}/diary/sync"), &headers).await;
        assert_eq!(opened.map(drop), Err(404));
    }
}

#[tokio::test]
async fn a_socket_ends_with_its_session() {
    let company = Company::open().await;
    let issued = company.host.ask(post("/api/tickets").bearer(&company.ada.token)).await.json();
    let query = format!("?ticket={}", issued["data"]["ticket"].as_str().unwrap());
    let by_ticket = Socket::open(company.address, &query, &[]).await.ok().unwrap();
    let by_token = company.socket(&company.ada).await;
    let mut of_another = company.socket(&company.bob).await;
    // No heartbeat comes within this test: the log-out itself is what ends them.
    company.host.ask(delete("/api/sessions").bearer(&company.ada.token)).await;
    for socket in [by_ticket, by_token] {
        assert_eq!(socket.end().await, "4001 session_ended");
    }
    assert_eq!(of_another.ask(company.subscribe(None)).await["subscribed"], *company.topic);
}

#[tokio::test]
async fn a_session_that_is_over_ends_its_socket_at_the_next_heartbeat() {
    let company = Company::at(Host::lively().await).await;
    let socket = company.socket(&company.ada).await;
    company.host.test.clock.advance(Duration::from_hours(15 * 24));
    assert_eq!(socket.end().await, "4001 session_ended");
}

#[tokio::test]
async fn an_idle_socket_shows_that_it_lives_and_where_to_go_on() {
    let company = Company::at(Host::lively().await).await;
    let mut socket = company.socket(&company.bob).await;
    socket.ask(company.subscribe(None)).await;
    company.host.workspace(&company.ada, "Bolt").await;
    let head = company.head().await;
    while socket.position().await < head {}
}

#[tokio::test]
async fn whoever_does_not_answer_pings_is_let_go() {
    let company = Company::at(Host::lively().await).await;
    let socket = company.socket(&company.bob).await;
    let mut unread = socket.unread();
    // The library answers pings when it is read; the connection below is read instead.
    let connection = unread.get_mut();
    let mut text = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(connection, &mut text);
    let _ = tokio::time::timeout(Duration::from_secs(20), read).await.expect("the host hangs up");
    let close =
        text.windows(9).any(|bytes| bytes == [&4009_u16.to_be_bytes()[..], b"no_pong"].concat());
    assert!(close, "{}", String::from_utf8_lossy(&text));
}

#[tokio::test]
async fn what_is_no_text_or_too_long_or_nonsense_for_long_ends_the_socket() {
    let company = Company::open().await;
    let mut socket = company.socket(&company.ada).await;
    socket.send(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(socket.end().await, "1003 not_text");
    let mut socket = company.socket(&company.ada).await;
    socket.say("x".repeat(20_000)).await;
    assert_eq!(socket.end().await, "1009 message_too_long");
    let mut socket = company.socket(&company.ada).await;
    for _ in 0..19 {
        assert_eq!(code(&socket.ask("nonsense").await), "malformed_message");
    }
    // Something sensible in between, and the count begins anew.
    socket.ask(company.subscribe(None)).await;
    for _ in 0..20 {
        socket.say("nonsense").await;
    }
    assert_eq!(socket.end().await, "1008 too_many_errors");
}

#[tokio::test]
async fn a_person_has_so_many_sockets_and_no_more() {
    let company = Company::at(Host::with(|options| options.connections_per_person = 2).await).await;
    let (address, token) = (company.address, &company.ada.token);
    let mut first = company.socket(&company.ada).await;
    let second = company.socket(&company.ada).await;
    assert_eq!(Socket::open_by(address, token).await.map(drop), Err(429));
    let mut of_another = company.socket(&company.bob).await;
    for socket in [&mut first, &mut of_another] {
        assert_eq!(socket.ask(company.subscribe(None)).await["subscribed"], *company.topic);
    }
    drop(second);
    wait_until("there is room again", Duration::from_secs(20), async || {
        Socket::open_by(address, token).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn sockets_are_closed_when_the_host_stops() {
    let company = Company::open().await;
    let mut socket = company.socket(&company.ada).await;
    socket.ask(company.subscribe(None)).await;
    let idle = company.socket(&company.bob).await;
    company.host.tasks.shutdown(Duration::from_secs(20)).await.unwrap();
    for socket in [socket, idle] {
        assert_eq!(socket.end().await, "1001 shutting_down");
    }
}
