//! Creating and seeing workspaces.

use identity::{
    ArchiveWorkspace, CreateWorkspaceError, DeleteWorkspace, DeleteWorkspaceError, ListWorkspaces,
    QueryError, RestoreWorkspace, TransferOwnership, WorkspaceRef,
};

use super::*;

on_both_engines! {
    migrations: [&perme8_events::sql::MIGRATIONS, &MIGRATIONS];

    async fn members_see_their_workspaces_newest_first(test: TestDb) {
        let office = Office::open(&test).await;
        test.clock.advance(std::time::Duration::from_secs(1));
        let looms = office.identity.create_workspace(Origin::user(office.ada), named("Looms")).await.unwrap();
        assert_eq!(office.workspaces(office.ada, false).await, [looms, office.engines.clone()]);
        assert_eq!(office.workspaces(office.ben, false).await, []);
        for named in [WorkspaceRef::from(office.engines.id), WorkspaceRef::from("engines")] {
            let found = office.identity.workspace(&Origin::user(office.ada), &named).await.unwrap();
            assert_eq!(found, office.engines);
        }
        assert_eq!(office.engines.role, Role::Owner);
    }

    async fn strangers_cannot_tell_a_workspace_from_none(test: TestDb) {
        let office = Office::open(&test).await;
        for named in [WorkspaceRef::from("engines"), "looms".into(), "No Slug".into(), "\0".into()] {
            let seen = office.identity.workspace(&Origin::user(office.ben), &named).await;
            assert!(matches!(seen, Err(QueryError::NotFound)), "{named:?}");
            let members = office.identity.members(&Origin::user(office.ben), &named, everybody()).await;
            assert!(matches!(members, Err(QueryError::NotFound)), "{named:?}");
        }
        let anybody = Origin::anonymous();
        let mine = office.identity.my_workspaces(&anybody, ListWorkspaces { archived: false }).await;
        assert!(matches!(mine, Err(QueryError::Forbidden)));
    }

    async fn one_name_makes_many_slugs(test: TestDb) {
        let office = Office::open(&test).await;
        for name in ["Engines", "engines!", "Éngines"] {
            let created = office.identity.create_workspace(Origin::user(office.ben), named(name)).await.unwrap();
            let (base, suffix) = created.slug.split_once('-').unwrap();
            assert_eq!(base, "engines");
            assert!(suffix.len() == 6 && suffix.chars().all(|c| c.is_ascii_hexdigit()), "{suffix}");
        }
        let created = office.identity.create_workspace(Origin::user(office.ben), named("🎉")).await.unwrap();
        assert!(created.slug.starts_with("workspace-"));
        let created = office.identity.create_workspace(Origin::user(office.ben), named("机器")).await.unwrap();
        assert_eq!(created.slug, "ji-qi");
    }

    async fn a_refused_workspace_leaves_nothing(test: TestDb) {
        let office = Office::open(&test).await;
        let before = events(&test).await.len();
        let outcome = office.identity.create_workspace(Origin::user(office.ben), named("\0")).await;
        assert!(matches!(outcome, Err(CreateWorkspaceError::Invalid(_))));
        let outcome = office.identity.create_workspace(Origin::anonymous(), named("Mine")).await;
        assert!(matches!(outcome, Err(CreateWorkspaceError::Forbidden)));
        assert_eq!(office.workspaces(office.ben, false).await, []);
        assert_eq!(events(&test).await.len(), before);
    }

    async fn a_workspace_is_put_away_given_away_and_deleted(test: TestDb) {
        let office = Office::open(&test).await;
        let (identity, workspace) = (&office.identity, || WorkspaceRef::from("engines"));
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        let by = |user| Origin::user(user);
        let archived = identity.archive_workspace(by(office.ada), ArchiveWorkspace { workspace: workspace() }).await.unwrap();
        assert!(archived.archived_at.is_some());
        assert_eq!(office.workspaces(office.ada, false).await, []);
        assert_eq!(office.workspaces(office.ada, true).await, [archived]);
        assert_eq!(office.workspaces(office.cyd, true).await, []);
        let restored = identity.restore_workspace(by(office.ada), RestoreWorkspace { workspace: workspace() }).await.unwrap();
        assert_eq!((restored.archived_at, restored.version), (None, office.engines.version + 2));
        assert_eq!(office.workspaces(office.ada, true).await, []);
        let session_id = office.session("ada").await;
        let transfer = TransferOwnership { workspace: workspace(), user_id: office.ben, session_id };
        identity.transfer_ownership(by(office.ada), transfer).await.unwrap();
        let roles = [office.ada, office.ben].map(|user| office.directory.role_of(user, office.engines.id));
        let [of_ada, of_ben] = roles;
        assert_eq!((of_ada.await.unwrap(), of_ben.await.unwrap()), (Some(Role::Admin), Some(Role::Owner)));
        let delete = |session_id| DeleteWorkspace { workspace: workspace(), session_id };
        let refused = identity.delete_workspace(by(office.ada), delete(session_id)).await;
        assert!(matches!(refused, Err(DeleteWorkspaceError::Forbidden)));
        // That somebody else has just logged in is no proof.
        let refused = identity.delete_workspace(by(office.ben), delete(session_id)).await;
        assert!(matches!(refused, Err(DeleteWorkspaceError::NotFresh)));
        let session_id = office.session("ben").await;
        identity.delete_workspace(by(office.ben), delete(session_id)).await.unwrap();
        let gone = identity.delete_workspace(by(office.ben), delete(session_id)).await;
        assert!(matches!(gone, Err(DeleteWorkspaceError::WorkspaceNotFound)));
        assert_eq!(office.directory.workspace(office.engines.id).await.unwrap(), None);
        // Its slug is free again.
        let again = identity.create_workspace(by(office.ada), named("Engines")).await.unwrap();
        assert_eq!(again.slug, "engines");
    }

    async fn the_directory_knows_workspaces(test: TestDb) {
        let office = Office::open(&test).await;
        let entry = office.directory.workspace(office.engines.id).await.unwrap().unwrap();
        assert_eq!((entry.slug.as_str(), entry.archived), ("engines", false));
        assert_eq!(office.directory.workspace_by_slug("engines").await.unwrap(), Some(entry));
        for slug in ["looms", "No Slug", "\0"] {
            assert_eq!(office.directory.workspace_by_slug(slug).await.unwrap(), None);
            assert_eq!(office.directory.membership(office.ada, &slug.into()).await.unwrap(), None);
        }
        for named in [WorkspaceRef::from(office.engines.id), WorkspaceRef::from("engines")] {
            let (entry, role) = office.directory.membership(office.ada, &named).await.unwrap().unwrap();
            assert_eq!((entry.id, entry.archived, role), (office.engines.id, false, Role::Owner));
            assert_eq!(office.directory.membership(office.ben, &named).await.unwrap(), None);
        }
    }
}
