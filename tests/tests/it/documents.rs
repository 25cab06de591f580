//! The life of documents, and who hears what of them.

use std::time::Duration;

use reqwest::Method;
use scenarios::{Persona, Scenario, eventually, on_both_engines};
use serde_json::json;

use crate::keys::program;

/// What nobody but its owner may ever read.
const SECRET: &str = "Redundancies";

/// Whether anything that this person can read says what is secret.
async fn reads(person: &Persona, slug: &str) -> bool {
    let at = |rest: &str| format!("/api/workspaces/{slug}{rest}");
    let mut known = false;
    for path in [
        at(""),
        at("/documents"),
        at("/documents?trashed=true"),
        at("/documents/redundancies"),
        at("/documents/redundancies/versions"),
        at("/documents/redundancies/versions/1"),
        at("/documents/redundancies/versions/1/diff"),
        at("/projects/lamps"),
        at("/events?limit=100"),
        "/api/notifications?limit=100".to_owned(),
    ] {
        known |= person.get(&path).await.body().to_string().contains(SECRET);
    }
    known
}

/// Whether anything that this person can do with what is secret tells it.
async fn learns(person: &Persona, slug: &str) -> bool {
    let at = format!("/api/workspaces/{slug}/documents/redundancies");
    let mut known = false;
    for (method, path) in [
        (Method::PATCH, at.clone()),
        (Method::DELETE, at.clone()),
        (Method::DELETE, format!("{at}?purge=true")),
        (Method::POST, format!("{at}/restore")),
        (Method::POST, format!("{at}/versions/1/restore")),
    ] {
        let answer = person.request(method, &path).json(json!({})).await;
        assert!([403, 404].contains(&answer.status()), "{path}");
        known |= answer.body().to_string().contains(SECRET);
    }
    known
}

/// Waits until so many events of this kind are in the audit trail, where their owner reads what is secret.
async fn is_written_down(owner: &Persona, slug: &str, kind: &str, count: usize) {
    let at = format!("/api/workspaces/{slug}/events?limit=100");
    let of_kind = format!("{at}&type=documents.document_{kind}");
    let is_there = async || owner.get(&of_kind).await.is(200).list().len() == count;
    eventually("the trail follows", is_there).await;
    assert!(owner.get(&at).await.body().to_string().contains(SECRET));
}

/// A workspace of Ada's in which Ben is a member, with a project.
async fn office(scenario: &Scenario) -> (Persona, Persona, String) {
    let ada = scenario.user("ada").await;
    let slug = ada.found("Lumen").await;
    let ben = scenario.member(&ada, &slug, "ben", "member").await;
    ada.begin(&slug, "Lamps").await;
    (ada, ben, slug)
}

