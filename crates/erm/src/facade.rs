//! The only struct through which others use this context.

use std::sync::Arc;

use identity::WorkspaceRef;
use perme8_events::{
    Origin,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        acting::{Acting, NotActing},
        dry_run_schema::{DryRun, DryRunSchema, DryRunSchemaError},
        known_schemas::KnownSchemas,
        ports::{Members, Things},
        put_schema::{PutSchema, PutSchemaError},
        read_models::schema::{
            SchemaDetails, SchemaHistory, SchemaQueryError, SchemaVersionDetails,
        },
    },
    domain::{policy::Action, schema::draft::SchemaDraft},
    facade::options::ErmOptions,
    infrastructure::{schema_queries, things_gateway::ThingsGateway},
};

pub(crate) mod access;
pub(crate) mod clearer;
pub(crate) mod options;

/// The graphs of workspaces: schemas, entities and edges.
///
/// Each method takes the [`Origin`] of the wish and authorises from it: it asks what the person who acts is in the workspace,
/// and whether that is put away, before the transaction begins. A process of the host acts for a person, by the rights of that
/// person ([`Origin::person`]). A command that loses a race is repeated; what is returned as `Storage` afterwards is nothing
/// the caller could have avoided.
#[derive(Debug, Clone)]
pub struct Erm {
    db: Db,
    uow: UnitOfWork,
    members: Arc<dyn Members>,
    things: Arc<dyn Things>,
    options: ErmOptions,
    schemas: KnownSchemas,
}

/// Gathers who acts, runs a use case in a transaction of its own, and again while it loses races.
macro_rules! transact {
    ($self:ident, $origin:ident, $command:ident, $Error:ident $(, $more:expr)?) => {{
        let acting = $self.acting(&$origin, &$command.workspace).await?;
        let lost_a_race = |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable());
        let attempt =
            || $self.uow.run($origin.clone(), async |tx| $command.execute(tx, &acting $(, $more)?).await);
        $self.uow.retry(lost_a_race, attempt).await
    }};
}

impl Erm {
    /// On this database; `members` knows who belongs where.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>) -> Self {
        let things = Arc::new(ThingsGateway::new(&db));
        let (options, schemas) = (ErmOptions::default(), KnownSchemas::default());
        Self { uow: UnitOfWork::new(db.clone()), db, members, things, options, schemas }
    }

    /// The same with others to tell what the things of workspaces are called; else identity and documents are asked, on the
    /// same database.
    #[must_use]
    pub fn with_things(self, things: Arc<dyn Things>) -> Self {
        Self { things, ..self }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_options(self, options: ErmOptions) -> Self {
        Self { options, ..self }
    }

    /// The schema of a workspace, for its members.
    ///
    /// # Errors
    ///
    /// [`SchemaQueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn schema(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<SchemaDetails, SchemaQueryError> {
        let viewing = self.viewing(origin, workspace).await?;
        let schema = schema_queries::schema(&self.db, viewing.workspace_id()).await?;
        Ok(SchemaDetails::of(schema.ok_or(SchemaQueryError::NoSchema)?))
    }

    /// Replaces the schema of a workspace, or gives it the first one.
    ///
    /// # Errors
    ///
    /// [`PutSchemaError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn put_schema(
        &self,
        origin: Origin,
        command: PutSchema,
    ) -> Result<SchemaDetails, PutSchemaError> {
        transact!(self, origin, command, PutSchemaError)
    }

    /// Whether the person who acts may write the schema of a workspace, for who does not know yet which.
    ///
    /// # Errors
    ///
    /// [`PutSchemaError`], as of the command.
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn may_put_schema(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<(), PutSchemaError> {
        Ok(self.acting(origin, workspace).await?.may(Action::WriteSchema)?)
    }

    /// When the schema of a workspace was written and by whom, newest first: at most `limit`, taken as 1 to 100, of the
    /// versions before `after`.
    ///
    /// # Errors
    ///
    /// [`SchemaQueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn schema_history(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        limit: u32,
        after: Option<i64>,
    ) -> Result<SchemaHistory, SchemaQueryError> {
        let workspace_id = self.viewing(origin, workspace).await?.workspace_id();
        let history = schema_queries::history(&self.db, workspace_id, limit, after).await?;
        if after.is_none() && history.versions.is_empty() {
            return Err(SchemaQueryError::NoSchema);
        }
        Ok(history)
    }

    /// The schema of a workspace as it was in one of its last hundred versions.
    ///
    /// # Errors
    ///
    /// [`SchemaQueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn schema_version(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        version: i64,
    ) -> Result<SchemaVersionDetails, SchemaQueryError> {
        let workspace_id = self.viewing(origin, workspace).await?.workspace_id();
        let found = schema_queries::version(&self.db, workspace_id, version).await?;
        found.ok_or(SchemaQueryError::NoSchema)
    }

    /// What another schema would change, and what of that which is there it would not allow; nothing is changed, and nobody
    /// who writes meanwhile waits.
    ///
    /// # Errors
    ///
    /// [`DryRunSchemaError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn dry_run_schema(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        draft: SchemaDraft,
    ) -> Result<DryRun, DryRunSchemaError> {
        let acting = self.acting(origin, workspace).await?;
        DryRunSchema { draft }.execute(&self.db, &acting).await
    }

    /// Who acts; what that person may do is for the use case to say.
    async fn acting(&self, origin: &Origin, workspace: &WorkspaceRef) -> Result<Acting, NotActing> {
        Acting::gather(&*self.members, origin, workspace, &self.schemas).await
    }

    /// Who asks, if the policy lets that person see the graph of the workspace.
    async fn viewing(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<Acting, NotActing> {
        let acting = self.acting(origin, workspace).await?;
        acting.may(Action::Read)?;
        Ok(acting)
    }
}

mod bulks;
mod edges;
mod entities;
pub(crate) mod export;
mod graph;
mod import;
pub(crate) mod knowledge;
mod lists;
mod projected;

#[cfg(test)]
mod matrix;

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles only if every future of the facade can be moved between threads, as the HTTP server needs it.
    #[expect(dead_code, reason = "the compiler is the test")]
    fn futures_are_send(
        erm: &Erm,
        origin: &Origin,
        workspace: &WorkspaceRef,
        draft: SchemaDraft,
        command: PutSchema,
    ) {
        fn send<T: Send>(_: T) {}
        send(erm.schema(origin, workspace));
        send(erm.put_schema(origin.clone(), command));
        send(erm.may_put_schema(origin, workspace));
        send(erm.schema_history(origin, workspace, 20, None));
        send(erm.schema_version(origin, workspace, 1));
        send(erm.dry_run_schema(origin, workspace, draft));
    }
}
