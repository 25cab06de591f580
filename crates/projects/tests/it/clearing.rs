//! What becomes of projects when a workspace or an account is gone.

use identity::{LeaveWorkspace, testing::user_with_password};
use perme8_events::{Origin, testing::on_both_engines};
use projects::CreateProjectError;

use crate::office::{Office, at, engines, everything, named};

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &projects::MIGRATIONS];

    async fn projects_go_with_their_workspace_without_a_word(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ben, "Mill").await;
        office.begin(office.ada, "Loom").await;
        office.end_workspace().await;
        let left: i64 = office.test.db.query(perme8_events::sql!("SELECT count(*) FROM projects_projects")).scalar().await.unwrap();
        assert_eq!(left, 0);
        assert_eq!(office.events().await, ["project_created", "project_created"]);
        let begun = office.try_to_begin(office.ada, "Late").await;
        assert!(matches!(begun, Err(CreateProjectError::WorkspaceNotFound)));
    }

    async fn the_projects_of_somebody_who_is_gone_are_handed_over(test: TestDb) {
        let office = Office::open(test).await;
        let cyd = user_with_password(&office.identity, "cyd@example.com", "Cyd", "Charisse").await;
        office.join(cyd, "cyd@example.com", identity::Role::Member).await;
        let begun = office.begin(cyd, "Mill").await;
        let by_ben = office.begin(office.ben, "Loom").await;
        office.end_account(cyd, "cyd@example.com").await;
        let seen = office.projects.project(&Origin::user(office.gus), &at("mill")).await.unwrap();
        assert_eq!((seen.id, seen.owner_id, seen.version), (begun.id, office.ada, 2));
        let seen = office.projects.project(&Origin::user(office.gus), &at("loom")).await.unwrap();
        assert_eq!(seen, by_ben);
        assert_eq!(office.events().await, ["project_created", "project_created", "project_updated"]);
    }

    async fn no_right_outlives_the_account_and_the_workspace(test: TestDb) {
        let office = Office::open(test).await;
        let cyd = user_with_password(&office.identity, "cyd@example.com", "Cyd", "Charisse").await;
        office.join(cyd, "cyd@example.com", identity::Role::Member).await;
        let (for_cyd, for_ben) = (office.as_seen_now(cyd).await, office.as_seen_now(office.ben).await);
        office.end_account(cyd, "cyd@example.com").await;
        let begun = for_cyd.create_project(Origin::user(cyd), named("Late")).await;
        assert!(matches!(begun, Err(CreateProjectError::WorkspaceNotFound)));
        for_ben.create_project(Origin::user(office.ben), named("In Time")).await.unwrap();
        office.end_workspace().await;
        let begun = for_ben.create_project(Origin::user(office.ben), named("Late")).await;
        assert!(matches!(begun, Err(CreateProjectError::WorkspaceNotFound)));
        assert_eq!(office.events().await, ["project_created"]);
    }

    async fn whoever_only_leaves_keeps_them(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ben, "Mill").await;
        let leave = LeaveWorkspace { workspace: engines() };
        office.identity.leave_workspace(Origin::user(office.ben), leave).await.unwrap();
        office.settle().await;
        let seen = office.projects.project(&Origin::user(office.ada), &at("mill")).await.unwrap();
        assert_eq!(seen.owner_id, office.ben);
        let [own] = &office.projects.export_projects(&Origin::user(office.ben)).await.unwrap()[..] else {
            panic!("one project")
        };
        assert_eq!((own.id, &own.name), (seen.id, &None), "what it is called is for members");
        assert_eq!(office.list(everything()).await.0, ["mill"]);
    }
}
