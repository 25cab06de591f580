//! Documents from their beginning to their end.

use std::time::Duration;

use documents::{
    CreateDocument, CreateDocumentError, ExportDocuments, Move, PurgeDocument, PurgeTrash,
    QueryError, RestoreDocument, SeenDocument, TrashDocumentError, UpdateDocument,
    UpdateDocumentError,
};
use identity::{ArchiveWorkspace, RemoveMember};
use perme8_events::{Origin, StorageError, sql, sql::UnitOfWork, testing::on_both_engines};
use projects::{ArchiveProject, ProjectRef};

use crate::office::{MIGRATIONS, Office, at, engines, everything, titled, unchanged, written};

fn renamed(slug: &str, title: &str) -> UpdateDocument {
    UpdateDocument { title: Some(title.to_owned()), ..unchanged(slug) }
}

/// How many rows the tables of this context have.
async fn rows(office: &Office) -> i64 {
    let query = office.test.db.query(sql!(
        "SELECT (SELECT count(*) FROM documents_documents) + (SELECT count(*) FROM documents_components)
              + (SELECT count(*) FROM documents_notes) + (SELECT count(*) FROM documents_note_updates)"
    ));
    query.scalar().await.unwrap()
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn a_document_lives_from_its_beginning_to_its_end(test: TestDb) {
        let office = Office::open(test).await;
        let command = CreateDocument { content: Some("We come.".to_owned()), ..titled("Plans") };
        let created = office.create(command).await;
        assert_eq!((created.document.slug.as_str(), created.document.version), ("plans", 1));
        assert_eq!(created.document.owner_email.as_deref(), Some("ben@example.com"));
        assert_eq!(office.see(office.gus, "plans").await.unwrap(), created);
        let seen = SeenDocument {
            id: Some(created.document.id),
            version: 1,
            content: Some(created.text.tag().to_owned()),
        };
        let command = UpdateDocument { seen: Some(seen.clone()), ..renamed("plans", "Goals") };
        let changed = office.update(office.ben, command).await.unwrap();
        assert_eq!((changed.document.title.as_str(), changed.document.version), ("Goals", 2));
        assert_eq!(changed.text, created.text);
        let late = UpdateDocument { seen: Some(seen), ..renamed("plans", "Late") };
        let refused = office.update(office.ben, late).await;
        assert!(matches!(refused, Err(UpdateDocumentError::OtherVersion)));
        let hash = &created.text.content_hash;
        let text = office.update(office.ben, written("plans", "We go.", hash)).await.unwrap();
        assert_eq!((text.text.content.as_deref(), text.document.version), (Some("We go."), 2));
        assert!(text.document.updated_at > changed.document.updated_at);
        assert_eq!(office.see(office.ada, "plans").await.unwrap(), text);
        let refused = office.update(office.ben, written("plans", "Late.", hash)).await;
        let Err(UpdateDocumentError::OtherContent(current)) = refused else { panic!("it is stale") };
        assert_eq!(*current, text.text);

        office.trash(office.ben, "plans").await.unwrap();
        assert!(matches!(office.see(office.ben, "plans").await, Err(QueryError::DocumentNotFound)));
        assert!(matches!(office.trash(office.ben, "plans").await, Err(TrashDocumentError::DocumentNotFound)));
        let restore = RestoreDocument { document: at("plans"), seen: None };
        let (restored, _) = office.documents.restore_document(Origin::user(office.ben), restore).await.unwrap();
        assert_eq!((restored.document.trashed_at, restored.text), (None, text.text));
        let purge = PurgeDocument { document: at("plans"), seen: None };
        office.documents.purge_document(Origin::user(office.ben), purge).await.unwrap();
        assert_eq!(rows(&office).await, 0);
        // Its slug is free again.
        assert_eq!(office.create(titled("Plans")).await.document.slug, "plans");
        let told = [
            "document_created",
            "note_content_updated",
            "document_title_changed",
            "note_content_updated",
            "document_trashed",
            "document_restored",
            "document_deleted",
            "document_created",
        ];
        assert_eq!(office.events().await, told);
    }

    async fn what_is_in_the_trash_ends_after_thirty_days(test: TestDb) {
        let office = Office::open(test).await;
        for title in ["One", "Two", "Three"] {
            office.create(titled(title)).await;
        }
        for slug in ["one", "two"] {
            office.trash(office.ben, slug).await.unwrap();
        }
        let purge = async || {
            let origin = Origin::system("documents.purge");
            office.documents.purge_trash(origin, PurgeTrash { limit: 10 }).await.unwrap()
        };
        office.test.clock.advance(Duration::from_hours(30 * 24) - Duration::from_secs(1));
        assert_eq!(purge().await, 0);
        office.test.clock.advance(Duration::from_secs(1));
        assert_eq!(purge().await, 2);
        assert_eq!(office.list(office.ben, everything()).await.0, ["three"]);
        assert_eq!(office.events().await[5..], ["document_deleted", "document_deleted"]);
    }

    async fn a_private_document_is_there_for_its_owner_alone(test: TestDb) {
        let office = Office::open(test).await;
        let content = Some("Dear me,".to_owned());
        office.create(CreateDocument { is_public: false, content, ..titled("Diary") }).await;
        assert!(office.see(office.ben, "diary").await.is_ok());
        for other in [office.ada, office.gus] {
            assert!(matches!(office.see(other, "diary").await, Err(QueryError::Forbidden)));
            let refused = office.update(other, renamed("diary", "Mine")).await;
            assert!(matches!(refused, Err(UpdateDocumentError::Forbidden)));
            let refused = office.trash(other, "diary").await;
            assert!(matches!(refused, Err(TrashDocumentError::DocumentNotFound)));
        }
        let export = async || {
            let asked = ExportDocuments { after: None, limit: 10 };
            let page = office.documents.export_documents(&Origin::user(office.ben), asked).await.unwrap();
            page.documents.into_iter().next().unwrap()
        };
        let exported = export().await;
        assert_eq!((exported.title.as_deref(), exported.content.as_deref()), (Some("Diary"), Some("Dear me,")));
        // Whoever leaves loses even that.
        let remove = RemoveMember { workspace: engines(), member: office.ben.into() };
        office.identity.remove_member(Origin::user(office.ada), remove).await.unwrap();
        assert!(matches!(office.see(office.ben, "diary").await, Err(QueryError::WorkspaceNotFound)));
        let exported = export().await;
        assert_eq!((exported.title, exported.content), (None, None));
    }

    async fn documents_move_between_projects_that_are_in_use(test: TestDb) {
        let office = Office::open(test).await;
        for name in ["Mill", "Loom"] {
            office.begin_project(name).await;
        }
        let within = CreateDocument { project: Some("mill".to_owned()), ..titled("Plans") };
        assert_eq!(office.create(within).await.document.project_slug.as_deref(), Some("mill"));
        let moved = |project| UpdateDocument { project: Some(project), ..unchanged("plans") };
        let into = office.update(office.ben, moved(Move::Into("loom".to_owned()))).await.unwrap();
        assert_eq!(into.document.project_slug.as_deref(), Some("loom"));
        let refused = office.update(office.ben, moved(Move::Into("nowhere".to_owned()))).await;
        assert!(matches!(refused, Err(UpdateDocumentError::ProjectNotFound)));
        let project = ProjectRef { workspace: engines(), slug: "loom".to_owned() };
        office.projects.archive_project(Origin::user(office.ada), ArchiveProject { project, seen: None }).await.unwrap();
        for change in [moved(Move::Out), renamed("plans", "Goals")] {
            let refused = office.update(office.ben, change).await;
            assert!(matches!(refused, Err(UpdateDocumentError::ProjectArchived)));
        }
        let late = CreateDocument { project: Some("loom".to_owned()), ..titled("Late") };
        let refused = office.try_to_create(office.ben, late).await;
        assert!(matches!(refused, Err(CreateDocumentError::ProjectArchived)));
        assert!(office.see(office.gus, "plans").await.is_ok());
        assert_eq!(office.events().await, ["document_created", "document_moved"]);
    }

    async fn a_document_begins_with_one_note_and_is_the_first_of_its_notes(test: TestDb) {
        let office = Office::open(test).await;
        let created = office.create(CreateDocument { content: Some("We come.".to_owned()), ..titled("Plans") }).await;
        let components = async || -> Vec<(String, i64)> {
            let query = sql!("SELECT component_type, position FROM documents_components ORDER BY position");
            office.test.db.query(query).all().await.unwrap()
        };
        assert_eq!(components().await, [("note".to_owned(), 0)]);
        let uow = UnitOfWork::new(office.test.db.clone());
        let more = uow.run(Origin::system("test"), async |tx| {
            for (position, kind) in [(2_i64, "sheet"), (1, "note")] {
                let add = sql!(
                    "INSERT INTO documents_components (document_id, component_type, component_id, position)
                     SELECT id, $1, id, $2 FROM documents_documents"
                );
                tx.query(add).bind(kind).bind(position).exec().await?;
            }
            Ok::<_, StorageError>(())
        });
        more.await.unwrap();
        let kinds = [("note", 0), ("note", 1), ("sheet", 2)].map(|(kind, position)| (kind.to_owned(), position));
        assert_eq!(components().await, kinds);
        assert_eq!(office.see(office.gus, "plans").await.unwrap(), created);
        assert_eq!(office.list(office.ben, everything()).await.0, ["plans"]);
        office.trash(office.ben, "plans").await.unwrap();
        let purge = PurgeDocument { document: at("plans"), seen: None };
        office.documents.purge_document(Origin::user(office.ben), purge).await.unwrap();
        assert_eq!(rows(&office).await, 0);
    }

    async fn a_project_holds_also_what_is_private_and_what_is_in_the_trash(test: TestDb) {
        let office = Office::open(test).await;
        let mill = office.begin_project("Mill").await;
        let directory = office.documents.directory();
        assert!(!directory.holds_documents(mill).await.unwrap());
        let within = CreateDocument { project: Some("mill".to_owned()), is_public: false, ..titled("Diary") };
        office.create(within).await;
        assert!(directory.holds_documents(mill).await.unwrap());
        office.trash(office.ben, "diary").await.unwrap();
        assert!(directory.holds_documents(mill).await.unwrap());
        let purge = PurgeDocument { document: at("diary"), seen: None };
        office.documents.purge_document(Origin::user(office.ben), purge).await.unwrap();
        assert!(!directory.holds_documents(mill).await.unwrap());
    }

    async fn an_archived_workspace_is_looked_at_and_not_changed(test: TestDb) {
        let office = Office::open(test).await;
        for title in ["Plans", "Gone"] {
            office.create(titled(title)).await;
        }
        office.trash(office.ben, "gone").await.unwrap();
        let archive = ArchiveWorkspace { workspace: engines() };
        office.identity.archive_workspace(Origin::user(office.ada), archive).await.unwrap();
        let refused = office.try_to_create(office.ben, titled("Late")).await;
        assert!(matches!(refused, Err(CreateDocumentError::WorkspaceArchived)));
        let refused = office.update(office.ben, renamed("plans", "Late")).await;
        assert!(matches!(refused, Err(UpdateDocumentError::WorkspaceArchived)));
        assert!(matches!(office.trash(office.ben, "plans").await, Err(TrashDocumentError::WorkspaceArchived)));
        assert!(matches!(office.trash(office.ben, "gone").await, Err(TrashDocumentError::DocumentNotFound)));
        assert_eq!(office.list(office.gus, everything()).await.0, ["plans"]);
    }

    async fn one_title_makes_many_slugs_at_the_same_time(test: TestDb) {
        let office = Office::open(test).await;
        let create = || office.try_to_create(office.ben, titled("Plans"));
        let (one, two, three) = tokio::join!(create(), create(), create());
        let mut slugs = [one, two, three].map(|created| created.unwrap().document.slug);
        slugs.sort_by_key(String::len);
        assert_eq!(slugs[0], "plans");
        assert!(slugs[1..].iter().all(|slug| slug.len() == "plans-0a1b2c".len()), "{slugs:?}");
    }

    async fn of_two_who_write_over_the_same_text_one_is_told_so(test: TestDb) {
        let office = Office::open(test).await;
        let hash = office.create(titled("Plans")).await.text.content_hash;
        let write = |text: &'static str| {
            office.documents.update_document(Origin::user(office.ben), written("plans", text, &hash))
        };
        let written = <[_; 2]>::from(tokio::join!(write("One."), write("Two.")));
        let [kept, refused] = match written {
            [Ok((kept, _)), Err(refused)] | [Err(refused), Ok((kept, _))] => [Ok(kept.text), Err(refused)],
            odd => panic!("one of them: {odd:?}"),
        };
        let Err(UpdateDocumentError::OtherContent(current)) = refused else { panic!("it is stale") };
        assert_eq!(*current, kept.unwrap());
    }
}
