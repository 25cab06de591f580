//! What documents said before, and to whom that is told.

use documents::{
    CreateDocument, RestoreVersion, RestoreVersionError, UpdateDocument, VersionError,
};
use perme8_events::{Origin, UserId, testing::on_both_engines};

use crate::office::{MIGRATIONS, Office, at, titled, unchanged, written};

fn shared(is_public: bool) -> UpdateDocument {
    UpdateDocument { is_public: Some(is_public), ..unchanged("diary") }
}

impl Office {
    async fn rewrite(&self, who: UserId, text: &str) {
        let seen = self.see(who, "diary").await.unwrap().text.content_hash;
        self.update(who, written("diary", text, &seen)).await.unwrap();
    }

    /// The numbers of the versions that somebody sees.
    async fn versions(&self, who: UserId) -> Vec<i64> {
        let versions = self.documents.versions(&Origin::user(who), &at("diary")).await.unwrap();
        versions.into_iter().map(|version| version.number).collect()
    }
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn what_a_document_said_while_it_was_private_stays_with_its_owner(test: TestDb) {
        let office = Office::open(test).await;
        let content = Some("Carol is a fool.".to_owned());
        office.create(CreateDocument { is_public: false, content, ..titled("Diary") }).await;
        office.rewrite(office.ben, "Carol is a friend.").await;
        office.update(office.ben, shared(true)).await.unwrap();
        // The text at that moment is where the history for all begins.
        assert_eq!(office.versions(office.ben).await, [2, 1]);
        assert_eq!(office.versions(office.carol).await, [2]);
        office.rewrite(office.carol, "Carol is a good friend.").await;
        assert_eq!(office.versions(office.carol).await, [3, 2]);

        let carol = Origin::user(office.carol);
        let refused = office.documents.version(&carol, &at("diary"), 1).await;
        assert!(matches!(refused, Err(VersionError::VersionNotFound)));
        let refused = office.documents.version_difference(&carol, &at("diary"), 2, Some(1)).await;
        assert!(matches!(refused, Err(VersionError::VersionNotFound)));
        let from_nothing = office.documents.version_difference(&carol, &at("diary"), 2, None).await;
        assert_eq!(from_nothing.unwrap().from, None);
        let restore = RestoreVersion { document: at("diary"), number: 1, seen: None };
        let refused = office.documents.restore_version(carol.clone(), restore.clone()).await;
        assert!(matches!(refused, Err(RestoreVersionError::VersionNotFound)));

        // What is written while it is private again is hidden when it comes back.
        office.update(office.ben, shared(false)).await.unwrap();
        office.rewrite(office.ben, "Carol is gone.").await;
        office.rewrite(office.ben, "Carol was here.").await;
        office.update(office.ben, shared(true)).await.unwrap();
        assert_eq!(office.versions(office.carol).await, [5, 3, 2]);
        let ben = Origin::user(office.ben);
        office.documents.restore_version(ben, restore).await.unwrap();
        // Who restores it in sight of all shows it.
        assert_eq!(office.versions(office.carol).await, [6, 5, 3, 2]);
    }
}
