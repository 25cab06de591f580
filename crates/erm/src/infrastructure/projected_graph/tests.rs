//! What events make of the rows, on both engines alike.

use std::time::Duration;

use documents::{
    DocumentCreated, DocumentDeleted, DocumentHandedOver, DocumentId, DocumentMoved,
    DocumentRestored, DocumentTrashed, DocumentVisibilityChanged, NoteContentUpdated,
};
use expect_test::{Expect, expect};
use identity::{
    MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged, OwnershipTransferred, Role,
    WorkspaceCreated, WorkspaceDeleted,
};
use perme8_events::{
    Actor, DomainEvent, Origin, StorageError, Transaction as _, UserId, WorkspaceId,
    host::{Operations, Operator, Runtime},
    sql,
    sql::{Generation, UnitOfWork},
    testing::{TestDb, apply, envelope, on_both_engines},
};
use projects::{
    ProjectArchived, ProjectChanges, ProjectCreated, ProjectDeleted, ProjectId, ProjectRestored,
    ProjectUpdated,
};

use super::WorkspaceGraph;
use crate::{
    application::purge_deleted::Deleted as _,
    testing::{COMPANY, ELSEWHERE, MEMBER, OWNER, STRANGER, id},
};

mod questions;

const ROADMAP: ProjectId = id(0x10);
const ATTIC: ProjectId = id(0x11);
const NOTES: DocumentId = id(0x20);

/// Rows that follow events when a test says so.
struct World {
    test: TestDb,
    uow: UnitOfWork,
}

impl World {
    /// The company, which has begun, with its owner and a member.
    async fn new(test: TestDb) -> Self {
        let world = Self { uow: UnitOfWork::new(test.db.clone()), test };
        world.follow(&begun(COMPANY)).await;
        world.follow(&joined(MEMBER)).await;
        world
    }

    async fn follow<E: DomainEvent>(&self, event: &E) {
        let event = envelope(1, Actor::User(OWNER), event);
        let applied = self.uow.run(Origin::system(WorkspaceGraph::NAME), async |tx| {
            let applied = apply(tx, &WorkspaceGraph, Generation::FIRST, &[event]).await;
            applied.expect("it can be applied");
            Ok::<_, StorageError>(())
        });
        applied.await.unwrap();
    }

    /// Lets something happen, which nothing follows at once.
    async fn emit<E: DomainEvent>(&self, event: E) {
        let emitted = self.uow.run(Origin::user(OWNER), async |tx| {
            tx.emit(event);
            Ok::<_, StorageError>(())
        });
        emitted.await.unwrap();
    }

    /// Every row of the live generation, in a line of its own.
    async fn check(&self, expected: &Expect) {
        let nodes = sql!(
            sqlite: "SELECT node_type || ' ' || substr(hex(id), -2) || coalesce(' ' || name, '') || coalesce(' /' || slug, '')
                       || coalesce(' ' || role, '') || iif(private_to IS NULL, '', ' private to ' || substr(hex(private_to), -2))
                       || iif(is_trashed, ' trashed', '') || iif(is_archived, ' archived', '') || ' v' || version
                     FROM erm_graph_nodes WHERE generation = $1 ORDER BY id",
            postgres: "SELECT node_type || ' ' || right(upper(id::text), 2) || coalesce(' ' || name, '') || coalesce(' /' || slug, '')
                         || coalesce(' ' || role, '') || coalesce(' private to ' || right(upper(private_to::text), 2), '')
                         || CASE WHEN is_trashed THEN ' trashed' ELSE '' END
                         || CASE WHEN is_archived THEN ' archived' ELSE '' END || ' v' || version
                       FROM erm_graph_nodes WHERE generation = $1 ORDER BY id"
        );
        let edges = sql!(
            sqlite: "SELECT substr(hex(source_id), -2) || ' ' || edge_type || ' ' || substr(hex(target_id), -2)
                     FROM erm_graph_edges WHERE generation = $1 ORDER BY source_id, target_id",
            postgres: "SELECT right(upper(source_id::text), 2) || ' ' || edge_type || ' ' || right(upper(target_id::text), 2)
                       FROM erm_graph_edges WHERE generation = $1 ORDER BY source_id, target_id"
        );
        let model = self.test.db.read_model(WorkspaceGraph::NAME).await.unwrap();
        let mut lines: Vec<(String,)> = model.query(nodes).all().await.unwrap();
        lines.extend::<Vec<(String,)>>(model.query(edges).all().await.unwrap());
        let lines: Vec<String> = lines.into_iter().map(|(line,)| line).collect();
        expected.assert_eq(&lines.join("\n"));
    }
}

