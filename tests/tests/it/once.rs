//! An invitation is announced exactly once, whatever is repeated.

use std::time::Duration;

use scenarios::on_both_engines;
use serde_json::json;

const MINUTE: Duration = Duration::from_mins(1);

on_both_engines! {
    async fn sending_an_invitation_again_asks_nobody_again(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        let invitation = ada.invite(&slug, ben.email(), "member").await;
        let resend = format!("/api/workspaces/{slug}/invitations/{invitation}/resend");

        let too_soon = ada.post(&resend).await;
        too_soon.is_refused(429, "resent_too_soon");
        assert_eq!(too_soon.header("retry-after"), Some("Mon, 05 Jan 2026 09:01:00 GMT"));
        for _ in 0..3 {
            scenario.clock().advance(MINUTE);
            ada.post(&resend).await.is(200);
            scenario.run_until_idle().await;
        }
        assert_eq!(ben.told().await, ["workspace_invitation"]);
        ben.post("/api/notifications/read-all").await.is(200);
        scenario.clock().advance(MINUTE);
        ada.post(&resend).await.is(200);
        scenario.run_until_idle().await;
        assert_eq!((ben.told().await.len(), ben.unread().await), (1, 0));

        ben.join(&slug).await;
        scenario.clock().advance(MINUTE);
        ada.post(&resend).await.is_refused(404, "invitation_not_found");
    }

    async fn inviting_again_is_refused_while_somebody_is_asked_or_is_a_member(
        scenario: &mut Scenario,
    ) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        let path = format!("/api/workspaces/{slug}/invitations");
        ada.invite(&slug, ben.email(), "member").await;
        for email in ["ben@example.com", "BEN@EXAMPLE.COM", " ben@example.com ", "ada@example.com"]
        {
            ada.post(&path)
                .json(json!({ "email": email, "role": "guest" }))
                .await
                .is_refused(409, "already_member");
        }
        ben.join(&slug).await;
        ada.post(&path)
            .json(json!({ "email": ben.email(), "role": "guest" }))
            .await
            .is_refused(409, "already_member");
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await, ["workspace_invitation"]);
    }

    async fn a_new_account_is_asked_once_about_each_invitation_that_waited(
        scenario: &mut Scenario,
    ) {
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let (lumen, evil) = (ada.found("Lumen").await, eve.found("Evil").await);
        let first = ada.invite(&lumen, "zoe@example.com", "member").await;
        eve.invite(&evil, "ZOE@example.com", "member").await;
        scenario.run_until_idle().await;
        scenario.register("zoe").await;
        let second_token = scenario.confirmation_token("zoe@example.com").await;
        let zoe = scenario.confirm("zoe").await;
        scenario
            .stranger()
            .post("/api/sessions")
            .json(json!({ "token": second_token }))
            .await
            .is_refused(401, "invalid_credentials");
        scenario.run_until_idle().await;
        scenario.clock().advance(MINUTE);
        ada.post(&format!("/api/workspaces/{lumen}/invitations/{first}/resend")).await.is(200);
        scenario.run_until_idle().await;
        assert_eq!(zoe.told().await, ["workspace_invitation", "workspace_invitation"]);
        assert_eq!(zoe.get("/api/me/invitations").await.is(200).list().len(), 2);
        let announced = scenario
            .log()
            .await
            .into_iter()
            .filter(|event| event.event_type == "identity.member_invited");
        assert_eq!(announced.count(), 2);
    }

    async fn whoever_declined_is_asked_anew_by_a_new_invitation(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, ben.email(), "member").await;
        let decline = format!("/api/workspaces/{slug}/invitations/decline");
        ben.post(&decline).await.is(204);
        ben.post(&decline).await.is_refused(404, "invitation_not_found");
        let again = json!({ "email": ben.email(), "role": "guest" });
        let too_soon = ada.post(&format!("/api/workspaces/{slug}/invitations")).json(again).await;
        too_soon.is_refused(429, "invited_too_soon");
        assert_eq!(too_soon.header("retry-after"), Some("Mon, 05 Jan 2026 09:01:00 GMT"));
        scenario.clock().advance(MINUTE);
        ada.invite(&slug, ben.email(), "guest").await;
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await, ["workspace_invitation", "workspace_invitation"]);
        assert_eq!(ben.unread().await, 1);
        ben.join(&slug).await;
        ben.post(&format!("/api/workspaces/{slug}/invitations/accept"))
            .await
            .is_refused(404, "invitation_not_found");
        scenario.run_until_idle().await;
        assert_eq!(ben.unread().await, 0);
    }

    async fn a_host_that_restarts_at_any_moment_repeats_nothing(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        for name in ["zoe", "yan"] {
            ada.invite(&slug, &format!("{name}@example.com"), "member").await;
            scenario.restart().await;
            scenario.register(name).await;
            scenario.confirm(name).await;
            // What the handlers had begun is finished or forgotten; the next host takes up either.
            scenario.restart().await;
        }
        ada.invite(&slug, ben.email(), "member").await;
        scenario.restart().await;
        let mut stream = ben.get("/api/me/events/stream?after=0").stream().await;
        stream.until("notifications.notification_created").await;
        scenario.restart().await;
        for name in ["zoe", "yan"] {
            let newcomer = scenario.confirmed(name).await;
            scenarios::eventually("the newcomer is told", async || {
                !newcomer.told().await.is_empty()
            })
            .await;
            assert_eq!(newcomer.told().await, ["workspace_invitation"]);
        }
        assert_eq!(ben.told().await, ["workspace_invitation"]);
    }

    async fn two_people_who_race_for_one_address_make_one_invitation(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let carol = scenario.member(&ada, &slug, "carol", "admin").await;
        let ben = scenario.user("ben").await;
        let path = format!("/api/workspaces/{slug}/invitations");
        let invite = async |by: &scenarios::Persona| {
            by.post(&path)
                .json(json!({ "email": "ben@example.com", "role": "member" }))
                .await
                .status()
        };
        let mut statuses = tokio::join!(invite(&ada), invite(&carol), invite(&ada), invite(&carol));
        let mut sorted = [&mut statuses.0, &mut statuses.1, &mut statuses.2, &mut statuses.3]
            .map(|status| *status);
        sorted.sort_unstable();
        assert_eq!(sorted, [201, 409, 409, 409]);
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await, ["workspace_invitation"]);

        // And who accepts twice at once joins once.
        let accept = async || ben.post(&format!("{path}/accept")).await.status();
        let (first, second) = tokio::join!(accept(), accept());
        assert!(matches!((first, second), (200, 404 | 409) | (404 | 409, 200)), "{first} {second}");
        assert_eq!(
            ada.get(&format!("/api/workspaces/{slug}/members")).await.is(200).list().len(),
            3
        );
    }
}
