//! What people are told, wherever they read it.

use std::time::Duration;

use reqwest::Method;
use scenarios::{Scenario, on_both_engines};
use serde_json::json;

on_both_engines! {
    async fn a_link_leads_its_reader_somewhere(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen & Oak").await;
        let ben = scenario.member(&ada, &slug, "ben", "admin").await;
        let cleo = scenario.user("cleo").await;
        ben.invite(&slug, cleo.email(), "guest").await;
        scenario.run_until_idle().await;
        let [asked] = &cleo.notifications().await[..] else { panic!("one question") };
        assert_eq!(asked["link"]["kind"], "invitation");
        let page = asked["link"]["path"].as_str().unwrap();
        cleo.visit(page).await.shows(200, "Lumen &amp; Oak");
        cleo.post(&format!("/api/workspaces/{slug}/invitations/decline")).await.is(204);
        ada.set_role(&slug, ben.email(), "member").await;
        ada.set_role(&slug, ben.email(), "admin").await;
        scenario.run_until_idle().await;
        let mut kinds = Vec::new();
        for reader in [&ada, &ben] {
            for told in reader.notifications().await {
                reader.get(told["link"]["path"].as_str().unwrap()).await.is(200);
                kinds.push(told["link"]["kind"].as_str().unwrap().to_owned());
            }
        }
        kinds.sort();
        kinds.dedup();
        assert_eq!(kinds, ["invitations", "members", "workspace"]);
    }

    async fn what_is_read_on_one_device_is_read_on_all(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let elsewhere = ben.again().await;
        let (mut here, mut there) = (ben.stream().await, elsewhere.stream().await);
        let mut ids = Vec::new();
        for name in ["Lumen", "Oak", "Pine"] {
            let slug = ada.found(name).await;
            ada.invite(&slug, ben.email(), "member").await;
            let told = here.until("notifications.notification_created").await;
            assert_eq!(there.until("notifications.notification_created").await, told);
            ids.push(told.fact("notification_id").as_str().unwrap().to_owned());
        }
        ben.post(&format!("/api/notifications/{}/read", ids[0])).await.is(200);
        elsewhere.request(Method::DELETE, &format!("/api/notifications/{}", ids[1])).await.is(204);
        ben.post("/api/notifications/read-all").await.is(200);
        for stream in [&mut here, &mut there] {
            let read = stream.expect("notifications.notification_read").await;
            assert_eq!(read.fact("notification_id"), &json!(ids[0]));
            let deleted = stream.expect("notifications.notification_deleted").await;
            assert_eq!(deleted.fact("notification_id"), &json!(ids[1]));
            stream.expect("notifications.notifications_read").await;
        }
        assert_eq!(elsewhere.unread().await, 0);
        assert_eq!(elsewhere.notifications().await.len(), 2);
    }

    async fn what_nobody_needs_any_more_is_forgotten_by_the_host(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        ada.invite(&slug, ben.email(), "member").await;
        scenario.run_until_idle().await;
        ben.post("/api/notifications/read-all").await.is(200);
        scenario.clock().advance(Duration::from_hours(24 * 91));
        scenario.run_until_idle().await;
        assert_eq!(ben.again().await.notifications().await.len(), 0);
    }

    async fn whoever_wants_it_gets_one_mail_a_day(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen & Oak").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        // It is nine o'clock.
        let digest = json!({ "digest_hour": 10, "preferences": [
            { "type": "workspace_role_changed", "workspace": slug, "delivery": "digest" },
        ]});
        ben.request(Method::PUT, "/api/notifications/preferences").json(digest).await.is(200);
        ada.set_role(&slug, ben.email(), "guest").await;
        ada.set_role(&slug, ben.email(), "admin").await;
        scenario.run_until_idle().await;
        let digests = async |scenario: &mut Scenario| -> Vec<_> {
            let mails = scenario.mails("ben").await;
            mails.into_iter().filter(|mail| mail.kind == "notifications.digest").collect()
        };
        assert!(digests(scenario).await.is_empty());
        scenario.clock().advance(Duration::from_hours(1));
        let [mail] = &digests(scenario).await[..] else { panic!("one mail") };
        assert!(mail.text.contains("• You are now a guest of Lumen & Oak"), "{}", mail.text);
        assert!(mail.html.contains("You are now an admin of Lumen &amp; Oak"), "{}", mail.html);
        // What has been read is no reason for another mail.
        let ben = ben.again().await;
        ada.again().await.set_role(&slug, ben.email(), "guest").await;
        scenario.run_until_idle().await;
        ben.post("/api/notifications/read-all").await.is(200);
        scenario.clock().advance(Duration::from_hours(24));
        assert_eq!(digests(scenario).await.len(), 1);
    }

    async fn everybody_in_a_workspace_is_told_that_it_is_put_away(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen & Oak").await;
        let ben = scenario.member(&ada, &slug, "ben", "guest").await;
        let cleo = scenario.member(&ada, &slug, "cleo", "admin").await;
        ada.post(&format!("/api/workspaces/{slug}/archive")).await.is(200);
        scenario.run_until_idle().await;
        for reader in [&ben, &cleo] {
            let told = &reader.notifications().await[0];
            assert_eq!(told["title"], "Lumen & Oak was archived");
            reader.get(told["link"]["path"].as_str().unwrap()).await.is(200);
        }
        assert!(!ada.told().await.contains(&"workspace_archived".to_owned()));
        ada.post(&format!("/api/workspaces/{slug}/restore")).await.is(200);
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await[0], "workspace_restored");
    }
}
