//! A handler that does what a test tells it to do.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use perme8_events::{
    Effects, Envelope, EventHandler, HandlerError, HandlerOptions, RetryPolicy, Start, Subscriber,
    Subscription, Transaction as _,
    host::{Outcome, Reaction},
    sql,
    sql::{Db, Tx},
};

use crate::fixtures::{Echoed, Noted};

/// What a delivery comes to.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Succeed,
    Fail,
    GiveUp,
    Busy(Duration),
    Panic,
    Hang,
    /// Breaks a rule that only the commit checks.
    FailAtCommit,
    /// Makes a statement fail and says nothing about it.
    Swallow,
    /// Emits an event of its own.
    Echo,
}

type Script = dyn Fn(&Noted, usize) -> Act + Send + Sync;

/// Handles notes: writes a row for each, then does what its script says for the note and the number of the attempt.
#[derive(Clone)]
pub(crate) struct Probe {
    name: &'static str,
    options: HandlerOptions,
    subscriptions: Vec<Subscription>,
    script: Arc<Script>,
    gather: Arc<Script>,
    tries: Arc<Mutex<HashMap<i64, usize>>>,
}

/// Options that try again within the shortest time.
pub(crate) const QUICK: HandlerOptions = HandlerOptions {
    batch: 50,
    partitions: 4,
    retry: RetryPolicy { attempts: 4, base: Duration::from_secs(1), cap: Duration::from_mins(1) },
    timeout: Duration::from_secs(20),
    start: Start::Beginning,
    effects: Effects::Database,
};

impl Probe {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            options: QUICK,
            subscriptions: vec![Subscription::to::<Noted>()],
            script: Arc::new(|_, _| Act::Succeed),
            gather: Arc::new(|_, _| Act::Succeed),
            tries: Arc::default(),
        }
    }

    pub(crate) fn with(self, options: HandlerOptions) -> Self {
        Self { options, ..self }
    }

    pub(crate) fn subscribed(self, to: Subscription) -> Self {
        Self { subscriptions: vec![to], ..self }
    }

    /// What happens in the transaction.
    pub(crate) fn acting(
        self,
        script: impl Fn(&Noted, usize) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self { script: Arc::new(script), ..self }
    }

    /// What happens before the transaction.
    pub(crate) fn gathering(
        self,
        script: impl Fn(&Noted, usize) -> Act + Send + Sync + 'static,
    ) -> Self {
        Self { gather: Arc::new(script), ..self }
    }
}

impl Subscriber for Probe {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    fn options(&self) -> HandlerOptions {
        self.options
    }
}

#[async_trait]
impl EventHandler<Tx> for Probe {
    type Facts = usize;

    async fn gather(&self, event: &Envelope) -> Result<usize, HandlerError> {
        let tries = {
            let mut tries = self.tries.lock().unwrap();
            let tries = tries.entry(event.position.number()).or_default();
            *tries += 1;
            *tries
        };
        if let Some(note) = event.decode::<Noted>()? {
            perform(&(self.gather)(&note, tries), None, &note).await?;
        }
        Ok(tries)
    }

    async fn handle(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        tries: usize,
    ) -> Result<(), HandlerError> {
        let note = event.decode::<Noted>()?;
        let n = note.as_ref().map_or(0, |note| note.n);
        tx.query(sql!(
            "INSERT INTO probe_effects (handler, key, n, position) VALUES ($1, $2, $3, $4)"
        ))
        .bind(self.name)
        .bind(event.aggregate_id.as_str())
        .bind(n)
        .bind(event.position.number())
        .exec()
        .await?;
        let Some(note) = note else { return Ok(()) };
        perform(&(self.script)(&note, tries), Some(tx), &note).await
    }
}

async fn perform(act: &Act, tx: Option<&mut Tx>, note: &Noted) -> Result<(), HandlerError> {
    match (act, tx) {
        (Act::Succeed, _) => {}
        (Act::Fail, _) => return Err(HandlerError::transient(format!("{} fails", note.n))),
        (Act::GiveUp, _) => return Err(HandlerError::permanent(format!("{} is wrong", note.n))),
        (Act::Busy(after), _) => return Err(HandlerError::busy(*after, "come back later")),
        (Act::Panic, _) => panic!("{} is too much", note.n),
        (Act::Hang, _) => std::future::pending().await,
        (Act::Echo, Some(tx)) => tx.emit(Echoed { n: note.n }),
        (Act::FailAtCommit, Some(tx)) => {
            tx.query(sql!("INSERT INTO probe_children (child_id, parent_id) VALUES ($1, 404)"))
                .bind(note.n)
                .exec()
                .await?;
        }
        (Act::Swallow, Some(tx)) => {
            for _ in 0..2 {
                let insert = sql!("INSERT INTO probe_parents (parent_id) VALUES ($1)");
                let _ = tx.query(insert).bind(note.n).exec().await;
            }
        }
        (Act::Echo | Act::FailAtCommit | Act::Swallow, None) => {
            unreachable!("nothing of the kind can be gathered")
        }
    }
    Ok(())
}

/// What handlers have done, in order: `handler key n`.
pub(crate) async fn effects(db: &Db, handler: &str) -> Vec<(String, i64)> {
    db.query(sql!("SELECT key, n FROM probe_effects WHERE handler = $1 ORDER BY effect_id"))
        .bind(handler)
        .all()
        .await
        .unwrap()
}

/// The same, one key at a time.
pub(crate) async fn effects_of(db: &Db, handler: &str, key: &str) -> Vec<i64> {
    let all = effects(db, handler).await;
    all.into_iter().filter(|(of, _)| of == key).map(|(_, n)| n).collect()
}

/// Reactions to notes, one line each; due times are left out, because they are random.
pub(crate) fn told(reactions: &[Reaction]) -> String {
    let line = |reaction: &Reaction| {
        let n = reaction.event.decode::<Noted>().unwrap().map_or(0, |note| note.n);
        let outcome = match &reaction.outcome {
            Outcome::Handled => "handled".to_owned(),
            Outcome::Parked => "parked".to_owned(),
            Outcome::Aside => "aside".to_owned(),
            Outcome::Failed { attempts, error, .. } => format!("failed {attempts}: {error}"),
            Outcome::DeadLettered { error } => format!("dead: {error}"),
        };
        format!("{} {n} {outcome}\n", reaction.event.aggregate_id)
    };
    reactions.iter().map(line).collect()
}
