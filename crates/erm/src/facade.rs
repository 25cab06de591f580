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
        ports::Members,
    },
    domain::policy::Action,
    facade::options::ErmOptions,
};

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
    options: ErmOptions,
}

/// Gathers who acts, runs a use case in a transaction of its own, and again while it loses races.
macro_rules! transact {
    ($self:ident, $origin:ident, $command:ident, $Error:ident) => {{
        let acting = $self.acting(&$origin, &$command.workspace).await?;
        let lost_a_race = |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable());
        let attempt =
            || $self.uow.run($origin.clone(), async |tx| $command.execute(tx, &acting).await);
        $self.uow.retry(lost_a_race, attempt).await
    }};
}

impl Erm {
    /// On this database; `members` knows who belongs where.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>) -> Self {
        let options = ErmOptions::default();
        Self { uow: UnitOfWork::new(db.clone()), db, members, options }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_options(self, options: ErmOptions) -> Self {
        Self { options, ..self }
    }

    /// Who acts; what that person may do is for the use case to say.
    async fn acting(&self, origin: &Origin, workspace: &WorkspaceRef) -> Result<Acting, NotActing> {
        Acting::gather(&*self.members, origin, workspace).await
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

mod graph;
pub(crate) mod knowledge;
mod lists;

// The modules beside this one transact in the same way.
#[expect(unused_imports, reason = "use cases come")]
pub(crate) use transact;
