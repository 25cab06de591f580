//! Accounts that are given up.

use std::time::Duration;

use perme8_events::DomainEvent as _;
use scenarios::{Scenario, on_both_engines};
use serde_json::json;

on_both_engines! {
    async fn whoever_goes_takes_everything_along_and_may_come_back(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "admin").await;
        let engines = ada.found("Engines").await;
        ada.invite(&engines, "ben@example.com", "guest").await;
        ben.invite(&slug, "zoe@example.com", "guest").await;
        scenario.run_until_idle().await;
        assert!(!ben.get("/api/notifications").await.is(200).list().is_empty());

        let mut stream = ben.stream().await;
        ben.delete("/api/me").await.is(204);
        stream.end("access_lost").await;
        ben.get("/api/me").await.is_refused(401, "unauthenticated");
        ben.log_in().await.is_refused(401, "invalid_credentials");
        assert_eq!(scenario.mails("ben").await.last().unwrap().kind, "identity.account_deleted");
        let members = ada.get(&format!("/api/workspaces/{slug}/members")).await.is(200);
        assert_eq!(members.list().len(), 1);
        let invitations = ada.get(&format!("/api/workspaces/{slug}/invitations")).await.is(200);
        assert_eq!(invitations.list().len(), 0, "what Ben offered is offered by nobody");
        scenario.run_until_idle().await;

        // The address is free, and what others offered it waits on.
        let again = scenario.user("ben").await;
        assert_ne!(again.id(), ben.id());
        let waiting = again.get("/api/me/invitations").await.is(200);
        assert_eq!(waiting.list()[0]["workspace_slug"], json!(engines));
        scenario.run_until_idle().await;
        let told = again.get("/api/notifications").await.is(200);
        assert_eq!(told.list().len(), 1, "of the invitation, and of nothing from before");
    }

    async fn owners_and_old_sessions_delete_nothing(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let head = scenario.head().await;
        let refused = ada.delete("/api/me").await;
        refused.is_refused(409, "owns_workspaces");
        assert_eq!(refused.body()["workspaces"][0]["slug"], json!(slug));
        scenario.clock().advance(Duration::from_mins(20));
        ada.delete("/api/me").await.is_refused(403, "reauthentication_needed");
        assert_eq!(scenario.types_after(head).await, Vec::<String>::new());
        ada.get("/api/me").await.is(200);
    }

    async fn a_week_later_the_log_does_not_say_whose_the_account_was(scenario: &mut Scenario) {
        let ben = scenario.user("ben").await;
        ben.delete("/api/me").await.is(204);
        scenario.run_until_idle().await;
        // Whether the address stands in some event about Ben's account, whose id it says in any case.
        let said = async |scenario: &Scenario| {
            let log = scenario.log().await;
            let of_ben: Vec<_> = log.iter().filter(|event| event.aggregate_id == ben.id()).collect();
            assert!(of_ben.iter().any(|event| event.event_type == identity::UserDeleted::TYPE));
            of_ben.iter().any(|event| event.data.get().contains("ben@example.com"))
        };
        assert!(said(scenario).await, "the last word to the address may still be to be sent");
        scenario.clock().advance(Duration::from_hours(7 * 24));
        scenario.run_until_idle().await;
        assert!(!said(scenario).await);
    }
}
