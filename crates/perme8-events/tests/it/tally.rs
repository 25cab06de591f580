//! A projection that counts notes, in a way that notices what is applied twice, not at all, or out of order.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use perme8_events::{
    Envelope, HandlerError, HandlerOptions, StorageError, Subscriber, Subscription,
    host::{Runtime, RuntimeBuilder},
    sql,
    sql::{Db, Projection, Rows},
    testing::{Driver, ManualClock},
};

use crate::{
    fixtures::{Noted, log},
    probe::QUICK,
};

/// The name of the projection.
pub(crate) const TALLY: &str = "tests.tally";
/// The name of what builds it anew.
pub(crate) const NEXT: &str = "tests.tally@next";

/// Counts notes by what they are about.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    version: u32,
    partitions: u16,
    refuses: BTreeSet<i64>,
    told: Arc<Mutex<Vec<usize>>>,
}

/// What it makes of the notes of one key: how many they are, and a number that depends on their order.
pub(crate) type Tallies = BTreeMap<String, (i64, i64)>;

/// What comes of a trace with the next note.
fn trace(before: i64, n: i64) -> i64 {
    (before * 31 + n).rem_euclid(1_000_003)
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self { version: 1, partitions: 2, refuses: BTreeSet::new(), told: Arc::default() }
    }

    pub(crate) fn in_version(self, version: u32) -> Self {
        Self { version, ..self }
    }

    pub(crate) fn with_partitions(self, partitions: u16) -> Self {
        Self { partitions, ..self }
    }

    /// Gives up on some notes.
    pub(crate) fn refusing(self, notes: impl IntoIterator<Item = i64>) -> Self {
        Self { refuses: notes.into_iter().collect(), ..self }
    }

    /// How many events it was told of at once, each time.
    pub(crate) fn told(&self) -> Arc<Mutex<Vec<usize>>> {
        Arc::clone(&self.told)
    }

    pub(crate) fn builder(self, db: &Db) -> RuntimeBuilder {
        Runtime::builder(db).projection(self)
    }

    pub(crate) async fn driver(self, db: &Db, clock: Option<ManualClock>) -> Driver {
        self.builder(db).build().driver(clock).await
    }
}

impl Subscriber for Tally {
    fn name(&self) -> &'static str {
        TALLY
    }

    fn subscriptions(&self) -> &[Subscription] {
        const NOTES: &[Subscription] = &[Subscription::to::<Noted>()];
        NOTES
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { partitions: self.partitions, batch: 2, ..QUICK }
    }
}

#[async_trait]
impl Projection for Tally {
    fn version(&self) -> u32 {
        self.version
    }

    async fn apply(&self, rows: &mut Rows<'_>, event: &Envelope) -> Result<(), HandlerError> {
        let Some(Noted { note, n, .. }) = event.decode()? else { return Ok(()) };
        if self.refuses.contains(&n) {
            return Err(HandlerError::permanent(format!("{n} is wrong")));
        }
        let version = i64::from(self.version);
        rows.query(sql!(
            "INSERT INTO probe_tallies (generation, key, notes, trace) VALUES ($1, $2, 1, $4)
             ON CONFLICT (generation, key) DO UPDATE SET
               notes = probe_tallies.notes + 1, trace = (probe_tallies.trace * 31 + $3) % 1000003"
        ))
        .bind(note)
        .bind(n)
        .bind(trace(version, n))
        .exec()
        .await?;
        Ok(())
    }

    async fn apply_all(
        &self,
        rows: &mut Rows<'_>,
        events: &[Arc<Envelope>],
    ) -> Result<(), HandlerError> {
        self.told.lock().unwrap().push(events.len());
        for event in events {
            self.apply(rows, event).await?;
        }
        Ok(())
    }

    async fn remove(&self, rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError> {
        rows.query(sql!(
            "DELETE FROM probe_tallies WHERE generation = $1
               AND key IN (SELECT key FROM probe_tallies WHERE generation = $1 LIMIT $2)"
        ))
        .bind(limit)
        .exec()
        .await
    }
}

/// What readers see.
pub(crate) async fn tallies(db: &Db) -> Tallies {
    let rows: Vec<(String, i64, i64)> = db
        .read_model(TALLY)
        .await
        .unwrap()
        .query(sql!("SELECT key, notes, trace FROM probe_tallies WHERE generation = $1"))
        .all()
        .await
        .unwrap();
    rows.into_iter().map(|(key, notes, trace)| (key, (notes, trace))).collect()
}

/// How many notes readers see.
pub(crate) async fn total(db: &Db) -> i64 {
    tallies(db).await.values().map(|(notes, _)| notes).sum()
}

/// What should be there, in a version, by the log.
pub(crate) async fn expected(db: &Db, version: i64) -> Tallies {
    let mut tallies = Tallies::new();
    for Noted { note, n, .. } in log(db).await.iter().filter_map(|event| event.decode().unwrap()) {
        let (notes, last) = tallies.entry(note).or_insert((0, version));
        (*notes, *last) = (*notes + 1, trace(*last, n));
    }
    tallies
}

/// How many rows there are of all generations.
pub(crate) async fn rows(db: &Db) -> i64 {
    db.query(sql!("SELECT count(*) FROM probe_tallies")).scalar().await.unwrap()
}
