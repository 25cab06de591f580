//! Beginning, changing and seeing projects.

use identity::{ArchiveWorkspace, LeaveWorkspace, RemoveMember, Seen};
use perme8_events::{
    DomainEvent as _, EventFilter, EventStore as _, Origin, Position, testing::on_both_engines,
};
use projects::{
    ArchiveProject, CreateProjectError, DeleteProject, DeleteProjectError, ListProjects,
    ProjectCreated, QueryError, RestoreProject, UpdateProject, UpdateProjectError,
};

use crate::office::{Office, at, engines, everything, named};

fn renamed(slug: &str, name: &str, seen: Option<Seen>) -> UpdateProject {
    let (description, color) = (None, None);
    UpdateProject { project: at(slug), name: Some(name.to_owned()), description, color, seen }
}

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &identity::MIGRATIONS, &projects::MIGRATIONS];

    async fn a_project_lives_from_its_beginning_to_its_end(test: TestDb) {
        let office = Office::open(test).await;
        let (projects, ben) = (&office.projects, || Origin::user(office.ben));
        let begun = office.begin(office.ben, "Mill").await;
        assert_eq!((begun.slug.as_str(), begun.owner_id, begun.version), ("mill", office.ben, 1));
        assert_eq!(projects.project(&Origin::user(office.gus), &at("mill")).await.unwrap(), begun);
        let changed = projects.update_project(ben(), renamed("mill", "The Mill", Some(1.into()))).await.unwrap();
        assert_eq!((changed.name.as_str(), changed.slug.as_str(), changed.version), ("The Mill", "mill", 2));
        let late = projects.update_project(ben(), renamed("mill", "Late", Some(1.into()))).await;
        assert!(matches!(late, Err(UpdateProjectError::OtherVersion)));
        let known = projects.directory().projects(&[begun.id, begun.id]).await.unwrap();
        assert_eq!(known.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["The Mill"]);
        let archived = projects.archive_project(ben(), ArchiveProject { project: at("mill"), seen: None }).await.unwrap();
        assert!(archived.archived_at.is_some());
        let found = projects.directory().project(begun.workspace_id, "mill").await.unwrap().unwrap();
        assert_eq!((found.id, found.archived), (begun.id, true));
        let refused = projects.update_project(ben(), renamed("mill", "Late", None)).await;
        assert!(matches!(refused, Err(UpdateProjectError::ProjectArchived)));
        let restored = projects.restore_project(ben(), RestoreProject { project: at("mill"), seen: None }).await.unwrap();
        assert_eq!((restored.archived_at, restored.version), (None, 4));
        projects.delete_project(ben(), DeleteProject { project: at("mill"), seen: Some(4.into()) }).await.unwrap();
        let gone = projects.delete_project(ben(), DeleteProject { project: at("mill"), seen: None }).await;
        assert!(matches!(gone, Err(DeleteProjectError::ProjectNotFound)));
        assert_eq!(projects.directory().projects(&[begun.id]).await.unwrap(), []);
        for slug in ["mill", "no slug"] {
            assert_eq!(projects.directory().project(begun.workspace_id, slug).await.unwrap(), None);
        }
        // Its slug is free again.
        assert_eq!(office.begin(office.ada, "Mill").await.slug, "mill");
        let told = ["created", "updated", "archived", "restored", "deleted", "created"];
        assert_eq!(office.events().await, told.map(|what| format!("project_{what}")));
    }

    async fn projects_are_listed_in_pages_newest_first(test: TestDb) {
        let office = Office::open(test).await;
        for name in ["One", "Two", "Three", "Four"] {
            office.begin(office.ben, name).await;
        }
        let project = at("three");
        office.projects.archive_project(Origin::user(office.ada), ArchiveProject { project, seen: None }).await.unwrap();
        let (first, next) = office.list(ListProjects { limit: 2, ..everything() }).await;
        assert_eq!(first, ["four", "two"]);
        office.begin(office.ben, "Five").await;
        let (second, end) = office.list(ListProjects { limit: 2, after: next, ..everything() }).await;
        assert_eq!((second, end), (vec!["one".to_owned()], None));
        let (archived, _) = office.list(ListProjects { archived: true, ..everything() }).await;
        assert_eq!(archived, ["three"]);
        let own = office.projects.export_projects(&Origin::user(office.ben)).await.unwrap();
        assert_eq!(own.len(), 5);
        assert_eq!(own[0].description.as_deref(), Some("About One"));
        let titles = office.projects.project_titles(&Origin::user(office.gus), &engines()).await.unwrap();
        let titles: Vec<_> = titles.into_iter().map(|title| title.name).collect();
        assert_eq!(titles, ["Five", "Four", "Two", "One"]);
    }

    async fn projects_are_searched_for_by_words_of_name_and_description(test: TestDb) {
        let office = Office::open(test).await;
        for name in ["École d'été", "Store 100% wool", "Store"] {
            office.begin(office.ben, name).await;
        }
        let found = async |text: &str| {
            let search = Some(text.to_owned());
            office.list(ListProjects { search, ..everything() }).await.0
        };
        assert_eq!(found("E\u{301}COLE").await, ["ecole-dete"]);
        assert_eq!(found(" about  STORE ").await, ["store", "store-100-wool"]);
        assert_eq!(found("store wool").await, ["store-100-wool"]);
        // Nothing in a word has a meaning of its own.
        assert_eq!(found("100%").await, ["store-100-wool"]);
        assert_eq!(found("s_ore").await, Vec::<String>::new());
        assert_eq!(found(r#""]'"#).await, Vec::<String>::new());
        assert_eq!(found("  ").await.len(), 3);
    }

    async fn strangers_cannot_tell_a_workspace_from_none(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ben, "Mill").await;
        let remove = RemoveMember { workspace: engines(), member: office.ben.into() };
        office.identity.remove_member(Origin::user(office.ada), remove).await.unwrap();
        let ben = Origin::user(office.ben);
        for slug in ["mill", "loom"] {
            let seen = office.projects.project(&ben, &at(slug)).await;
            assert!(matches!(seen, Err(QueryError::WorkspaceNotFound)));
        }
        let begun = office.try_to_begin(office.ben, "Loom").await;
        assert!(matches!(begun, Err(CreateProjectError::WorkspaceNotFound)));
        let missing = office.projects.project(&Origin::user(office.gus), &at("no slug")).await;
        assert!(matches!(missing, Err(QueryError::ProjectNotFound)));
    }

    async fn an_archived_workspace_is_looked_at_and_not_changed(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ben, "Mill").await;
        let ada = || Origin::user(office.ada);
        office.identity.archive_workspace(ada(), ArchiveWorkspace { workspace: engines() }).await.unwrap();
        let refused = office.try_to_begin(office.ada, "Loom").await;
        assert!(matches!(refused, Err(CreateProjectError::WorkspaceArchived)));
        let refused = office.projects.update_project(ada(), renamed("mill", "Loom", None)).await;
        assert!(matches!(refused, Err(UpdateProjectError::WorkspaceArchived)));
        assert_eq!(office.list(everything()).await.0, ["mill"]);
        assert_eq!(office.events().await, ["project_created"]);
    }

    async fn the_system_acts_for_a_person_by_the_rights_of_that_person(test: TestDb) {
        let office = Office::open(test).await;
        let for_them = |user| Origin::system("tests.projects").on_behalf_of_user(user);
        let begin = async |user| office.projects.create_project(for_them(user), named("Mill")).await;
        assert_eq!(begin(office.ben).await.unwrap().owner_id, office.ben);
        let head = office.test.db.head().await.unwrap();
        let [begun] = &office.test.db.read(&EventFilter::Type(ProjectCreated::TYPE.to_owned()), Position::START, 10).await.unwrap()[..] else {
            panic!("one event")
        };
        assert_eq!((begun.actor.is_system(), begun.on_behalf_of, begun.position), (true, Some(office.ben), head));
        assert!(matches!(begin(office.gus).await, Err(CreateProjectError::Forbidden)));
        let leave = LeaveWorkspace { workspace: engines() };
        office.identity.leave_workspace(Origin::user(office.ben), leave).await.unwrap();
        assert!(matches!(begin(office.ben).await, Err(CreateProjectError::WorkspaceNotFound)));
        let seen = office.projects.project(&for_them(office.ben), &at("mill")).await;
        assert!(matches!(seen, Err(QueryError::WorkspaceNotFound)));
    }
}
