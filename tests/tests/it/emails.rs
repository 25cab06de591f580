//! Accounts that move to another address.

use std::time::Duration;

use scenarios::on_both_engines;
use serde_json::json;

const MINUTE: Duration = Duration::from_mins(1);

on_both_engines! {
    async fn an_account_moves_with_its_memberships_and_finds_invitations(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let engines = ada.found("Engines").await;
        ada.invite(&engines, "benjamin@example.com", "guest").await;
        assert_eq!(scenario.mails("benjamin").await.len(), 1);
        scenario.clock().advance(MINUTE);

        let wish = json!({ "email": "Benjamin@Example.com" });
        ben.post("/api/me/email").json(wish).await.is(202);
        let link = scenario.link("benjamin").await;
        let told = scenario.mails("ben").await.pop().unwrap();
        assert_eq!(told.kind, "identity.email_change_requested");
        assert!(told.text.contains("benjamin@example.com"), "{}", told.text);
        assert_eq!(ben.get("/api/me").await.is(200).data()["email"], "ben@example.com");
        // Programs look at links before people do, and whoever else follows it gives nothing away.
        scenario.stranger().visit(&link).await.shows(200, "Log in first");
        let token = link.strip_prefix("/email/").unwrap();
        ada.put(&format!("/api/me/email/{token}")).await.is_refused(404, "link_not_found");

        let moved = ben.put(&format!("/api/me/email/{token}")).await.is(200);
        assert_eq!(moved.data()["email"], "benjamin@example.com");
        ben.put(&format!("/api/me/email/{token}")).await.is_refused(404, "link_not_found");
        let members = ada.get(&format!("/api/workspaces/{slug}/members")).await.is(200);
        assert_eq!(members.list()[1]["email"], "benjamin@example.com");
        ben.get(&format!("/api/workspaces/{slug}")).await.is(200);
        assert_eq!(scenario.mails("ben").await.last().unwrap().kind, "identity.email_changed");
        assert_eq!(ben.get("/api/notifications?unread=true").await.is(200).list().len(), 1);
        ben.post(&format!("/api/workspaces/{engines}/invitations/accept")).await.is(200);
        ben.log_in().await.is_refused(401, "invalid_credentials");
    }

    async fn an_invitation_stays_with_its_address(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, ben.email(), "guest").await;
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await, ["workspace_invitation"]);

        ben.post("/api/me/email").json(json!({ "email": "benjamin@example.com" })).await.is(202);
        let link = scenario.link("benjamin").await;
        ben.put(&format!("/api/me{link}")).await.is(200);
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await, Vec::<String>::new());
        ben.post(&format!("/api/workspaces/{slug}/invitations/accept")).await.is_refused(404, "invitation_not_found");

        let next = scenario.user("ben").await;
        scenario.run_until_idle().await;
        assert_eq!(next.told().await, ["workspace_invitation"]);
        next.join(&slug).await;
    }

    async fn a_browser_confirms_the_new_address_by_a_button(scenario: &mut Scenario) {
        let ada = scenario.browser("ada").await;
        let wish = ada.post("/api/me/email").header("sec-fetch-site", "same-origin");
        wish.json(json!({ "email": "countess@example.com" })).await.is(202);
        let link = scenario.link("countess").await;
        let page = ada.visit(&link).await.shows(200, "ada@example.com");
        let changed = ada.submit("/email", &[("token", page.hidden("token"))]).await;
        changed.shows(200, "countess@example.com");
        let again = ada.submit("/email", &[("token", page.hidden("token"))]).await;
        again.shows(404, "This link does not work any more");
        let stranger = scenario.stranger().submit("/email", &[("token", page.hidden("token"))]).await;
        stranger.shows(401, "Log in first");
    }

    async fn another_password_calls_the_move_off(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        ada.post("/api/me/email").json(json!({ "email": "thief@example.com" })).await.is(202);
        let link = scenario.link("thief").await;
        let body = json!({ "password": "purple elephants sing at noon" });
        ada.put("/api/me/password").json(body).await.is(204);
        let late = ada.put(&format!("/api/me{link}")).await;
        late.is_refused(404, "link_not_found");
    }

    async fn an_old_session_and_a_taken_address_are_refused(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        scenario.user("ben").await;
        scenario.register("zoe").await;
        assert_eq!(scenario.mails("zoe").await.len(), 1);
        scenario.clock().advance(MINUTE);
        let want = async |email: &str| ada.post("/api/me/email").json(json!({ "email": email })).await;
        for email in ["ben@example.com", "ADA@example.com", "no address"] {
            want(email).await.is_invalid(&["email"]);
        }
        // What nobody has confirmed keeps nobody away.
        want("zoe@example.com").await.is(202);
        let link = scenario.link("zoe").await;
        ada.put(&format!("/api/me{link}")).await.is(200);
        let log = scenario.log().await;
        assert!(log.iter().any(|event| event.event_type == "identity.user_deleted"));
        scenario.clock().advance(Duration::from_mins(20));
        want("countess@example.com").await.is_refused(403, "reauthentication_needed");
    }
}
