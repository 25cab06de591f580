//! Who is what in which workspace, as a test says.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use perme8_events::{Standing, Standings, StorageError, UserId, WorkspaceId};

/// Members of workspaces; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    all: Arc<Mutex<HashMap<(UserId, WorkspaceId), Standing>>>,
    broken: Arc<AtomicBool>,
    yields: Arc<AtomicUsize>,
    questions: Arc<AtomicUsize>,
}

impl Members {
    pub(crate) fn with(self, user: UserId, workspace: WorkspaceId, standing: Standing) -> Self {
        self.set(user, workspace, standing);
        self
    }

    pub(crate) fn set(&self, user: UserId, workspace: WorkspaceId, standing: Standing) {
        self.all.lock().unwrap().insert((user, workspace), standing);
    }

    pub(crate) fn remove(&self, user: UserId, workspace: WorkspaceId) {
        self.all.lock().unwrap().remove(&(user, workspace));
    }

    /// Whether questions are answered by an error.
    pub(crate) fn break_down(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    /// How many questions were asked, about however many people.
    pub(crate) fn questions(&self) -> usize {
        self.questions.load(Ordering::SeqCst)
    }

    async fn ask(&self) -> Result<(), StorageError> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        for _ in 0..self.yields.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        if self.broken.load(Ordering::SeqCst) {
            return Err(StorageError::new("nobody can tell"));
        }
        Ok(())
    }

    /// Each answer takes so many polls.
    pub(crate) fn take_time(&self, yields: usize) {
        self.yields.store(yields, Ordering::SeqCst);
    }
}

#[async_trait]
impl Standings for Members {
    async fn standing(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Standing>, StorageError> {
        self.ask().await?;
        Ok(self.all.lock().unwrap().get(&(user, workspace)).copied())
    }

    async fn standings(
        &self,
        users: &[UserId],
        workspace: WorkspaceId,
    ) -> Result<Vec<(UserId, Standing)>, StorageError> {
        self.ask().await?;
        let all = self.all.lock().unwrap();
        let some = users.iter().filter_map(|user| Some((*user, *all.get(&(*user, workspace))?)));
        Ok(some.collect())
    }
}
