//! Wishes that others overtake: between reading which document it is and reading what it says.
//!
//! SQLite has one writer and reads what was there at one moment, so nobody waits for a table there.

use std::time::Duration;

use documents::{
    CreateDocument, ExportDocuments, PurgeTrash, QueryError, UpdateDocument, UpdateDocumentError,
};
use perme8_events::{
    Origin, StorageError, sql,
    sql::{Stmt, UnitOfWork},
    testing::TestDb,
};
use tokio::sync::Notify;

use crate::office::{MIGRATIONS, Office, at, titled, unchanged, written};

static NOTES: &Stmt = sql!("LOCK TABLE documents_notes IN ACCESS EXCLUSIVE MODE");
static PROJECTS: &Stmt = sql!("LOCK TABLE projects_projects IN ACCESS EXCLUSIVE MODE");

/// Makes documents private.
static HIDE: &Stmt =
    sql!("UPDATE documents_documents SET is_public = FALSE, version = version + 1");
/// Makes them say something else.
static TELL: &Stmt = sql!("UPDATE documents_note_sources SET text = 'Redundancies.'");

/// An office on PostgreSQL, if there is one.
async fn on_postgres(story: impl AsyncFnOnce(Office)) {
    if let Some(test) = TestDb::postgres(5, &MIGRATIONS).await {
        test.run(async |test| story(Office::open(test).await).await).await;
    }
}

/// What comes of a wish that waits for a table, while others commit these changes.
async fn overtaken<R>(
    office: &Office,
    table: &'static Stmt,
    changes: &[&'static Stmt],
    wish: impl Future<Output = R>,
) -> R {
    let is_locked = Notify::new();
    let uow = UnitOfWork::new(office.test.db.clone());
    let others = uow.run(Origin::system("documents.tests"), async |tx| {
        tx.query(table).exec().await?;
        is_locked.notify_one();
        let waiting = sql!(
            "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        );
        while tx.query(waiting).scalar::<i64>().await? == 0 {
            tokio::task::yield_now().await;
        }
        for change in changes {
            tx.query(change).exec().await?;
        }
        Ok::<_, StorageError>(())
    });
    let wish = async {
        is_locked.notified().await;
        wish.await
    };
    let (done, committed) = tokio::join!(wish, others);
    committed.unwrap();
    done
}

fn we_come(title: &str) -> CreateDocument {
    CreateDocument { content: Some("We come.".to_owned()), ..titled(title) }
}

#[tokio::test]
async fn nobody_reads_what_was_written_after_the_document_was_hidden() {
    on_postgres(async |office| {
        office.create(we_come("Plans")).await;
        let seen = overtaken(&office, NOTES, &[HIDE, TELL], office.see(office.gus, "plans")).await;
        assert!(matches!(seen, Err(QueryError::Forbidden)), "{seen:?}");
        let late = "0".repeat(64);
        for (title, change) in [
            ("Goals", unchanged("goals")),
            ("Hopes", UpdateDocument { is_pinned: Some(true), ..unchanged("hopes") }),
            ("Fears", written("fears", "We go.", &late)),
        ] {
            office.create(we_come(title)).await;
            let refused =
                overtaken(&office, NOTES, &[HIDE, TELL], office.update(office.carol, change)).await;
            assert!(matches!(refused, Err(UpdateDocumentError::Forbidden)), "{title}: {refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_has_ended_meanwhile_is_nowhere() {
    on_postgres(async |office| {
        let end: [&'static Stmt; 2] = [
            sql!(
                "DELETE FROM documents_notes
                  WHERE document_id IN (SELECT id FROM documents_documents WHERE slug = 'plans')"
            ),
            sql!("DELETE FROM documents_documents WHERE slug = 'plans'"),
        ];
        office.create(we_come("Plans")).await;
        let seen = overtaken(&office, NOTES, &end, office.see(office.gus, "plans")).await;
        assert!(matches!(seen, Err(QueryError::DocumentNotFound)), "{seen:?}");
        office.create(we_come("Plans")).await;
        let refused =
            overtaken(&office, NOTES, &end, office.update(office.ben, unchanged("plans"))).await;
        assert!(matches!(refused, Err(UpdateDocumentError::DocumentNotFound)), "{refused:?}");
        // Everything else of a person is told all the same.
        for title in ["Goals", "Plans", "Hopes"] {
            office.create(we_come(title)).await;
        }
        let origin = Origin::user(office.ben);
        let asked = ExportDocuments { after: None, limit: 10 };
        let export = office.documents.export_documents(&origin, asked);
        let page = overtaken(&office, NOTES, &end, export).await.unwrap();
        let titles: Vec<_> =
            page.documents.into_iter().filter_map(|document| document.title).collect();
        assert_eq!(titles, ["Goals", "Hopes"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_out_of_the_trash_meanwhile_keeps_nothing_else_in_it() {
    on_postgres(async |office| {
        for (title, slug) in [("Plans", "plans"), ("Goals", "goals")] {
            office.create(titled(title)).await;
            office.trash(office.ben, slug).await.unwrap();
        }
        office.test.clock.advance(Duration::from_hours(30 * 24));
        let restore: [&'static Stmt; 1] = [sql!(
            "UPDATE documents_documents SET trashed_at = NULL, version = version + 1 WHERE slug = 'plans'"
        )];
        let origin = Origin::system("documents.purge");
        let purge = office.documents.purge_trash(origin, PurgeTrash { limit: 10 });
        assert_eq!(overtaken(&office, NOTES, &restore, purge).await.unwrap(), 1);
        assert!(office.see(office.ben, "plans").await.is_ok());
        }).await;
}

#[tokio::test]
async fn whether_a_document_may_be_changed_is_asked_again_when_it_moves() {
    on_postgres(async |office| {
        office.begin_project("Mill").await;
        office.create(CreateDocument { project: Some("mill".to_owned()), ..titled("Plans") }).await;
        let out: [&'static Stmt; 1] =
            [sql!("UPDATE documents_documents SET project_id = NULL, version = version + 1")];
        let (origin, plans) = (Origin::user(office.ben), at("plans"));
        let asked = async {
            let changed = office.documents.may_update_document(&origin, &plans, false);
            let deleted = office.documents.may_delete_document(&origin, &plans);
            tokio::join!(changed, deleted)
        };
        let (changed, deleted) = overtaken(&office, PROJECTS, &out, asked).await;
        assert!(changed.is_ok() && deleted.is_ok(), "{changed:?} {deleted:?}");
    })
    .await;
}
