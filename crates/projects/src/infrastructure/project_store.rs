//! Projects in `projects_projects`.

use identity::{Slug, folded};
use perme8_events::{Load, StorageError, Store, WorkspaceId, sql, sql::Tx};

use crate::{
    application::ports::Projects,
    domain::{project::Project, references::ProjectId},
    infrastructure::rows::{ProjectRow, select_projects},
};

impl Load<Project> for Tx {
    async fn load(&mut self, id: ProjectId) -> Result<Option<Project>, StorageError> {
        let query = self.query(sql!(select_projects!("WHERE id = $1")));
        Ok(query.bind(id).opt::<ProjectRow>().await?.map(Project::from))
    }
}

impl Store<Project> for Tx {
    async fn store(&mut self, project: &mut Project) -> Result<(), StorageError> {
        if project.is_gone {
            let delete = sql!("DELETE FROM projects_projects WHERE id = $1 AND version = $2");
            let query = self.query(delete).bind(project.id).bind(project.version);
            return query.write(&mut project.version).await;
        }
        let searched = searched(project);
        let Project {
            id,
            workspace_id,
            owner_id,
            name,
            slug,
            description,
            color,
            created_at,
            archived_at,
            is_gone: _,
            version,
        } = project;
        let statement = if *version == 0 {
            sql!(
                "INSERT INTO projects_projects
                    (id, workspace_id, owner_id, name, slug, description, color, searched, created_at, archived_at, version)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 + 1)"
            )
        } else {
            sql!(
                "UPDATE projects_projects
                 SET workspace_id = $2, owner_id = $3, name = $4, slug = $5, description = $6, color = $7, searched = $8,
                     created_at = $9, archived_at = $10, version = version + 1
                 WHERE id = $1 AND version = $11"
            )
        };
        self.query(statement)
            .bind(*id)
            .bind(*workspace_id)
            .bind(*owner_id)
            .bind(name.as_str())
            .bind(slug.as_str())
            .bind(description.as_deref())
            .bind(color.as_deref())
            .bind(searched)
            .bind(*created_at)
            .bind(*archived_at)
            .bind(*version)
            .write(version)
            .await
    }
}

/// What a search looks at, without a blank that could join the words of two texts.
fn searched(project: &Project) -> String {
    let Project { name, description, .. } = project;
    folded(&format!("{name}\n{}", description.as_deref().unwrap_or_default()))
}

impl Projects for Tx {
    async fn project_by_slug(
        &mut self,
        workspace: WorkspaceId,
        slug: &Slug,
    ) -> Result<Option<Project>, StorageError> {
        let query = self.query(sql!(select_projects!("WHERE workspace_id = $1 AND slug = $2")));
        let row: Option<ProjectRow> = query.bind(workspace).bind(slug.as_str()).opt().await?;
        Ok(row.map(Project::from))
    }
}
