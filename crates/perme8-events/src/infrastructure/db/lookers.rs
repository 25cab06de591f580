//! How many may look at a database at the same time, however long each of them takes.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::error::StorageError;

/// The places of those who look, each of whom keeps a connection until the end of what it looks at: half of all connections, so
/// that there is one for whoever asks something short.
#[derive(Debug, Clone)]
pub(crate) struct Lookers {
    places: Arc<Semaphore>,
    /// How long somebody waits for a place.
    patience: Duration,
}

impl Lookers {
    /// At so many connections.
    pub(super) fn at(connections: u32, patience: Duration) -> Self {
        let places = Semaphore::new((connections / 2).max(1) as usize);
        Self { places: Arc::new(places), patience }
    }

    /// Waits for a place, behind those who wait already.
    pub(crate) async fn place(&self) -> Result<OwnedSemaphorePermit, StorageError> {
        let place = Arc::clone(&self.places).acquire_owned();
        let place = tokio::time::timeout(self.patience, place).await;
        place.map_err(StorageError::unavailable)?.map_err(StorageError::unavailable)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;
    use crate::{
        domain::origin::Origin,
        infrastructure::{db::Db, migrations::MIGRATIONS, tx::Tx},
        on_both_engines, sql,
    };

    async fn looking(db: &Db) -> Tx {
        Tx::begin_to_look(db, Origin::system("tests")).await.unwrap()
    }

    on_both_engines! {
        migrations: [&MIGRATIONS];

        async fn whoever_looks_leaves_connections_to_others(test: TestDb) {
            // Of four connections on SQLite, and of five on PostgreSQL.
            let (one, two) = (looking(&test.db).await, looking(&test.db).await);
            let mut three = pin!(looking(&test.db));
            let asked = async {
                for _ in 0..50 {
                    let count = sql!("SELECT count(*) FROM event_log");
                    assert_eq!(test.db.query(count).scalar::<i64>().await.unwrap(), 0);
                }
            };
            tokio::select! {
                biased;
                _ = &mut three => panic!("a third one looks"),
                () = asked => {}
            }
            one.end().await.unwrap();
            let three = three.await;
            // Whoever is cut short leaves its place, too.
            drop((two, three));
            for tx in [looking(&test.db).await, looking(&test.db).await] {
                tx.end().await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_a_place_for_ever() {
        let lookers = Lookers::at(1, Duration::ZERO);
        let place = lookers.place().await.unwrap();
        assert!(lookers.place().await.unwrap_err().is_unavailable());
        drop(place);
        assert!(lookers.place().await.is_ok());
    }
}
