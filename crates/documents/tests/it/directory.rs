//! What other contexts are told of documents.

use documents::CreateDocument;
use perme8_events::{WorkspaceId, testing::on_both_engines};
use uuid::Uuid;

use crate::office::{MIGRATIONS, Office, titled, unchanged, written};

fn saying(title: &str, text: &str) -> CreateDocument {
    CreateDocument { content: Some(text.to_owned()), ..titled(title) }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn a_document_is_read_by_who_sees_it(test: TestDb) {
        let office = Office::open(test).await;
        let project = office.begin_project("Mill").await;
        let project_slug = Some("mill".to_owned());
        let plans = CreateDocument { project: project_slug, ..saying("Plans", "# We *come*") };
        let created = office.create(plans).await.document;
        for member in [office.ben, office.ada, office.carol, office.gus] {
            let reading = office.told(member, "plans", 100).await.unwrap();
            assert_eq!((reading.text.as_str(), reading.is_whole), ("# We *come*", true));
            assert_eq!((reading.document.id, reading.document.title.as_str()), (created.id, "Plans"));
            assert_eq!(reading.document.project_id, Some(project));
            let shown = format!("{reading:?}");
            assert!(!shown.contains("come") && !shown.contains("Plans"), "{shown}");
        }
        office.create(titled("Empty")).await;
        let empty = office.told(office.ada, "empty", 100).await.unwrap();
        assert_eq!((empty.text.as_str(), empty.is_whole), ("", true));
        for slug in ["nothing", "No slug", ""] {
            assert_eq!(office.told(office.ada, slug, 100).await, None);
        }
        let elsewhere = WorkspaceId::new(Uuid::from_u128(7));
        let directory = office.documents.directory();
        assert_eq!(directory.read(elsewhere, "plans", office.ben, 100).await.unwrap(), None);
    }

    async fn what_is_hidden_or_in_the_trash_is_not_read(test: TestDb) {
        let office = Office::open(test).await;
        office.create(CreateDocument { is_public: false, ..saying("Plans", "We come.") }).await;
        assert!(office.told(office.ben, "plans", 100).await.is_some());
        for member in [office.ada, office.carol, office.gus] {
            assert_eq!(office.told(member, "plans", 100).await, None);
        }
        office.trash(office.ben, "plans").await.unwrap();
        assert_eq!(office.told(office.ben, "plans", 100).await, None);
    }

    async fn a_long_text_is_read_from_its_beginning(test: TestDb) {
        let office = Office::open(test).await;
        let created = office.create(saying("Plans", "Über uns")).await;
        for (longest, text, is_whole) in
            [(0, "", false), (4, "Über", false), (7, "Über un", false), (8, "Über uns", true)]
        {
            let reading = office.told(office.ada, "plans", longest).await.unwrap();
            assert_eq!((reading.text.as_str(), reading.is_whole), (text, is_whole));
        }
        let again = written("plans", "Anew", &created.text.content_hash);
        office.update(office.ben, again).await.unwrap();
        assert_eq!(office.told(office.ada, "plans", 8).await.unwrap().text, "Anew");
        let titled = documents::UpdateDocument {
            title: Some("Other plans".to_owned()),
            ..unchanged("plans")
        };
        office.update(office.ben, titled).await.unwrap();
        let reading = office.told(office.ada, "plans", 8).await.unwrap();
        assert_eq!(reading.document.title, "Other plans");
    }
}
