//! Waiting until a handler has done what follows from a commit.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::broadcast,
    time::{Instant, timeout_at},
};

use crate::{
    domain::{commit_token::CommitToken, envelope::Envelope, error::StorageError},
    infrastructure::{
        db::Db,
        runtime::{
            Reaction, Runtime,
            buckets::bucket,
            erased::{self, AnyHandler},
        },
    },
    sql,
};

/// How soon the place of a handler is looked up again without having heard of a delivery: it may run on another node.
const LOOK: Duration = Duration::from_millis(25);
/// How soon at the latest: each time that it was in vain, the pause is twice as long.
const LATEST_LOOK: Duration = Duration::from_millis(200);
/// Whoever is farther behind is not done.
const PAGE: i64 = 500;

/// The buckets of a partition, from the first to the last, and how far it has come.
type Place = (i64, i64, i64);

/// Why what was committed is not there yet.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// The program has no such handler.
    #[error("no handler is called `{handler}`: wait for one that the runtime was built with")]
    UnknownHandler {
        /// The name.
        handler: String,
    },
    /// It took longer.
    #[error(
        "`{handler}` has not come as far within {timeout:?}: read what there is, or wait again"
    )]
    TimedOut {
        /// The handler.
        handler: String,
        /// So long was waited.
        timeout: Duration,
    },
    /// The database cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Lets those who have written read what follows from it.
#[derive(Clone)]
pub struct ReadYourWrites {
    db: Db,
    handlers: Vec<Arc<dyn AnyHandler>>,
    reactions: broadcast::Sender<Reaction>,
}

impl std::fmt::Debug for ReadYourWrites {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadYourWrites").finish_non_exhaustive()
    }
}

impl ReadYourWrites {
    /// Of the handlers of this runtime, wherever they run.
    #[must_use]
    pub fn of(runtime: &Runtime) -> Self {
        let Runtime { db, handlers, reactions, .. } = runtime;
        Self { db: db.clone(), handlers: handlers.clone(), reactions: reactions.clone() }
    }

    /// Waits until a handler, e.g. a projection, has handled everything up to the last event of a commit.
    ///
    /// A delivery of that event that has failed is waited for like one that has not come yet, and so is what has stepped aside
    /// for other workspaces of what the same request led to before. An earlier event of the same commit that has failed may
    /// still be set aside, where the two have different keys; so may what other requests led to, of which the token says nothing.
    ///
    /// # Errors
    ///
    /// [`WaitError`]; the commit stands, whatever comes of this.
    pub async fn wait_for(
        &self,
        token: CommitToken,
        handler: &str,
        timeout: Duration,
    ) -> Result<(), WaitError> {
        let unknown = || WaitError::UnknownHandler { handler: handler.to_owned() };
        let known = self.handlers.iter().find(|known| known.name() == handler);
        let known = known.ok_or_else(unknown)?;
        let deadline = Instant::now() + timeout;
        // Before the first look, so that nothing is missed between that and the wait.
        let mut reactions = self.reactions.subscribe();
        let (mut look, mut behind) = (LOOK, None);
        while !self.has_come(known, token, &mut behind).await? {
            if Instant::now() >= deadline {
                return Err(WaitError::TimedOut { handler: handler.to_owned(), timeout });
            }
            let heard = async {
                loop {
                    match reactions.recv().await {
                        Ok(reaction) if reaction.handler != handler => {}
                        // Of what was missed, something may have been of this handler.
                        Ok(_) | Err(_) => return,
                    }
                }
            };
            let _ = timeout_at(deadline.min(Instant::now() + look), heard).await;
            look = LATEST_LOOK.min(2 * look);
        }
        Ok(())
    }

    /// Whether a handler has come so far; where it was `behind` when something was left to do, and still is, nothing is read.
    async fn has_come(
        &self,
        handler: &Arc<dyn AnyHandler>,
        token: CommitToken,
        behind: &mut Option<Vec<Place>>,
    ) -> Result<bool, StorageError> {
        let upto = token.position().number();
        let partitions: Vec<Place> = self
            .db
            .query(sql!(
                "SELECT first_bucket, last_bucket, position FROM event_partitions WHERE handler = $1
                 ORDER BY first_bucket"
            ))
            .bind(handler.name())
            .all()
            .await?;
        let Some(least) = partitions.iter().map(|(.., position)| *position).min() else {
            return Ok(upto == 0);
        };
        if behind.as_ref() == Some(&partitions) {
            return Ok(false);
        }
        if least < upto {
            // Stored positions lag behind over events that nobody wants.
            let between = self.db.page(least, upto, PAGE).await?;
            let is_left = |event: &Envelope| {
                let at = i64::from(bucket(&erased::key(handler, event)));
                handler.subscriptions().iter().any(|to| to.matches(event))
                    && partitions.iter().any(|(first, last, position)| {
                        (*first..=*last).contains(&at) && *position < event.position.number()
                    })
            };
            if i64::try_from(between.len()).is_ok_and(|read| read >= PAGE)
                || between.iter().any(is_left)
            {
                *behind = Some(partitions);
                return Ok(false);
            }
        }
        // `CROSS JOIN`, because SQLite would begin with all that is set aside.
        let set_aside: Option<(i64,)> = self
            .db
            .query(sql!(
                "SELECT position FROM event_deliveries WHERE handler = $1 AND position = $2
                 UNION ALL
                 SELECT d.position FROM event_log l CROSS JOIN event_deliveries d
                 WHERE l.correlation_id = (SELECT correlation_id FROM event_log WHERE seq = $2) AND l.seq < $2
                   AND d.handler = $1 AND d.position = l.seq AND NOT d.is_dead AND d.due_at IS NOT NULL AND d.error IS NULL
                 LIMIT 1"
            ))
            .bind(handler.name())
            .bind(upto)
            .opt()
            .await?;
        Ok(set_aside.is_none())
    }
}
