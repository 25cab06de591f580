//! Building the read model of a projection anew.
//!
//! The next generation is filled beside the live one, from the beginning of the log, by a handler of its own name: the name
//! of the projection with `@next` behind it. So it has a place in the log, retries, dead letters and pauses like every
//! handler, and goes on after a crash where it was. What has been set aside there keeps it from becoming live.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::{event_store::EventStore as _, transaction::Transaction as _},
    domain::{core_events::OperatorAction, position::Position},
    infrastructure::{
        archive::ranges,
        projection::{Generation, NEXT, generations},
        runtime::{
            erased::AnyHandler,
            layout,
            operations::{Act, Operations, error::OperationError, operator::Operator},
        },
    },
    sql,
};

/// How far the next generation of a read model is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Rebuild {
    /// The projection.
    pub handler: String,
    /// The handler that builds, for whoever pauses it or looks at what it has set aside.
    pub builder: String,
    /// Which generation is built.
    pub generation: Generation,
    /// Of which version of the projection.
    pub version: i64,
    /// When it was begun.
    pub begun_at: DateTime<Utc>,
    /// Everything up to here is in it.
    pub position: Position,
    /// The end of the log.
    pub head: Position,
    /// How many positions a second it has passed since it was begun.
    pub per_second: f64,
    /// How many seconds it still takes at that speed; none before it has moved.
    pub remaining_seconds: Option<f64>,
    /// So many deliveries are set aside, and keep it from becoming live.
    pub set_aside: i64,
}

impl Operations {
    /// Begins to build the read model of a projection anew. The live one is read and maintained meanwhile.
    ///
    /// # Errors
    ///
    /// [`OperationError`]: there is no such projection, its read model is being built already, or a part of the log is archived.
    pub async fn rebuild(
        &self,
        operator: &Operator,
        handler: &str,
    ) -> Result<Rebuild, OperationError> {
        let next = self.builder(handler).await?;
        let live = generations::live(&self.db, handler).await?;
        if live.is_some_and(|live| live.version > next.version()) {
            return Err(OperationError::NewerReadModel { handler: handler.to_owned() });
        }
        let head = self.db.head().await?;
        self.act(operator, async |tx| {
            layout::lock(tx).await?;
            if generations::is_building(tx, handler).await? {
                return Err(OperationError::Rebuilding { handler: handler.to_owned() });
            }
            let archived = ranges::gone_behind(tx, Position::START).await?;
            OperationError::unless_archived(handler, archived)?;
            let generation = generations::begin(tx, handler, next).await?;
            let act = Act::on_handler(OperatorAction::Rebuild, handler)
                .noting(format!("generation {generation}"));
            // Not looked up afterwards: it may be done by then.
            let begun = Rebuild {
                handler: handler.to_owned(),
                builder: next.name().to_owned(),
                generation,
                version: next.version(),
                begun_at: tx.now(),
                position: Position::START,
                head,
                per_second: 0.0,
                remaining_seconds: None,
                set_aside: 0,
            };
            Ok((begun, Some(act)))
        })
        .await
    }

    /// Calls a rebuild off; the live read model stays as it is.
    ///
    /// # Errors
    ///
    /// [`OperationError`]: there is no such projection, or nothing is being built.
    pub async fn cancel_rebuild(
        &self,
        operator: &Operator,
        handler: &str,
    ) -> Result<Rebuild, OperationError> {
        let next = self.builder(handler).await?.name();
        let status = self.rebuild_status(handler).await?;
        self.act(operator, async |tx| {
            layout::lock(tx).await?;
            if !generations::abandon(tx, handler, next).await? {
                return Err(OperationError::NotRebuilding { handler: handler.to_owned() });
            }
            let act = Act::on_handler(OperatorAction::Cancel, handler)
                .at(status.position)
                .noting(format!("generation {}", status.generation));
            Ok(((), Some(act)))
        })
        .await?;
        Ok(status)
    }

    /// How far a rebuild is.
    ///
    /// # Errors
    ///
    /// [`OperationError`]: there is no such handler, or nothing is being built.
    pub async fn rebuild_status(&self, handler: &str) -> Result<Rebuild, OperationError> {
        let not_rebuilding = || OperationError::NotRebuilding { handler: handler.to_owned() };
        self.exists(handler).await?;
        let current = generations::building(&self.db, handler).await?.ok_or_else(not_rebuilding)?;
        let builder = format!("{handler}{NEXT}");
        let place: Option<(i64, i64)> = self
            .db
            .query(sql!(
                "SELECT p.position, (SELECT count(*) FROM event_deliveries d WHERE d.handler = p.handler)
                 FROM event_partitions p WHERE p.handler = $1"
            ))
            .bind(builder.as_str())
            .opt()
            .await?;
        // Between the two questions it may have come to its end.
        let (position, set_aside) = place.ok_or_else(not_rebuilding)?;
        let head = self.db.head().await?;
        let seconds = (self.db.clock.now() - current.begun_at).as_seconds_f64().max(0.001);
        let (per_second, remaining_seconds) = speed(position, head.number(), seconds);
        Ok(Rebuild {
            handler: handler.to_owned(),
            builder,
            generation: current.generation,
            version: current.version,
            begun_at: current.begun_at,
            position: Position::new(position),
            head,
            per_second,
            remaining_seconds,
            set_aside,
        })
    }

    /// What builds the next generation of a projection.
    async fn builder(&self, handler: &str) -> Result<&dyn AnyHandler, OperationError> {
        self.known(handler).await?;
        let builds = |one: &&dyn AnyHandler| one.builds().is_some_and(|(of, _)| of == handler);
        let mut all = self.handlers.iter().map(|one| &**one as &dyn AnyHandler);
        let next = all.find(|one| builds(one));
        next.ok_or_else(|| OperationError::NoProjection { handler: handler.to_owned() })
    }
}

/// Positions a second, and the seconds that are left.
fn speed(done: i64, all: i64, seconds: f64) -> (f64, Option<f64>) {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let (done, left) = (done as f64, (all - done).max(0) as f64);
    let per_second = done / seconds;
    (per_second, (per_second > 0.0).then(|| left / per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_takes_as_long_as_the_speed_says() {
        assert_eq!(speed(500, 1500, 5.0), (100.0, Some(10.0)));
        assert_eq!(speed(0, 1500, 5.0), (0.0, None));
        assert_eq!(speed(1500, 1400, 5.0), (300.0, Some(0.0)));
    }
}
