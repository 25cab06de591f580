//! A morning in a small company: people invite, join, decline, leave, and are told about it while it happens.

use std::time::Duration;

use perme8_events::Position;
use scenarios::{Persona, on_both_engines};
use serde_json::{Value, json};

/// The sorted `(type, read)` of what somebody was told.
async fn news(persona: &Persona) -> Vec<(String, bool)> {
    let mut news: Vec<(String, bool)> = persona
        .notifications()
        .await
        .into_iter()
        .map(|one| (one["type"].as_str().unwrap().to_owned(), one["read_at"].is_string()))
        .collect();
    news.sort();
    news
}

fn unread(kinds: &[&str]) -> Vec<(String, bool)> {
    kinds.iter().map(|kind| ((*kind).to_owned(), false)).collect()
}

on_both_engines! {
    async fn an_invitation_is_announced_while_it_happens(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen & Oak").await;
        assert_eq!(slug, "lumen-oak");

        let mut stream = ben.stream().await;
        let invitation = ada.invite(&slug, "BEN@example.com", "member").await;
        let invited = stream.expect("identity.member_invited").await;
        assert_eq!(invited.fact("invitation_id"), &json!(invitation));
        let created = stream.expect("notifications.notification_created").await;
        assert_eq!(created.fact("notification_type"), "workspace_invitation");
        assert!(created.position > invited.position);
        assert_eq!(created.data["correlation_id"], invited.data["correlation_id"]);
        assert_eq!(created.data["causation_id"], invited.data["event_id"]);

        let [told] = <[Value; 1]>::try_from(ben.notifications().await).unwrap();
        assert_eq!(told["id"], *created.fact("notification_id"));
        assert_eq!(told["invitation_id"], json!(invitation));
        assert_eq!(told["data"]["workspace_slug"], json!(slug));
        assert_eq!(told["data"]["invited_by_name"], "Ada Example");
        assert!(told["body"].as_str().unwrap().contains("Lumen & Oak"), "{told}");
        let mine = ben.get("/api/me/invitations").await.is(200);
        assert_eq!(mine.list()[0]["workspace_name"], "Lumen & Oak");

        let mut of_ada = ada.stream().await;
        ben.join(&slug).await;
        stream.expect("identity.member_joined").await;
        let settled = stream.expect("notifications.notification_action_taken").await;
        assert_eq!(settled.fact("action"), "accepted");
        let told = of_ada.expect("notifications.notification_created").await;
        assert_eq!(told.fact("notification_type"), "workspace_member_joined");
        assert_eq!((ada.unread().await, ben.unread().await), (1, 0));
    }

    async fn somebody_without_an_account_is_told_after_confirming_one(scenario: &mut Scenario) {
        scenario.go_live().await;
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let invitation = ada.invite(&slug, "zoe@example.com", "guest").await;
        scenario.register("zoe").await;
        let pending = ada.get(&format!("/api/workspaces/{slug}/invitations")).await.is(200);
        assert_eq!(pending.list()[0]["email"], "zoe@example.com");

        let zoe = scenario.confirm("zoe").await;
        let mut stream = zoe.get("/api/me/events/stream?after=0").stream().await;
        let confirmed = stream.until("identity.user_confirmed").await;
        let invited = stream.until("identity.member_invited").await;
        let told = stream.until("notifications.notification_created").await;
        assert_eq!(invited.fact("invitation_id"), &json!(invitation));
        assert_eq!(invited.data["causation_id"], confirmed.data["event_id"]);
        assert_eq!(told.data["causation_id"], invited.data["event_id"]);
        assert_eq!(told.data["correlation_id"], confirmed.data["correlation_id"]);

        zoe.join(&slug).await;
        let members = ada.get(&format!("/api/workspaces/{slug}/members")).await.is(200);
        let roles: Vec<_> =
            members.list().iter().map(|member| (&member["email"], &member["role"])).collect();
        assert_eq!(
            roles,
            [
                (&json!("ada@example.com"), &json!("owner")),
                (&json!("zoe@example.com"), &json!("guest"))
            ]
        );
    }

    async fn everybody_is_told_what_concerns_them_and_nothing_else(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "admin").await;
        scenario.run_until_idle().await;
        ada.post("/api/notifications/read-all").await.is(200);
        let before = news(&ada).await;
        assert_eq!(before, [("workspace_member_joined".to_owned(), true)]);
        assert_eq!(news(&ben).await, [("workspace_invitation".to_owned(), true)]);

        // Ben invites, Carol joins: the owner and Ben are told, Carol is not told of herself.
        let carol = scenario.member(&ben, &slug, "carol", "member").await;
        scenario.run_until_idle().await;
        assert_eq!(ada.unread().await, 1);
        assert_eq!(ben.told().await[0], "workspace_member_joined");
        assert_eq!(news(&carol).await, [("workspace_invitation".to_owned(), true)]);

        // Dan declines: only who asked him is told.
        let dan = scenario.user("dan").await;
        ben.invite(&slug, dan.email(), "member").await;
        scenario.run_until_idle().await;
        assert_eq!(news(&dan).await, unread(&["workspace_invitation"]));
        dan.post(&format!("/api/workspaces/{slug}/invitations/decline")).await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await[0], "workspace_invitation_declined");
        assert!(!ada.told().await.contains(&"workspace_invitation_declined".to_owned()));
        assert_eq!(dan.notifications().await[0]["action_taken"], "declined");
        assert!(dan.get("/api/me/invitations").await.is(200).list().is_empty());

        // Carol becomes an admin: she is told, and from now on she is told what managers are.
        ada.set_role(&slug, carol.email(), "admin").await;
        scenario.run_until_idle().await;
        assert_eq!(carol.told().await[0], "workspace_role_changed");
        let change = &carol.notifications().await[0];
        assert_eq!(
            (&change["data"]["previous_role"], &change["data"]["role"]),
            (&json!("member"), &json!("admin"))
        );

        // Ben leaves: the managers that remain are told, and Ben keeps nothing that points into the workspace.
        ben.post(&format!("/api/workspaces/{slug}/leave")).await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(carol.told().await[0], "workspace_member_left");
        assert_eq!(ada.told().await[0], "workspace_member_left");
        assert_eq!(news(&ben).await, []);

        // Carol is removed: she is told that, and keeps nothing else.
        ada.remove(&slug, carol.id()).await;
        scenario.run_until_idle().await;
        assert_eq!(news(&carol).await, unread(&["workspace_member_removed"]));
        let last = &carol.notifications().await[0];
        assert_eq!(
            (&last["data"]["workspace_name"], last["data"].get("workspace_slug")),
            (&json!("Lumen"), None)
        );
        let left = ada.get(&format!("/api/workspaces/{slug}/members")).await.is(200);
        assert_eq!(left.list().len(), 1);
    }

    async fn an_invitation_that_is_taken_back_is_settled(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        let invitation = ada.invite(&slug, ben.email(), "member").await;
        scenario.run_until_idle().await;
        assert_eq!(ben.unread().await, 1);
        ada.delete(&format!("/api/workspaces/{slug}/invitations/{invitation}")).await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(ben.notifications().await[0]["action_taken"], "revoked");
        assert_eq!(ben.unread().await, 0);
        ben.post(&format!("/api/workspaces/{slug}/invitations/accept"))
            .await
            .is_refused(404, "invitation_not_found");
        ada.delete(&format!("/api/workspaces/{slug}/invitations/{invitation}"))
            .await
            .is_refused(404, "invitation_not_found");
    }

    async fn the_invitations_of_somebody_who_may_no_longer_invite_are_taken_back(
        scenario: &mut Scenario,
    ) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let zoe = scenario.user("zoe").await;
        for (name, loss) in [("ben", "demoted"), ("carol", "removed"), ("dan", "gone")] {
            let manager = scenario.member(&ada, &slug, name, "admin").await;
            manager.invite(&slug, zoe.email(), "member").await;
            scenario.run_until_idle().await;
            assert_eq!(zoe.unread().await, 1);
            match loss {
                "demoted" => ada.set_role(&slug, manager.email(), "member").await,
                "removed" => ada.remove(&slug, manager.email()).await,
                _ => drop(manager.post(&format!("/api/workspaces/{slug}/leave")).await.is(204)),
            }
            scenario.run_until_idle().await;
            assert_eq!(zoe.unread().await, 0, "{loss}");
            assert_eq!(zoe.notifications().await[0]["action_taken"], "revoked", "{loss}");
            zoe.post(&format!("/api/workspaces/{slug}/invitations/accept"))
                .await
                .is_refused(404, "invitation_not_found");
            scenario.clock().advance(Duration::from_mins(1));
        }
    }

    async fn notifications_are_listed_in_pages_and_read_one_by_one_or_all_at_once(
        scenario: &mut Scenario,
    ) {
        let ben = scenario.user("ben").await;
        let ada = scenario.user("ada").await;
        for number in 1..=5 {
            let slug = ada.found(&format!("Room {number}")).await;
            ada.invite(&slug, ben.email(), "member").await;
            scenario.run_until_idle().await;
            scenario.clock().advance(Duration::from_secs(1));
        }
        assert_eq!(ben.unread().await, 5);

        let mut names = Vec::new();
        let mut path = "/api/notifications?limit=2".to_owned();
        let mut pages = 0;
        loop {
            let page = ben.get(&path).await.is(200);
            assert!(page.list().len() <= 2);
            names.extend(
                page.list()
                    .iter()
                    .map(|one| one["data"]["workspace_name"].as_str().unwrap().to_owned()),
            );
            pages += 1;
            let Some(next) = page.body()["meta"]["next"].as_str() else { break };
            path = format!("/api/notifications?limit=2&after={next}");
        }
        assert_eq!(
            (names, pages),
            (
                vec![
                    "Room 5".into(),
                    "Room 4".into(),
                    "Room 3".into(),
                    "Room 2".into(),
                    "Room 1".into()
                ],
                3
            )
        );

        let newest = ben.notifications().await[0]["id"].as_str().unwrap().to_owned();
        let read = ben.post(&format!("/api/notifications/{newest}/read")).await.is(200);
        assert!(read.data()["read_at"].is_string());
        let head = scenario.head().await;
        let again = ben.post(&format!("/api/notifications/{newest}/read")).await.is(200);
        assert_eq!(again.data(), read.data());
        assert_eq!(scenario.types_after(head).await, Vec::<String>::new());
        assert_eq!(ben.unread().await, 4);
        assert_eq!(ben.get("/api/notifications?unread=true").await.is(200).list().len(), 4);

        ada.post(&format!("/api/notifications/{newest}/read"))
            .await
            .is_refused(404, "notification_not_found");
        let all = ben.post("/api/notifications/read-all").await.is(200);
        assert_eq!(all.data(), &json!({ "read": 4 }));
        assert_eq!(
            ben.post("/api/notifications/read-all").await.is(200).data(),
            &json!({ "read": 0 })
        );
        assert_eq!(ben.unread().await, 0);
        assert!(ben.get("/api/notifications?unread=true").await.is(200).list().is_empty());
    }

    async fn a_request_leaves_its_name_in_everything_that_follows_from_it(scenario: &mut Scenario) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        let head = scenario.head().await;
        let body = json!({ "email": ben.email(), "role": "member" });
        let path = format!("/api/workspaces/{slug}/invitations");
        let answer = ada.post(&path).header("x-request-id", "morning-1").json(body).await.is(201);
        assert_eq!(answer.request_id(), "morning-1");
        scenario.run_until_idle().await;
        let events = scenario
            .log()
            .await
            .into_iter()
            .filter(|event| event.position > head)
            .collect::<Vec<_>>();
        let types: Vec<&str> = events.iter().map(|event| event.event_type.as_str()).collect();
        assert_eq!(
            types,
            [
                "identity.invitation_created",
                "identity.member_invited",
                "notifications.notification_created"
            ]
        );
        let correlations: std::collections::BTreeSet<_> =
            events.iter().map(|event| event.correlation_id.to_string()).collect();
        assert_eq!(correlations.len(), 1);
        assert!(events.iter().all(|event| event.metadata["request_id"] == "morning-1"));
        let minted = ada.get("/api/me").await.request_id().to_owned();
        assert!(minted.parse::<uuid::Uuid>().is_ok());
        assert!(events.iter().all(|event| event.position > Position::START));
    }
}
