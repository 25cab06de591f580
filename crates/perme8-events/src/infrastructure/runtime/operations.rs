//! What operators see and do.
//!
//! It works through the database, so it serves a running host and the command line alike: hosts that run take notice within
//! a second. What changes something is recorded as [`OperatorActed`] in the commit that changes it.

use std::sync::Arc;

use crate::{
    application::{handler::Effects, transaction::Transaction as _},
    domain::{
        catalogue::{Catalogue, EventDescriptor},
        core_events::{OperatorActed, OperatorAction, SubjectKind},
        id::Id,
        position::Position,
    },
    infrastructure::{
        db::Db,
        queue::erased::AnyWorker,
        runtime::{Runtime, erased::AnyHandler},
        tx::Tx,
        unit_of_work::UnitOfWork,
    },
    sql,
};

pub(crate) mod cases;
pub(crate) mod dead_letters;
pub(crate) mod edit;
pub(crate) mod error;
pub(crate) mod figures;
pub(crate) mod forget;
pub(crate) mod jobs;
pub(crate) mod operator;
pub(crate) mod pauses;
pub(crate) mod queues;
pub(crate) mod rebuilds;
pub(crate) mod replay;
pub(crate) mod rewind;
pub(crate) mod schedules;
pub(crate) mod status;

use error::OperationError;
use operator::Operator;

/// What operators see and do.
#[derive(Clone)]
pub struct Operations {
    db: Db,
    handlers: Vec<Arc<dyn AnyHandler>>,
    workers: Vec<Arc<dyn AnyWorker>>,
    catalogues: &'static [Catalogue],
}

impl std::fmt::Debug for Operations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operations").field("db", &self.db).finish_non_exhaustive()
    }
}

/// What an operator did to something.
struct Act<'a> {
    action: OperatorAction,
    kind: SubjectKind,
    name: &'a str,
    position: Option<Position>,
    detail: Option<String>,
}

impl<'a> Act<'a> {
    fn on_handler(action: OperatorAction, name: &'a str) -> Self {
        Self::on(SubjectKind::Handler, action, name)
    }

    fn on(kind: SubjectKind, action: OperatorAction, name: &'a str) -> Self {
        Self { action, kind, name, position: None, detail: None }
    }

    fn at(self, position: Position) -> Self {
        Self { position: Some(position), ..self }
    }

    fn noting(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

impl Operations {
    /// On this database, for whatever does not ask what handlers and events mean.
    #[must_use]
    pub fn new(db: &Db) -> Self {
        Self { db: db.clone(), handlers: Vec::new(), workers: Vec::new(), catalogues: &[] }
    }

    /// On the database of this runtime, whose handlers can be rewound and given events again, and with these events, whose
    /// data can be edited. The runtime need not be started.
    #[must_use]
    pub fn of(runtime: &Runtime, catalogues: &'static [Catalogue]) -> Self {
        let Runtime { db, handlers, workers, .. } = runtime;
        Self { db: db.clone(), handlers: handlers.clone(), workers: workers.clone(), catalogues }
    }

    /// Changes something for an operator, and records it in the same commit.
    async fn act<'a, R>(
        &self,
        operator: &Operator,
        change: impl AsyncFnOnce(&mut Tx) -> Result<(R, Option<Act<'a>>), OperationError>,
    ) -> Result<R, OperationError> {
        UnitOfWork::new(self.db.clone())
            .run(operator.origin().clone(), async |tx| {
                let (done, act) = change(tx).await?;
                if let Some(Act { action, kind, name, position, detail }) = act {
                    let acted = OperatorActed {
                        operation_id: Id::new(tx.new_uuid()),
                        operator: operator.name().to_owned(),
                        action,
                        subject_kind: kind,
                        subject: name.to_owned(),
                        position: position.map(Position::number),
                        detail,
                    };
                    tx.emit(acted);
                }
                Ok(done)
            })
            .await
    }

    /// The handler of this name, for what takes more than its name.
    async fn known(&self, name: &str) -> Result<&Arc<dyn AnyHandler>, OperationError> {
        self.exists(name).await?;
        let known = self.handlers.iter().find(|handler| handler.name() == name);
        known.ok_or_else(|| OperationError::NotOfThisProgram { handler: name.to_owned() })
    }

    /// The handler of this name, unless it must not have events again; `with_effects` says that effects outside of the database
    /// are meant to happen again.
    async fn repeatable(
        &self,
        name: &str,
        with_effects: bool,
    ) -> Result<&Arc<dyn AnyHandler>, OperationError> {
        let handler = self.known(name).await?;
        if handler.version() > 0 {
            let projection = handler.builds().map_or(name, |(projection, _)| projection);
            return Err(OperationError::Projection { handler: projection.to_owned() });
        }
        if handler.options().effects == Effects::Outside && !with_effects {
            return Err(OperationError::OutsideEffects { handler: name.to_owned() });
        }
        Ok(handler)
    }

    /// Refuses what the database has not met as a handler.
    async fn exists(&self, name: &str) -> Result<(), OperationError> {
        let known: Vec<(String,)> = self
            .db
            .query(sql!("SELECT DISTINCT handler FROM event_partitions ORDER BY handler"))
            .all()
            .await?;
        if known.iter().any(|(known,)| known == name) {
            return Ok(());
        }
        Err(OperationError::unknown_handler(name, known.into_iter().map(|(known,)| known)))
    }

    /// The event type as the running program writes it.
    fn descriptor(&self, event_type: &str) -> Option<&'static EventDescriptor> {
        let mut all = self.catalogues.iter().copied().flatten();
        all.find(|event| event.event_type == event_type)
    }
}
