//! Documents that stock editors of Yjs edit together, and what the host makes of it.

use scenarios::{Editors, Persona, Scenario, eventually, on_both_engines, on_postgres};
use serde_json::{Value, json};

use crate::{keys::program, rights::beat_fast};

/// Begins a document that every member sees, and gives its address.
async fn document(person: &Persona, slug: &str, content: &str) -> String {
    let documents = format!("/api/workspaces/{slug}/documents");
    let body = json!({ "title": "Plan", "content": content, "visibility": "public" });
    let begun = person.post(&documents).json(body).await.is(201);
    format!("{documents}/{}", begun.data()["slug"].as_str().expect("documents have slugs"))
}

/// What the document says over REST.
async fn content(person: &Persona, document: &str) -> Value {
    person.get(document).await.is(200).data()["content"].clone()
}

/// A workspace of Ada's in which Ben is a member, with a document of hers in a project.
struct Planned {
    ada: Persona,
    ben: Persona,
    slug: String,
    project: String,
    plan: String,
}

impl Planned {
    async fn of(scenario: &Scenario) -> Self {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let project = ada.begin(&slug, "Lamps").await;
        let inside = json!({ "title": "Plan", "content": "one", "visibility": "public", "project_slug": project });
        let plan = ada.write(&slug, inside).await;
        Self { ada, ben, slug, project, plan }
    }
}

