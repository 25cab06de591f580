//! People stop writing, and others are told.

use std::time::Duration;

use perme8_events::{
    EventFilter, EventStore as _, Origin, Position,
    host::{Outcome, Runtime},
    sql::MIGRATIONS,
    testing::on_both_engines,
};

use super::world::{World, nothing, plans};
use crate::{
    application::{
        on_burst_over::OnBurstOver,
        restore_document::RestoreDocument,
        restore_version::RestoreVersion,
        searching::SearchDocuments,
        update_document::UpdateDocument,
        versions::{VersionDifference, VersionError, VersionLine, VersionSummary},
    },
    infrastructure::search_index::SearchIndex,
    testing::{ADMIN, COMPANY, GUEST, MEMBER},
};

impl World {
    /// Time passes, and whatever is due happens.
    async fn pass(&self, seconds: u64) {
        self.test.clock.advance(Duration::from_secs(seconds));
        let runtime =
            Runtime::builder(&self.test.db).handler(OnBurstOver).projection(SearchIndex).build();
        let mut driver = runtime.driver(Some(self.test.clock.clone())).await;
        for reaction in driver.run_until_idle().await {
            assert_eq!(reaction.outcome, Outcome::Handled, "{}", reaction.handler);
        }
    }

    /// Whether a document of the company is found by a word.
    async fn finds(&self, word: &str) -> bool {
        let asked = SearchDocuments { words: word.to_owned(), limit: 10, after: None };
        let page = self.documents.search(&Origin::user(GUEST), &COMPANY.into(), asked).await;
        !page.unwrap().found.is_empty()
    }

    /// How often others were told of what the document says.
    async fn told(&self) -> usize {
        let events = self.test.db.read(&EventFilter::All, Position::START, 10_000).await.unwrap();
        events.iter().filter(|event| event.event_type == "documents.note_content_updated").count()
    }

    async fn versions(&self) -> Vec<VersionSummary> {
        self.documents.versions(&Origin::user(GUEST), &plans()).await.unwrap()
    }

    async fn difference(&self, number: i64, against: Option<i64>) -> Result<String, VersionError> {
        let asked = Origin::user(GUEST);
        let found = self.documents.version_difference(&asked, &plans(), number, against).await?;
        let VersionDifference { from: _, to: _, lines } = found;
        let show = |parts: Vec<(String, bool)>| {
            parts
                .into_iter()
                .map(|(text, changed)| if changed { format!("«{text}»") } else { text })
        };
        let lines = lines.into_iter().map(|line| match line {
            VersionLine::Kept(text) => format!("= {text}"),
            VersionLine::Removed(parts) => format!("- {}", show(parts).collect::<String>()),
            VersionLine::Added(parts) => format!("+ {}", show(parts).collect::<String>()),
        });
        Ok(lines.collect::<Vec<String>>().join("\n"))
    }

    async fn restore(&self, number: i64) {
        let restore = RestoreVersion { document: plans(), number, seen: None };
        self.documents.restore_version(Origin::user(ADMIN), restore).await.unwrap();
    }
}

on_both_engines! {
    migrations: [&MIGRATIONS, &crate::MIGRATIONS];

    async fn what_editors_write_is_told_when_they_stop_and_is_a_version_of_them_all(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        assert_eq!((world.told().await, world.versions().await.len()), (1, 1));
        let (mut ada, mut ben) = (world.join(MEMBER).await, world.join(ADMIN).await);
        ada.settle().await;
        ben.settle().await;
        ada.write("Hello world\n").await;
        ada.settle().await;
        ben.until("Hello world\n").await;
        world.pass(20).await;
        ben.write("Hello, world\n").await;
        ben.settle().await;
        world.pass(20).await;
        assert_eq!(world.told().await, 1, "somebody goes on");
        world.pass(10).await;
        assert_eq!(world.told().await, 2);
        let versions = world.versions().await;
        assert_eq!((versions.len(), &versions[0].authors), (2, &vec![ADMIN, MEMBER]));
        let seen = world.difference(2, None).await.unwrap();
        assert_eq!(seen, "- Hello\n+ Hello«, world»");
        world.pass(3_600).await;
        assert_eq!(world.told().await, 2, "nothing was written since");
    }

    async fn what_was_taken_back_before_anybody_was_told_is_not_found(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut ada = world.join(MEMBER).await;
        ada.settle().await;
        ada.write("Hello secret\n").await;
        ada.settle().await;
        // The index looks at what it is told of, and sees what is being written.
        world.update(UpdateDocument { title: Some("Our plans".to_owned()), ..nothing() }).await;
        world.pass(1).await;
        assert!(world.finds("secret").await);
        ada.write("Hello\n").await;
        ada.settle().await;
        world.pass(60).await;
        assert_eq!(world.told().await, 1, "it says again what everybody knows");
        assert!(!world.finds("secret").await);
    }

    async fn what_was_written_before_a_document_was_thrown_away_is_found_when_it_is_back(test: TestDb) {
        let world = World::begin(test, "Hello").await;
        let mut ada = world.join(MEMBER).await;
        ada.settle().await;
        ada.write("Bye\n").await;
        ada.settle().await;
        world.trash().await;
        world.pass(60).await;
        let restore = RestoreDocument { document: plans(), seen: None };
        world.documents.restore_document(Origin::user(MEMBER), restore).await.unwrap();
        world.pass(1).await;
        assert!(world.finds("bye").await && !world.finds("hello").await);
    }

    async fn what_is_written_at_once_is_told_at_once(test: TestDb) {
        let world = World::begin(test, "one").await;
        let mut ada = world.join(MEMBER).await;
        ada.settle().await;
        ada.write("two\n").await;
        ada.settle().await;
        world.write("three").await;
        assert_eq!((world.told().await, world.versions().await.len()), (2, 3));
        // The timer of the burst finds nothing.
        world.pass(600).await;
        assert_eq!((world.told().await, world.versions().await.len()), (2, 3));
    }

    async fn a_version_is_restored_before_the_eyes_of_the_editors(test: TestDb) {
        let world = World::begin(test, "one").await;
        world.write("two").await;
        let mut ada = world.join(MEMBER).await;
        ada.settle().await;
        world.restore(1).await;
        ada.until("one\n").await;
        assert_eq!(world.says().await.as_deref(), Some("one"));
        let numbers: Vec<i64> = world.versions().await.iter().map(|of| of.number).collect();
        assert_eq!((numbers, world.told().await), (vec![3, 2, 1], 3));
        assert_eq!(world.difference(1, Some(2)).await.unwrap(), "- «two»\n+ «one»");
        assert_eq!(world.difference(3, Some(1)).await.unwrap(), "= one");
        assert_eq!(world.difference(1, None).await.unwrap(), "+ «one»");
        let missing = world.difference(4, None).await;
        assert!(matches!(missing, Err(VersionError::VersionNotFound)));
        world.share(false).await;
        let hidden = world.documents.version(&Origin::user(GUEST), &plans(), 1).await;
        assert!(matches!(hidden, Err(VersionError::DocumentNotFound)));
    }
}
