//! Passwords that are forgotten, and passwords that are changed.

use std::time::Duration;

use scenarios::on_both_engines;
use serde_json::json;

const NEW: &str = "purple elephants sing at noon";

on_both_engines! {
    async fn a_forgotten_password_is_set_anew_by_a_link(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let browser = scenario.stranger();
        browser.visit("/password-reset").await.shows(200, "Your e-mail address");
        let asked = browser.submit("/password-reset", &[("email", "ADA@example.com")]).await;
        asked.shows(202, "Look into your mail");
        let link = scenario.link("ada").await;
        assert_eq!(scenario.mails("ada").await.last().unwrap().kind, "identity.password_reset");
        // Programs look at links before people do, and use nothing up.
        scenario.stranger().visit(&link).await.shows(200, "Your new password");
        let page = browser.visit(&link).await.shows(200, "Set the password");
        let token = page.hidden("token");
        let weak = browser.submit("/password-reset", &[("token", token), ("password", "ada@example.com")]).await;
        weak.shows(422, "This password is too easy to guess").shows(422, "name=\"token\"");
        let set = browser.submit("/password-reset", &[("token", token), ("password", NEW)]).await;
        set.shows(200, "Your password is set");

        ada.get("/api/me").await.is_refused(401, "unauthenticated");
        ada.log_in().await.is_refused(401, "invalid_credentials");
        let credentials = json!({ "email": "ada@example.com", "password": NEW });
        scenario.stranger().post("/api/sessions").json(credentials).await.is(201);
        let again = browser.submit("/password-reset", &[("token", token), ("password", NEW)]).await;
        again.shows(401, "This link does not work any more");
        let told = scenario.mails("ada").await.pop().unwrap();
        assert_eq!(told.kind, "identity.password_changed");
    }

    async fn a_link_that_sets_a_password_works_for_an_hour_and_logs_nobody_in(scenario: &mut Scenario) {
        scenario.user("ada").await;
        let stranger = scenario.stranger();
        stranger.post("/api/users/password-reset").json(json!({ "email": "ada@example.com" })).await.is(202);
        let link = scenario.link("ada").await;
        let token = link.strip_prefix("/password-reset/").unwrap();
        let log_in = stranger.post("/api/sessions").json(json!({ "token": token })).await;
        log_in.is_refused(401, "invalid_credentials");
        scenario.clock().advance(Duration::from_hours(1));
        let late = stranger.put(&format!("/api/users/password-reset/{token}"));
        late.json(json!({ "password": NEW })).await.is_refused(401, "invalid_credentials");
    }

    async fn whoever_has_not_confirmed_gets_that_link_instead(scenario: &mut Scenario) {
        scenario.register("zoe").await;
        let stranger = scenario.stranger();
        for email in ["zoe@example.com", "nobody@example.com"] {
            stranger.post("/api/users/password-reset").json(json!({ "email": email })).await.is(202);
        }
        assert_eq!(scenario.mails("zoe").await.last().unwrap().kind, "identity.confirmation");
        assert!(scenario.mails("nobody").await.is_empty());
    }

    async fn a_change_of_the_password_ends_the_streams_of_other_sessions(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let elsewhere = ada.again().await;
        let (mut own, mut other) = (ada.stream().await, elsewhere.stream().await);
        let body = json!({ "password": NEW, "current_password": ada.password() });
        ada.put("/api/me/password").json(body).await.is(204);
        own.expect("identity.password_changed").await;
        other.end("access_lost").await;
        ada.get("/api/me").await.is(200);
        elsewhere.get("/api/me").await.is_refused(401, "unauthenticated");
    }
}
