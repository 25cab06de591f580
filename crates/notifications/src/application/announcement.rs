//! Telling many people the same thing, some hundreds of them at a time.

use std::{collections::BTreeSet, fmt};

use documents::DocumentId;
use identity::Role;
use perme8_events::{Job, NewJob, Save, StorageError, UserId, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::{
    application::{
        ports::{Accesses, Digests, Directory, DocumentDirectory, Inboxes, People, Wishes},
        tell::tell,
    },
    domain::{
        content::Content,
        notification::{Notification, Source},
    },
};

/// So many people are told in one transaction: more would hold up whoever else writes.
pub(crate) const AT_ONCE: u32 = 500;

/// Everybody who is this or more in a workspace, except for some, as long as everybody there sees the document it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Circle {
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) at_least: Role,
    pub(crate) left_out: BTreeSet<UserId>,
    #[serde(default)]
    pub(crate) document_id: Option<DocumentId>,
}

/// Some people of a circle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) people: BTreeSet<UserId>,
    /// Behind whom the others come, if there may be others.
    pub(crate) end: Option<UserId>,
}

impl Circle {
    /// Those who come behind somebody, by their ids.
    pub(crate) async fn page(
        &self,
        directory: &dyn Directory,
        after: Option<UserId>,
    ) -> Result<Page, StorageError> {
        let Self { workspace_id, at_least, left_out, document_id: _ } = self;
        let mut people = directory.people(*workspace_id, *at_least, after, AT_ONCE).await?;
        let is_full = u32::try_from(people.len()).is_ok_and(|found| found >= AT_ONCE);
        let end = people.last().copied().filter(|_| is_full);
        people.retain(|person| !left_out.contains(person));
        Ok(Page { people: people.into_iter().collect(), end })
    }

    /// Whether it is still for all of them.
    pub(crate) async fn may_know(
        &self,
        documents: &dyn DocumentDirectory,
    ) -> Result<bool, StorageError> {
        let Some(document) = self.document_id else { return Ok(true) };
        let found = documents.documents(&[document]).await?;
        Ok(found.iter().any(|document| document.is_public))
    }
}

/// What is still to be told to a circle of which some know it already.
///
/// It is a chain: each job tells a page, and enqueues the next one in the same transaction. So no more than a page is in memory,
/// and a job that is done again after a crash finds either nothing done or everything.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Announcement {
    pub(crate) content: Content,
    pub(crate) source: Source,
    pub(crate) circle: Circle,
    /// Whoever comes up to this one, knows.
    pub(crate) after: UserId,
}

impl Job for Announcement {
    const QUEUE: &'static str = "notifications.announcements";
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcement")
            .field("event_id", &self.source.event_id)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

impl Announcement {
    /// As a job, which there is once.
    pub(crate) fn job(self) -> NewJob<Self> {
        let key = format!("{}:{}", self.source.event_id, self.after);
        NewJob::new(self).once(key)
    }

    /// Tells a page, and leaves the others to the next job; gives how many there were on the page.
    pub(crate) async fn execute(
        self,
        tx: &mut (impl Inboxes + People + Accesses + Wishes + Digests + Save<Notification>),
        Page { people, end }: Page,
    ) -> Result<usize, StorageError> {
        tell(tx, &people, &self.content, self.source).await?;
        if let Some(after) = end {
            tx.enqueue(Self { after, ..self }.job());
        }
        Ok(people.len())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Position, testing::FakeTx};

    use super::*;
    use crate::{
        application::ports::MockDirectory,
        domain::occasion::{Occasion, Person},
        testing::{ACME, ADA, BOB, Memory, acme, id, short},
    };

    fn circle() -> Circle {
        let (at_least, left_out) = (Role::Admin, BTreeSet::from([BOB]));
        Circle { workspace_id: ACME, at_least, left_out, document_id: None }
    }

    fn announcement() -> Announcement {
        let content = Occasion::MemberLeft.content(&acme(), &Person::default()).unwrap();
        let source = Source { event_id: id(1000), position: Position::new(1) };
        Announcement { content, source, circle: circle(), after: id(9) }
    }

    #[tokio::test]
    async fn a_page_that_is_not_full_is_the_last_one() {
        let page = circle().page(&MockDirectory::acme(), None).await.unwrap();
        assert_eq!(page, Page { people: BTreeSet::from([ADA]), end: None });
        let mut tx = FakeTx::new(Memory::default());
        assert_eq!(announcement().execute(&mut tx, page).await.unwrap(), 1);
        expect![[r##"
            notifications.notification_created {"notification_id":"#101","user_id":"#a","notification_type":"workspace_member_left"}
        "##]].assert_eq(&short(&tx.transcript()));
    }

    #[tokio::test]
    async fn a_full_page_is_followed_by_the_next_one() {
        let mut many = MockDirectory::new();
        many.expect_people().returning(|workspace, role, after, limit| {
            assert_eq!((workspace, role, after, limit), (ACME, Role::Admin, Some(id(9)), AT_ONCE));
            Ok((10..10 + u128::from(AT_ONCE)).map(id).collect())
        });
        let page = circle().page(&many, Some(id(9))).await.unwrap();
        assert_eq!((page.people.len(), page.end), (499, Some(id(509))));
        let mut tx = FakeTx::new(Memory::default());
        announcement().execute(&mut tx, page).await.unwrap();
        let transcript = tx.transcript();
        let last = transcript.lines().last().unwrap();
        assert_eq!(transcript.lines().count(), 500);
        assert!(last.starts_with("enqueue notifications.announcements {"), "{last}");
        assert!(last.ends_with(&format!("once={}:{}", id::<()>(1000), id::<()>(509))), "{last}");
        // As it comes out of the queue.
        let (_, payload) = last.split_once(' ').unwrap().1.split_once(' ').unwrap();
        let (payload, _) = payload.rsplit_once(" once=").unwrap();
        let next: Announcement = serde_json::from_str(payload).unwrap();
        assert_eq!(next, Announcement { after: id(509), ..announcement() });
        assert!(!format!("{next:?}").contains("Acme"));
    }
}
