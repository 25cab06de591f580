//! What a new workspace is given, where the host is told to give something.

use std::time::Duration;

use perme8_events::{Actor, Envelope};
use scenarios::{Persona, Scenario, on_both_engines};
use serde_json::json;

const PROCESS: &str = "perme8.onboarding";

/// What the process did in the workspaces, oldest first.
async fn set_up(scenario: &Scenario) -> Vec<Envelope> {
    let mut log = scenario.log().await;
    let is_core = |event: &Envelope| event.context() == "perme8_events";
    log.retain(|event| !is_core(event) && event.actor == Actor::System(PROCESS.into()));
    log
}

/// How the case stands.
async fn case(scenario: &Scenario) -> String {
    let cases = scenario.app().operations().cases(None, 10).await.unwrap();
    let [case] = &cases[..] else { panic!("{} cases", cases.len()) };
    case.status.clone()
}

async fn is_welcomed(scenario: &mut Scenario) -> bool {
    scenario.mails("ada").await.iter().any(|mail| mail.kind == "perme8.welcome")
}

async fn operate(scenario: &Scenario, act: &str) {
    scenario.operator().post(&format!("/admin/{act}")).await.is(200);
}

/// The commands that wait are done, and the process does not hear of it yet.
async fn work_unheard(scenario: &mut Scenario) {
    operate(scenario, &format!("handlers/{PROCESS}/pause")).await;
    go_on(scenario).await;
    operate(scenario, &format!("queues/{PROCESS}/pause")).await;
    operate(scenario, &format!("handlers/{PROCESS}/resume")).await;
}

/// A workspace with everything that it is given, while nobody is welcomed before a day has passed: it took too long, and what
/// undoes it waits. Gives also where the project and the document are.
async fn late(scenario: &mut Scenario) -> (Persona, String, String) {
    scenario.set_up_workspaces().await;
    let ada = scenario.user("ada").await;
    operate(scenario, &format!("queues/{PROCESS}/pause")).await;
    let slug = ada.found("Lumen").await;
    for _ in 0..2 {
        scenario.run_until_idle().await;
        work_unheard(scenario).await;
    }
    let project = format!("/api/workspaces/{slug}/projects/getting-started");
    let document = format!("/api/workspaces/{slug}/documents/welcome");
    for begun in [&project, &document] {
        ada.get(begun).await.is(200);
    }
    scenario.clock().advance(Duration::from_hours(25));
    scenario.run_until_idle().await;
    (ada.again().await, project, document)
}

async fn go_on(scenario: &mut Scenario) {
    operate(scenario, &format!("queues/{PROCESS}/resume")).await;
    scenario.run_until_idle().await;
}

