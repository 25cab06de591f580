//! The people of this program, and who of them is what to the contexts.

use std::{collections::HashMap, fs, path::Path};

use async_trait::async_trait;
use identity::{Role, WorkspaceRef};
use perme8_events::{Origin, StorageError, UserId, WorkspaceId};
use sqlx::{
    FromRow, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

/// Who works here, in the tables `teams` and `staff`.
#[derive(Debug)]
pub(crate) struct Staff {
    pool: SqlitePool,
}

/// Somebody who works here.
#[derive(Debug, FromRow)]
pub(crate) struct Colleague {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) team_id: WorkspaceId,
    job: String,
}

impl Colleague {
    /// A wish of this person, by which a context knows who asks.
    pub(crate) fn origin(&self) -> Origin {
        Origin::user(self.id)
    }

    /// The team, as the contexts name it.
    pub(crate) fn workspace(&self) -> WorkspaceRef {
        self.team_id.into()
    }

    /// Whether this person leads that one.
    pub(crate) fn leads(&self, other: &Self) -> bool {
        self.job == "lead" && self.team_id == other.team_id && self.id != other.id
    }

    /// What the contexts call the job.
    fn role(&self) -> Role {
        match self.job.as_str() {
            "lead" => Role::Owner,
            "engineer" => Role::Member,
            _ => Role::Guest,
        }
    }
}

impl Staff {
    /// The staff in this file, which is made if it is not there.
    pub(crate) async fn open(file: &Path) -> anyhow::Result<Self> {
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal);
        let pool = SqlitePool::connect_with(options).await?;
        sqlx::migrate!("./migrations").run(&pool).await?;
        Ok(Self { pool })
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Whoever is called so.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Colleague>, StorageError> {
        let found = sqlx::query_as("SELECT id, name, team_id, job FROM staff WHERE name = $1");
        Ok(found.bind(name).fetch_optional(&self.pool).await?)
    }

    /// What everybody is called.
    pub(crate) async fn names(&self) -> Result<HashMap<UserId, String>, StorageError> {
        let names: Vec<(UserId, String)> =
            sqlx::query_as("SELECT id, name FROM staff").fetch_all(&self.pool).await?;
        Ok(names.into_iter().collect())
    }

    /// Somebody does not work here any more.
    pub(crate) async fn remove(&self, id: UserId) -> Result<(), StorageError> {
        sqlx::query("DELETE FROM staff WHERE id = $1").bind(id).execute(&self.pool).await?;
        Ok(())
    }

    /// Somebody in a team, and what the team is called; nobody when there is no such person in such a team.
    async fn member(
        &self,
        user: UserId,
        team: &WorkspaceRef,
    ) -> Result<Option<(Colleague, String)>, StorageError> {
        let found = sqlx::query_as("SELECT id, name, team_id, job FROM staff WHERE id = $1");
        let found: Option<Colleague> = found.bind(user).fetch_optional(&self.pool).await?;
        let Some(colleague) = found else { return Ok(None) };
        let name = sqlx::query_scalar("SELECT name FROM teams WHERE id = $1");
        let name: String = name.bind(colleague.team_id).fetch_one(&self.pool).await?;
        let is_meant = match team {
            WorkspaceRef::Id(id) => *id == colleague.team_id,
            WorkspaceRef::Slug(slug) => *slug == name,
        };
        Ok(is_meant.then_some((colleague, name)))
    }
}

#[async_trait]
impl projects::Members for Staff {
    async fn membership(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<projects::Membership>, StorageError> {
        let found = self.member(user, workspace).await?;
        Ok(found.map(|(colleague, workspace_slug)| projects::Membership {
            workspace_id: colleague.team_id,
            workspace_slug,
            is_archived: false,
            role: colleague.role(),
        }))
    }

    async fn workspaces_of(&self, user: UserId) -> Result<Vec<WorkspaceId>, StorageError> {
        let teams = sqlx::query_scalar("SELECT team_id FROM staff WHERE id = $1");
        Ok(teams.bind(user).fetch_all(&self.pool).await?)
    }

    async fn owners_of(
        &self,
        workspaces: &[WorkspaceId],
    ) -> Result<HashMap<WorkspaceId, UserId>, StorageError> {
        let leads = sqlx::query_as("SELECT team_id, id FROM staff WHERE job = 'lead'");
        let leads: Vec<(WorkspaceId, UserId)> = leads.fetch_all(&self.pool).await?;
        Ok(leads.into_iter().filter(|(team, _)| workspaces.contains(team)).collect())
    }
}

#[async_trait]
impl erm::Members for Staff {
    async fn membership(
        &self,
        user: UserId,
        workspace: &WorkspaceRef,
    ) -> Result<Option<erm::Membership>, StorageError> {
        let found = self.member(user, workspace).await?;
        Ok(found.map(|(colleague, _)| erm::Membership {
            workspace_id: colleague.team_id,
            is_archived: false,
            role: colleague.role(),
        }))
    }
}
