//! A workspace that many people manage, all of whom are told when somebody leaves.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use identity::{InvitationId, MemberLeft, Role};
use notifications::{
    Addressee, Announcer, Colleague, Directory, NotificationCreated, OnWorkspaceActivity,
    SentInvitation, WorkspaceNames, WorkspaceView,
};
use perme8_events::{
    EventFilter, EventStore as _, Origin, Position, StorageError, Transaction as _, UserId,
    WorkspaceId,
    host::{Runtime, RuntimeBuilder},
    sql::{Db, UnitOfWork},
};
use tokio::sync::Notify;
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId::new(Uuid::from_u128(1));

/// Knows nobody else. It may refuse some answers, and says when a page of people is asked for.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    people: u128,
    /// So many of the next answers are refused.
    pub(crate) refusals: AtomicUsize,
    /// The largest page that was asked for.
    pub(crate) largest: AtomicUsize,
    pub(crate) asked: Notify,
}

impl Crowd {
    pub(crate) fn of(people: u128) -> Arc<Self> {
        Arc::new(Self { people, ..Self::default() })
    }

    /// What tells this crowd.
    pub(crate) fn runtime(self: &Arc<Self>, db: &Db) -> RuntimeBuilder {
        let directory = Arc::clone(self) as Arc<dyn Directory>;
        Runtime::builder(db)
            .handler(OnWorkspaceActivity::new(Arc::clone(&directory)))
            .worker(Announcer::new(db.clone(), directory))
    }
}

/// Somebody leaves, who is none of the crowd.
pub(crate) async fn leave(db: &Db) {
    let left = MemberLeft { workspace_id: WORKSPACE, user_id: UserId::new(Uuid::max()) };
    let uow = UnitOfWork::new(db.clone());
    let emitted = uow.run(Origin::system("tests.crowd"), async |tx| {
        tx.emit(left);
        Ok::<_, StorageError>(())
    });
    emitted.await.expect("an event is taken");
}

/// How often each of the crowd was told.
pub(crate) async fn told(db: &Db) -> BTreeMap<UserId, usize> {
    let (mut told, mut after) = (BTreeMap::new(), Position::START);
    loop {
        let events = db.read(&EventFilter::All, after, 1000).await.expect("the log is readable");
        let Some(last) = events.last() else { return told };
        after = last.position;
        for event in &events {
            if let Some(created) = event.decode::<NotificationCreated>().expect("it was written") {
                *told.entry(created.user_id).or_default() += 1;
            }
        }
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
        self.asked.notify_one();
        let refused = self
            .refusals
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if refused.is_ok() {
            return Err(StorageError::new("nobody answers"));
        }
        let first = after.map_or(0, |after| after.uuid().as_u128()) + 1;
        let last = self.people.min(first + u128::from(limit) - 1);
        let page: Vec<_> =
            (first..=last).map(|number| UserId::new(Uuid::from_u128(number))).collect();
        self.largest.fetch_max(page.len(), Ordering::SeqCst);
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