on_both_engines! {
    async fn a_new_workspace_has_a_project_and_its_owner_is_welcomed_once(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        ada.found("Before").await;
        scenario.set_up_workspaces().await;
        let ada = ada.again().await;
        let slug = ada.found("Lumen & <Oak>").await;
        let mails = scenario.mails("ada").await;
        let welcome: Vec<_> = mails.iter().filter(|mail| mail.kind == "perme8.welcome").collect();
        let [welcome] = welcome[..] else { panic!("{} welcomes", welcome.len()) };
        assert_eq!(welcome.subject, "Lumen & <Oak> is ready");
        assert!(welcome.html.contains("Lumen &amp; &lt;Oak&gt;"), "{}", welcome.html);

        // The system did it, on behalf of whoever owns it from now on.
        let projects = ada.get(&format!("/api/workspaces/{slug}/projects")).await.is(200);
        let [project] = projects.list() else { panic!("one project") };
        assert_eq!((&project["name"], &project["owner_id"]), (&json!("Getting started"), &json!(ada.id())));
        let document = ada.get(&format!("/api/workspaces/{slug}/documents/welcome")).await.is(200);
        let document = document.data();
        assert_eq!((&document["owner"], &document["visibility"]), (&json!(ada.email()), &json!("public")));
        assert_eq!(document["project_slug"], project["slug"]);
        assert!(document["content"].as_str().unwrap().contains("## First steps"), "{document}");
        let done = set_up(scenario).await;
        let types: Vec<_> = done.iter().map(|event| event.event_type.as_str()).collect();
        let begun = ["projects.project_created", "documents.document_created", "documents.note_content_updated"];
        assert_eq!(types, begun);
        for event in done {
            assert_eq!(event.on_behalf_of.map(|id| id.to_string()), Some(ada.id().to_owned()));
        }
        assert_eq!(ada.told().await, Vec::<String>::new());

        // It stays done when everything is told again, and after a restart without it.
        scenario.restart().await;
        assert_eq!(scenario.mails("ada").await.len(), mails.len());
        assert_eq!(case(scenario).await, "completed");
    }

    async fn nobody_is_welcomed_where_nobody_asked_for_it(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        assert!(!is_welcomed(scenario).await);
        assert!(ada.get(&format!("/api/workspaces/{slug}/projects")).await.is(200).list().is_empty());
    }

    async fn what_took_too_long_is_undone(scenario: &mut Scenario) {
        let (ada, project, document) = late(scenario).await;
        go_on(scenario).await;
        assert_eq!(case(scenario).await, "compensated");
        ada.get(&project).await.is_refused(404, "project_not_found");
        ada.get(&document).await.is_refused(404, "document_not_found");
        let undone = set_up(scenario).await.split_off(3);
        let types: Vec<_> = undone.iter().map(|event| event.event_type.as_str()).collect();
        assert_eq!(types, ["documents.document_deleted", "projects.project_deleted"]);
        for event in undone {
            assert_eq!(event.on_behalf_of.map(|id| id.to_string()), Some(ada.id().to_owned()));
        }
        assert!(!is_welcomed(scenario).await);
    }

    async fn what_somebody_works_with_stays(scenario: &mut Scenario) {
        let (ada, project, document) = late(scenario).await;
        ada.patch(&project).json(json!({"name": "Lamps"})).await.is(200);
        go_on(scenario).await;
        assert_eq!(case(scenario).await, "compensated");
        assert_eq!(ada.get(&project).await.is(200).data()["name"], "Lamps");
        ada.get(&document).await.is_refused(404, "document_not_found");
    }

    async fn a_project_stays_with_the_document_in_which_somebody_wrote(scenario: &mut Scenario) {
        let (ada, project, document) = late(scenario).await;
        let hash = ada.get(&document).await.is(200).data()["content_hash"].clone();
        let written = json!({"content": "# Lamps\n", "content_hash": hash});
        ada.patch(&document).json(written).await.is(200);
        go_on(scenario).await;
        assert_eq!(case(scenario).await, "compensated");
        ada.get(&project).await.is(200);
        let stayed = ada.get(&document).await.is(200);
        let stayed = stayed.data();
        assert_eq!((&stayed["content"], &stayed["project_slug"]), (&json!("# Lamps\n"), &json!("getting-started")));
    }

    async fn a_project_stays_with_what_somebody_else_has_put_into_it(scenario: &mut Scenario) {
        let (ada, project, document) = late(scenario).await;
        let ben = scenario.member(&ada, "lumen", "ben", "member").await;
        // It is private, so nobody else knows of it.
        let inside = json!({"title": "Lamps", "project_slug": "getting-started"});
        let lamps = ben.write("lumen", inside).await;
        go_on(scenario).await;
        assert_eq!(case(scenario).await, "compensated");
        ada.get(&project).await.is(200);
        ada.get(&document).await.is_refused(404, "document_not_found");
        assert_eq!(ben.get(&lamps).await.is(200).data()["project_slug"], "getting-started");
    }

    async fn a_workspace_that_is_put_away_or_deleted_meanwhile_is_left_alone(scenario: &mut Scenario) {
        scenario.set_up_workspaces().await;
        let ada = scenario.user("ada").await;
        operate(scenario, &format!("queues/{PROCESS}/pause")).await;
        for ends in [true, false] {
            let slug = ada.found("Lumen").await;
            scenario.run_until_idle().await;
            let at = format!("/api/workspaces/{slug}");
            if ends {
                ada.delete(&at).await.is(204);
            } else {
                ada.post(&format!("{at}/archive")).await.is(200);
            }
        }
        go_on(scenario).await;
        let cases = scenario.app().operations().cases(None, 10).await.unwrap();
        let ended: Vec<_> = cases.iter().map(|case| (case.status.clone(), case.error.as_deref())).collect();
        assert_eq!(ended.len(), 2, "{ended:?}");
        assert!(ended.iter().all(|(status, _)| status == "compensated"), "{ended:?}");
        assert!(set_up(scenario).await.is_empty());
        assert!(!is_welcomed(scenario).await);
    }
}
