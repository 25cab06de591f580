//! What people are in the workspaces that they follow: asked once for all of them, and again after each event there.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::{
    application::rights::{Standing, Standings},
    domain::{
        error::StorageError,
        id::{UserId, WorkspaceId},
        topic::Topic,
    },
    infrastructure::bus::bells::{Bell, Bells, Hung},
};

/// An answer is not older than this, whatever happens or does not happen in the workspace.
pub(super) const FRESH: Duration = Duration::from_secs(5);
/// So many people are asked about at once.
const BATCH: usize = 500;

/// Answers from memory as long as nothing has happened in a workspace since they were given.
///
/// What changes the standing of somebody is an event for the members or the managers of that workspace, and an event makes
/// the answers stale before anybody can read it. So whoever is judged behind the event that took away a right is judged by
/// an answer that was given after that event.
pub(crate) struct Rights {
    standings: Arc<dyn Standings>,
    bells: Arc<Bells>,
    watched: Mutex<HashMap<WorkspaceId, Watched>>,
}

type Answers = HashMap<UserId, Option<Standing>>;

/// A workspace that somebody on this node follows.
struct Watched {
    /// How often each person does.
    followers: HashMap<UserId, usize>,
    bell: Arc<Bell>,
    _hung: Hung,
    /// Filled by the first who asks, while the others wait.
    answers: Arc<OnceCell<Answers>>,
    since: Instant,
}

impl Rights {
    pub(crate) fn new(standings: Arc<dyn Standings>, bells: Arc<Bells>) -> Self {
        Self { standings, bells, watched: Mutex::default() }
    }

    /// Keeps the answers about this person and workspace in memory until the guard is dropped.
    pub(crate) fn watch(self: &Arc<Self>, user: UserId, workspace: WorkspaceId) -> Watch {
        let mut watched = self.watched();
        let entry = watched.entry(workspace).or_insert_with(|| {
            let bell = Arc::new(Bell::default());
            Watched {
                followers: HashMap::new(),
                _hung: Hung::new(&self.bells, Topic::Workspace(workspace), &bell),
                bell,
                answers: Arc::default(),
                since: Instant::now(),
            }
        });
        *entry.followers.entry(user).or_default() += 1;
        Watch { rights: Arc::clone(self), user, workspace }
    }

    /// What somebody is at this moment, whatever is in memory.
    pub(crate) async fn now(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Standing>, StorageError> {
        self.standings.standing(user, workspace).await
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answers of now about a workspace that is watched, and whom to ask about when there are none.
    fn answers(&self, workspace: WorkspaceId) -> Option<(Arc<OnceCell<Answers>>, Vec<UserId>)> {
        let mut watched = self.watched();
        let entry = watched.get_mut(&workspace)?;
        if entry.bell.take().is_some() || entry.since.elapsed() > FRESH {
            entry.answers = Arc::default();
            entry.since = Instant::now();
        }
        let whom = if entry.answers.initialized() {
            Vec::new()
        } else {
            entry.followers.keys().copied().collect()
        };
        Some((Arc::clone(&entry.answers), whom))
    }

    async fn ask(&self, users: &[UserId], workspace: WorkspaceId) -> Result<Answers, StorageError> {
        let mut answers: Answers = users.iter().map(|user| (*user, None)).collect();
        for some in users.chunks(BATCH) {
            for (user, standing) in self.standings.standings(some, workspace).await? {
                answers.insert(user, Some(standing));
            }
        }
        Ok(answers)
    }
}

#[async_trait]
impl Standings for Rights {
    async fn standing(
        &self,
        user: UserId,
        workspace: WorkspaceId,
    ) -> Result<Option<Standing>, StorageError> {
        if let Some((answers, whom)) = self.answers(workspace) {
            let answers = answers.get_or_try_init(|| self.ask(&whom, workspace)).await?;
            if let Some(answer) = answers.get(&user) {
                return Ok(*answer);
            }
        }
        // Whoever does not follow the workspace, or has only just begun to.
        self.now(user, workspace).await
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rights").field("standings", &self.standings).finish_non_exhaustive()
    }
}

/// Somebody follows a workspace as long as this lives.
#[derive(Debug)]
pub(crate) struct Watch {
    rights: Arc<Rights>,
    user: UserId,
    workspace: WorkspaceId,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.rights.watched();
        let Some(entry) = watched.get_mut(&self.workspace) else { return };
        if let Some(times) = entry.followers.get_mut(&self.user) {
            *times -= 1;
            if *times == 0 {
                entry.followers.remove(&self.user);
            }
        }
        if entry.followers.is_empty() {
            watched.remove(&self.workspace);
        }
    }
}
