//! WebSockets: resumed on another host, opened by tickets, ended with the session.

use scenarios::{eventually, on_both_engines, on_postgres};
use serde_json::json;

/// The id of the only workspace of a person.
async fn workspace_of(person: &scenarios::Persona) -> String {
    let answer = person.get("/api/me/workspaces").await.is(200);
    answer.list()[0]["id"].as_str().expect("workspaces have ids").to_owned()
}

on_both_engines! {
    async fn whoever_comes_back_gets_what_happened_meanwhile_once(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let topic = format!("events:workspace:{}", workspace_of(&ada).await);
        let mut socket = ada.socket_by_ticket().await;
        socket.subscribe(&topic, None).await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        socket.expect("identity.invitation_created").await;
        let seen = socket.expect("identity.member_invited").await["position"].as_i64();
        drop(socket);
        ada.set_role(&slug, ben.email(), "admin").await;
        let mut socket = ada.socket().await;
        socket.subscribe(&topic, seen).await;
        socket.expect("identity.member_joined").await;
        socket.expect("identity.member_role_changed").await;
        ada.remove(&slug, ben.email()).await;
        socket.expect("identity.member_removed").await;
    }

    async fn operators_follow_everything_and_nobody_else_does(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let (mut operator, mut own) = (scenario.operator().socket().await, ada.socket().await);
        operator.subscribe("events:*", None).await;
        operator.subscribe("legacy:workspace_invitations", None).await;
        for topic in ["events:*", "legacy:workspace_invitations"] {
            let refusal = own.ask(json!({ "subscribe": topic })).await;
            assert_eq!(refusal["error"]["code"], "forbidden", "{refusal}");
        }
        ada.found("Lumen").await;
        operator.expect("identity.workspace_created").await;
    }

    async fn a_ticket_opens_one_socket_even_when_two_come_at_once(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let ticket = ada.post("/api/tickets").await.is(201);
        let ticket = ticket.data()["ticket"].as_str().unwrap().to_owned();
        // By the ticket alone: the bearer would do as well.
        let stranger = scenario.stranger();
        let by_ticket = || {
            stranger
                .get(&format!("/api/ws?ticket={ticket}"))
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        };
        let (one, other) = futures_util::join!(
            async { by_ticket().await.status() },
            async { by_ticket().await.status() }
        );
        let mut statuses = [one, other];
        statuses.sort_unstable();
        assert_eq!(statuses, [101, 401]);
    }

    async fn logging_out_ends_the_sockets_of_that_session_alone(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let again = ada.again().await;
        let (first, by_ticket) = (ada.socket().await, ada.socket_by_ticket().await);
        let mut second = again.socket().await;
        ada.delete("/api/sessions").await.is(204);
        for socket in [first, by_ticket] {
            assert_eq!(socket.end().await, (4001, "session_ended".to_owned()));
        }
        second.subscribe(&format!("events:user:{}", ada.id()), None).await;
    }

    async fn both_edges_tell_the_same(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let mut stream = ada.stream_of(&slug).await;
        let mut socket = ada.socket().await;
        socket.subscribe(&format!("events:workspace:{}", workspace_of(&ada).await), None).await;
        scenario.member(&ada, &slug, "ben", "guest").await;
        for _ in 0..3 {
            let (of_stream, of_socket) = (stream.next_event().await, socket.hear().await);
            assert_eq!(of_socket["type"], of_stream.kind);
            assert_eq!(of_socket["position"], of_stream.position.number());
            assert_eq!(of_socket["event"], of_stream.data);
        }
    }
}

#[tokio::test]
async fn a_socket_on_one_host_hears_what_happens_on_the_other() {
    on_postgres(async |scenario| {
        scenario.go_live().await;
        let other = scenario.another_host().await;
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let id = workspace_of(&ada).await;
        let there = other.persona(&ada);
        // A ticket of one host opens a socket on the other.
        let ticket = ada.post("/api/tickets").await.is(201);
        let mut socket = there.socket_with(ticket.data()["ticket"].as_str().unwrap()).await;
        socket.subscribe(&format!("events:workspace:{id}"), None).await;
        ada.invite(&slug, "ben@example.com", "member").await;
        socket.expect("identity.invitation_created").await;
        // What nobody keeps goes there, too, once the other host listens.
        let topic = format!("ephemeral:workspace:{id}");
        socket.subscribe(&topic, None).await;
        let mut here = ada.socket().await;
        here.subscribe(&topic, None).await;
        eventually("the other host listens", async || {
            here.say(json!({ "publish": topic, "kind": "typing" })).await;
            let heard = tokio::time::timeout(std::time::Duration::from_millis(100), socket.hear());
            heard.await.is_ok_and(|message| message["kind"] == "typing")
        })
        .await;
        // The end of the session on one host ends the socket on the other.
        ada.delete("/api/sessions").await.is(204);
        assert_eq!(socket.end().await, (4001, "session_ended".to_owned()));
        other.stop().await;
    })
    .await;
}
