//! The tables in memory, with the same rules of uniqueness as in a database.

use std::collections::BTreeSet;

use identity::Slug;
use perme8_events::{Load, StorageError, Store, UserId, WorkspaceId, testing::FakeTx};

use crate::{
    application::ports::{People, Projects, Workspaces},
    domain::{project::Project, references::ProjectId},
};

/// What a database would hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) projects: Vec<Project>,
    gone: BTreeSet<WorkspaceId>,
    gone_people: BTreeSet<UserId>,
}

impl Load<Project> for FakeTx<Tables> {
    async fn load(&mut self, id: ProjectId) -> Result<Option<Project>, StorageError> {
        Ok(self.state.projects.iter().find(|project| project.id == id).cloned())
    }
}

/// Compare and set: a new row must not be there, an old one must have the version that was read.
impl Store<Project> for FakeTx<Tables> {
    async fn store(&mut self, project: &mut Project) -> Result<(), StorageError> {
        let rows = &mut self.state.projects;
        let place = rows.iter().position(|row| row.id == project.id);
        let stored = place.map_or(0, |place| rows[place].version);
        let is_taken = rows.iter().any(|row| {
            row.id != project.id
                && (row.workspace_id, &row.slug) == (project.workspace_id, &project.slug)
        });
        if stored != project.version || is_taken {
            return Err(StorageError::conflict());
        }
        project.version += 1;
        rows.retain(|row| row.id != project.id);
        if !project.is_gone {
            rows.push(project.clone());
        }
        Ok(())
    }
}

impl Projects for FakeTx<Tables> {
    async fn project_by_slug(
        &mut self,
        workspace: WorkspaceId,
        slug: &Slug,
    ) -> Result<Option<Project>, StorageError> {
        let mut projects = self.state.projects.iter();
        Ok(projects.find(|row| row.workspace_id == workspace && row.slug == *slug).cloned())
    }
}

impl Workspaces for FakeTx<Tables> {
    async fn is_gone(&mut self, workspace: WorkspaceId) -> Result<bool, StorageError> {
        Ok(self.state.gone.contains(&workspace))
    }

    async fn remember_gone(&mut self, workspace: WorkspaceId) -> Result<(), StorageError> {
        self.state.gone.insert(workspace);
        Ok(())
    }

    async fn clear(&mut self, workspace: WorkspaceId, limit: u32) -> Result<u64, StorageError> {
        let mut left = limit;
        self.state.projects.retain(|row| {
            let goes = left > 0 && row.workspace_id == workspace;
            left -= u32::from(goes);
            !goes
        });
        Ok(u64::from(limit - left))
    }
}

impl People for FakeTx<Tables> {
    async fn is_person_gone(&mut self, person: UserId) -> Result<bool, StorageError> {
        Ok(self.state.gone_people.contains(&person))
    }

    async fn remember_person_gone(&mut self, person: UserId) -> Result<(), StorageError> {
        self.state.gone_people.insert(person);
        Ok(())
    }
}
