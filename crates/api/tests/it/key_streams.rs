//! What programs follow by a key.

use std::time::Duration;

use identity::{Permissions, RevokeApiKey, UpdateApiKey};
use perme8_events::Origin;
use serde_json::{Value, json};

use crate::{
    client::{Ask, Blocks, field, get, patch, post, put},
    host::{Host, Person},
    robot::{Robot, robot},
    socket::Socket,
};

/// A key of this person that reads events, by its id and its token.
async fn reader(host: &Host, by: &Person, slugs: &[&str]) -> (String, String) {
    let body =
        json!({ "name": "Robot", "permissions": ["events:read"], "workspace_access": slugs });
    let Robot { id, token } = robot(host, by, body).await;
    (id, token)
}

/// What the end of a stream says.
async fn end(stream: &mut Blocks) -> String {
    let mut last = String::new();
    while let Some(block) = stream.event().await {
        last = block;
    }
    field(&last, "data").expect("the end says why")
}

#[tokio::test]
async fn a_key_sees_what_happens_where_it_reaches_and_nothing_of_elsewhere() {
    let host = Host::new().await;
    let (ada, eve) = (host.person("ada").await, host.person("eve").await);
    host.workspace(&ada, "Acme").await;
    host.workspace(&eve, "Evil").await;
    let (_, key) = reader(&host, &ada, &["acme"]).await;
    let mut of_acme = host.stream(get("/api/workspaces/acme/events/stream").bearer(&key)).await;
    let mut of_ada = host.stream(get("/api/me/events/stream").bearer(&key)).await;
    for stream in [&mut of_acme, &mut of_ada] {
        assert!(stream.next().await.unwrap().contains("ready"));
    }
    // An invitation is meant for her, but of a workspace that her key does not reach.
    host.invite(&eve, "evil", "ada", identity::Role::Guest).await;
    host.invite(&ada, "acme", "zoe", identity::Role::Guest).await;
    host.log_in("ada").await;
    assert_eq!(of_acme.kind().await.unwrap(), "identity.invitation_created");
    assert_eq!(of_ada.kind().await.unwrap(), "identity.user_logged_in");
}

#[tokio::test]
async fn what_is_told_in_several_workspaces_names_those_alone_that_a_follower_knows() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let (acme, bolt) = (host.workspace(&ada, "Acme").await, host.workspace(&ada, "Bolt").await);
    let ben = host.member(&ada, &acme, "ben", identity::Role::Member).await;
    let ask = async |ask: Ask| host.ask(ask.bearer(&ada.token)).await.json();
    let mine = ask(get("/api/me/workspaces")).await;
    let bolt_id = mine["data"][0]["id"].as_str().unwrap();
    let agent = json!({ "name": "Helper", "visibility": "SHARED" });
    let made = ask(post("/api/agents").json(agent)).await;
    let at = format!("/api/agents/{}", made["data"]["id"].as_str().unwrap());
    ask(put(format!("{at}/workspaces")).json(json!({ "workspaces": [acme, bolt] }))).await;
    let (_, key) = reader(&host, &ada, &["acme"]).await;
    let mut streams = Vec::new();
    for token in [&key, &ben.token, &ada.token] {
        let stream = get("/api/workspaces/acme/events/stream").bearer(token);
        streams.push(host.stream(stream).await);
    }
    streams.push(host.stream(get("/api/me/events/stream").bearer(&key)).await);
    for stream in &mut streams {
        assert!(stream.next().await.unwrap().contains("ready"));
    }
    ask(patch(&at).json(json!({ "name": "Poet" }))).await;
    let mut told = Vec::new();
    for stream in &mut streams {
        let block = stream.event().await.unwrap();
        let data: Value = serde_json::from_str(&field(&block, "data").unwrap()).unwrap();
        assert_eq!(data["data"]["name"], "Poet");
        told.push((
            data["data"]["workspace_ids"].as_array().unwrap().len(),
            block.contains(bolt_id),
        ));
    }
    assert_eq!(told, [(1, false), (1, false), (2, true), (1, false)]);
}

#[tokio::test]
async fn a_stream_ends_with_its_key_and_when_the_key_is_changed() {
    let host = Host::lively().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let follow = async || {
        let (id, key) = reader(&host, &ada, &["acme"]).await;
        let stream = host.stream(get("/api/workspaces/acme/events/stream").bearer(&key)).await;
        (id.parse().unwrap(), stream)
    };
    let by_key = |id: identity::ApiKeyId| {
        Origin::new(perme8_events::Actor::ApiKey { id: id.uuid(), user: ada.id })
    };
    let (id, mut stream) = follow().await;
    let revoked = host.identity.revoke_api_key(Origin::user(ada.id), RevokeApiKey { id }).await;
    revoked.unwrap();
    assert_eq!(end(&mut stream).await, r#"{"reason":"key_ended"}"#);
    let (id, mut stream) = follow().await;
    let body = json!({ "name": "Maker", "workspace_access": ["acme"] });
    let maker = robot(&host, &ada, body).await.id.parse().unwrap();
    let change = UpdateApiKey {
        id,
        session_id: None,
        name: None,
        description: None,
        permissions: Some(Permissions(Some(Vec::new()))),
        workspace_access: None,
        expiry: None,
    };
    host.identity.update_api_key(by_key(maker), change).await.unwrap();
    assert_eq!(end(&mut stream).await, r#"{"reason":"key_ended"}"#);
}

#[tokio::test]
async fn a_key_shows_itself_to_a_socket_and_follows_what_it_reaches() {
    // Slow enough for a socket that is read only now and then.
    let host = Host::with(|options| options.heartbeat = Duration::from_millis(500)).await;
    let address = host.listen().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    host.workspace(&ada, "Bolt").await;
    let (id, key) = reader(&host, &ada, &["acme"]).await;
    let list = host.ask(get("/api/me/workspaces").bearer(&ada.token)).await.json();
    let [bolt, acme] = [0, 1].map(|place| list["data"][place]["id"].as_str().unwrap().to_owned());
    let mut socket = Socket::bearer(address, &key).await;
    for (topic, allowed) in [
        (format!("events:workspace:{acme}"), true),
        (format!("ephemeral:workspace:{acme}"), true),
        (format!("events:user:{}", ada.id), true),
        (format!("events:workspace:{bolt}"), false),
        (format!("ephemeral:workspace:{bolt}"), false),
        (format!("ephemeral:user:{}", ada.id), false),
        (format!("legacy:workspace:{acme}"), false),
    ] {
        socket.say(json!({ "subscribe": topic }).to_string()).await;
        let said = socket.hear().await;
        assert_eq!(said["subscribed"] == topic, allowed, "{said}");
        assert_eq!(said["error"]["code"] == "forbidden", !allowed, "{said}");
    }
    let publish = format!("ephemeral:workspace:{acme}");
    socket.say(json!({ "publish": publish, "kind": "typing" }).to_string()).await;
    assert_eq!(socket.hear().await["error"]["code"], "forbidden");
    let revoked = async {
        let ticket = post("/api/tickets").bearer(&key);
        assert_eq!(host.ask(ticket).await.json()["code"], "session_required");
        let id = id.parse().unwrap();
        host.identity.revoke_api_key(Origin::user(ada.id), RevokeApiKey { id }).await.unwrap();
    };
    let (end, ()) = tokio::join!(socket.end(), revoked);
    assert_eq!(end, "4002 key_ended");
}
