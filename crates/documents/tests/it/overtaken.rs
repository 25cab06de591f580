//! Wishes that others overtake: between reading which document it is and reading what it says.
//!
//! SQLite has one writer and reads what was there at one moment, so nobody waits for a table there.

use std::time::Duration;

use documents::{
    CreateDocument, ExportDocuments, PurgeTrash, QueryError, UpdateDocument, UpdateDocumentError,
};
use perme8_events::{
    Origin, StorageError, sql,
    sql::{Tx, UnitOfWork},
    testing::{TestDb, until_awaited},
};
use tokio::sync::Notify;

use crate::office::{MIGRATIONS, Office, titled, unchanged, written};

type Written = Result<u64, StorageError>;

async fn hide_and_tell(tx: &mut Tx) -> Written {
    let hide = sql!("UPDATE documents_documents SET is_public = FALSE, version = version + 1");
    tx.query(hide).exec().await?;
    let tell = sql!("UPDATE documents_note_sources SET text = 'Redundancies.'");
    tx.query(tell).exec().await
}

async fn end_plans(tx: &mut Tx) -> Written {
    let note = sql!(
        "DELETE FROM documents_notes
          WHERE document_id IN (SELECT id FROM documents_documents WHERE slug = 'plans')"
    );
    tx.query(note).exec().await?;
    tx.query(sql!("DELETE FROM documents_documents WHERE slug = 'plans'")).exec().await
}

async fn restore_plans(tx: &mut Tx) -> Written {
    let restore = sql!(
        "UPDATE documents_documents SET trashed_at = NULL, version = version + 1 WHERE slug = 'plans'"
    );
    tx.query(restore).exec().await
}

/// An office on PostgreSQL, if there is one.
async fn on_postgres(story: impl AsyncFnOnce(Office)) {
    if let Some(test) = TestDb::postgres(5, &MIGRATIONS).await {
        test.run(async |test| Box::pin(story(Office::open(test).await)).await).await;
    }
}

/// What comes of a wish that waits for the notes, while others commit a change.
async fn overtaken<R>(
    office: &Office,
    change: impl AsyncFnOnce(&mut Tx) -> Written,
    wish: impl Future<Output = R>,
) -> R {
    let is_locked = Notify::new();
    let uow = UnitOfWork::new(office.test.db.clone());
    let others = uow.run(Origin::system("documents.tests"), async |tx| {
        tx.query(sql!("LOCK TABLE documents_notes IN ACCESS EXCLUSIVE MODE")).exec().await?;
        is_locked.notify_one();
        until_awaited(tx, 1).await?;
        change(tx).await
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
        let seen =
            overtaken(&office, hide_and_tell, Box::pin(office.see(office.gus, "plans"))).await;
        assert!(matches!(seen, Err(QueryError::Forbidden)), "{seen:?}");
        office.create(we_come("Notes")).await;
        let told =
            overtaken(&office, hide_and_tell, Box::pin(office.told(office.gus, "notes", 100)));
        assert_eq!(told.await, None);
        let late = "0".repeat(64);
        for (title, change) in [
            ("Goals", unchanged("goals")),
            ("Hopes", UpdateDocument { is_pinned: Some(true), ..unchanged("hopes") }),
            ("Fears", written("fears", "We go.", &late)),
        ] {
            office.create(we_come(title)).await;
            let refused =
                overtaken(&office, hide_and_tell, Box::pin(office.update(office.carol, change)))
                    .await;
            assert!(matches!(refused, Err(UpdateDocumentError::Forbidden)), "{title}: {refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_has_ended_meanwhile_is_nowhere() {
    on_postgres(async |office| {
        office.create(we_come("Plans")).await;
        let seen = overtaken(&office, end_plans, Box::pin(office.see(office.gus, "plans"))).await;
        assert!(matches!(seen, Err(QueryError::DocumentNotFound)), "{seen:?}");
        office.create(we_come("Plans")).await;
        let refused =
            overtaken(&office, end_plans, Box::pin(office.update(office.ben, unchanged("plans"))))
                .await;
        assert!(matches!(refused, Err(UpdateDocumentError::DocumentNotFound)), "{refused:?}");
        // Everything else of a person is told all the same.
        for title in ["Goals", "Plans", "Hopes"] {
            office.create(we_come(title)).await;
        }
        let origin = Origin::user(office.ben);
        let asked = ExportDocuments { after: None, limit: 10 };
        let export = office.documents.export_documents(&origin, asked);
        let page = overtaken(&office, end_plans, Box::pin(export)).await.unwrap();
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
        let origin = Origin::system("documents.purge");
        let purge = office.documents.purge_trash(origin, PurgeTrash { limit: 10 });
        assert_eq!(overtaken(&office, restore_plans, Box::pin(purge)).await.unwrap(), 1);
        assert!(office.see(office.ben, "plans").await.is_ok());
    })
    .await;
}
