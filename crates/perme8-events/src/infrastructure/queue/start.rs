//! Whether the database fits the workers and schedules.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    application::schedule::Schedule,
    domain::error::StorageError,
    infrastructure::{
        db::Db,
        queue::{erased::AnyWorker, schedules},
        runtime::start::{Owned, StartError},
        tx::Tx,
    },
    sql,
};

/// Refuses what does not fit.
pub(crate) async fn check(
    db: &Db,
    workers: &[Arc<dyn AnyWorker>],
    all: &[Schedule],
    (retired, owned): (&[&'static str], &Owned),
) -> Result<(), StartError> {
    let mut queues = BTreeSet::new();
    for worker in workers {
        let name = worker.queue();
        if !queues.insert(name) {
            return Err(StartError::DuplicateQueue { name });
        }
    }
    let mut names = BTreeSet::new();
    for schedule in all {
        let Schedule { name, queue, .. } = schedule;
        if !names.insert(*name) {
            return Err(StartError::DuplicateSchedule { name });
        }
        if !queues.contains(queue) {
            return Err(StartError::ScheduleWithoutWorker { name, queue });
        }
    }
    queues.extend(retired);
    let stored: Vec<(String,)> = db
        .query(sql!(
            "SELECT queue FROM event_jobs WHERE state = 'waiting' UNION SELECT queue FROM event_jobs WHERE state = 'running'
             UNION SELECT queue FROM event_jobs WHERE state = 'dead' ORDER BY queue"
        ))
        .all()
        .await?;
    let forgotten = |name: &String| !queues.contains(name.as_str()) && owned.covers(name);
    let names: Vec<String> = stored.into_iter().map(|(name,)| name).filter(forgotten).collect();
    if names.is_empty() { Ok(()) } else { Err(StartError::UnknownQueues { names }) }
}

/// Makes the rows that are missing.
pub(crate) async fn ensure(tx: &mut Tx, all: &[Schedule]) -> Result<(), StorageError> {
    schedules::ensure(tx, all).await
}