on_both_engines! {
    async fn a_document_lives_from_its_beginning_to_its_end(scenario: &mut Scenario) {
        let (ada, ben, slug) = office(scenario).await;
        let body = json!({ "title": "Plans", "content": "# Light\n", "visibility": "public" });
        let at = ben.write(&slug, body).await;
        let seen = ada.get(&at).await.is(200);
        assert_eq!((&seen.data()["content"], &seen.data()["owner"]), (&json!("# Light\n"), &json!(ben.email())));
        let hash = seen.data()["content_hash"].clone();
        let body = json!({ "content": "# More light\n", "content_hash": hash });
        ada.patch(&at).json(body.clone()).await.is_refused(403, "forbidden");
        ben.patch(&at).json(body.clone()).await.is(200);
        let conflict = ben.patch(&at).json(body).await.is(409);
        assert_eq!(conflict.body()["error"], "content_conflict");
        assert_eq!(conflict.data()["content"], "# More light\n");
        ada.patch(&at).json(json!({ "is_pinned": true })).await.is(200);
        ben.delete(&at).await.is(204);
        ben.post(&format!("{at}/restore")).await.is(200);
        ben.delete(&at).await.is(204);
        scenario.run_until_idle().await;
        scenario.clock().advance(Duration::from_hours(30 * 24));
        scenario.run_until_idle().await;
        let told = scenario.types_after(perme8_events::Position::START).await;
        let told: Vec<_> = told.iter().filter_map(|name| name.strip_prefix("documents.document_")).collect();
        assert_eq!(told, ["created", "pinned_changed", "trashed", "restored", "trashed", "deleted"]);
    }

    async fn what_was_called_so_in_public_is_withheld_once_it_is_hidden(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, ben, slug) = office(scenario).await;
        let carol = scenario.member(&ada, &slug, "carol", "admin").await;
        let at = ben.write(&slug, json!({ "title": SECRET, "visibility": "public" })).await;
        is_written_down(&ben, &slug, "created", 1).await;
        for reader in [&ada, &carol] {
            assert!(reads(reader, &slug).await, "it is shared");
        }
        ben.patch(&at).json(json!({ "visibility": "private" })).await.is(200);
        is_written_down(&ben, &slug, "visibility_changed", 1).await;
        ada.set_role(&slug, carol.email(), "member").await;
        for reader in [&ada, &carol] {
            assert!(!reads(reader, &slug).await, "{}", reader.email());
            let replay = format!("/api/workspaces/{slug}/events/stream?after=0");
            let mut stream = reader.get(&replay).stream().await;
            let seen = stream.all_until("identity.member_role_changed").await;
            assert!(seen.iter().all(|event| !event.data.to_string().contains(SECRET)));
            assert!(seen.iter().any(|event| event.kind == "documents.document_visibility_changed"));
        }
        // Whose it is reads it as before.
        assert!(reads(&ben, &slug).await);
        let mut stream = ben.get(&format!("/api/workspaces/{slug}/events/stream?after=0")).stream().await;
        let seen = stream.all_until("identity.member_role_changed").await;
        assert!(seen.iter().any(|event| event.data.to_string().contains(SECRET)));
        // And shared again, it is nothing that nobody may know.
        ben.patch(&at).json(json!({ "visibility": "public" })).await.is(200);
        is_written_down(&ben, &slug, "visibility_changed", 2).await;
        assert!(reads(&ada, &slug).await);
        // What was not hidden when it went stays in the trail.
        ben.delete(&at).await.is(204);
        ben.delete(&format!("{at}?purge=true")).await.is(204);
        is_written_down(&ben, &slug, "deleted", 1).await;
        assert!(reads(&ada, &slug).await);
    }

    async fn nobody_reads_the_title_of_a_private_document(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, ben, slug) = office(scenario).await;
        let carol = scenario.member(&ada, &slug, "carol", "admin").await;
        let mut streams = Vec::new();
        for reader in [&ada, &carol] {
            streams.push(reader.stream_of(&slug).await);
        }
        // What is for one person alone is on the stream of that person.
        let mut own = ben.stream().await;
        let at = ben.write(&slug, json!({ "title": SECRET, "project_slug": "lamps" })).await;
        for body in [
            json!({ "title": format!("{SECRET} of May") }),
            json!({ "is_pinned": true }),
            json!({ "project_slug": null }),
        ] {
            ben.patch(&at).json(body).await.is(200);
        }
        ben.delete(&at).await.is(204);
        is_written_down(&ben, &slug, "trashed", 1).await;
        for reader in [&ada, &carol] {
            assert!(!reads(reader, &slug).await && !learns(reader, &slug).await);
        }
        let trash = ben.get(&format!("/api/workspaces/{slug}/documents?trashed=true")).await;
        assert!(trash.body().to_string().contains(SECRET));
        ben.post(&format!("{at}/restore")).await.is(200);
        is_written_down(&ben, &slug, "restored", 1).await;
        for reader in [&ada, &carol] {
            assert!(!reads(reader, &slug).await && !learns(reader, &slug).await);
        }
        // Under another name it is shared, and nobody hears the old one.
        ben.patch(&at).json(json!({ "title": "Plans", "visibility": "public" })).await.is(200);
        is_written_down(&ben, &slug, "title_changed", 2).await;
        for reader in [&ada, &carol] {
            assert!(!reads(reader, &slug).await, "{}", reader.email());
            assert_eq!(reader.get(&at).await.is(200).data()["title"], "Plans");
        }
        // And hidden again before it gets its name back.
        ben.patch(&at).json(json!({ "title": SECRET, "visibility": "private" })).await.is(200);
        ben.delete(&format!("{at}?purge=true")).await.is(204);
        ada.set_role(&slug, carol.email(), "member").await;
        for stream in &mut streams {
            let seen = stream.all_until("identity.member_role_changed").await;
            for event in &seen {
                assert!(!event.data.to_string().contains(SECRET), "{event:?}");
            }
            let of_documents: Vec<_> =
                seen.iter().filter_map(|event| event.kind.strip_prefix("documents.document_")).collect();
            assert_eq!(of_documents, ["visibility_changed", "title_changed", "visibility_changed"]);
        }
        let seen = own.all_until("documents.document_deleted").await;
        let of_documents: Vec<_> =
            seen.iter().filter_map(|event| event.kind.strip_prefix("documents.document_")).collect();
        let told = ["created", "title_changed", "pinned_changed", "moved", "trashed", "restored"];
        assert_eq!(of_documents[..6], told);
        assert_eq!(of_documents[6..], ["title_changed", "deleted"]);
        is_written_down(&ben, &slug, "deleted", 1).await;
        for reader in [&ada, &carol] {
            assert!(!reads(reader, &slug).await, "{}", reader.email());
        }
    }

    async fn keys_read_and_write_documents_as_far_as_they_are_allowed(scenario: &mut Scenario) {
        let (ada, _, slug) = office(scenario).await;
        let at = ada.write(&slug, json!({ "title": "Plans" })).await;
        let key = async |scope: &str| program(&ada, json!([scope]), &[&slug]).await;
        let reader = key("documents:read").await;
        let seen = reader.get(&at).await.is(200);
        reader.patch(&at).json(json!({})).await.is_refused(403, "scope_missing");
        let writer = key("documents:write").await;
        writer.get(&at).await.is_refused(403, "scope_missing");
        let body = json!({ "title": "Goals", "content": SECRET, "content_hash": seen.data()["content_hash"] });
        // What it says is not for a key that only writes.
        let changed = writer.patch(&at).json(body.clone()).await.is(200);
        assert_eq!(changed.data()["content"], json!(null));
        assert_ne!(changed.data()["content_hash"], seen.data()["content_hash"]);
        let conflict = writer.patch(&at).json(body).await.is(409);
        assert_eq!(conflict.data()["content"], json!(null));
        writer.delete(&at).await.is(204);
        let restored = writer.post(&format!("{at}/restore")).await.is(200);
        assert_eq!(restored.data()["content"], json!(null));
        assert_eq!(ada.get(&at).await.is(200).data()["content"], SECRET);
        let looker = key("workspaces:read").await;
        let seen = looker.get(&format!("/api/workspaces/{slug}")).await.is(200);
        assert_eq!(seen.data()["documents"], json!([]));
    }
}
