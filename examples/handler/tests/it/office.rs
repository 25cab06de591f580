//! Workspaces in which projects begin, and words for notices.

use std::{
    collections::HashMap,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use handler::{Wording, notices};
use identity::{Role, WorkspaceRef};
use perme8_events::{Origin, StorageError, UserId, WorkspaceId, sql::Db};
use projects::{CreateProject, Members, Membership, Projects};
use uuid::Uuid;

pub(crate) const COMPANY: WorkspaceId = WorkspaceId::new(Uuid::from_u128(1));
pub(crate) const ELSEWHERE: WorkspaceId = WorkspaceId::new(Uuid::from_u128(2));
const ADA: UserId = UserId::new(Uuid::from_u128(3));

/// Everybody owns every workspace.
#[derive(Debug)]
struct Everybody;

#[async_trait]
impl Members for Everybody {
    async fn membership(
        &self,
        _: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<Membership>, StorageError> {
        let WorkspaceRef::Id(workspace_id) = *workspace else { return Ok(None) };
        let (workspace_slug, role) = ("somewhere".to_owned(), Role::Owner);
        Ok(Some(Membership { workspace_id, workspace_slug, is_archived: false, role }))
    }

    async fn workspaces_of(&self, _: UserId) -> Result<Vec<WorkspaceId>, StorageError> {
        Ok(Vec::new())
    }

    async fn owners_of(
        &self,
        _: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError> {
        Ok(HashMap::new())
    }
}

/// Finds words for every project, but for one only after some failures.
#[derive(Debug, Default)]
pub(crate) struct Words {
    difficult: &'static str,
    failures: AtomicU32,
}

impl Words {
    pub(crate) fn missing(failures: u32, difficult: &'static str) -> Arc<Self> {
        Arc::new(Self { difficult, failures: failures.into() })
    }
}

#[async_trait]
impl Wording for Words {
    async fn words(&self, project: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
        let fewer = |left: u32| left.checked_sub(1);
        if project == self.difficult
            && self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok()
        {
            return Err("words fail".into());
        }
        Ok(format!("{project} begins"))
    }
}

pub(crate) async fn begin(db: &Db, workspace: WorkspaceId, name: &str) {
    let (workspace, name) = (workspace.into(), name.to_owned());
    let command = CreateProject { workspace, name, description: None, color: None };
    let projects = Projects::new(db.clone(), Arc::new(Everybody));
    projects.create_project(Origin::user(ADA), command).await.unwrap();
}

/// What a board says, each notice with its number.
pub(crate) async fn board(db: &Db, workspace: WorkspaceId) -> Vec<String> {
    let notices = notices(db, workspace).await.unwrap().into_iter();
    notices.map(|notice| format!("{} {}", notice.number, notice.text)).collect()
}
