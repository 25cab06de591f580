//! The life of projects, and what becomes of them when what they are in goes.

use reqwest::Method;
use scenarios::on_both_engines;
use serde_json::json;

on_both_engines! {
    async fn nobody_overwrites_what_somebody_else_has_changed(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let cleo = scenario.member(&ada, &slug, "cleo", "member").await;
        let at = format!("/api/workspaces/{slug}/projects/{}", ben.begin(&slug, "Lamps").await);
        let seen = ben.get(&at).await.is(200).header("etag").unwrap().to_owned();
        cleo.patch(&at).json(json!({"name": "Mine"})).await.is_refused(403, "forbidden");
        ada.patch(&at).header("if-match", &seen).json(json!({"color": "#ffcc00"})).await.is(200);
        let late = || json!({"name": "Lights"});
        ben.patch(&at).header("if-match", &seen).json(late()).await.is_refused(412, "version_mismatch");
        let stale = json!({"name": "Lights", "version": 1});
        ben.patch(&at).json(stale).await.is_refused(409, "version_conflict");
        let current = ben.get(&at).await.is(200).header("etag").unwrap().to_owned();
        let changed = ben.patch(&at).header("if-match", &current).json(late()).await.is(200);
        assert_eq!((&changed.data()["name"], &changed.data()["slug"]), (&json!("Lights"), &json!("lamps")));
        ben.request(Method::DELETE, &at).header("if-match", &seen).await.is_refused(412, "version_mismatch");
        // Another project of that name is another one, also in its first version.
        let last = changed.header("etag").unwrap();
        ben.request(Method::DELETE, &at).header("if-match", last).await.is(204);
        assert_eq!(ben.begin(&slug, "Lamps").await, "lamps");
        ada.patch(&at).header("if-match", &seen).json(late()).await.is_refused(412, "version_mismatch");
        ben.delete(&at).await.is(204);
    }

    async fn an_archived_workspace_refuses_what_changes_its_projects(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let projects = format!("/api/workspaces/{slug}/projects");
        let at = format!("{projects}/{}", ada.begin(&slug, "Lamps").await);
        ada.post(&format!("/api/workspaces/{slug}/archive")).await.is(200);
        let new = || json!({"name": "New"});
        ada.post(&projects).json(new()).await.is_refused(409, "workspace_archived");
        ada.patch(&at).json(new()).await.is_refused(409, "workspace_archived");
        for path in [format!("{at}/archive"), format!("{at}/restore")] {
            ada.post(&path).await.is_refused(409, "workspace_archived");
        }
        ada.delete(&at).await.is_refused(409, "workspace_archived");
        assert_eq!(ada.get(&projects).await.is(200).list().len(), 1);
        ada.post(&format!("/api/workspaces/{slug}/restore")).await.is(200);
        ada.patch(&at).json(new()).await.is(200);
    }

    async fn projects_go_with_their_workspace_and_stay_without_their_owner(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let (lumen, oak) = (ada.found("Lumen").await, ada.found("Oak").await);
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        ben.begin(&lumen, "Lamps").await;
        ada.begin(&oak, "Tables").await;
        ben.delete("/api/me").await.is(204);
        ada.delete(&format!("/api/workspaces/{oak}")).await.is(204);
        let head = scenario.head().await;
        scenario.run_until_idle().await;
        let told = scenario.types_after(head).await;
        let told: Vec<_> = told.iter().filter(|name| name.starts_with("projects.")).collect();
        assert_eq!(told, ["projects.project_updated"]);
        let left = ada.get(&format!("/api/workspaces/{lumen}/projects")).await.is(200);
        assert_eq!(left.list()[0]["owner_id"], ada.id());
    }

    async fn everybody_else_is_told_and_led_to_the_project(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let gus = scenario.member(&ada, &slug, "gus", "guest").await;
        let at = format!("/api/workspaces/{slug}/projects/{}", ben.begin(&slug, "Lamps").await);
        scenario.run_until_idle().await;
        for reader in [&ada, &gus] {
            let told = &reader.notifications().await[0];
            assert_eq!((&told["title"], &told["link"]["path"]), (&json!("Lamps was created"), &json!(at)));
            reader.get(told["link"]["path"].as_str().unwrap()).await.is(200);
        }
        assert!(!ben.told().await.contains(&"project_created".to_owned()));
        ada.patch(&at).json(json!({"name": "Lights"})).await.is(200);
        scenario.run_until_idle().await;
        // What was told before names it as it is called today.
        assert_eq!(gus.notifications().await[1]["title"], "Lights was created");
        ada.delete(&at).await.is(204);
        scenario.run_until_idle().await;
        assert_eq!(ben.told().await[..2], ["project_deleted", "project_updated"]);
        let told = &gus.notifications().await[0];
        assert_eq!(told["link"]["kind"], "workspace");
    }

    async fn members_hear_of_projects_as_they_happen(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let gus = scenario.member(&ada, &slug, "gus", "guest").await;
        let mut stream = gus.stream_of(&slug).await;
        let at = format!("/api/workspaces/{slug}/projects/{}", ada.begin(&slug, "Lamps").await);
        let created = stream.expect("projects.project_created").await;
        assert_eq!((created.fact("slug"), created.fact("user_id")), (&json!("lamps"), &json!(ada.id())));
        ada.patch(&at).json(json!({"name": "Lights"})).await.is(200);
        let updated = stream.expect("projects.project_updated").await;
        assert_eq!(updated.fact("changes"), &json!({"name": {"from": "Lamps", "to": "Lights"}}));
        ada.post(&format!("{at}/archive")).await.is(200);
        stream.expect("projects.project_archived").await;
        ada.post(&format!("{at}/restore")).await.is(200);
        stream.expect("projects.project_restored").await;
        ada.delete(&at).await.is(204);
        assert_eq!(stream.expect("projects.project_deleted").await.fact("name"), "Lights");
    }
}
