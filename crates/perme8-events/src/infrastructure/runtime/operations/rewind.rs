//! Going back to an earlier place in the log.
//!
//! A rewind lets every event behind its target be delivered once more, in order. Deliveries behind the target that were set
//! aside, dead letters included, would then happen twice, so their rows go in the same commit: the rewind delivers them.
//! Deliveries up to the target stay set aside, and what is delivered again of their keys waits behind them. The epochs
//! rise, so whatever a node has begun from an old checkpoint is refused.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::event_store::EventStore as _,
    domain::{core_events::OperatorAction, position::Position},
    infrastructure::{
        archive::ranges,
        runtime::{
            layout,
            operations::{Act, Operations, error::OperationError, operator::Operator},
        },
    },
    sql,
};

/// Where a handler goes back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewind {
    /// What lies behind this position is delivered again; everything for 0.
    ToPosition(Position),
    /// What lies behind the last event before the first one, in the order of the log, that happened at this time or later is
    /// delivered again: all that has happened since, and what else was written down after the first of it. So it is as long as
    /// no host's clock is five minutes ahead of the database's.
    ToTime(DateTime<Utc>),
}

/// What came of a rewind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rewound {
    /// Where the handler goes on: what lies behind this is delivered again.
    pub position: Position,
    /// The end of the log at that time.
    pub head: Position,
    /// So many deliveries were set aside behind the position, and are now delivered with the others.
    pub set_aside: u64,
}

impl Operations {
    /// Has a handler handle once more what lies behind a place in the log; `with_effects` says that effects outside of the
    /// database are meant to happen again.
    ///
    /// # Errors
    ///
    /// [`OperationError`]: there is no such handler, or no such place, or the handler has not come that far, or what lies behind
    /// the place is archived.
    pub async fn rewind(
        &self,
        operator: &Operator,
        handler: &str,
        to: Rewind,
        with_effects: bool,
    ) -> Result<Rewound, OperationError> {
        self.repeatable(handler, with_effects).await?;
        let head = self.db.head().await?;
        let position = self.place(to, head).await?;
        self.act(operator, async |tx| {
            layout::lock(tx).await?;
            let mut archived = ranges::gone_behind(tx, position).await?;
            if let Rewind::ToTime(at) = to
                && archived.is_empty()
            {
                // The first event in the log since then may have others before it that are not there any more.
                archived = ranges::gone_since(tx, at).await?;
            }
            OperationError::unless_archived(handler, archived)?;
            let moved = tx
                .query(sql!(
                    "UPDATE event_partitions SET position = $2, epoch = epoch + 1 WHERE handler = $1 AND position > $2"
                ))
                .bind(handler)
                .bind(position.number())
                .exec()
                .await?;
            if moved == 0 {
                let handler = handler.to_owned();
                return Err(OperationError::NotBeyond { handler, to: position });
            }
            // A partition that had not come so far has nothing set aside behind the position.
            let set_aside = tx
                .query(sql!("DELETE FROM event_deliveries WHERE handler = $1 AND position > $2"))
                .bind(handler)
                .bind(position.number())
                .exec()
                .await?;
            let act = Act::on_handler(OperatorAction::Rewind, handler)
                .at(position)
                .noting(format!("{set_aside} deliveries that were set aside come with it"));
            Ok((Rewound { position, head, set_aside }, Some(act)))
        })
        .await
    }

    async fn place(&self, to: Rewind, head: Position) -> Result<Position, OperationError> {
        match to {
            Rewind::ToPosition(position) if position < Position::START => {
                Err(OperationError::Negative { position })
            }
            Rewind::ToPosition(position) if position > head => {
                Err(OperationError::BeyondHead { position, head })
            }
            Rewind::ToPosition(position) => Ok(position),
            Rewind::ToTime(at) => {
                let first = self.db.first_since(at, head).await?;
                let first = first.ok_or(OperationError::NothingSince { at })?;
                Ok(Position::new(first.number() - 1))
            }
        }
    }
}
