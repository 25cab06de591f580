//! Sessions of one person, told apart and ended one by one.

use std::time::Duration;

use scenarios::on_both_engines;
use serde_json::json;

const HOUR: Duration = Duration::from_hours(1);

on_both_engines! {
    async fn a_session_that_is_revoked_ends_everywhere_and_the_others_go_on(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        scenario.clock().advance(HOUR);
        let lost = ada.again().await;
        let mut stream = lost.stream().await;
        let mut own = ada.stream().await;
        let sessions = ada.get("/api/me/sessions").await.is(200);
        let [latest, first] = sessions.list() else { panic!("two sessions") };
        assert_eq!((&latest["current"], &first["current"]), (&json!(false), &json!(true)));
        assert_eq!((&latest["address"], &latest["user_agent"]), (&json!("127.0.0.1"), &json!(null)));
        assert_eq!(first["last_used_at"], latest["began_at"], "the list itself is a use");
        let path = format!("/api/me/sessions/{}", latest["id"].as_str().unwrap());
        ada.delete(&path).await.is(204);
        stream.end("access_lost").await;
        own.expect("identity.user_logged_out").await;
        lost.get("/api/me").await.is_refused(401, "unauthenticated");
        ada.delete(&path).await.is_refused(404, "session_not_found");
        assert_eq!(ada.get("/api/me/sessions").await.is(200).list().len(), 1);
    }

    async fn an_old_session_is_made_fresh_by_the_password_or_by_a_link(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let change = async |password: &str| {
            ada.put("/api/me/password").json(json!({ "password": password })).await
        };
        scenario.clock().advance(HOUR);
        change("purple elephants sing at noon").await.is_refused(403, "reauthentication_needed");
        let proof = json!({ "password": ada.password() });
        ada.post("/api/me/reauthenticate").json(proof).await.is(200);
        change("purple elephants sing at noon").await.is(204);

        scenario.clock().advance(HOUR);
        change("yellow submarines dive at dusk").await.is_refused(403, "reauthentication_needed");
        let wish = json!({ "email": "ada@example.com" });
        ada.post("/api/sessions/magic-link").json(wish).await.is(202);
        let link = scenario.link("ada").await;
        let proof = json!({ "token": link.strip_prefix("/login/").unwrap() });
        let ben = scenario.user("ben").await;
        ben.post("/api/me/reauthenticate").json(proof.clone()).await.is_refused(401, "invalid_credentials");
        ada.post("/api/me/reauthenticate").json(proof.clone()).await.is(200);
        ada.post("/api/me/reauthenticate").json(proof).await.is_refused(401, "invalid_credentials");
        change("yellow submarines dive at dusk").await.is(204);
    }
}
