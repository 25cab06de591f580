//! Whether the database fits the handlers.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    application::event_store::EventStore as _,
    domain::{error::StorageError, origin::Origin, position::Position},
    infrastructure::{
        db::Db,
        runtime::{StartError, erased::AnyHandler, partitions},
        unit_of_work::UnitOfWork,
    },
    sql,
};

/// Refuses what does not fit, then makes the partitions that are missing.
pub(crate) async fn check(
    db: &Db,
    handlers: &[Arc<dyn AnyHandler>],
    retired: &[&'static str],
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
    let known = |name: &String| names.contains(name.as_str());
    let stored: Vec<(String,)> = db
        .query(sql!("SELECT handler FROM event_partitions UNION SELECT handler FROM event_deliveries ORDER BY handler"))
        .all()
        .await?;
    let unknown: Vec<String> =
        stored.into_iter().map(|(name,)| name).filter(|name| !known(name)).collect();
    if !unknown.is_empty() {
        return Err(StartError::UnknownHandlers { names: unknown });
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
            partitions::lock(tx).await?;
            for handler in handlers {
                partitions::ensure(tx, &**handler, now).await?;
            }
            Ok::<_, StorageError>(())
        })
        .await?;
    Ok(())
}
