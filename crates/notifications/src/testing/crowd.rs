//! A workspace that many people manage, all of whom are told when somebody leaves.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use documents::DocumentId;
use identity::{InvitationId, MemberLeft, Role, WorkspaceDeleted};
use perme8_events::{
    DomainEvent, EventFilter, EventStore as _, Origin, Position, StorageError, Transaction as _,
    UserId, WorkspaceId,
    host::{Runtime, RuntimeBuilder},
    sql,
    sql::{Db, UnitOfWork},
};
use uuid::Uuid;

use crate::{
    Addressee, Announcer, Clearer, Colleague, Directory, DocumentDirectory, DocumentView,
    NotificationCreated, NotificationDeleted, OnAccessLost, OnWorkspaceActivity, SentInvitation,
    WorkspaceNames, WorkspaceView,
};

const WORKSPACE: WorkspaceId = WorkspaceId::new(Uuid::from_u128(1));

/// The managers of a workspace, and a directory that knows nobody else.
#[derive(Debug, Default)]
pub struct Crowd {
    people: u32,
    asked: AtomicUsize,
    refusals: AtomicUsize,
    largest_page: AtomicUsize,
}

impl Crowd {
    /// So many people.
    #[must_use]
    pub fn of(people: u32) -> Arc<Self> {
        Arc::new(Self { people, ..Self::default() })
    }

    /// What tells them of who leaves, and takes that away when the workspace is gone.
    pub fn runtime(self: &Arc<Self>, db: &Db) -> RuntimeBuilder {
        let directory = Arc::clone(self) as Arc<dyn Directory>;
        let documents = Arc::clone(self) as Arc<dyn DocumentDirectory>;
        Runtime::builder(db)
            .handler(OnWorkspaceActivity::new(Arc::clone(&directory), Arc::clone(&documents)))
            .handler(OnAccessLost::new())
            .worker(Announcer::new(db.clone(), directory, documents))
            .worker(Clearer::new(db.clone()))
    }

    /// Gives no answer so many times when a page of people is asked for.
    pub fn refuse(&self, times: usize) {
        self.refusals.store(times, Ordering::SeqCst);
    }

    /// How often a page of people was asked for.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many people the largest page had.
    #[must_use]
    pub fn largest_page(&self) -> usize {
        self.largest_page.load(Ordering::SeqCst)
    }
}

/// Somebody leaves the workspace, who is none of the crowd.
///
/// # Panics
///
/// The storage fails.
pub async fn leave(db: &Db) {
    emit(db, MemberLeft { workspace_id: WORKSPACE, user_id: UserId::new(Uuid::max()) }).await;
}

/// The workspace is deleted, which nobody managed.
///
/// # Panics
///
/// The storage fails.
pub async fn dissolve(db: &Db) {
    let (name, slug) = ("Acme".to_owned(), "acme".to_owned());
    let manager_ids = Vec::new();
    emit(db, WorkspaceDeleted { workspace_id: WORKSPACE, name, slug, manager_ids }).await;
}

async fn emit(db: &Db, event: impl DomainEvent) {
    let uow = UnitOfWork::new(db.clone());
    let emitted = uow.run(Origin::system("tests.crowd"), async |tx| {
        tx.emit(event);
        Ok::<_, StorageError>(())
    });
    emitted.await.expect("an event is taken");
}

/// How many notifications each person has.
///
/// # Panics
///
/// The storage fails.
pub async fn kept(db: &Db) -> BTreeMap<UserId, usize> {
    let query = db
        .query(sql!("SELECT user_id, count(*) FROM notifications_notifications GROUP BY user_id"));
    let rows: Vec<(UserId, i64)> = query.all().await.expect("the notifications are readable");
    let count = |rows| usize::try_from(rows).expect("nobody has less than none");
    rows.into_iter().map(|(person, rows)| (person, count(rows))).collect()
}

/// Who was told something, and how often, and how much of it was taken away, as far as somebody has looked.
#[derive(Debug, Default)]
pub struct Told {
    times: BTreeMap<UserId, usize>,
    taken_away: u32,
    seen: Position,
}

impl Told {
    /// Of everything that happened so far.
    ///
    /// # Panics
    ///
    /// The log is not readable.
    pub async fn by_now(db: &Db) -> Self {
        let mut told = Self::default();
        told.look(db).await;
        told
    }

    /// Looks at what happened since the last time.
    ///
    /// # Panics
    ///
    /// The log is not readable.
    pub async fn look(&mut self, db: &Db) {
        loop {
            let events = db.read(&EventFilter::All, self.seen, 1000).await;
            let events = events.expect("the log is readable");
            let Some(last) = events.last() else { return };
            self.seen = last.position;
            for event in &events {
                let created = event.decode::<NotificationCreated>();
                if let Some(created) = created.expect("the event is of this program") {
                    *self.times.entry(created.user_id).or_default() += 1;
                }
                let deleted = event.decode::<NotificationDeleted>();
                let deleted = deleted.expect("the event is of this program");
                self.taken_away += u32::from(deleted.is_some());
            }
        }
    }

    /// How many people were told something.
    #[must_use]
    pub fn people(&self) -> u32 {
        self.times.values().map(|_| 1_u32).sum()
    }

    /// How much was taken away.
    #[must_use]
    pub fn taken_away(&self) -> u32 {
        self.taken_away
    }

    /// How often each of them was.
    pub fn times(&self) -> impl Iterator<Item = usize> {
        self.times.values().copied()
    }
}

/// They write none.
#[async_trait]
impl DocumentDirectory for Crowd {
    async fn documents(&self, _: &[DocumentId]) -> Result<Vec<DocumentView>, StorageError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Directory for Crowd {
    async fn workspace(&self, _: WorkspaceId) -> Result<Option<WorkspaceNames>, StorageError> {
        Ok(Some(WorkspaceNames { name: "Acme".to_owned(), slug: "acme".to_owned() }))
    }

    async fn person_name(&self, _: UserId) -> Result<Option<String>, StorageError> {
        Ok(None)
    }

    async fn role_of(&self, _: UserId, _: WorkspaceId) -> Result<Option<Role>, StorageError> {
        Ok(None)
    }

    async fn people(
        &self,
        _: WorkspaceId,
        _: Role,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<UserId>, StorageError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let one_less = |left: usize| left.checked_sub(1);
        if self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
            return Err(StorageError::new("nobody answers"));
        }
        let first = after.map_or(0, |after| after.uuid().as_u128()) + 1;
        let last = u128::from(self.people).min(first + u128::from(limit) - 1);
        let page: Vec<_> =
            (first..=last).map(|number| UserId::new(Uuid::from_u128(number))).collect();
        self.largest_page.fetch_max(page.len(), Ordering::SeqCst);
        Ok(page)
    }

    async fn invitation(&self, _: InvitationId) -> Result<Option<SentInvitation>, StorageError> {
        Ok(None)
    }

    async fn workspaces_seen_by(
        &self,
        _: UserId,
        _: &[WorkspaceId],
    ) -> Result<Vec<WorkspaceView>, StorageError> {
        Ok(Vec::new())
    }

    async fn colleagues(
        &self,
        _: &[WorkspaceId],
        _: &[UserId],
    ) -> Result<Vec<Colleague>, StorageError> {
        Ok(Vec::new())
    }

    async fn workspaces_of(&self, _: UserId) -> Result<Vec<WorkspaceView>, StorageError> {
        Ok(Vec::new())
    }

    async fn addressee(&self, _: UserId) -> Result<Option<Addressee>, StorageError> {
        Ok(None)
    }
}
