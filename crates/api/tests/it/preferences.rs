//! Of what the caller is told, and how.

use expect_test::expect;
use serde_json::json;

use crate::{
    client::{get, put},
    host::Host,
};

#[tokio::test]
async fn preferences_are_shown_and_chosen() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let show = || host.ask(get("/api/notifications/preferences").bearer(&ada.token));
    expect![[r#"200 {"data":{"digest_hour":8,"preferences":[{"type":"workspace_invitation","workspace":null,"delivery":"on"},{"type":"workspace_invitation_declined","workspace":null,"delivery":"on"},{"type":"workspace_member_joined","workspace":null,"delivery":"on"},{"type":"workspace_member_left","workspace":null,"delivery":"on"},{"type":"workspace_member_removed","workspace":null,"delivery":"on"},{"type":"workspace_role_changed","workspace":null,"delivery":"on"},{"type":"workspace_invitation_expired","workspace":null,"delivery":"on"},{"type":"workspace_invitation_revoked","workspace":null,"delivery":"on"},{"type":"workspace_archived","workspace":null,"delivery":"on"},{"type":"workspace_restored","workspace":null,"delivery":"on"},{"type":"workspace_deleted","workspace":null,"delivery":"on"},{"type":"project_created","workspace":null,"delivery":"on"},{"type":"project_updated","workspace":null,"delivery":"on"},{"type":"project_archived","workspace":null,"delivery":"on"},{"type":"project_restored","workspace":null,"delivery":"on"},{"type":"project_deleted","workspace":null,"delivery":"on"},{"type":"document_created","workspace":null,"delivery":"on"},{"type":"document_updated","workspace":null,"delivery":"on"},{"type":"document_deleted","workspace":null,"delivery":"on"}]}}"#]].assert_eq(&show().await.to_string());
    let wish = json!({"digest_hour": 17, "preferences": [
        {"type": "workspace_member_left", "delivery": "off"},
        {"type": "workspace_member_left", "workspace": "acme", "delivery": "digest"},
    ]});
    let chosen =
        host.ask(put("/api/notifications/preferences").bearer(&ada.token).json(wish)).await;
    expect![[r#"200 {"data":{"digest_hour":17,"preferences":[{"type":"workspace_invitation","workspace":null,"delivery":"on"},{"type":"workspace_invitation_declined","workspace":null,"delivery":"on"},{"type":"workspace_member_joined","workspace":null,"delivery":"on"},{"type":"workspace_member_left","workspace":null,"delivery":"off"},{"type":"workspace_member_left","workspace":"acme","delivery":"digest"},{"type":"workspace_member_removed","workspace":null,"delivery":"on"},{"type":"workspace_role_changed","workspace":null,"delivery":"on"},{"type":"workspace_invitation_expired","workspace":null,"delivery":"on"},{"type":"workspace_invitation_revoked","workspace":null,"delivery":"on"},{"type":"workspace_archived","workspace":null,"delivery":"on"},{"type":"workspace_restored","workspace":null,"delivery":"on"},{"type":"workspace_deleted","workspace":null,"delivery":"on"},{"type":"project_created","workspace":null,"delivery":"on"},{"type":"project_updated","workspace":null,"delivery":"on"},{"type":"project_archived","workspace":null,"delivery":"on"},{"type":"project_restored","workspace":null,"delivery":"on"},{"type":"project_deleted","workspace":null,"delivery":"on"},{"type":"document_created","workspace":null,"delivery":"on"},{"type":"document_updated","workspace":null,"delivery":"on"},{"type":"document_deleted","workspace":null,"delivery":"on"}]}}"#]].assert_eq(&chosen.to_string());
    assert_eq!(show().await.to_string(), chosen.to_string());
}

#[tokio::test]
async fn what_cannot_be_chosen_is_refused() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let mut answers = String::new();
    for wish in [
        json!({}),
        json!({"digest_hour": 256, "preferences": {}}),
        json!({"digest_hour": 24, "preferences": []}),
        json!({"digest_hour": 8, "preferences": [
            7,
            {"type": "task_completed", "delivery": "on"},
            {"type": "workspace_member_left"},
            {"type": "workspace_member_left", "delivery": "on", "workspace": 1},
        ]}),
        json!({"digest_hour": 8, "preferences": [{"type": "workspace_invitation", "delivery": "off"}]}),
        json!({"digest_hour": 8, "preferences": [
            {"type": "workspace_member_left", "workspace": "acme", "delivery": "off"},
        ]}),
    ] {
        let ask = put("/api/notifications/preferences").bearer(&ada.token).json(wish);
        answers = answers + &host.ask(ask).await.to_string() + "\n";
    }
    expect![[r#"
        422 {"code":"validation_failed","errors":{"digest_hour":["can't be blank"],"preferences":["can't be blank"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"digest_hour":["must be an hour from 0 to 23"],"preferences":["must be a list"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"digest_hour":["must be an hour from 0 to 23"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"preferences":["entry 1 must be an object","entry 2 has no type: `task_completed` is not a type of notifications","entry 3 needs a delivery","entry 4 must have a text as workspace"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"preferences":["`workspace_invitation` cannot be off: choose on or digest"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"preferences":["there is no workspace `acme` that you are a member of"]},"request_id":"r-1"}
    "#]].assert_eq(&answers);
}
