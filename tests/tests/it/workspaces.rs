//! The life of a workspace, from its first name to its end.

use scenarios::on_both_engines;
use serde_json::json;

on_both_engines! {
    async fn whoever_confirms_an_address_while_a_workspace_is_put_away_is_asked_later(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, "ben@example.com", "guest").await;
        ada.post(&format!("/api/workspaces/{slug}/archive")).await.is(200);
        let ben = scenario.user("ben").await;
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await, Vec::<String>::new());
        ada.post(&format!("/api/workspaces/{slug}/restore")).await.is(200);
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await, ["workspace_invitation"]);
        ben.join(&slug).await;
    }

    async fn a_workspace_changes_hands_and_ends(scenario: &mut Scenario) {
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        ada.invite(&slug, eve.email(), "guest").await;
        scenario.run_until_idle().await;
        assert_eq!(eve.unread().await, 1);

        let at = |rest: &str| format!("/api/workspaces/{slug}{rest}");
        ada.post(&at("/archive")).await.is(200);
        eve.post(&at("/invitations/accept")).await.is_refused(409, "workspace_archived");
        ada.patch(&at("")).json(json!({"name": "Lux"})).await.is_refused(409, "workspace_archived");
        ada.post(&at("/restore")).await.is(200);

        ada.post(&at("/transfer")).json(json!({"user_id": ben.id()})).await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await[0], "workspace_role_changed");
        ada.delete(&at("")).await.is_refused(403, "forbidden");

        let mut stream = ada.stream_of(&slug).await;
        ben.delete(&at("")).await.is(204);
        stream.expect("identity.workspace_deleted").await;
        stream.end("access_lost").await;
        scenario.run_until_idle().await;
        for person in [&ada, &ben, &eve] {
            person.get(&at("")).await.is_refused(404, "workspace_not_found");
        }
        for person in [&ben, &eve] {
            assert_eq!(person.told().await, Vec::<String>::new(), "nothing is left to be read of it");
        }
        // Who managed it is told that it is gone, and by whom.
        let [gone] = &ada.notifications().await[..] else { panic!("nothing else is left") };
        assert_eq!(gone["body"], "Ben Example deleted Lumen, and everything in it.");
        assert!(gone["link"].is_null());
        assert!(eve.get("/api/me/invitations").await.is(200).list().is_empty());
    }
}
