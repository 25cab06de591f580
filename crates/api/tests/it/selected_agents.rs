//! The agents that people select in their workspaces.

use expect_test::expect;
use serde_json::json;

use crate::{
    client::{get, post, put},
    host::Host,
};

const AGENT: &str = "0199a1b2-0000-7000-8000-00000000000a";
const PREFERENCES: &str = "/api/workspaces/acme/preferences";

#[tokio::test]
async fn an_agent_is_selected_shown_and_dropped() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let show = || host.ask(get(PREFERENCES).bearer(&ada.token));
    let mine = || host.ask(get("/api/me/preferences").bearer(&ada.token));
    let choose = |body| host.ask(put(PREFERENCES).bearer(&ada.token).json(body));
    expect![[r#"200 {"data":{"selected_agent_id":null}}"#]].assert_eq(&show().await.to_string());
    expect![[r#"200 {"data":{"selected_agents":[]}}"#]].assert_eq(&mine().await.to_string());
    let unknown = choose(json!({"selected_agent_id": AGENT})).await;
    expect![[r#"422 {"code":"validation_failed","errors":{"selected_agent_id":["must be an agent that you may use"]},"request_id":"r-1"}"#]]
        .assert_eq(&unknown.to_string());
    let make = post("/api/agents").json(json!({"name": "Helper"}));
    let agent = host.ask(make.bearer(&ada.token)).await.text_at("/data/id");
    let eve = host.person("eve").await;
    host.workspace(&eve, "Evil").await;
    for (slug, status) in [("acme", 404), ("evil", 422)] {
        let foreign = put(format!("/api/workspaces/{slug}/preferences"));
        let foreign = foreign.json(json!({"selected_agent_id": agent})).bearer(&eve.token);
        assert_eq!(host.ask(foreign).await.status, status);
    }
    let chosen = choose(json!({"selected_agent_id": agent})).await;
    assert_eq!(chosen.text_at("/data/selected_agent_id"), agent);
    assert_eq!(show().await.text, chosen.text);
    expect![[r#"200 {"data":{"selected_agents":[{"workspace":"acme","agent_id":"ID"}]}}"#]]
        .assert_eq(&mine().await.to_string());
    let nothing = choose(json!({"selected_agent_id": null})).await;
    expect![[r#"200 {"data":{"selected_agent_id":null}}"#]].assert_eq(&nothing.to_string());
    assert_eq!(show().await.text, nothing.text);
    let unsaid = choose(json!({})).await;
    expect![[r#"422 {"code":"validation_failed","errors":{"selected_agent_id":["can't be blank: send null for none"]},"request_id":"r-1"}"#]]
        .assert_eq(&unsaid.to_string());
}

#[tokio::test]
async fn what_is_no_id_is_no_agent() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let mut answers = String::new();
    for wish in [json!("helper"), json!(""), json!(7), json!("\0")] {
        let body = json!({"selected_agent_id": wish});
        let ask = put(PREFERENCES).bearer(&ada.token).json(body);
        answers = answers + &host.ask(ask).await.to_string() + "\n";
    }
    expect![[r#"
        422 {"code":"validation_failed","errors":{"selected_agent_id":["must be the id of an agent"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"selected_agent_id":["must be the id of an agent"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"selected_agent_id":["must be a text"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"selected_agent_id":["has an invalid character"]},"request_id":"r-1"}
    "#]].assert_eq(&answers);
}