fn begun(workspace_id: WorkspaceId) -> WorkspaceCreated {
    let (name, slug) = ("Engines".to_owned(), "engines".to_owned());
    WorkspaceCreated { workspace_id, name, slug, owner_id: OWNER }
}

fn joined(user_id: UserId) -> MemberJoined {
    MemberJoined { workspace_id: COMPANY, user_id, role: Role::Member, invitation_id: None }
}

fn project(project_id: ProjectId, user_id: UserId) -> ProjectCreated {
    let (name, slug) = ("Roadmap".to_owned(), "roadmap".to_owned());
    ProjectCreated { project_id, workspace_id: COMPANY, user_id, name, slug }
}

fn document(project_id: Option<ProjectId>, is_public: bool) -> DocumentCreated {
    DocumentCreated {
        document_id: NOTES,
        workspace_id: COMPANY,
        project_id,
        user_id: MEMBER,
        title: "Nobody's business".to_owned(),
        slug: "notes".to_owned(),
        is_public,
    }
}

fn shown(is_public: bool) -> DocumentVisibilityChanged {
    let (document_id, workspace_id) = (NOTES, COMPANY);
    DocumentVisibilityChanged { document_id, workspace_id, user_id: MEMBER, is_public }
}

fn moved(project_id: Option<ProjectId>) -> DocumentMoved {
    DocumentMoved {
        document_id: NOTES,
        workspace_id: COMPANY,
        user_id: MEMBER,
        from_project_id: None,
        project_id,
        is_public: true,
    }
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn members_are_nodes_as_long_as_they_are_members(test: TestDb) {
        let world = World::new(test).await;
        let (workspace_id, user_id) = (COMPANY, MEMBER);
        let (from, to) = (Role::Member, Role::Admin);
        world.follow(&MemberRoleChanged { workspace_id, user_id, from, to }).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 admin v2"#]]).await;
        world.follow(&OwnershipTransferred { workspace_id, user_id, from: to, to: Role::Owner }).await;
        let (from, to) = (Role::Owner, Role::Admin);
        world.follow(&MemberRoleChanged { workspace_id, user_id: OWNER, from, to }).await;
        world.check(&expect![[r#"
            member 02 admin v2
            member 04 owner v3"#]]).await;
        world.follow(&MemberRemoved { workspace_id, user_id: OWNER }).await;
        world.check(&expect!["member 04 owner v3"]).await;
    }

    async fn what_somebody_authored_waits_for_them(test: TestDb) {
        let world = World::new(test).await;
        world.follow(&project(ROADMAP, MEMBER)).await;
        world.follow(&MemberLeft { workspace_id: COMPANY, user_id: MEMBER }).await;
        world.check(&expect![[r#"
            member 02 owner v1
            project 10 Roadmap /roadmap v1
            04 authored 10"#]]).await;
        world.follow(&joined(MEMBER)).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            project 10 Roadmap /roadmap v1
            04 authored 10"#]]).await;
    }

    async fn projects_are_called_and_put_away_as_they_are(test: TestDb) {
        let world = World::new(test).await;
        world.follow(&project(ROADMAP, MEMBER)).await;
        let (project_id, workspace_id, name) = (ROADMAP, COMPANY, "Plans".to_owned());
        let changes = ProjectChanges::default();
        let updated = ProjectUpdated { project_id, workspace_id, user_id: OWNER, name: name.clone(), changes };
        world.follow(&updated).await;
        world.follow(&ProjectArchived { project_id, workspace_id, user_id: OWNER, name: name.clone() }).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            project 10 Plans /roadmap archived v3
            02 authored 10"#]]).await;
        world.follow(&ProjectRestored { project_id, workspace_id, user_id: OWNER, name: name.clone() }).await;
        world.follow(&document(Some(ROADMAP), true)).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            project 10 Plans /roadmap v4
            document 20 v1
            02 authored 10
            04 authored 20
            20 belongs_to 10"#]]).await;
        world.follow(&ProjectDeleted { project_id, workspace_id, user_id: OWNER, name }).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            document 20 v1
            04 authored 20"#]]).await;
    }

    async fn documents_are_where_they_were_moved_and_whose_they_are(test: TestDb) {
        let world = World::new(test).await;
        world.follow(&project(ROADMAP, OWNER)).await;
        world.follow(&project(ATTIC, OWNER)).await;
        world.follow(&document(Some(ROADMAP), true)).await;
        world.follow(&moved(Some(ATTIC))).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            project 10 Roadmap /roadmap v1
            project 11 Roadmap /roadmap v1
            document 20 v2
            02 authored 10
            02 authored 11
            04 authored 20
            20 belongs_to 11"#]]).await;
        world.follow(&moved(None)).await;
        let (document_id, workspace_id) = (NOTES, COMPANY);
        let handed = DocumentHandedOver { document_id, workspace_id, user_id: OWNER, from_user_id: MEMBER, is_public: true };
        world.follow(&handed).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            project 10 Roadmap /roadmap v1
            project 11 Roadmap /roadmap v1
            document 20 v4
            02 authored 10
            02 authored 11
            02 authored 20"#]]).await;
    }

    async fn documents_are_private_and_trashed_as_they_are(test: TestDb) {
        let world = World::new(test).await;
        let (document_id, workspace_id, user_id, title) = (NOTES, COMPANY, MEMBER, "Notes".to_owned());
        world.follow(&document(None, false)).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            document 20 private to 04 v1
            04 authored 20"#]]).await;
        world.follow(&shown(true)).await;
        let trashed = DocumentTrashed { document_id, workspace_id, user_id, title: title.clone(), is_public: true };
        world.follow(&trashed).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            document 20 trashed v3
            04 authored 20"#]]).await;
        let restored = DocumentRestored { document_id, workspace_id, user_id, title: title.clone(), is_public: true };
        world.follow(&restored).await;
        world.follow(&shown(false)).await;
        let (content_hash, length) = (String::new(), 0);
        let written = NoteContentUpdated { document_id, workspace_id, user_id, content_hash, length, is_public: false };
        world.follow(&written).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1
            document 20 private to 04 v6
            04 authored 20"#]]).await;
        world.follow(&DocumentDeleted { document_id, workspace_id, user_id, title, is_public: false }).await;
        world.check(&expect![[r#"
            member 02 owner v1
            member 04 member v1"#]]).await;
    }

    async fn nothing_happens_in_a_workspace_that_is_gone(test: TestDb) {
        let world = World::new(test).await;
        world.follow(&begun(ELSEWHERE)).await;
        world.follow(&document(None, true)).await;
        let (name, slug, manager_ids) = ("Engines".to_owned(), "engines".to_owned(), vec![OWNER]);
        let gone = WorkspaceDeleted { workspace_id: COMPANY, name, slug, manager_ids };
        world.follow(&gone).await;
        world.follow(&project(ROADMAP, MEMBER)).await;
        world.follow(&joined(MEMBER)).await;
        world.follow(&begun(COMPANY)).await;
        // Its rows are left to whoever purges, some at a time: a node of each person and of the document, and the edge between
        // them.
        let mut purged = Vec::new();
        while purged.last() != Some(&0) {
            let some = world.uow.run(Origin::system("erm.purge"), async |tx| tx.purge_graphs(2).await);
            purged.push(some.await.unwrap());
        }
        assert_eq!(purged, [2, 2, 0]);
        world.check(&expect!["member 02 owner v1"]).await;
        // Whatever is on its way to a workspace that is gone comes too late.
        world.follow(&project(ROADMAP, MEMBER)).await;
        world.check(&expect!["member 02 owner v1"]).await;
    }

    async fn a_workspace_of_which_nobody_told_is_followed_until_it_ends(test: TestDb) {
        let world = World { uow: UnitOfWork::new(test.db.clone()), test };
        world.follow(&project(ROADMAP, MEMBER)).await;
        let rows = expect![[r#"
            project 10 Roadmap /roadmap v1
            04 authored 10"#]];
        world.check(&rows).await;
        let (name, slug, manager_ids) = ("Engines".to_owned(), "engines".to_owned(), vec![OWNER]);
        world.follow(&WorkspaceDeleted { workspace_id: COMPANY, name, slug, manager_ids }).await;
        world.follow(&project(ATTIC, MEMBER)).await;
        world.check(&rows).await;
    }

    async fn nothing_is_joined_with_what_is_not_there(test: TestDb) {
        let world = World::new(test).await;
        // In a project that is gone by now, and by somebody who never came.
        world.follow(&DocumentCreated { user_id: STRANGER, ..document(Some(ROADMAP), true) }).await;
        let people_and_document = expect![[r#"
            member 02 owner v1
            member 04 member v1
            document 20 v1
            0A authored 20"#]];
        world.check(&people_and_document).await;
        // What changes of things that nobody knows changes nothing.
        let (document_id, workspace_id) = (id(0x21), COMPANY);
        let (from_user_id, is_public) = (MEMBER, true);
        world.follow(&DocumentMoved { document_id, ..moved(Some(ROADMAP)) }).await;
        let handed = DocumentHandedOver { document_id, workspace_id, user_id: OWNER, from_user_id, is_public };
        world.follow(&handed).await;
        let (project_id, name, changes) = (ATTIC, "Attic".to_owned(), ProjectChanges::default());
        world.follow(&ProjectUpdated { project_id, workspace_id, user_id: OWNER, name, changes }).await;
        world.check(&people_and_document).await;
    }

    async fn a_rebuild_under_way_ends_with_the_same_rows(test: TestDb) {
        let world = World { uow: UnitOfWork::new(test.db.clone()), test };
        let runtime = Runtime::builder(&world.test.db).projection(WorkspaceGraph).build();
        let mut driver = runtime.driver(Some(world.test.clock.clone())).await;
        world.emit(begun(COMPANY)).await;
        world.emit(joined(MEMBER)).await;
        world.emit(project(ROADMAP, OWNER)).await;
        world.emit(document(None, true)).await;
        driver.run_until_idle().await;
        let operator = Operator::new("ada", Origin::system("tests")).expect("it is a name");
        Operations::of(&runtime, &[]).rebuild(&operator, WorkspaceGraph::NAME).await.unwrap();
        world.emit(moved(Some(ROADMAP))).await;
        world.emit(begun(ELSEWHERE)).await;
        driver.run_until_idle().await;
        let rows = expect![[r#"
            member 02 owner v1
            member 02 owner v1
            member 04 member v1
            project 10 Roadmap /roadmap v1
            document 20 v2
            02 authored 10
            04 authored 20
            20 belongs_to 10"#]];
        world.check(&rows).await;
        let live = world.test.db.read_model(WorkspaceGraph::NAME).await.unwrap().generation();
        assert_ne!(live, Generation::FIRST);
        world.test.clock.advance(Duration::from_mins(2));
        driver.run_until_idle().await;
        world.check(&rows).await;
        let left = sql!(
            "SELECT (SELECT count(*) FROM erm_graph_nodes WHERE generation <> $1)
                  + (SELECT count(*) FROM erm_graph_edges WHERE generation <> $1)
                  + (SELECT count(*) FROM erm_graph_workspaces WHERE generation <> $1)"
        );
        let left: i64 = world.test.db.query(left).bind(live.number()).scalar().await.unwrap();
        assert_eq!(left, 0, "what nobody reads any more is gone");
    }
}
