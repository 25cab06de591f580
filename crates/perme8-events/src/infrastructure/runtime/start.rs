//! Whether the database fits the handlers.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    domain::{error::StorageError, origin::Origin, position::Position},
    infrastructure::{
        db::Db,
        runtime::{StartError, erased::AnyHandler},
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
    // Not the settled head, which may lie below what was already delivered while transactions are open.
    let head = db.drawn().await?;
    if let Some(ahead) = db.partitions().await?.into_iter().find(|row| row.position > head.number())
    {
        let position = Position::new(ahead.position);
        return Err(StartError::BeyondHead { handler: ahead.handler, position, head });
    }
    UnitOfWork::new(db.clone())
        .run(Origin::system("events.start"), async |tx| {
            db.lock_partitions(tx).await?;
            for handler in handlers {
                db.ensure_partitions(tx, &**handler).await?;
            }
            Ok::<_, StorageError>(())
        })
        .await?;
    Ok(())
}
