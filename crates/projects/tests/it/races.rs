//! Several people at once.

use identity::{Role, testing::user_with_password};
use perme8_events::{Origin, testing::on_both_engines};
use projects::{
    CreateProjectError, DeleteProject, DeleteProjectError, ProjectDetails, UpdateProject,
    UpdateProjectError,
};

use crate::office::{Office, at, engines, everything, named};

/// How often each race is run: who is first differs.
const ROUNDS: usize = 8;

fn unchanged() -> UpdateProject {
    UpdateProject { project: at("mill"), name: None, description: None, color: None, seen: None }
}

async fn projects_of(office: &Office) -> Vec<ProjectDetails> {
    let page = office.projects.projects(&Origin::user(office.gus), &engines(), everything()).await;
    page.unwrap().projects
}

fn renamed(number: usize) -> UpdateProject {
    UpdateProject { name: Some(format!("Mill {number}")), ..unchanged() }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &projects::MIGRATIONS];

    async fn one_of_those_who_have_seen_the_same_changes_it(test: TestDb) {
        let office = Office::open(test).await;
        let mut version = office.begin(office.ben, "Mill").await.version;
        for round in 0..ROUNDS {
            let change = |number| {
                let command = UpdateProject { seen: Some(version.into()), ..renamed(10 * round + number) };
                office.projects.update_project(Origin::user(office.ben), command)
            };
            let (one, other, third) = tokio::join!(change(1), change(2), change(3));
            let (won, lost): (Vec<_>, Vec<_>) = [one, other, third].into_iter().partition(Result::is_ok);
            let [Ok(changed)] = &won[..] else { panic!("{won:?}") };
            assert_eq!(changed.version, version + 1);
            assert!(lost.iter().all(|lost| matches!(lost, Err(UpdateProjectError::OtherVersion))), "{lost:?}");
            let seen = office.projects.project(&Origin::user(office.gus), &at("mill")).await.unwrap();
            assert_eq!(&seen, changed);
            version = seen.version;
        }
    }

    async fn what_two_people_change_of_a_project_at_once_is_changed_twice(test: TestDb) {
        let office = Office::open(test).await;
        let begun = office.begin(office.ben, "Mill").await;
        for round in 0..ROUNDS {
            let description = Some(format!("Grinds, {round}"));
            let describe = UpdateProject { description: description.clone(), ..unchanged() };
            let describe = office.projects.update_project(Origin::user(office.ada), describe);
            let rename = office.projects.update_project(Origin::user(office.ben), renamed(round));
            let (described, renamed) = tokio::join!(describe, rename);
            let last = described.unwrap().version.max(renamed.unwrap().version);
            let seen = office.projects.project(&Origin::user(office.gus), &at("mill")).await.unwrap();
            assert_eq!((seen.name, seen.description), (format!("Mill {round}"), description));
            assert_eq!(seen.version, last);
        }
        let last = office.projects.project(&Origin::user(office.gus), &at("mill")).await.unwrap();
        assert_eq!(last.version, begun.version + 2 * i64::try_from(ROUNDS).unwrap());
    }

    async fn a_project_is_deleted_once(test: TestDb) {
        let office = Office::open(test).await;
        for _ in 0..ROUNDS {
            office.begin(office.ben, "Mill").await;
            let delete = || {
                let command = DeleteProject { project: at("mill"), seen: None };
                office.projects.delete_project(Origin::user(office.ben), command)
            };
            let (one, other) = tokio::join!(delete(), delete());
            assert!(
                matches!(
                    (&one, &other),
                    (Ok(()), Err(DeleteProjectError::ProjectNotFound)) | (Err(DeleteProjectError::ProjectNotFound), Ok(()))
                ),
                "{one:?}, {other:?}"
            );
        }
        assert_eq!(office.events().await.len(), 2 * ROUNDS);
    }

    async fn one_name_makes_many_slugs_at_the_same_time(test: TestDb) {
        let office = Office::open(test).await;
        let begin = || office.try_to_begin(office.ben, "Mill");
        let (one, two, three) = tokio::join!(begin(), begin(), begin());
        let mut slugs = [one, two, three].map(|begun| begun.unwrap().slug);
        slugs.sort_by_key(String::len);
        assert_eq!(slugs[0], "mill");
        assert!(slugs[1..].iter().all(|slug| slug.len() == "mill-0a1b2c".len()), "{slugs:?}");
        assert_eq!(office.events().await.len(), 3);
    }

    async fn no_project_stays_with_somebody_who_goes_while_it_begins(test: TestDb) {
        let office = Office::open(test).await;
        for round in 0..ROUNDS {
            let email = format!("guest{round}@example.com");
            let guest = user_with_password(&office.identity, &email, "Guest", "Example").await;
            office.join(guest, &email, Role::Member).await;
            let projects = office.as_seen_now(guest).await;
            let begin = projects.create_project(Origin::user(guest), named("Mill"));
            let (begun, ()) = tokio::join!(begin, office.end_account(guest, &email));
            assert!(matches!(begun, Ok(_) | Err(CreateProjectError::WorkspaceNotFound)), "{begun:?}");
            office.settle().await;
            let listed = projects_of(&office).await;
            let owners: Vec<_> = listed.into_iter().map(|project| project.owner_id).collect();
            assert!(owners.iter().all(|owner| *owner == office.ada), "{owners:?}");
        }
    }
}
