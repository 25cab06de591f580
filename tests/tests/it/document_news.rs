//! Who is told of documents, and what becomes of these when what they are in goes.

use scenarios::{Persona, Scenario, on_both_engines};
use serde_json::{Value, json};

/// What nobody reads who may not see the document.
const TITLE: &str = "Redundancies";

/// A workspace of Ada's in which Ben is a member and Gus a guest.
async fn office(scenario: &Scenario) -> (Persona, Persona, Persona, String) {
    let ada = scenario.user("ada").await;
    let slug = ada.found("Lumen").await;
    let ben = scenario.member(&ada, &slug, "ben", "member").await;
    let gus = scenario.member(&ada, &slug, "gus", "guest").await;
    (ada, ben, gus, slug)
}

fn titled(title: &str, visibility: &str) -> Value {
    json!({ "title": title, "content": "As it is.", "visibility": visibility })
}

/// What this person was told of documents, newest first.
async fn told(person: &Persona) -> Vec<String> {
    let told = person.notifications().await.into_iter();
    let of_documents =
        told.filter(|one| one["type"].as_str().is_some_and(|kind| kind.starts_with("document_")));
    of_documents.map(|one| one["title"].as_str().unwrap_or_default().to_owned()).collect()
}

on_both_engines! {
    async fn those_who_may_see_a_document_are_told_and_led_to_it(scenario: &mut Scenario) {
        let (ada, ben, gus, slug) = office(scenario).await;
        let cleo = scenario.member(&ada, &slug, "cleo", "member").await;
        let at = ben.write(&slug, titled("Plans", "public")).await;
        scenario.run_until_idle().await;
        for reader in [&ada, &gus, &cleo] {
            let first = &reader.notifications().await[0];
            assert_eq!((&first["title"], &first["link"]["path"]), (&json!("Plans was created"), &json!(at)));
        }
        assert_eq!(told(&ben).await, Vec::<String>::new());
        cleo.patch(&at).json(json!({ "title": "Goals" })).await.is(200);
        scenario.run_until_idle().await;
        assert_eq!(told(&ben).await, ["Goals was renamed"]);
        assert_eq!(told(&gus).await, ["Goals was renamed", "Goals was created"]);
        assert_eq!(told(&cleo).await, ["Goals was created"]);
        ben.delete(&format!("{at}?purge=true")).await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(told(&gus).await, ["Goals was deleted", "A document was renamed", "A document was created"]);
    }

    async fn a_private_document_is_told_to_nobody_and_one_that_turns_private_leaves_no_title(scenario: &mut Scenario) {
        let (ada, ben, gus, slug) = office(scenario).await;
        let secret = ben.write(&slug, titled(TITLE, "private")).await;
        ben.patch(&secret).json(json!({ "title": format!("{TITLE} of May") })).await.is(200);
        // Nobody has been told of it when it turns private.
        let late = ben.write(&slug, titled(TITLE, "public")).await;
        ben.patch(&late).json(json!({ "visibility": "private" })).await.is(200);
        scenario.run_until_idle().await;
        for reader in [&ada, &ben, &gus] {
            assert_eq!(told(reader).await, Vec::<String>::new());
        }
        // They have, and some by a mail of the day.
        let digest = json!({ "digest_hour": 10, "preferences": [{ "type": "document_created", "delivery": "digest" }] });
        gus.put("/api/notifications/preferences").json(digest).await.is(200);
        let shared = ben.write(&slug, titled(TITLE, "public")).await;
        scenario.run_until_idle().await;
        assert_eq!(told(&ada).await, [format!("{TITLE} was created")]);
        ben.patch(&shared).json(json!({ "visibility": "private" })).await.is(200);
        scenario.clock().advance(std::time::Duration::from_hours(25));
        scenario.run_until_idle().await;
        let (ada, gus) = (ada.again().await, gus.again().await);
        for reader in [&ada, &gus] {
            let shown = reader.get("/api/notifications?limit=100").await.is(200);
            assert!(!shown.body().to_string().contains(TITLE), "{}", shown.body());
            assert_eq!(shown.list()[0]["link"]["kind"], "workspace");
        }
        let mails = scenario.mails("gus").await;
        let mail = mails.iter().find(|mail| mail.kind == "notifications.digest").unwrap();
        assert!(!mail.text.contains(TITLE), "{}", mail.text);
        assert!(mail.text.contains("There is a new document in Lumen."), "{}", mail.text);
    }

    async fn documents_outlive_their_project_and_go_with_their_workspace(scenario: &mut Scenario) {
        let (ada, ben, gus, slug) = office(scenario).await;
        let project = ben.begin(&slug, "Lamps").await;
        let inside = json!({ "title": "Plans", "visibility": "public", "project_slug": project });
        let at = ben.write(&slug, inside).await;
        ben.delete(&format!("/api/workspaces/{slug}/projects/{project}")).await.is(204);
        scenario.run_until_idle().await;
        let left = gus.get(&at).await.is(200);
        assert!(left.data()["project_slug"].is_null(), "{}", left.body());
        let here = gus.get(&format!("/api/workspaces/{slug}")).await.is(200);
        assert_eq!(here.data()["documents"].as_array().map(Vec::len), Some(1), "{}", here.body());
        ada.delete(&format!("/api/workspaces/{slug}")).await.is(204);
        let head = scenario.head().await;
        scenario.run_until_idle().await;
        let events = scenario.types_after(head).await;
        assert!(!events.iter().any(|name| name.starts_with("documents.")), "{events:?}");
        ben.get(&at).await.is(404);
    }

    async fn what_somebody_shared_stays_without_them(scenario: &mut Scenario) {
        let (ada, ben, gus, slug) = office(scenario).await;
        let shared = ben.write(&slug, titled("Plans", "public")).await;
        let secret = ben.write(&slug, titled(TITLE, "private")).await;
        ben.delete("/api/me").await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(gus.get(&shared).await.is(200).data()["owner"], json!(ada.email()));
        ada.get(&secret).await.is_refused(404, "document_not_found");
        let shown = ada.get("/api/notifications?limit=100").await.is(200);
        assert!(!shown.body().to_string().contains(TITLE), "{}", shown.body());
    }
}
