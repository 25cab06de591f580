//! What becomes of documents when a workspace, a project or an account is gone.

use documents::{CreateDocument, CreateDocumentError, QueryError, UpdateDocument};
use identity::{
    DeleteAccount, DeleteWorkspace, LeaveWorkspace, Role,
    testing::{log_in, user_with_password},
};
use perme8_events::{Origin, sql, testing::on_both_engines};
use projects::{DeleteProject, ProjectRef};

use crate::office::{MIGRATIONS, Office, at, engines, titled, written};

fn private(title: &str) -> CreateDocument {
    let content = Some("Dear diary".to_owned());
    CreateDocument { is_public: false, content, ..titled(title) }
}

fn in_mill(title: &str) -> CreateDocument {
    CreateDocument { project: Some("mill".to_owned()), ..titled(title) }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn documents_go_with_their_workspace_without_a_word(test: TestDb) {
        let office = Office::open(test).await;
        office.create(titled("Plans")).await;
        office.create(private("Diary")).await;
        office.settle().await;
        let entries = sql!("SELECT count(*) FROM documents_search_entries");
        assert_eq!(office.test.db.query(entries).scalar::<i64>().await.unwrap(), 2);
        let session_id = log_in(&office.identity, "ada@example.com").await.session_id;
        let delete = DeleteWorkspace { workspace: engines(), session_id };
        office.identity.delete_workspace(Origin::user(office.ada), delete).await.unwrap();
        office.settle().await;
        for left in [
            sql!("SELECT count(*) FROM documents_documents"),
            sql!("SELECT count(*) FROM documents_components"),
            sql!("SELECT count(*) FROM documents_notes"),
            sql!("SELECT count(*) FROM documents_note_updates"),
            entries,
        ] {
            assert_eq!(office.test.db.query(left).scalar::<i64>().await.unwrap(), 0);
        }
        let events = ["document_created", "document_created", "note_content_updated"];
        assert_eq!(office.events().await, events);
        let late = office.try_to_create(office.ada, titled("Late")).await;
        assert!(matches!(late, Err(CreateDocumentError::WorkspaceNotFound)));
    }

    async fn documents_stay_when_their_project_goes(test: TestDb) {
        let office = Office::open(test).await;
        office.begin_project("Mill").await;
        office.create(in_mill("Plans")).await;
        office.create(CreateDocument { is_public: false, ..in_mill("Diary") }).await;
        office.trash(office.ben, "diary").await.unwrap();
        let before = office.see(office.ben, "plans").await.unwrap();
        let mill = ProjectRef { workspace: engines(), slug: "mill".to_owned() };
        let delete = DeleteProject { project: mill, seen: None };
        office.projects.delete_project(Origin::user(office.ada), delete).await.unwrap();
        office.settle().await;
        let plans = office.see(office.gus, "plans").await.unwrap().document;
        assert_eq!((plans.project_slug, plans.updated_at), (None, before.document.updated_at));
        let events = ["document_created", "document_created", "document_trashed", "document_moved", "document_moved"];
        assert_eq!(office.events().await, events);
        let late = office.try_to_create(office.ben, in_mill("Late")).await;
        assert!(matches!(late, Err(CreateDocumentError::ProjectNotFound)));
    }

    async fn what_somebody_shared_is_handed_over_and_what_was_private_goes(test: TestDb) {
        let office = Office::open(test).await;
        let cyd = user_with_password(&office.identity, "cyd@example.com", "Cyd", "Charisse").await;
        office.join(cyd, "cyd@example.com", Role::Member).await;
        for command in [titled("Plans"), private("Diary"), private("Memoir")] {
            office.try_to_create(cyd, command).await.unwrap();
        }
        let seen = office.see(cyd, "memoir").await.unwrap().text;
        let publish = written("memoir", "Dear all", &seen.content_hash);
        office.update(cyd, UpdateDocument { is_public: Some(true), ..publish }).await.unwrap();
        office.create(titled("Other")).await;
        let before = office.events().await.len();
        let session_id = log_in(&office.identity, "cyd@example.com").await.session_id;
        office.identity.delete_account(Origin::user(cyd), DeleteAccount { session_id }).await.unwrap();
        office.settle().await;
        let plans = office.see(office.gus, "plans").await.unwrap().document;
        assert_eq!(plans.owner_id, office.ada);
        assert_eq!(office.see(office.gus, "other").await.unwrap().document.owner_id, office.ben);
        // Its slug is free again.
        assert!(matches!(office.see(office.ada, "diary").await, Err(QueryError::DocumentNotFound)));
        let notes: i64 = office.test.db.query(sql!("SELECT count(*) FROM documents_notes")).scalar().await.unwrap();
        assert_eq!(notes, 3);
        // What it said before it was shared has gone, too.
        let versions: Vec<(String,)> =
            office.test.db.query(sql!("SELECT text FROM documents_note_versions")).all().await.unwrap();
        assert_eq!(versions, [("Dear all".to_owned(),)]);
        let told = office.events().await.split_off(before);
        assert_eq!(told, ["document_handed_over", "document_deleted", "document_handed_over"]);
    }

    async fn whoever_only_leaves_keeps_them(test: TestDb) {
        let office = Office::open(test).await;
        office.create(titled("Plans")).await;
        office.create(private("Diary")).await;
        let leave = LeaveWorkspace { workspace: engines() };
        office.identity.leave_workspace(Origin::user(office.ben), leave).await.unwrap();
        office.settle().await;
        let plans = office.see(office.ada, "plans").await.unwrap().document;
        assert_eq!(plans.owner_id, office.ben);
        assert!(matches!(office.see(office.ben, "plans").await, Err(QueryError::WorkspaceNotFound)));
        office.documents.document(&Origin::user(office.ada), &at("diary")).await.unwrap_err();
    }
}
