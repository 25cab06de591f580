//! Whether the database fits the handlers.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    application::event_store::EventStore as _,
    domain::{
        archive::{ArchivedRange, named},
        error::StorageError,
        origin::Origin,
        position::Position,
    },
    infrastructure::{
        archive::ranges,
        db::Db,
        projection::{NEXT, generations},
        runtime::{erased::AnyHandler, layout},
        unit_of_work::UnitOfWork,
    },
    sql,
};

/// Why handlers were not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Two handlers would share checkpoints.
    #[error("two handlers are called `{name}`: give one of them another name")]
    DuplicateHandler {
        /// The name.
        name: &'static str,
    },
    /// A handler asks for no partition, or more than there are buckets.
    #[error("`{name}` asks for {partitions} partitions: between 1 and 256 are possible")]
    Partitions {
        /// The handler.
        name: &'static str,
        /// What it asks for.
        partitions: u16,
    },
    /// The database knows handlers that the program does not.
    #[error(
        "the database holds checkpoints or failed deliveries of handlers that this program does not have: {}; \
         run the program that has them, or say where the runtime is built that they are retired, by `.retired(\"…\")`, \
         or which contexts are this program's, by `.owning(\"…\")`, if another program has them",
        names.join(", ")
    )]
    UnknownHandlers {
        /// Their names.
        names: Vec<String>,
    },
    /// Two workers would share a queue.
    #[error("two workers do the jobs of `{name}`: a queue has one")]
    DuplicateQueue {
        /// The queue.
        name: &'static str,
    },
    /// Two schedules would share their times.
    #[error("two schedules are called `{name}`: give one of them another name")]
    DuplicateSchedule {
        /// The name.
        name: &'static str,
    },
    /// Nobody would do the jobs of a schedule.
    #[error("the schedule `{name}` enqueues jobs of `{queue}`, which has no worker: add it")]
    ScheduleWithoutWorker {
        /// The schedule.
        name: &'static str,
        /// The queue of its jobs.
        queue: &'static str,
    },
    /// The database holds jobs that nobody would do.
    #[error(
        "the database holds jobs of queues that this program does not have: {}; \
         run the program that has them, or say where the runtime is built that they are retired, by `.retired_queue(\"…\")`, \
         or which contexts are this program's, by `.owning(\"…\")`, if another program has them",
        names.join(", ")
    )]
    UnknownQueues {
        /// Their names.
        names: Vec<String>,
    },
    /// A checkpoint lies beyond the end of the log: the log is older than the checkpoints.
    #[error(
        "`{handler}` has handled events up to position {position}, but the log ends at {head}: \
         the log is of an older backup than the rest of the database: restore both from the same one"
    )]
    BeyondHead {
        /// The handler.
        handler: String,
        /// Its checkpoint.
        position: Position,
        /// The end of the log.
        head: Position,
    },
    /// A handler would have to be given events that stand in files.
    #[error(
        "`{handler}` needs events from position {from} on, which are archived: restore {} first{}",
        named(archives),
        or_without(*is_new)
    )]
    Archived {
        /// The handler; what builds the next generation of a read model has `@next` behind its name.
        handler: String,
        /// The first position that it needs.
        from: Position,
        /// The archives that hold what it needs, in order.
        archives: Vec<ArchivedRange>,
        /// Whether it is a handler that the database has not met before.
        is_new: bool,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What else a handler can do that the database has not met before.
const fn or_without(is_new: bool) -> &'static str {
    if is_new {
        ", or say where the runtime is built that it begins with what is kept, by `.beginning_with_what_is_kept(\"…\")`"
    } else {
        ""
    }
}

/// The contexts whose handlers and queues are those of this program; without any, all of them are.
#[derive(Debug, Default)]
pub(crate) struct Owned(Vec<&'static str>);

impl Owned {
    pub(crate) fn add(&mut self, context: &'static str) {
        self.0.push(context);
    }

    /// Whether this program has to know a handler or a queue of this name: no other one does.
    pub(crate) fn covers(&self, name: &str) -> bool {
        let context = name.split_once('.').map_or(name, |(context, _)| context);
        self.0.is_empty() || self.0.contains(&context)
    }
}

/// Refuses what does not fit, then makes the partitions that are missing.
pub(crate) async fn check(
    db: &Db,
    handlers: &[Arc<dyn AnyHandler>],
    (retired, owned, late): (&[&'static str], &Owned, &[&'static str]),
) -> Result<(), StartError> {
    let mut names = BTreeSet::new();
    for handler in handlers {
        let name = handler.name();
        if !names.insert(name) {
            return Err(StartError::DuplicateHandler { name });
        }
        let partitions = handler.options().partitions;
        if !(1..=256).contains(&partitions) {
            return Err(StartError::Partitions { name, partitions });
        }
    }
    names.extend(retired);
    let known = |name: &String| names.contains(name.strip_suffix(NEXT).unwrap_or(name));
    let stored: Vec<(String,)> = db
        .query(sql!("SELECT handler FROM event_partitions UNION SELECT handler FROM event_deliveries ORDER BY handler"))
        .all()
        .await?;
    let others = stored.into_iter().map(|(name,)| name).filter(|name| !known(name));
    let (forgotten, foreign): (Vec<String>, Vec<String>) =
        others.partition(|name| owned.covers(name));
    if !forgotten.is_empty() {
        return Err(StartError::UnknownHandlers { names: forgotten });
    }
    if !foreign.is_empty() {
        tracing::info!(handlers = %foreign.join(", "), "handlers of other programs are left to these");
    }
    // Read before the end of the log is: other nodes go on handling events meanwhile.
    let furthest: Vec<(String, i64)> = db
        .query(sql!(
            "SELECT handler, position FROM event_partitions UNION ALL SELECT handler, position FROM event_deliveries
             ORDER BY position DESC LIMIT 1"
        ))
        .all()
        .await?;
    // Not the settled head, which may lie below what was already delivered while transactions are open.
    let head = db.drawn().await?;
    if let Some((handler, position)) = furthest.into_iter().find(|(_, at)| *at > head.number()) {
        return Err(StartError::BeyondHead { handler, position: Position::new(position), head });
    }
    // Asked before the transaction, which may have the only connection there is.
    let now = db.head().await?;
    UnitOfWork::new(db.clone())
        .run(Origin::system("events.start"), async |tx| {
            layout::lock(tx).await?;
            let gone = ranges::gone_behind(tx, Position::START).await?;
            let kept = gone.last().map_or(Position::START, |range| range.last);
            let met = layout::positions(tx).await?;
            for handler in handlers {
                let begin = if late.contains(&handler.name()) { kept } else { Position::START };
                match handler.builds() {
                    // After the partitions of the live generation: it stands behind it in the list.
                    Some((projection, _)) => {
                        generations::ensure(tx, (projection, &**handler)).await?;
                    }
                    None => layout::ensure(tx, &**handler, (begin, now)).await?,
                }
            }
            // Whoever stood before what has gone would pass over it, and nobody would notice.
            for (name, position) in layout::positions(tx).await? {
                let ours = handlers.iter().find(|ours| ours.name() == name);
                let Some(ours) = ours.filter(|_| position < kept) else { continue };
                let archives = ranges::gone_behind(tx, position).await?;
                let is_new = ours.builds().is_none() && !met.contains_key(&name);
                let from = Position::new(position.number() + 1);
                return Err(StartError::Archived { handler: name, from, archives, is_new });
            }
            Ok(())
        })
        .await?;
    Ok(())
}