on_both_engines! {
    async fn two_editors_and_one_who_comes_late_say_the_same(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let plan = document(&ada, &slug, "one\n\ntwo").await;
        editors.open("ada", &ada, &plan).await;
        editors.open_by_ticket("ben", &ben, &plan).await;
        editors.type_into("ada", 0, " apple");
        editors.type_into("ben", 1, " pears");
        editors.append("ben", "three");
        editors.open("late", &ada, &plan).await;
        for editor in ["ada", "ben", "late"] {
            editors.reads(editor, &["one apple", "two pears", "three"]).await;
        }
        assert_eq!(content(&ben, &plan).await, "one apple\n\ntwo pears\n\nthree\n");
    }

    async fn a_document_that_was_made_over_rest_opens_filled(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let plan = document(&ada, &slug, "# Plan\n\n- [x] begin").await;
        editors.open("ada", &ada, &plan).await;
        let xml = editors.xml("ada");
        assert!(xml.starts_with(r#"<heading level="1">Plan</heading><bullet_list"#), "{xml}");
        editors.reads("ada", &["Plan", "begin"]).await;
        // It is Markdown as it was written for those who do not edit it.
        assert_eq!(content(&ada, &plan).await, "# Plan\n\n- [x] begin");
    }

    async fn what_is_written_over_rest_and_what_editors_write_stands_side_by_side(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let plan = document(&ada, &slug, "one\n\ntwo").await;
        editors.open("ada", &ada, &plan).await;
        let seen = ada.get(&plan).await.is(200).data()["content_hash"].clone();
        editors.type_into("ada", 0, " apple");
        editors.open("late", &ada, &plan).await;
        editors.reads("late", &["one apple", "two"]).await;
        // Whoever has not seen that is told what the document says by now, and goes on from there.
        let text = |hash: &Value| json!({ "content": "one apple\n\ntwo pears", "content_hash": hash });
        let refused = ada.patch(&plan).json(text(&seen)).await.is(409);
        assert_eq!(refused.data()["content"], "one apple\n\ntwo\n");
        ada.patch(&plan).json(text(&refused.data()["content_hash"])).await.is(200);
        editors.type_into("late", 0, " pie");
        for editor in ["ada", "late"] {
            editors.reads(editor, &["one apple pie", "two pears"]).await;
        }
        assert_eq!(content(&ada, &plan).await, "one apple pie\n\ntwo pears\n");
    }

    async fn what_a_guest_writes_is_refused_and_what_others_write_arrives(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let gus = scenario.member(&ada, &slug, "gus", "guest").await;
        let plan = document(&ada, &slug, "one").await;
        editors.open("ada", &ada, &plan).await;
        editors.open("gus", &gus, &plan).await;
        editors.type_into("gus", 0, " lie");
        assert_eq!(editors.denial("gus").await, "this note is read-only for you");
        editors.type_into("ada", 0, " truth");
        editors.open("late", &ada, &plan).await;
        for editor in ["ada", "late"] {
            editors.reads(editor, &["one truth"]).await;
        }
        editors.open("clean", &gus, &plan).await;
        editors.reads("clean", &["one truth"]).await;
        editors.type_into("ada", 0, " again");
        editors.reads("clean", &["one truth again"]).await;
        assert_eq!(content(&gus, &plan).await, "one truth again\n");
        // What cannot be read ends the connection of whoever said it, and of nobody else.
        editors.say("clean", "0002ff");
        assert_eq!(editors.end("clean").await, (1007, "malformed_frame".to_owned()));
        editors.type_into("ada", 0, "!");
        editors.reads("late", &["one truth again!"]).await;
    }

    async fn who_loses_the_right_to_write_is_told_so_and_writes_again_with_it(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let Planned { ada, ben, slug, project, plan } = Planned::of(scenario).await;
        let workspace = format!("/api/workspaces/{slug}");
        let project = format!("{workspace}/projects/{project}");
        for lost in ["role", "project", "workspace"] {
            let may_write = async |may_write: bool| {
                let act = if may_write { "restore" } else { "archive" };
                match lost {
                    "role" => ada.set_role(&slug, "ben@example.com", if may_write { "member" } else { "guest" }).await,
                    "project" => drop(ada.post(&format!("{project}/{act}")).await.is(200)),
                    _ => drop(ada.post(&format!("{workspace}/{act}")).await.is(200)),
                }
            };
            editors.open(lost, &ben, &plan).await;
            may_write(false).await;
            editors.type_into(lost, 0, lost);
            assert_eq!(editors.denial(lost).await, "this note is read-only for you", "{lost}");
            let is_written = async || content(&ben, &plan).await.as_str().is_some_and(|text| text.contains(lost));
            assert!(!is_written().await, "{lost}");
            may_write(true).await;
            // The host may not have heard of it yet; what was denied comes with what is written when it has.
            let what = format!("what was written without the {lost} arrives with what is written then");
            eventually(&what, async || {
                editors.type_into(lost, 0, ".");
                is_written().await
            }).await;
        }
    }

    async fn what_was_removed_before_a_document_was_shared_is_sent_to_nobody(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let plan = ada.write(&slug, json!({ "title": "Plan", "content": "Meet the plumber" })).await;
        let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        editors.open("ada", &ada, &plan).await;
        assert!(editors.update("ada").contains(&hex("plumber")));
        let seen = ada.get(&plan).await.is(200).data()["content_hash"].clone();
        let shared = json!({ "content": "Meet", "content_hash": seen, "visibility": "public" });
        ada.patch(&plan).json(shared).await.is(200);
        editors.open("ben", &ben, &plan).await;
        editors.reads("ben", &["Meet"]).await;
        let sent = editors.update("ben");
        assert!(sent.contains(&hex("Meet")) && !sent.contains(&hex("plumber")), "{sent}");
    }

    async fn edits_that_were_made_offline_arrive_afterwards(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let plan = document(&ada, &slug, "one\n\ntwo").await;
        editors.open("ada", &ada, &plan).await;
        editors.open("ben", &ada, &plan).await;
        editors.hang_up("ada");
        editors.type_into("ada", 0, " apple");
        editors.type_into("ben", 1, " pears");
        scenario.restart().await;
        for editor in ["ada", "ben"] {
            editors.open(editor, &ada, &plan).await;
        }
        for editor in ["ada", "ben"] {
            editors.reads(editor, &["one apple", "two pears"]).await;
        }
    }

    async fn an_editor_is_hung_up_on_with_the_right_to_see_the_document(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let plan = document(&ada, &slug, "one").await;
        let lost = (4003, "access_lost".to_owned());
        for name in ["ben", "cleo"] {
            let person = scenario.member(&ada, &slug, name, "member").await;
            editors.open(name, &person, &plan).await;
        }
        editors.open("ada", &ada, &plan).await;
        ada.remove(&slug, "ben@example.com").await;
        assert_eq!(editors.end("ben").await, lost);
        ada.patch(&plan).json(json!({ "visibility": "private" })).await.is(200);
        assert_eq!(editors.end("cleo").await, lost);
        editors.type_into("ada", 0, " secret");
        ada.delete(&plan).await.is(204);
        assert_eq!(editors.end("ada").await, (4004, "document_gone".to_owned()));
        for editor in ["ben", "cleo"] {
            assert_eq!(editors.lines(editor), ["one"], "{editor}");
        }
    }

    async fn an_editor_outlives_the_project_and_is_hung_up_on_with_the_workspace(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let Planned { ada, ben, slug, project, plan } = Planned::of(scenario).await;
        editors.open("ben", &ben, &plan).await;
        ada.delete(&format!("/api/workspaces/{slug}/projects/{project}")).await.is(204);
        scenario.run_until_idle().await;
        assert!(ben.get(&plan).await.is(200).data()["project_slug"].is_null());
        editors.type_into("ben", 0, " apple");
        editors.open("late", &ada, &plan).await;
        editors.reads("late", &["one apple"]).await;
        ada.delete(&format!("/api/workspaces/{slug}")).await.is(204);
        for editor in ["ben", "late"] {
            assert_eq!(editors.end(editor).await, (4004, "document_gone".to_owned()));
        }
    }

    async fn an_editor_is_hung_up_on_with_the_end_of_the_session(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let plan = document(&ada, &slug, "one").await;
        editors.open("ada", &ada, &plan).await;
        ada.delete("/api/sessions").await.is(204);
        assert_eq!(editors.end("ada").await, (4001, "session_ended".to_owned()));
    }

    async fn an_editor_that_is_alone_hears_that_the_host_lives(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        beat_fast(scenario).await;
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let plan = document(&ada, &slug, "one").await;
        editors.open("ada", &ada, &plan).await;
        // The stock clients do not see pings; two beats are later than whatever the beginning had to say.
        for _ in 0..2 {
            let heard_at = editors.heard_at("ada");
            eventually("a sign of life", async || editors.heard_at("ada") > heard_at).await;
        }
        editors.say_text("ada", "hello");
        assert_eq!(editors.end("ada").await, (1003, "not_binary".to_owned()));
    }

    async fn who_is_there_says_the_session_and_not_the_editor(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let gus = scenario.member(&ada, &slug, "gus", "guest").await;
        let plan = document(&ada, &slug, "one").await;
        editors.open("ada", &ada, &plan).await;
        editors.open("gus", &gus, &plan).await;
        editors.show("ada", &json!({ "cursor": 1 }));
        editors.show("gus", &json!({ "cursor": 2, "user": { "name": "Ada Example" } }));
        editors.sees_people("ada", &[("Gus Example", 2)]).await;
        editors.sees_people("gus", &[("Ada Example", 1)]).await;
        editors.hang_up("gus");
        editors.sees_people("ada", &[]).await;
    }

    async fn a_key_reads_and_writes_as_far_as_its_scopes_go(scenario: &mut Scenario) {
        let Some(mut editors) = Editors::start() else { return };
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let plan = document(&ada, &slug, "one").await;
        let reader = program(&ada, json!(["documents:read"]), &[&slug]).await;
        let both = json!(["documents:read", "documents:write"]);
        let writer = program(&ada, both, &[&slug]).await;
        let neither = program(&ada, json!(["documents:write"]), &[&slug]).await;
        neither.get(&format!("{plan}/sync")).await.is_refused(403, "scope_missing");
        editors.open("reader", &reader, &plan).await;
        editors.open("writer", &writer, &plan).await;
        editors.type_into("reader", 0, " lie");
        editors.denial("reader").await;
        editors.type_into("writer", 0, " truth");
        editors.open("ada", &ada, &plan).await;
        editors.reads("ada", &["one truth"]).await;
        let keys = ada.get("/api/api-keys").await.is(200);
        for key in keys.list() {
            ada.delete(&format!("/api/api-keys/{}", key["id"].as_str().unwrap())).await.is(204);
        }
        for editor in ["reader", "writer"] {
            assert_eq!(editors.end(editor).await, (4002, "key_ended".to_owned()));
        }
    }
}

#[tokio::test]
async fn editors_at_two_hosts_say_the_same() {
    let Some(mut editors) = Editors::start() else { return };
    on_postgres(async |scenario| {
        scenario.go_live().await;
        let other = scenario.another_host().await;
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let plan = document(&ada, &slug, "one\n\ntwo").await;
        editors.open("here", &ada, &plan).await;
        editors.open("there", &other.persona(&ada), &plan).await;
        editors.type_into("here", 0, " apple");
        editors.type_into("there", 1, " pears");
        editors.show("here", &json!({ "cursor": 1 }));
        for editor in ["here", "there"] {
            editors.reads(editor, &["one apple", "two pears"]).await;
        }
        editors.sees_people("there", &[("Ada Example", 1)]).await;
        ada.delete(&plan).await.is(204);
        for editor in ["here", "there"] {
            assert_eq!(editors.end(editor).await, (4004, "document_gone".to_owned()));
        }
        other.stop().await;
    })
    .await;
}
