//! The graph of what other contexts keep of a workspace, as its members see it.

use std::time::Duration;

use documents::{Move, PurgeDocument, RestoreDocument, TrashDocument};
use erm::{
    Depth, FindPaths, GraphError, GraphName, ListProjected, Neighbours, PurgeDeleted, Traverse,
    WorkspaceGraph,
};
use expect_test::expect;
use identity::{LeaveWorkspace, Role};
use perme8_events::{
    Origin,
    host::{Operations, Operator, Runtime},
    testing::on_both_engines,
};
use projects::{DeleteProject, UpdateProject};

mod office;

use office::{MIGRATIONS, Office, document, engines, node, project, unchanged};

on_both_engines! {
    migrations: MIGRATIONS;

    async fn things_are_nodes_and_what_joins_them_edges(test: TestDb) {
        let office = Office::open(test).await;
        let roadmap = office.begin(office.ada, "Roadmap").await;
        let notes = office.create(office.ben, Some("roadmap"), "Notes", true).await;
        office.settle().await;
        office.check(office.gus, &expect![[r#"
            document Notes
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Roadmap
            Ada Lovelace authored Roadmap
            Ben Franklin authored Notes
            Notes belongs_to Roadmap"#]]).await;
        let gus = Origin::user(office.gus);
        let shown = async |id| {
            let node = office.erm.graph_node(&gus, &engines(), id).await.unwrap().unwrap();
            format!("{} v{} {}", node.entity_type, node.version, serde_json::Value::from(node.properties))
        };
        expect![[r#"project v1 {"is_archived":false,"name":"Roadmap","slug":"roadmap"}"#]].assert_eq(&shown(node(roadmap)).await);
        expect![[r#"document v1 {"is_public":true,"slug":"notes","title":"Notes"}"#]].assert_eq(&shown(node(notes)).await);
        expect![[r#"member v1 {"name":"Ben Franklin","role":"member"}"#]].assert_eq(&shown(node(office.ben)).await);
        // What it is called today is asked today.
        office.update(office.ben, documents::UpdateDocument { title: Some("Plans".to_owned()), ..unchanged("notes") }).await;
        expect![[r#"document v1 {"is_public":true,"slug":"notes","title":"Plans"}"#]].assert_eq(&shown(node(notes)).await);
    }

    async fn lists_come_in_pages_of_one_type(test: TestDb) {
        let office = Office::open(test).await;
        for name in ["One", "Two", "Three"] {
            office.begin(office.ada, name).await;
        }
        office.settle().await;
        let ada = Origin::user(office.ada);
        let projects = ListProjected { of_type: Some("project".to_owned()), ..ListProjected::default() };
        let page = ListProjected { limit: erm::GraphLimit::of(2).unwrap(), offset: 1, ..projects.clone() };
        let found = office.erm.graph_nodes(&ada, &engines(), &page).await.unwrap();
        let names: Vec<_> = found.items.iter().map(|node| node.properties["name"].as_str().unwrap()).collect();
        assert_eq!((names, found.total), (vec!["Two", "One"], 3));
        let authored = ListProjected { of_type: Some("authored".to_owned()), ..page };
        let found = office.erm.graph_edges(&ada, &engines(), &authored).await.unwrap();
        assert_eq!((found.items.len(), found.total), (2, 3));
        let edge = office.erm.graph_edge(&ada, &engines(), found.items[0].id).await.unwrap();
        assert_eq!(edge.as_ref(), Some(&found.items[0]));
        let nothing = ListProjected { of_type: Some("lamp".to_owned()), offset: u64::MAX, ..projects };
        assert_eq!(office.erm.graph_nodes(&ada, &engines(), &nothing).await.unwrap().total, 0);
    }

    async fn what_is_private_is_seen_by_its_owner_alone(test: TestDb) {
        let office = Office::open(test).await;
        let roadmap = office.begin(office.ada, "Roadmap").await;
        let diary = office.create(office.ben, Some("roadmap"), "Diary", false).await;
        office.settle().await;
        office.check(office.ben, &expect![[r#"
            document Diary
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Roadmap
            Ada Lovelace authored Roadmap
            Ben Franklin authored Diary
            Diary belongs_to Roadmap"#]]).await;
        office.check(office.ada, &expect![[r#"
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Roadmap
            Ada Lovelace authored Roadmap"#]]).await;
        let ada = Origin::user(office.ada);
        let near = Neighbours::of(node(roadmap));
        let found = office.erm.neighbours(&ada, &engines(), GraphName::Workspace, near.clone()).await.unwrap();
        assert_eq!((found.items.len(), found.total), (1, 1), "nobody but its owner");
        let found = office.erm.neighbours(&Origin::user(office.ben), &engines(), GraphName::Workspace, near).await.unwrap();
        assert_eq!((found.items.len(), found.total), (2, 2));
        let start = Traverse::from(node(diary));
        let refused = office.erm.traverse(&ada, &engines(), GraphName::Workspace, start).await;
        assert!(matches!(refused, Err(GraphError::StartNotFound)));
        let path = FindPaths { depth: Depth::of(3).unwrap(), ..FindPaths::between(node(office.ben), node(roadmap)) };
        let paths = office.erm.paths(&ada, &engines(), GraphName::Workspace, path.clone()).await.unwrap();
        assert!(paths.is_empty());
        let paths = office.erm.paths(&Origin::user(office.ben), &engines(), GraphName::Workspace, path).await.unwrap();
        assert_eq!(paths.len(), 1);
        assert_eq!(office.erm.graph_node(&ada, &engines(), node(diary)).await.unwrap(), None);
    }

    async fn what_turns_private_is_gone_for_others_at_once(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ada, "Roadmap").await;
        let notes = office.create(office.ben, Some("roadmap"), "Notes", true).await;
        office.settle().await;
        let shown = |is_public| documents::UpdateDocument { is_public: Some(is_public), ..unchanged("notes") };
        office.update(office.ben, shown(false)).await;
        let before = office.seen_by(office.ada).await.unwrap();
        expect![[r#"
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Roadmap
            Ada Lovelace authored Roadmap"#]].assert_eq(&before.join("\n"));
        let ada = Origin::user(office.ada);
        let start = Traverse::from(node(notes));
        let refused = office.erm.traverse(&ada, &engines(), GraphName::Workspace, start).await;
        assert!(matches!(refused, Err(GraphError::StartNotFound)));
        let around = Traverse { depth: Depth::of(3).unwrap(), ..Traverse::from(node(office.ben)) };
        let found = office.erm.traverse(&ada, &engines(), GraphName::Workspace, around).await.unwrap();
        assert_eq!((found.nodes.len(), found.edges.len()), (1, 0), "nothing leads on through it");
        office.settle().await;
        assert_eq!(office.seen_by(office.ada).await.unwrap(), before);
        office.update(office.ben, shown(true)).await;
        office.settle().await;
        office.check(office.ada, &expect![[r#"
            document Notes
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Roadmap
            Ada Lovelace authored Roadmap
            Ben Franklin authored Notes
            Notes belongs_to Roadmap"#]]).await;
    }

    async fn documents_are_where_they_are_moved_and_nowhere_in_the_trash(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ada, "Roadmap").await;
        office.begin(office.ada, "Attic").await;
        office.create(office.ben, Some("roadmap"), "Notes", true).await;
        let ben = Origin::user(office.ben);
        let moved = Some(Move::Into("attic".to_owned()));
        office.update(office.ben, documents::UpdateDocument { project: moved, ..unchanged("notes") }).await;
        office.settle().await;
        office.check(office.gus, &expect![[r#"
            document Notes
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Attic
            project Roadmap
            Ada Lovelace authored Attic
            Ada Lovelace authored Roadmap
            Ben Franklin authored Notes
            Notes belongs_to Attic"#]]).await;
        let trash = TrashDocument { document: document("notes"), seen: None };
        office.documents.trash_document(ben.clone(), trash.clone()).await.unwrap();
        let before = office.seen_by(office.ben).await.unwrap();
        expect![[r#"
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Attic
            project Roadmap
            Ada Lovelace authored Attic
            Ada Lovelace authored Roadmap"#]].assert_eq(&before.join("\n"));
        office.settle().await;
        assert_eq!(office.seen_by(office.ben).await.unwrap(), before);
        let restore = RestoreDocument { document: document("notes"), seen: None };
        office.documents.restore_document(ben.clone(), restore).await.unwrap();
        let delete = DeleteProject { project: project("attic"), seen: None };
        office.projects.delete_project(Origin::user(office.ada), delete).await.unwrap();
        office.settle().await;
        office.check(office.gus, &expect![[r#"
            document Notes
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Roadmap
            Ada Lovelace authored Roadmap
            Ben Franklin authored Notes"#]]).await;
        office.documents.trash_document(ben.clone(), trash).await.unwrap();
        let purge = PurgeDocument { document: document("notes"), seen: None };
        office.documents.purge_document(ben, purge).await.unwrap();
        office.settle().await;
        office.check(office.gus, &expect![[r#"
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Roadmap
            Ada Lovelace authored Roadmap"#]]).await;
    }

    async fn members_leave_and_come_back(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ben, "Roadmap").await;
        let leave = LeaveWorkspace { workspace: engines() };
        office.identity.leave_workspace(Origin::user(office.ben), leave).await.unwrap();
        office.settle().await;
        office.check(office.ada, &expect![[r#"
            member Ada Lovelace
            member Gus Fring
            project Roadmap"#]]).await;
        let refused = office.seen_by(office.ben).await;
        assert!(matches!(refused, Err(GraphError::WorkspaceNotFound)));
        office.test.clock.advance(Duration::from_mins(2));
        office.join(office.ben, "ben@example.com", Role::Guest).await;
        office.settle().await;
        office.check(office.ben, &expect![[r#"
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Roadmap
            Ben Franklin authored Roadmap"#]]).await;
    }

    async fn what_was_of_an_account_that_is_gone_is_of_its_heir(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ben, "Roadmap").await;
        office.create(office.ben, Some("roadmap"), "Notes", true).await;
        office.create(office.ben, None, "Diary", false).await;
        office.end_account(office.ben, "ben@example.com").await;
        office.settle().await;
        office.check(office.ada, &expect![[r#"
            document Notes
            member Ada Lovelace
            member Gus Fring
            project Roadmap
            Ada Lovelace authored Notes
            Ada Lovelace authored Roadmap
            Notes belongs_to Roadmap"#]]).await;
    }

    async fn the_graph_goes_with_its_workspace(test: TestDb) {
        let office = Office::open(test).await;
        office.begin(office.ben, "Roadmap").await;
        office.end_workspace().await;
        office.settle().await;
        let refused = office.seen_by(office.ada).await;
        assert!(matches!(refused, Err(GraphError::WorkspaceNotFound)));
        // From then on nobody sees it, and the upkeep clears it away.
        let purge = PurgeDeleted { limit: 100 };
        assert!(office.erm.purge_deleted(Origin::system("erm.purge"), purge).await.unwrap() > 0);
        let model = office.test.db.read_model(WorkspaceGraph::NAME).await.unwrap();
        let left = perme8_events::sql!("SELECT count(*) FROM erm_graph_nodes WHERE generation = $1");
        let left: i64 = model.query(left).scalar().await.unwrap();
        assert_eq!(left, 0);
    }

    async fn a_rebuild_shows_the_same(test: TestDb) {
        let office = Office::open(test).await;
        let runtime = Runtime::builder(&office.test.db).projection(WorkspaceGraph).build();
        office.begin(office.ben, "Roadmap").await;
        office.create(office.ben, Some("roadmap"), "Diary", false).await;
        office.settle().await;
        let operator = Operator::new("ada", Origin::system("tests")).expect("it is a name");
        Operations::of(&runtime, &[]).rebuild(&operator, WorkspaceGraph::NAME).await.unwrap();
        let name = Some("Plans".to_owned());
        let rename = UpdateProject { project: project("roadmap"), name, description: None, color: None, seen: None };
        office.projects.update_project(Origin::user(office.ben), rename).await.unwrap();
        office.create(office.ada, Some("roadmap"), "Notes", true).await;
        office.settle().await;
        office.check(office.ben, &expect![[r#"
            document Diary
            document Notes
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Plans
            Ada Lovelace authored Notes
            Ben Franklin authored Diary
            Ben Franklin authored Plans
            Diary belongs_to Plans
            Notes belongs_to Plans"#]]).await;
        office.check(office.gus, &expect![[r#"
            document Notes
            member Ada Lovelace
            member Ben Franklin
            member Gus Fring
            project Plans
            Ada Lovelace authored Notes
            Ben Franklin authored Plans
            Notes belongs_to Plans"#]]).await;
    }
}
