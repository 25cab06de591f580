//! Lists of documents: those that are pinned first, then those that were changed last.

use documents::{CreateDocument, DocumentId, ListDocuments, QueryError, UpdateDocument};
use perme8_events::{
    Origin, StorageError, Transaction as _, UserId, sql, sql::UnitOfWork, testing::on_both_engines,
};

use crate::office::{MIGRATIONS, Office, engines, everything, titled, unchanged};

async fn pin(office: &Office, slug: &str) {
    let command = UpdateDocument { is_pinned: Some(true), ..unchanged(slug) };
    office.update(office.ben, command).await.unwrap();
}

/// Stores a document so many times again.
async fn copy(office: &Office, slug: &str, times: u32) {
    let uow = UnitOfWork::new(office.test.db.clone());
    let copied = uow.run(Origin::system("documents.tests"), async |tx| {
        let insert = sql!(
            "INSERT INTO documents_documents
                (id, workspace_id, owner_id, created_by, title, slug, is_public, is_pinned, created_at, updated_at, version)
             SELECT $1, workspace_id, owner_id, created_by, 'A copy', $2, is_public, is_pinned, created_at, updated_at, version
             FROM documents_documents WHERE slug = $3"
        );
        for number in 0..times {
            let id: DocumentId = tx.new_id();
            let query = tx.query(insert).bind(id).bind(format!("copy-{number}"));
            query.bind(slug).exec().await?;
        }
        Ok::<_, StorageError>(())
    });
    copied.await.unwrap();
}

async fn titles(office: &Office, who: UserId, project: Option<&str>) -> Vec<String> {
    let titles = office.documents.document_titles(&Origin::user(who), &engines(), project).await;
    titles.unwrap().into_iter().map(|title| title.title).collect()
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn documents_are_listed_in_pages_those_that_are_pinned_first(test: TestDb) {
        let office = Office::open(test).await;
        for title in ["One", "Two", "Three", "Four", "Five"] {
            office.create(titled(title)).await;
        }
        pin(&office, "two").await;
        pin(&office, "one").await;
        let command = UpdateDocument { title: Some("Drei".to_owned()), ..unchanged("three") };
        office.update(office.ben, command).await.unwrap();
        let mut after = None;
        for (page, is_last) in [(["one", "two"], false), (["three", "five"], false), (["four", ""], true)] {
            let (slugs, next) = office.list(office.gus, ListDocuments { limit: 2, after, ..everything() }).await;
            assert_eq!(slugs, page.into_iter().filter(|slug| !slug.is_empty()).collect::<Vec<_>>());
            assert_eq!(next.is_none(), is_last);
            after = next;
        }
        for (pinned, slugs) in [(true, &["one", "two"][..]), (false, &["three", "five", "four"])] {
            assert_eq!(office.list(office.gus, ListDocuments { pinned: Some(pinned), ..everything() }).await.0, slugs);
        }
    }

    async fn everybody_sees_what_is_shared_and_what_is_theirs(test: TestDb) {
        let office = Office::open(test).await;
        office.begin_project("Mill").await;
        office.create(CreateDocument { is_public: false, ..titled("Diary") }).await;
        office.create(CreateDocument { project: Some("mill".to_owned()), ..titled("Gears") }).await;
        office.create(titled("Plans")).await;
        assert_eq!(office.list(office.ben, everything()).await.0, ["plans", "gears", "diary"]);
        assert_eq!(titles(&office, office.ben, None).await, ["Plans", "Diary"]);
        for other in [office.ada, office.gus] {
            assert_eq!(office.list(other, everything()).await.0, ["plans", "gears"]);
            assert_eq!(titles(&office, other, None).await, ["Plans"]);
            assert_eq!(titles(&office, other, Some("mill")).await, ["Gears"]);
        }
        let of_mill = ListDocuments { project: Some("mill".to_owned()), ..everything() };
        assert_eq!(office.list(office.gus, of_mill).await.0, ["gears"]);
        let of_none = ListDocuments { project: Some("loom".to_owned()), ..everything() };
        let missing = office.documents.documents(&Origin::user(office.gus), &engines(), of_none).await;
        assert!(matches!(missing, Err(QueryError::ProjectNotFound)));
    }

    async fn the_first_thousand_titles_are_told(test: TestDb) {
        let office = Office::open(test).await;
        office.create(titled("Plans")).await;
        copy(&office, "plans", 999).await;
        assert_eq!(titles(&office, office.gus, None).await.len(), 1000);
        office.create(titled("Goals")).await;
        let told = titles(&office, office.gus, None).await;
        assert_eq!((told.len(), told[0].as_str()), (1000, "Goals"));
        pin(&office, "plans").await;
        assert_eq!(titles(&office, office.gus, None).await[..2], ["Plans", "Goals"]);
    }

    async fn whoever_may_put_something_into_the_trash_sees_it_there(test: TestDb) {
        let office = Office::open(test).await;
        office.create(CreateDocument { is_public: false, ..titled("Diary") }).await;
        office.create(titled("Plans")).await;
        for slug in ["diary", "plans"] {
            office.trash(office.ben, slug).await.unwrap();
        }
        let in_trash = || ListDocuments { trashed: true, ..everything() };
        let mut seen = office.list(office.ben, in_trash()).await.0;
        seen.sort();
        assert_eq!(seen, ["diary", "plans"]);
        assert_eq!(office.list(office.carol, in_trash()).await.0, ["plans"]);
        for other in [office.ada, office.gus] {
            assert_eq!(office.list(other, in_trash()).await.0, Vec::<String>::new());
        }
        assert_eq!(office.list(office.ben, everything()).await.0, Vec::<String>::new());
        assert_eq!(titles(&office, office.ben, None).await, Vec::<String>::new());
    }
}
