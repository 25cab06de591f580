//! What the nodes of one PostgreSQL database tell each other in passing: that something was committed, and messages that
//! nobody keeps.
//!
//! A `NOTIFY` in the transaction of a producer would make producers wait for each other until the end of their commits. So
//! one connection per node sends hints, one for many commits. They are only hints beside polling; nothing depends on them.

use std::{error::Error, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::{
    domain::ephemeral::EphemeralMessage,
    infrastructure::{
        db::{Db, Engine},
        ephemeral::Exchange,
        tasks::Tasks,
    },
};

const COMMITS: &str = "perme8_events";
const MESSAGES: &str = "perme8_ephemeral";
/// At most one notification of commits, and one batch of messages, in this time.
const COALESCE: Duration = Duration::from_millis(2);
/// So many messages are sent at once.
const BATCH: usize = 64;
/// How soon something broken is tried again.
const BROKEN: Duration = Duration::from_secs(1);

/// What came in from other nodes goes here.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// Counts hints of commits.
    pub(crate) commits: Arc<watch::Sender<u64>>,
    pub(crate) messages: Arc<Exchange>,
}

/// A message as a notification.
#[derive(Serialize, Deserialize)]
struct Note<M> {
    node: Uuid,
    /// The server sends equal notifications of one transaction only once.
    number: u64,
    message: M,
}

/// Tells other nodes of the commits and messages of this one, and passes on theirs. On SQLite there are none.
pub(crate) fn start(
    db: &Db,
    tasks: &Tasks,
    incoming: Incoming,
    outgoing: mpsc::Receiver<Arc<EphemeralMessage>>,
) {
    let Engine::Postgres { side: pool, .. } = &*db.engine else { return };
    #[expect(clippy::disallowed_methods, reason = "tells this node's hints from those of others")]
    let me = Uuid::new_v4();
    until_stopped(tasks, "notifier", send(pool.clone(), me, db.commits.subscribe()));
    until_stopped(tasks, "messenger", forward(pool.clone(), me, outgoing));
    until_stopped(tasks, "listener", receive(pool.clone(), me, incoming));
}

fn until_stopped(
    tasks: &Tasks,
    name: &'static str,
    task: impl Future<Output = ()> + Send + 'static,
) {
    let stop = tasks.token();
    tasks.spawn(name, async move {
        stop.run_until_cancelled(task).await;
    });
}

async fn send(pool: PgPool, me: Uuid, mut commits: watch::Receiver<u64>) {
    while commits.changed().await.is_ok() {
        let sent = sqlx::query("SELECT pg_notify($1, $2)")
            .bind(COMMITS)
            .bind(me.to_string())
            .execute(&pool)
            .await;
        if let Err(error) = sent {
            tracing::warn!(
                error = &error as &dyn Error,
                "other nodes are not told of commits; they poll"
            );
            tokio::time::sleep(BROKEN).await;
        }
        tokio::time::sleep(COALESCE).await;
    }
}

async fn forward(pool: PgPool, me: Uuid, mut outgoing: mpsc::Receiver<Arc<EphemeralMessage>>) {
    let (mut messages, mut sent) = (Vec::with_capacity(BATCH), 0);
    while outgoing.recv_many(&mut messages, BATCH).await > 0 {
        let notes = messages.drain(..).map(|message| {
            sent += 1;
            let note = Note { node: me, number: sent, message: &*message };
            serde_json::to_string(&note).expect("messages are JSON already")
        });
        let notes: Vec<String> = notes.collect();
        let sending =
            sqlx::query("SELECT pg_notify($1, note) FROM unnest($2::text[]) AS notes (note)")
                .bind(MESSAGES)
                .bind(notes)
                .execute(&pool)
                .await;
        if let Err(error) = sending {
            tracing::warn!(error = &error as &dyn Error, "messages do not reach other nodes");
            tokio::time::sleep(BROKEN).await;
        }
        tokio::time::sleep(COALESCE).await;
    }
}

async fn receive(pool: PgPool, me: Uuid, incoming: Incoming) {
    loop {
        if let Err(error) = listen(&pool, me, &incoming).await {
            tracing::warn!(error = &error as &dyn Error, "no hints from other nodes; polling");
        }
        tokio::time::sleep(BROKEN).await;
    }
}

async fn listen(pool: &PgPool, me: Uuid, incoming: &Incoming) -> sqlx::Result<()> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen_all([COMMITS, MESSAGES]).await?;
    let mine = me.to_string();
    loop {
        let note = listener.recv().await?;
        if note.channel() == MESSAGES {
            match serde_json::from_str(note.payload()) {
                Ok(Note { node, number: _, message }) if node != me => {
                    incoming.messages.deliver(&Arc::new(message));
                }
                Ok(_mine) => {}
                // A node of another version has topics that this one does not know, and nobody here listens to.
                Err(error) => {
                    tracing::debug!(
                        error = &error as &dyn Error,
                        "a message of another node is odd"
                    );
                }
            }
        } else if note.payload() != mine {
            incoming.commits.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}
