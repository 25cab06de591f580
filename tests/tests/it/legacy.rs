//! Clients of the old system beside those of this one.

use scenarios::{Persona, on_both_engines};
use serde_json::{Value, json};

async fn workspace_of(person: &Persona) -> String {
    let answer = person.get("/api/me/workspaces").await.is(200);
    answer.list()[0]["id"].as_str().expect("workspaces have ids").to_owned()
}

/// What the stream of a topic of the old system shows until there was one message of each of these names.
async fn heard(socket: &mut scenarios::Socket, names: &[&str]) -> Vec<Value> {
    let mut messages = Vec::new();
    for name in names {
        let message = socket.hear().await;
        assert_eq!(message[1][0], *name, "{message}");
        messages.push(message);
    }
    messages
}

on_both_engines! {
    async fn one_invitation_is_one_notification_and_one_message_in_both_forms(
        scenario: &mut Scenario,
    ) {
        let (ada, ben) = (scenario.user("ada").await, scenario.user("ben").await);
        let slug = ada.found("Lumen").await;
        let workspace = workspace_of(&ada).await;
        let mut new = ben.socket().await;
        new.subscribe(&format!("events:user:{}", ben.id()), None).await;
        let mut old = ben.socket().await;
        old.subscribe(&format!("legacy:user:{}", ben.id()), None).await;
        let mut bell = ben.socket().await;
        bell.subscribe(&format!("legacy:user:{}:notifications", ben.id()), None).await;

        let invitation = ada.invite(&slug, ben.email(), "member").await;
        scenario.run_until_idle().await;
        new.expect("identity.member_invited").await;
        new.expect("notifications.notification_created").await;
        let user = format!("user:{}", ben.id());
        assert_eq!(
            heard(&mut old, &["workspace_invitation"]).await,
            [json!([user, ["workspace_invitation", workspace, "Lumen", "Ada Example"]])]
        );
        let told = heard(&mut bell, &["new_notification"]).await.remove(0);
        assert_eq!(told[0], format!("{user}:notifications"));
        let record = &told[1][1];
        assert_eq!(
            (&record["type"], &record["read"], &record["user_id"]),
            (&json!("workspace_invitation"), &json!(false), &json!(ben.id()))
        );
        assert_eq!(ben.notifications().await.len(), 1);
        assert_eq!(ben.notifications().await[0]["id"], record["id"]);

        // Whoever answers is heard in both forms, too, and nothing comes a second time.
        ben.join(&slug).await;
        scenario.run_until_idle().await;
        assert_eq!(
            heard(&mut old, &["workspace_joined"]).await,
            [json!([user, ["workspace_joined", workspace]])]
        );
        let invited = ben.told().await.into_iter().filter(|kind| kind == "workspace_invitation");
        assert_eq!(invited.count(), 1);
        assert!(!invitation.is_empty());
    }

    async fn documents_are_told_to_those_who_may_see_them(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let workspace = workspace_of(&ada).await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let mut everywhere = ada.socket().await;
        everywhere.subscribe(&format!("legacy:workspace:{workspace}"), None).await;
        let at = ben.write(&slug, json!({ "title": "Redundancies" })).await;
        let log = scenario.log().await;
        let created = log.iter().find(|event| event.event_type == "documents.document_created").unwrap();
        let topic = format!("legacy:document:{}", created.aggregate_id);
        let (mut others, mut own) = (ada.socket().await, ben.socket().await);
        for socket in [&mut others, &mut own] {
            socket.subscribe(&topic, None).await;
        }
        for body in [
            json!({ "title": "Redundancies of May" }),
            json!({ "title": "Plans", "visibility": "public" }),
            json!({ "title": "Goals" }),
        ] {
            ben.patch(&at).json(body).await.is(200);
        }
        ben.delete(&format!("{at}?purge=true")).await.is(204);
        scenario.run_until_idle().await;
        let (renamed, shared) = ("document_title_changed", "document_visibility_changed");
        let changes = heard(&mut own, &[renamed, shared, renamed, renamed]).await;
        assert_eq!(changes[0][1][2], "Redundancies of May");
        let changes = heard(&mut others, &[shared, renamed, renamed]).await;
        assert_eq!((&changes[1][1][2], &changes[2][1][2]), (&json!("Plans"), &json!("Goals")));
        let changes = heard(&mut everywhere, &[shared, renamed, renamed, "document_deleted"]).await;
        assert_eq!((&changes[1][1][2], &changes[2][1][2]), (&json!("Plans"), &json!("Goals")));
    }

    async fn what_is_in_the_trash_is_gone_until_it_comes_back(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let workspace = workspace_of(&ada).await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let project = ada.begin(&slug, "Lamps").await;
        let inside = json!({ "title": "Plans", "visibility": "public", "project_slug": project });
        let at = ben.write(&slug, inside).await;
        ben.patch(&at).json(json!({ "is_pinned": true })).await.is(200);
        let mut old = ada.socket().await;
        old.subscribe(&format!("legacy:workspace:{workspace}"), None).await;
        ben.delete(&at).await.is(204);
        let gone = heard(&mut old, &["document_deleted"]).await.remove(0);
        ben.post(&format!("{at}/restore")).await.is(200);
        let back = heard(&mut old, &["document_created"]).await.remove(0);
        let record = &back[1][1];
        assert_eq!((&record["id"], &record["title"], &record["slug"]), (&gone[1][1], &json!("Plans"), &json!("plans")));
        assert_eq!((&record["is_pinned"], &record["user_id"]), (&json!(true), &json!(ben.id())));
        assert!(record["project_id"].is_string(), "{record}");
        // It is not told what became private before somebody heard that it came back.
        ben.delete(&at).await.is(204);
        ben.post(&format!("{at}/restore")).await.is(200);
        ben.patch(&at).json(json!({ "visibility": "private" })).await.is(200);
        let mut late = ada.get(&format!("/api/legacy/stream?topic=workspace:{workspace}&after=0")).stream().await;
        loop {
            let message = late.next_message().await;
            if message[1][0] == "document_visibility_changed" {
                break;
            }
            assert_ne!(message[1][1]["is_pinned"], true, "{message}");
        }
    }

    async fn old_topics_are_for_those_whose_they_are(scenario: &mut Scenario) {
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        ada.found("Lumen").await;
        let workspace = workspace_of(&ada).await;
        let mut socket = eve.socket().await;
        for topic in [
            format!("workspace:{workspace}"),
            format!("user:{}", ada.id()),
            format!("user:{}:notifications", ada.id()),
            "workspace_invitations".to_owned(),
        ] {
            let answer = socket.ask(json!({ "subscribe": format!("legacy:{topic}") })).await;
            assert_eq!(answer["error"]["code"], "forbidden", "{topic}");
            let answer = eve.get(&format!("/api/legacy/stream?topic={topic}")).await;
            assert!([403, 404].contains(&answer.status()), "{topic}: {}", answer.status());
        }
        let odd = eve.get("/api/legacy/stream?topic=everything").await;
        odd.is_refused(422, "validation_failed");
        let odd = socket.ask(json!({ "subscribe": "legacy:everything" })).await;
        assert_eq!(odd["error"]["code"], "malformed_topic");
    }

    async fn a_stream_of_the_old_system_resumes_and_ends_with_the_membership(
        scenario: &mut Scenario,
    ) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let workspace = workspace_of(&ada).await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let path = format!("/api/legacy/stream?topic=workspace:{workspace}");
        let mut stream = ben.get(&format!("{path}&after=0")).stream().await;
        assert_eq!(
            stream.next_message().await,
            json!([format!("workspace:{workspace}"), ["member_joined", ben.id()]])
        );
        ada.remove(&slug, ben.email()).await;
        assert_eq!(stream.end("access_lost").await, "membership_ended");
    }
}
